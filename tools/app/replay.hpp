// Kline files played straight into the engine: a paper session without the wire, as fast as it
// goes. Needs no network and no clock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "connectors/replay/market_player.hpp"
#include "connectors/sim/file_source.hpp"
#include "models/online/inline_learner.hpp"
#include "tools/app/trading.hpp"

namespace proteus::app {

class Replay {
 public:
  /// Reads the file of each of engine.instruments among `replay.files`, makes a session that starts
  /// at `wall` (it names the folder) and wires it. Errors: those of the files, with path:line;
  /// NotFound, naming the instruments without a file; Unsupported, where fills need books.
  static Result<std::unique_ptr<Replay>> create(const Loaded& loaded, Timestamp wall);

  /// Plays up to `closes` closing times. False: everything was played.
  bool play(std::int64_t closes);
  /// Errors: Io, what of the log was lost.
  Result<void> finish(const std::string& cause) {
    return trading_->finish(cause, trading_->engine().now());
  }

  [[nodiscard]] const Trading& trading() const { return *trading_; }
  /// Open of the first bar that is decided on.
  [[nodiscard]] Timestamp from() const { return player_->from(); }
  /// Last close that will be played.
  [[nodiscard]] Timestamp until() const { return player_->until(); }

 private:
  Replay(sim::FileSource source, std::unique_ptr<Trading> trading)
      : source_(std::move(source)), trading_(std::move(trading)) {}
  void hear_learner();

  sim::FileSource source_;
  std::unique_ptr<online::InlineLearner> learner_;  ///< null: nothing is adapted
  std::unique_ptr<Trading> trading_;
  std::optional<replay::MarketPlayer> player_;
};

}  // namespace proteus::app

// Kline files played straight into the engine: a paper session without the wire, as fast as it
// goes. Needs no network and no clock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "connectors/replay/market_player.hpp"
#include "connectors/sim/file_source.hpp"
#include "tools/app/playing.hpp"

namespace proteus::app {

class Replay final : public Playing {
 public:
  /// Reads the file of each of engine.instruments among `replay.files`, makes a session that starts
  /// at `wall` (it names the folder) and wires it. Errors: those of the files, with path:line;
  /// NotFound, naming the instruments without a file; Unsupported, where fills need books.
  static Result<std::unique_ptr<Replay>> create(const Loaded& loaded, Timestamp wall);

  /// Plays up to `closes` closing times. False: everything was played.
  bool play(std::int64_t closes) override;
  /// Errors besides: those of a file that changed while it was played.
  Result<void> finish(const std::string& cause) override;

  [[nodiscard]] const Trading& trading() const override { return *trading_; }
  void observe(JournalObserver* observer) override { trading_->observe(observer); }
  [[nodiscard]] Timestamp from() const override { return player_->from(); }
  [[nodiscard]] Timestamp until() const override { return player_->until(); }
  [[nodiscard]] std::optional<Timestamp> next() const override {
    if (player_->next_close() > player_->until()) return std::nullopt;
    return player_->next_close();
  }
  [[nodiscard]] std::int64_t steps_at_once() const override { return 1000; }

 private:
  Replay(sim::FileSource source, std::unique_ptr<Trading> trading)
      : source_(std::move(source)), trading_(std::move(trading)) {}

  sim::FileSource source_;
  ReplayLearner learner_;
  std::unique_ptr<Trading> trading_;
  std::optional<replay::MarketPlayer> player_;
};

}  // namespace proteus::app

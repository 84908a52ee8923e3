// Recorded feeds (a session's, or those of `proteus record`) through the feed and the engine that
// trade: a paper session without sockets, in the time of the recording.
#pragma once

#include "connectors/replay/feed_player.hpp"
#include "tools/app/playing.hpp"
#include "tools/app/replay_sources.hpp"

namespace proteus::app {

class FeedReplay final : public Playing {
 public:
  /// Reads as far as the instruments are described, makes a session that starts at `wall` and wires
  /// it. Of a session's own feed the code of the session is taken, so that orders have the same
  /// names. Errors: those of FeedPlayer and of the settings; NotFound, bars that are not recorded.
  static Result<std::unique_ptr<FeedReplay>> create(const Loaded& loaded,
                                                    const ReplaySources& sources, Timestamp wall);

  bool play(std::int64_t frames) override;
  Result<void> finish(const std::string& cause) override;

  [[nodiscard]] const Trading& trading() const override { return *trading_; }
  [[nodiscard]] const replay::FeedPlayer& player() const { return *player_; }
  void observe(JournalObserver* observer) override { trading_->observe(observer); }
  [[nodiscard]] Timestamp from() const override { return from_; }
  [[nodiscard]] Timestamp until() const override { return until_; }
  [[nodiscard]] std::optional<Timestamp> next() const override { return player_->next(); }
  [[nodiscard]] std::int64_t steps_at_once() const override { return 5'000; }
  [[nodiscard]] std::vector<std::string> notes() const override;

 private:
  FeedReplay() = default;

  Timestamp from_{}, until_{};
  std::vector<std::string> damages_;  ///< the first few
  ReplayLearner learner_;
  std::unique_ptr<Trading> trading_;
  std::unique_ptr<replay::FeedPlayer> player_;
};

}  // namespace proteus::app

#include "tools/app/feed_replay.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace proteus::app {
namespace {

constexpr std::size_t kDamagesTold = 20;

std::optional<Timestamp> time_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return parse_time(text).value();  // Checked when it was read.
}

/// Every instrument needs bars of the interval that is decided on.
Result<void> check_bars(const Settings& s, const ReplaySources& sources,
                        std::optional<Timestamp> from) {
  const RecordedBars bars = recorded_bars(sources.streams, from);
  std::string lacking, there;
  std::size_t found = 0;
  for (const std::string& name : s.engine.instruments) {
    const auto known = bars.find(name);
    if (known != bars.end() && known->second.contains(s.engine.interval)) {
      ++found;
      continue;
    }
    lacking += (lacking.empty() ? "" : ", ") + name;
  }
  if (lacking.empty()) return success();
  for (const auto& [name, intervals] : bars)
    for (const Interval interval : intervals)
      there += fmt::format("{}{} {}", there.empty() ? "" : ", ", name, to_string(interval));
  const std::string sentence =
      fmt::format("the recording begins without bars of {} for {}; it has {}",
                  to_string(s.engine.interval), lacking, there.empty() ? "none at all" : there);
  if (found == 0)
    return error(ErrorCode::NotFound,
                 sentence + ": set engine.interval and engine.instruments to what it has");
  spdlog::warn("Note: {}.", sentence);
  return success();
}

}  // namespace

Result<std::unique_ptr<FeedReplay>> FeedReplay::create(const Loaded& loaded,
                                                       const ReplaySources& sources,
                                                       Timestamp wall) {
  const Settings& s = loaded.settings;
  replay::FeedSource source;
  source.streams = sources.streams;
  source.settings = s.feed;
  source.interval = s.engine.interval;
  source.from = time_of(s.replay.from);
  source.until = time_of(s.replay.until);
  source.past_funding = !loaded.policies.empty() || !loaded.forecasters.empty();
  for (const std::string& text : s.engine.instruments) {
    BOOST_OUTCOME_TRY(auto name, parse_instrument_name(text));
    source.instruments.push_back(std::move(name));
  }
  BOOST_OUTCOME_TRY(source.instrument_pages,
                    instrument_pages(s.replay.instruments, sources.folders));
  BOOST_OUTCOME_TRY(check_bars(s, sources, source.from));

  std::unique_ptr<FeedReplay> made(new FeedReplay());
  FeedReplay& self = *made;
  const auto told = [&self](const std::string& what) {
    if (self.damages_.size() >= kDamagesTold) return;
    self.damages_.push_back(what);
    spdlog::warn("Damaged: {}.", what);
  };
  BOOST_OUTCOME_TRY(self.player_, replay::FeedPlayer::open(source, told));
  BOOST_OUTCOME_TRY(const InstrumentTable instruments, self.player_->learn());
  std::optional<SessionCode> code;
  if (sources.session) code = code_of_session(*sources.session);
  BOOST_OUTCOME_TRY(self.trading_, Trading::open(loaded, "replay", wall, code));
  self.trading_->watch(Telling::Quiet);
  const auto wired = [&]() -> Result<void> {
    BOOST_OUTCOME_TRY(self.trading_->build(instruments, self.player_->now()));
    self.learner_.begin(*self.trading_);
    return self.player_->begin(self.trading_->engine());
  };
  if (const auto done = wired(); done.has_error()) {
    self.trading_->abandon();
    return done.error();
  }
  self.from_ = source.from.value_or(self.player_->first());
  self.until_ = last_received(sources.streams);
  if (source.until) self.until_ = std::min(self.until_, *source.until);
  if (s.feed.warm_up_bars > 0 && !self.player_->warms_up())
    spdlog::warn("Note: {}.",
                 source.from ? "windows are filled with bars of the recording before replay.from"
                             : "the recording holds no bars from before it (no answers to "
                               "requests): it is played without a warm-up");
  return made;
}

bool FeedReplay::play(std::int64_t frames) {
  for (; frames > 0; --frames) {
    const bool more = player_->step();
    learner_.hear();
    if (!more) return false;
  }
  return true;
}

Result<void> FeedReplay::finish(const std::string& cause) {
  player_->stop();
  return trading_->finish(cause, trading_->engine().now());
}

std::vector<std::string> FeedReplay::notes() const {
  const replay::FeedCounts& counts = player_->counts();
  std::vector<std::string> notes;
  if (counts.damages > 0)
    notes.push_back(
        fmt::format("damaged in {} place(s), what is undamaged was played; the first: {}",
                    counts.damages, damages_.empty() ? "" : damages_.front()));
  if (counts.others > 0)
    notes.push_back(
        fmt::format("{} frames of topics that this run does not follow", counts.others));
  if (counts.unanswered > 0)
    notes.push_back(fmt::format("{} question(s) of the feed to which the recording holds no answer",
                                counts.unanswered));
  return notes;
}

}  // namespace proteus::app

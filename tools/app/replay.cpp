#include "tools/app/replay.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "tools/app/kline_inputs.hpp"

namespace proteus::app {
namespace {

/// One input for each instrument, in the order in which they are traded.
Result<std::vector<sim::KlineInput>> in_order(std::vector<sim::KlineInput> inputs,
                                              const std::vector<std::string>& instruments) {
  std::vector<sim::KlineInput> ordered;
  std::string missing;
  for (const std::string& text : instruments) {
    BOOST_OUTCOME_TRY(const InstrumentName name, parse_instrument_name(text));
    const auto found = std::ranges::find(inputs, name, &sim::KlineInput::name);
    if (found != inputs.end())
      ordered.push_back(std::move(*found));
    else
      missing += (missing.empty() ? "" : ", ") + text;
  }
  if (!missing.empty())
    return error(
        ErrorCode::NotFound,
        fmt::format("no kline file was given for {}: name one in replay.files, or take the "
                    "instrument out of engine.instruments",
                    missing));
  return ordered;
}

Timestamp time_or_epoch(const std::string& text) {
  return text.empty() ? Timestamp{} : parse_time(text).value();  // Checked when it was read.
}

}  // namespace

Result<std::unique_ptr<Replay>> Replay::create(const Loaded& loaded, Timestamp wall) {
  const Settings& s = loaded.settings;
  if (s.paper.fill_mode == matching::FillMode::Quote)
    return error(ErrorCode::Unsupported,
                 "kline files hold no order books to fill from: set paper.fill_mode = \"bar\" to "
                 "replay them");
  BOOST_OUTCOME_TRY(auto inputs,
                    kline_inputs(s.replay.files, s.replay.funding_folder, s.replay.bad_rows));
  BOOST_OUTCOME_TRY(inputs, in_order(std::move(inputs), s.engine.instruments));
  BOOST_OUTCOME_TRY(auto source, sim::FileSource::open_as(inputs, s.engine.interval));
  if (s.replay.bad_rows == klines::BadRows::SetAside)
    for (const std::string& note : source.notes()) spdlog::warn("Note: {}.", note);
  InstrumentTable instruments;
  for (const Instrument& instrument : source.instruments()) {
    BOOST_OUTCOME_TRY(instruments.add(instrument));
  }
  // A dry run of the span first: nothing is left on disk when there is nothing to play.
  const replay::PlaySpan span{time_or_epoch(s.replay.from), time_or_epoch(s.replay.until),
                              s.feed.warm_up_bars, s.engine.barrier};
  BOOST_OUTCOME_TRY(replay::MarketPlayer::check(source, s.engine.interval, span));
  BOOST_OUTCOME_TRY(auto trading, Trading::open(loaded, "replay", wall));
  trading->watch(Telling::Quiet);
  std::unique_ptr<Replay> made(new Replay(std::move(source), std::move(trading)));
  BOOST_OUTCOME_TRY(made->trading_->build(instruments, made->source_.first()));
  BOOST_OUTCOME_TRY(auto player, replay::MarketPlayer::create(made->source_, s.engine.interval,
                                                              span, made->trading_->engine()));
  made->player_.emplace(std::move(player));
  made->learner_.begin(*made->trading_);
  return made;
}

Result<void> Replay::finish(const std::string& cause) {
  BOOST_OUTCOME_TRY(trading_->finish(cause, trading_->engine().now()));
  if (const auto failed = source_.failure()) return *failed;
  return success();
}

bool Replay::play(std::int64_t closes) {
  for (; closes > 0; --closes) {
    const bool more = player_->step();
    learner_.hear();
    if (!more) return false;
  }
  return true;
}

}  // namespace proteus::app

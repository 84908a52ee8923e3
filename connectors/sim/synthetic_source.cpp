#include "connectors/sim/synthetic_source.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::sim {

using std::chrono::minutes;

Result<SyntheticSource> SyntheticSource::create(const market::Settings& settings,
                                                std::uint64_t seed, Timestamp start,
                                                Duration horizon) {
  if (horizon < minutes{1} || horizon > Timestamp::max() - start)
    return error(ErrorCode::OutOfRange,
                 fmt::format("a simulated market needs a horizon of a minute to the end of time, "
                             "not {} s",
                             std::chrono::duration_cast<std::chrono::seconds>(horizon).count()));
  BOOST_OUTCOME_TRY(market::MarketGenerator generator,
                    market::MarketGenerator::create(settings, seed, start));
  return SyntheticSource{std::move(generator), start, bar_open(start + horizon, Interval::M1)};
}

SyntheticSource::SyntheticSource(market::MarketGenerator generator, Timestamp start, Timestamp end)
    : generator_(std::move(generator)),
      start_(start),
      end_(end),
      funding_(generator_.instruments().size()) {}

bool SyntheticSource::reach(Timestamp open) {
  if (open < start_ || open >= end_) return false;
  const std::span<const Instrument> instruments = generator_.instruments();
  const auto ticks = [](Price price, Price tick) {
    return static_cast<std::uint32_t>(price.raw() / tick.raw());
  };
  while (start_ + minutes{minutes_} <= open) {
    const market::Minute minute = generator_.next();
    for (std::size_t i = 0; i < instruments.size(); ++i) {
      const Bar& bar = minute.bars[i];
      const Price tick = instruments[i].tick_size;
      bars_.push_back({ticks(bar.open, tick), ticks(bar.high, tick), ticks(bar.low, tick),
                       ticks(bar.close, tick), bar.volume});
      regimes_.push_back(minute.regimes[i]);
      if (minute.funding_rates_e9[i])
        funding_[i].push_back({minute.close_time, *minute.funding_rates_e9[i]});
    }
    ++minutes_;
  }
  return true;
}

std::size_t SyntheticSource::slot(InstrumentId id, Timestamp open) const {
  const auto minute = static_cast<std::size_t>((open - start_) / minutes{1});
  return minute * generator_.instruments().size() + id.index;
}

std::optional<Bar> SyntheticSource::bar(InstrumentId id, Timestamp open) {
  if (bar_open(open, Interval::M1) != open || !reach(open)) return std::nullopt;
  const Kept& kept = bars_.at(slot(id, open));
  const Price tick = generator_.instruments()[id.index].tick_size;
  Bar bar{.instrument = id,
          .interval = Interval::M1,
          .open_time = open,
          .close_time = open + minutes{1},
          .open = tick * kept.open,
          .high = tick * kept.high,
          .low = tick * kept.low,
          .close = tick * kept.close,
          .volume = kept.volume};
  bar.turnover = market::typical_turnover(bar);
  return bar;
}

std::optional<std::int64_t> SyntheticSource::funding_rate_e9(InstrumentId id,
                                                             Timestamp funding_time) {
  if (!reach(funding_time - minutes{1})) return std::nullopt;
  const std::vector<Funding>& funding = funding_.at(id.index);
  const auto found = std::ranges::lower_bound(funding, funding_time, {}, &Funding::time);
  if (found == funding.end() || found->time != funding_time) return std::nullopt;
  return found->rate_e9;
}

std::string_view SyntheticSource::regime(InstrumentId id, Timestamp t) {
  if (!reach(t)) return {};
  return market::to_string(regimes_.at(slot(id, t)));
}

}  // namespace proteus::sim

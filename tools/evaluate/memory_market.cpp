#include "tools/evaluate/memory_market.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/market/instruments.hpp"
#include "models/training/synthetic.hpp"

namespace proteus::app::evaluate {

void MemoryMarket::add(Instrument instrument, Series series) {
  instrument.id = InstrumentId{static_cast<std::uint32_t>(instruments_.size())};
  for (Bar& bar : series.bars) bar.instrument = instrument.id;
  first_ = std::min(first_, series.bars.front().open_time);
  end_ = std::max(end_, series.bars.back().close_time);
  instruments_.push_back(instrument);
  series_.push_back(std::move(series));
}

Result<MemoryMarket> MemoryMarket::cut(sim::FileSource& source, Timestamp open, Timestamp listed_by,
                                       Timestamp until) {
  MemoryMarket market;
  market.interval_ = source.base_interval();
  const Timestamp from = std::max(open, source.first());
  const Timestamp end = std::min(until, *source.end());
  for (const Instrument& instrument : source.instruments()) {
    Series series;
    for (Timestamp at = bar_open(from, market.interval_); at < end;
         at = next_open(at, market.interval_)) {
      if (at < open) continue;
      const auto bar = source.bar(instrument.id, at);
      if (bar && bar->close_time <= until) series.bars.push_back(*bar);
    }
    if (series.bars.empty() || series.bars.front().open_time >= listed_by) continue;
    if (instrument.funding_interval > Duration{0}) {
      const Duration every = instrument.funding_interval;
      for (Timestamp at = Timestamp{} + (from.time_since_epoch() / every) * every; at <= end;
           at += every)
        if (const auto rate = source.funding_rate_e9(instrument.id, at))
          series.funding.push_back({at, *rate});
    }
    market.add(instrument, std::move(series));
  }
  if (market.instruments_.empty())
    return error(
        ErrorCode::NotFound,
        fmt::format("no instrument has a bar between {} and {}: the files reach from {} to "
                    "{}; move the folds, or give files that reach further back",
                    format_time(open), format_time(listed_by), format_time(source.first()),
                    format_time(*source.end())));
  return market;
}

Result<MemoryMarket> MemoryMarket::noise(const MemoryMarket& like, std::uint64_t seed) {
  MemoryMarket market;
  market.interval_ = like.interval_;
  for (const Instrument& instrument : like.instruments_) {
    training::SyntheticSettings wanted;
    wanted.kind = training::SyntheticKind::Driftless;
    wanted.interval = like.interval_;
    wanted.start = like.first_;
    wanted.features = features::Kind::None;
    wanted.bars = 0;
    for (Timestamp at = like.first_; at < like.end_; at = next_open(at, like.interval_))
      ++wanted.bars;
    wanted.instrument =
        market::known_instrument({instrument.category, std::string(instrument.symbol.view())})
            ? instrument.name()
            : fmt::format("linear:SIM{:03}USDT", instrument.id.index);
    BOOST_OUTCOME_TRY(const auto series,
                      training::synthetic_series(wanted, seed * 1000 + instrument.id.index));
    Series made;
    made.bars.assign(series->bars().begin(), series->bars().end());
    for (std::size_t i = 0; i < series->size(); ++i)
      for (const auto& due : series->settlements(i))
        if (due.known) made.funding.push_back({due.time, due.rate_e9});
    market.add(series->instrument(), std::move(made));
  }
  return market;
}

std::optional<Bar> MemoryMarket::bar(InstrumentId id, Timestamp open) {
  const auto& bars = series_.at(id.index).bars;
  const auto found = std::ranges::lower_bound(bars, open, {}, &Bar::open_time);
  if (found == bars.end() || found->open_time != open) return std::nullopt;
  return *found;
}

std::optional<std::int64_t> MemoryMarket::funding_rate_e9(InstrumentId id, Timestamp funding_time) {
  const auto& funding = series_.at(id.index).funding;
  const auto found = std::ranges::lower_bound(funding, funding_time, {}, &Rate::time);
  if (found == funding.end() || found->time != funding_time) return std::nullopt;
  return found->rate_e9;
}

}  // namespace proteus::app::evaluate

#include "connectors/sim/private/price_band.hpp"

#include <algorithm>

namespace proteus::sim {
namespace {

Int128 moved(Price price, std::int64_t by_e9) {
  return divide_by_scale(Int128{price.raw()} * (kFixedScale + by_e9), Rounding::Near);
}

Price on_tick(Int128 raw, Price tick, Rounding how) {
  const Int128 held = std::clamp<Int128>(raw, tick.raw(), INT64_MAX / 2);
  return round_to_step(Price::from_raw(static_cast<std::int64_t>(held)), tick, how);
}

/// Half way between the best prices, less the mark; nothing where a side is empty.
Int128 premium_of(MarketView& view, const Instrument& what, Price mark, Timestamp now) {
  const Ladder book = view.ladder(what.id, 1, now);
  if (book.bids.empty() || book.asks.empty()) return 0;
  return (Int128{book.bids[0].price_raw} + book.asks[0].price_raw) / 2 - mark.raw();
}

}  // namespace

PriceBand price_band(MarketView& view, const Instrument& what, Timestamp now) {
  const auto [x, y] = band_ratios(what.category);
  const Price last = view.last(what.id, now);  // The index is the last price.
  const Price mark = what.category == Category::Linear ? view.mark(what.id, now) : last;
  const Int128 index = last.raw();
  const Int128 premium = premium_of(view, what, mark, now);
  const Int128 above =
      std::min(moved(mark, y), std::max(index, moved(mark, x) + std::max<Int128>(premium, 0)));
  const Int128 below =
      std::max(moved(mark, -y), std::min(index, moved(mark, -x) + std::min<Int128>(premium, 0)));
  return {on_tick(above, what.tick_size, Rounding::Down),
          on_tick(below, what.tick_size, Rounding::Up)};
}

}  // namespace proteus::sim

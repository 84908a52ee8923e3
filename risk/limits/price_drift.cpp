#include "risk/limits/price_drift.hpp"

#include "risk/limits/controls.hpp"

namespace proteus::risk {

void PriceDrift::on_fill(const Fill& fill, Price reference, Timestamp now) {
  if (reference <= Price{}) return;
  if (fills_.size() == kKept) fills_.erase(fills_.begin());
  const Money value = capped_notional(reference, fill.quantity);
  const Money paid = capped_notional(fill.price, fill.quantity);
  const Int128 worse = Int128{paid.raw()} - value.raw();
  fills_.push_back({now, capped(fill.side == Side::Buy ? worse : -worse), value});
}

std::int64_t PriceDrift::mean_e9(Timestamp now) const {
  Int128 cost = 0;
  Int128 value = 0;
  std::size_t count = 0;
  for (const Entry& fill : fills_) {
    if (now - fill.heard > window_) continue;
    cost += fill.cost.raw();
    value += fill.value.raw();
    ++count;
  }
  if (count < kFillsMin || value <= 0) return 0;
  return capped(divide(cost * kFixedScale, value, Rounding::Up)).raw();
}

}  // namespace proteus::risk

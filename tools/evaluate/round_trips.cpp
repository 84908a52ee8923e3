#include "tools/evaluate/round_trips.hpp"

#include <algorithm>
#include <cmath>

namespace proteus::app::evaluate {
namespace {

double units(std::int64_t raw) {
  return static_cast<double>(raw) / static_cast<double>(kFixedScale);
}

}  // namespace

void RoundTrips::end(std::size_t instrument, Timestamp at, bool cut) {
  Open& open = open_[instrument];
  closed_.push_back({instrument, open.since, at, open.size, -open.paid, cut});
  open = {};
}

void RoundTrips::trade(std::size_t instrument, std::int64_t quantity, double price, double fee,
                       Timestamp at) {
  Open& open = open_[instrument];
  if (open.quantity == 0) open.since = at;
  open.quantity += quantity;
  open.paid += units(quantity) * price + fee;
  open.size = std::max(open.size, std::abs(units(open.quantity)) * price);
  if (open.quantity == 0) end(instrument, at, false);
}

void RoundTrips::add(const Fill& fill) {
  const std::size_t k = fill.instrument.index;
  // A fee in base takes off what arrives; its value is in the fee already.
  const std::int64_t whole = signed_quantity(fill.side, fill.quantity).raw();
  const std::int64_t arrives = whole - fill.fee_base.raw();
  const double price = fill.price.to_double();
  const double fee =
      fill.fee_base == Quantity{} ? fill.fee.to_double() : units(fill.fee_base.raw()) * price;
  const std::int64_t held = open_[k].quantity;
  const bool turns = held != 0 && (held < 0) != (arrives < 0) && std::abs(arrives) > std::abs(held);
  if (!turns) return trade(k, arrives, price, fee, fill.time);
  const double share = static_cast<double>(std::abs(held)) / static_cast<double>(std::abs(arrives));
  trade(k, -held, price, fee * share, fill.time);
  trade(k, arrives + held, price, fee * (1.0 - share), fill.time);
}

void RoundTrips::add(const FundingSettled& funding) {
  Open& open = open_[funding.instrument.index];
  if (open.quantity != 0) open.paid += funding.amount.to_double();
}

void RoundTrips::cut(InstrumentId instrument, double price, Timestamp at) {
  Open& open = open_[instrument.index];
  if (open.quantity == 0) return;
  open.paid -= units(open.quantity) * price;
  end(instrument.index, at, true);
}

}  // namespace proteus::app::evaluate

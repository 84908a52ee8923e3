#include "connectors/live/guard_orders.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/live/order_text.hpp"

namespace proteus::live {
namespace {

/// `text` is one object.
void add_member(std::string& text, std::string_view member) {
  text.insert(text.size() - 1, "," + std::string(member));
}

}  // namespace

ClientOrderId GuardIds::next() {
  return std::string_view{fmt::format(
      "g{:011x}{:08x}{:05x}", static_cast<std::uint64_t>(to_unix_ms(start_)) & 0xfffffffffffU,
      drawn_ & 0xffffffffU, ++count_ & 0xfffffU)};
}

std::vector<ReducingOrder> ReducingOrder::closing(const PositionRow& position,
                                                  const Instrument& instrument, GuardIds& ids) {
  if (instrument.category != Category::Linear) return {};
  const bool is_short = position.quantity < Quantity{};
  return parts(abs(position.quantity), is_short ? Side::Buy : Side::Sell, instrument, ids);
}

std::vector<ReducingOrder> ReducingOrder::selling(Quantity free, const Instrument& instrument,
                                                  GuardIds& ids) {
  if (instrument.category != Category::Spot) return {};
  return parts(round_to_step(free, instrument.lot_step), Side::Sell, instrument, ids);
}

std::vector<ReducingOrder> ReducingOrder::parts(Quantity whole, Side side,
                                                const Instrument& instrument, GuardIds& ids) {
  std::vector<ReducingOrder> orders;
  Quantity most = whole;
  if (!instrument.quantity_max_market.is_zero())
    most = std::min(most, round_to_step(instrument.quantity_max_market, instrument.lot_step));
  if (most <= Quantity{}) return orders;
  for (Quantity left = whole; left > Quantity{} && orders.size() < kPartsMax;) {
    const Quantity part = std::min(left, most);
    left = left - part;
    orders.push_back(made(part, side, instrument, ids));
  }
  return orders;
}

std::optional<ReducingOrder> ReducingOrder::whole(Side side, const Instrument& instrument,
                                                  GuardIds& ids) {
  if (instrument.category != Category::Linear) return std::nullopt;
  Instrument plain = instrument;
  plain.lot_step = Quantity::from_raw(kFixedScale);  // "0", and not "0.000".
  ReducingOrder order = made({}, side, plain, ids);
  add_member(order.text_, R"("closeOnTrigger":true)");
  return order;
}

ReducingOrder ReducingOrder::made(Quantity quantity, Side side, const Instrument& instrument,
                                  GuardIds& ids) {
  OrderRequest request;
  request.id = ids.next();
  request.instrument = instrument.id;
  request.side = side;
  request.type = OrderType::Market;
  request.reduce_only = true;
  request.quantity = quantity;
  ReducingOrder order;
  order.instrument_ = instrument.id;
  order.side_ = side;
  order.quantity_ = quantity;
  order.text_ = create_text(request, instrument);
  // Zero is what the venue takes for unsaid; here nothing is to hang on that.
  if (instrument.category == Category::Spot) add_member(order.text_, R"("isLeverage":0)");
  return order;
}

GuardCancel GuardCancel::of(const OrderRow& order, const Instrument& instrument) {
  GuardCancel cancel;
  cancel.one_ = true;
  const bool waits = order.status == VenueOrderStatus::Untriggered;
  // The one of spot that locks what it would sell is found under a name of its own.
  const bool locks = waits && order.stop_order_type.view() == "tpslOrder";
  cancel.text_ = cancel_text(instrument, {}, order.order_id.view(), waits && !locks);
  if (locks && instrument.category == Category::Spot)
    add_member(cancel.text_, R"("orderFilter":"tpslOrder")");
  return cancel;
}

GuardCancel GuardCancel::all_of(const Instrument& instrument) {
  GuardCancel cancel;
  cancel.text_ = cancel_all_text(instrument);
  add_member(cancel.text_, R"("orderFilter":"Order")");
  return cancel;
}

bool only_reduces(const OrderRow& order) {
  // A spot order cannot be reduce-only; the daemon's stops of coins tell by their ids.
  const bool stop_of_coins =
      order.category == Category::Spot && is_protective_id(order.link_id.view());
  return order.reduce_only || order.close_on_trigger || stop_of_coins;
}

}  // namespace proteus::live

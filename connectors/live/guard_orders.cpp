#include "connectors/live/guard_orders.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/live/order_text.hpp"

namespace proteus::live {

ClientOrderId GuardIds::next() {
  return std::string_view{fmt::format(
      "g{:011x}{:08x}{:05x}", static_cast<std::uint64_t>(to_unix_ms(start_)) & 0xfffffffffffU,
      drawn_ & 0xffffffffU, ++count_ & 0xfffffU)};
}

std::vector<ReducingOrder> ReducingOrder::closing(const PositionRow& position,
                                                  const Instrument& instrument, GuardIds& ids) {
  std::vector<ReducingOrder> orders;
  if (instrument.category != Category::Linear) return orders;
  const Quantity held = position.quantity < Quantity{} ? -position.quantity : position.quantity;
  Quantity most = held;
  if (!instrument.quantity_max_market.is_zero())
    most =
        std::min(most, Quantity::from_raw(instrument.quantity_max_market.raw() /
                                          instrument.lot_step.raw() * instrument.lot_step.raw()));
  if (most <= Quantity{}) return orders;
  for (Quantity left = held; left > Quantity{} && orders.size() < kPartsMax;) {
    const Quantity part = std::min(left, most);
    left = left - part;
    OrderRequest request;
    request.id = ids.next();
    request.instrument = instrument.id;
    request.side = position.quantity < Quantity{} ? Side::Buy : Side::Sell;
    request.type = OrderType::Market;
    request.reduce_only = true;
    request.quantity = part;
    ReducingOrder order;
    order.instrument_ = instrument.id;
    order.side_ = request.side;
    order.quantity_ = part;
    order.text_ = create_text(request, instrument);
    orders.push_back(std::move(order));
  }
  return orders;
}

GuardCancel GuardCancel::of(const OrderRow& order, const Instrument& instrument) {
  GuardCancel cancel;
  cancel.one_ = true;
  const bool conditional = order.status == VenueOrderStatus::Untriggered;
  cancel.text_ = cancel_text(instrument, {}, order.order_id.view(), conditional);
  return cancel;
}

GuardCancel GuardCancel::all_of(const Instrument& instrument) {
  GuardCancel cancel;
  cancel.text_ = cancel_all_text(instrument);
  // One object; the filter goes before its end.
  cancel.text_.insert(cancel.text_.size() - 1, R"(,"orderFilter":"Order")");
  return cancel;
}

bool only_reduces(const OrderRow& order) { return order.reduce_only || order.close_on_trigger; }

}  // namespace proteus::live

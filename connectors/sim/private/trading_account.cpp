#include "connectors/sim/private/trading_account.hpp"

#include <algorithm>

#include "engine/matching/filters.hpp"
#include "engine/matching/margin.hpp"

namespace proteus::sim {
namespace {

constexpr std::size_t kLinksMax = 250'000;
constexpr std::size_t kClosedMax = 50'000;
constexpr std::size_t kClosedShown = 500;  // in order lists
constexpr std::size_t kExecutionsMax = 100'000;

/// One side's orders of an instrument together.
struct SideSum {
  Quantity quantity;
  Money value;
  void add(Quantity q, Price price) {
    quantity += q;
    value += notional(price, q, Rounding::Up);
  }
};

bool is_meant(const VenueOrder& order, const OrderName& name) {
  if (order.instrument != name.instrument) return false;
  return name.id.empty() ? !name.link_id.empty() && order.link_id == name.link_id
                         : order.id == name.id;
}

/// Value of that part of the orders which carries the position away from zero.
Money increasing_value(const SideSum& sum, Quantity position, Side side) {
  if (sum.quantity.is_zero()) return Money{};
  const Quantity more = matching::increase(position, side, sum.quantity);
  const Int128 wide =
      divide(Int128{sum.value.raw()} * more.raw(), sum.quantity.raw(), Rounding::Up);
  return Money::from_raw(static_cast<std::int64_t>(wide));
}

}  // namespace

TradingAccount::TradingAccount(const AccountSpec& spec, const InstrumentTable& instruments)
    : key(spec.key),
      rights(spec.rights),
      books(spec.start, instruments),
      notes(instruments.size()),
      instruments_(instruments) {
  for (const Instrument& what : instruments)
    notes[what.id.index].leverage_e9 =
        matching::leverage_of(what, notes[what.id.index].leverage_e9);
}

MarginUse TradingAccount::margin_of(InstrumentId id, const Proposal* extra,
                                    std::uint64_t without) const {
  SideSum buys, sells;
  for (const auto& [number, order] : open) {
    const bool counts = order.instrument == id && order.live() && !order.reduce_only;
    if (!counts || number == without) continue;
    (order.side == Side::Buy ? buys : sells).add(order.leaves(), order.price);
  }
  if (extra != nullptr && extra->instrument == id)
    (extra->side == Side::Buy ? buys : sells).add(extra->quantity, extra->price);
  const std::int64_t leverage = notes[id.index].leverage_e9;
  const PositionView& held = books[id];
  const Money dearer = std::max(increasing_value(buys, held.quantity, Side::Buy),
                                increasing_value(sells, held.quantity, Side::Sell));
  return {matching::initial_margin(abs(held.value), leverage),
          matching::initial_margin(dearer, leverage)};
}

Money TradingAccount::locked_quote(std::uint64_t without) const {
  Money sum;
  for (const auto& [number, order] : open)
    if (number != without && order.locks() && order.side == Side::Buy && is_spot(order.instrument))
      sum += order.amount.is_zero()
                 ? notional(order.live() || !order.market ? order.price : order.trigger.price,
                            order.leaves(), Rounding::Up)
                 : order.amount;
  return sum;
}

Quantity TradingAccount::locked_base(InstrumentId id, std::uint64_t without) const {
  Quantity sum;
  for (const auto& [number, order] : open)
    if (number != without && order.locks() && order.side == Side::Sell && order.instrument == id)
      sum += order.leaves();
  return sum;
}

Money TradingAccount::spendable(std::uint64_t without) const {
  const Money free = std::min(wallet(), margin_equity() - margin().total());
  return std::max(free - locked_quote(without), Money{});
}

MarginUse TradingAccount::margin(const Proposal* extra, std::uint64_t without) const {
  std::set<InstrumentId> touched;
  for (const auto& [number, order] : open) touched.insert(order.instrument);
  if (extra != nullptr) touched.insert(extra->instrument);
  for (const Instrument& what : instruments_)
    if (!position(what.id).is_zero()) touched.insert(what.id);
  std::erase_if(touched, [this](InstrumentId id) { return is_spot(id); });
  MarginUse all;
  for (const InstrumentId id : touched) {
    const MarginUse one = margin_of(id, extra, without);
    all.positions += one.positions;
    all.orders += one.orders;
  }
  return all;
}

Money TradingAccount::exposure(std::uint64_t without) const {
  Money sum = books.gross(Category::Linear);
  for (const auto& [number, order] : open)
    if (number != without && order.live() && !order.reduce_only)
      sum += notional(order.price, order.leaves(), Rounding::Up);
  return sum;
}

Money TradingAccount::maintenance(std::int64_t rate_e9) const {
  return share(books.gross(Category::Linear), rate_e9, Rounding::Up);
}

VenueOrder* TradingAccount::find(const OrderName& name) {
  for (auto& [number, order] : open)
    if (is_meant(order, name)) return &order;
  return nullptr;
}

const VenueOrder* TradingAccount::find_filled(const OrderName& name) const {
  for (std::size_t i = 0; i < remembered_closed; ++i) {
    const VenueOrder& order = closed[closed.size() - 1 - i];
    if (is_meant(order, name)) return order.status == OrderStatus::Filled ? &order : nullptr;
  }
  return nullptr;
}

std::size_t TradingAccount::live_orders(InstrumentId id) const {
  return static_cast<std::size_t>(std::ranges::count_if(open, [id](const auto& entry) {
    return entry.second.instrument == id && entry.second.live();
  }));
}

std::size_t TradingAccount::conditional_orders(InstrumentId id) const {
  return static_cast<std::size_t>(std::ranges::count_if(open, [id](const auto& entry) {
    const VenueOrder& order = entry.second;
    return order.instrument == id && !order.live() && order.stop_type == kStop;
  }));
}

bool TradingAccount::remember_link(const std::string& link_id) {
  if (!links_.insert(link_id).second) return false;
  links_by_age_.push_back(link_id);
  if (links_by_age_.size() > kLinksMax) {
    links_.erase(links_by_age_.front());
    links_by_age_.pop_front();
  }
  return true;
}

void TradingAccount::archive(std::uint64_t number) {
  const auto found = open.find(number);
  closed.push_back(std::move(found->second));
  open.erase(found);
  remembered_closed = std::min(remembered_closed + 1, kClosedShown);
  if (closed.size() > kClosedMax) closed.pop_front();
}

void TradingAccount::record(Execution execution) {
  execution.wallet = wallet();
  execution.position = position(execution.order.instrument);
  changes.executions.push_back(execution);
  changes.positions.insert(execution.order.instrument);
  executions.push_back(std::move(execution));
  if (executions.size() > kExecutionsMax) executions.pop_front();
}

void TradingAccount::told(const VenueOrder& order) {
  changes.positions.insert(order.instrument);
  note_for_lists(order);
  for (VenueOrder& known : changes.orders) {
    if (known.number != order.number || !known.open()) continue;
    known = order;
    return;
  }
  changes.orders.push_back(order);
}

void TradingAccount::told_apart(const VenueOrder& order) {
  changes.positions.insert(order.instrument);
  note_for_lists(order);
  changes.orders.push_back(order);
}

void TradingAccount::note_for_lists(const VenueOrder& order) {
  if (const auto found = lagging_.find(order.number); found != lagging_.end())
    found->second.states.emplace_back(order.updated, order);
}

void TradingAccount::lag(const VenueOrder& order, Duration by, Timestamp now) {
  std::erase_if(lagging_, [now](const auto& entry) {
    const auto& [at, last] = entry.second.states.back();
    return !last.open() && at + entry.second.by <= now;
  });
  lagging_[order.number] = {by, {{now, order}}};
}

const VenueOrder* TradingAccount::shown(const VenueOrder& order, Timestamp now) const {
  const auto found = lagging_.find(order.number);
  if (found == lagging_.end()) return &order;
  const VenueOrder* seen = nullptr;
  for (const auto& [at, state] : found->second.states)
    if (at + found->second.by <= now) seen = &state;
  return seen;
}

bool TradingAccount::shown(const Execution& execution, Timestamp now) const {
  const auto found = lagging_.find(execution.order.number);
  return found == lagging_.end() || execution.time + found->second.by <= now;
}

}  // namespace proteus::sim

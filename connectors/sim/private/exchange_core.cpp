#include "connectors/sim/private/exchange_core.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/sim/private/price_band.hpp"
#include "connectors/sim/random.hpp"
#include "engine/matching/filters.hpp"
#include "engine/matching/margin.hpp"

namespace proteus::sim {
namespace {

constexpr std::size_t kOpenOrdersMax = 500;  // of a symbol
constexpr std::size_t kLinkCharactersMax = 36;
constexpr std::int64_t kProtectionE9 = 50'000'000;  // a market order goes 5 % from the mark at most
constexpr std::int64_t kLotsOfOrderMax = 10'000'000;  // where the source names no maximum
// All positions and orders of an account together, USDT, and base units of one instrument: books
// of 1e-9 hold them through any move of the market up to fourfold.
constexpr std::int64_t kExposureMax = 2'000'000'000;
constexpr std::int64_t kBaseMax = 9'000'000'000;

bool link_spelled(std::string_view text) {
  return text.size() <= kLinkCharactersMax && std::ranges::all_of(text, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

Refusal parameter(std::string text) { return {10001, std::move(text)}; }

OrderRequest request_of(const NewOrder& wish) {
  OrderRequest request;
  request.instrument = wish.instrument;
  request.side = wish.side;
  request.type = wish.market ? OrderType::Market : OrderType::Limit;
  request.reduce_only = wish.reduce_only;
  request.quantity = wish.quantity;
  request.price = wish.market ? Price{} : wish.price;
  return request;
}

Said<void> said_of(OrderEnd end, const NewOrder& wish, const Instrument& what) {
  switch (end) {
    case OrderEnd::None:
      return boost::outcome_v2::success();
    case OrderEnd::OffStep:
      return parameter(
          fmt::format("params error: price or qty is off the step (tickSize {}, "
                      "qtyStep {})",
                      what.tick_size.to_string(), what.lot_step.to_string()));
    case OrderEnd::AboveMaximum:
      return parameter("The number of contracts exceeds maximum limit allowed");
    case OrderEnd::BelowMinimum:
      if (wish.quantity >= what.quantity_min && wish.quantity > Quantity{})
        return Refusal{110094, fmt::format("Order does not meet minimum order value {}USDT",
                                           what.notional_min.to_string())};
      // The venue's words, which mean below the minimum.
      return parameter("The number of contracts exceeds minimum limit allowed");
    default:
      return parameter("params error: order invalid");
  }
}

}  // namespace

Quantity lots_quantity(std::int64_t lots, const Instrument& instrument) {
  const Int128 wide = Int128{lots} * instrument.lot_step.raw();
  return Quantity::from_raw(
      static_cast<std::int64_t>(std::min<Int128>(wide, kBaseMax * Int128{kFixedScale})));
}

Result<std::unique_ptr<ExchangeCore>> ExchangeCore::create(std::span<const AccountSpec> accounts,
                                                           std::span<const Instrument> instruments,
                                                           const matching::Rates& rates,
                                                           MarketView& view, std::uint64_t seed) {
  InstrumentTable table;
  for (const Instrument& what : instruments) {
    BOOST_OUTCOME_TRY(table.add(what));
  }
  return std::unique_ptr<ExchangeCore>(
      new ExchangeCore(accounts, std::move(table), rates, view, seed));
}

ExchangeCore::ExchangeCore(std::span<const AccountSpec> accounts, InstrumentTable instruments,
                           const matching::Rates& rates, MarketView& view, std::uint64_t seed)
    : instruments_(std::move(instruments)),
      rates_(rates),
      view_(view),
      seed_(seed),
      desks_(instruments_.size()) {
  accounts_.reserve(accounts.size());  // Orders are pointed to: accounts stay where they are.
  for (const AccountSpec& spec : accounts) accounts_.emplace_back(spec, instruments_);
}

Changes ExchangeCore::take_changes(AccountId account) {
  return std::exchange(accounts_[account].changes, Changes{});
}

void ExchangeCore::forget_closed() {
  for (TradingAccount& account : accounts_) account.remembered_closed = 0;
}

/// The text of a UUID, a pure function of the seed and of how many were made.
std::string ExchangeCore::new_id(std::string_view what) {
  const std::uint64_t high = mix(mix(mix(seed_), what), ++ids_made_);
  const std::uint64_t low = mix(high);
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xffffU,
                     high & 0xfffU, 0x8000U | ((low >> 48U) & 0x3fffU), low & 0xffffffffffffU);
}

/// Decimal text, as spot has it.
std::string ExchangeCore::new_number(std::string_view what) {
  constexpr std::uint64_t kFrom = 1'000'000'000'000'000'000;
  return std::to_string(kFrom + mix(mix(mix(seed_), what), ++ids_made_) % kFrom);
}

Price ExchangeCore::protective_price(InstrumentId id, Side side, Timestamp now) {
  const Price mark = view_.mark(id, now);
  const bool buy = side == Side::Buy;
  const Int128 moved =
      divide_by_scale(Int128{mark.raw()} * (kFixedScale + (buy ? kProtectionE9 : -kProtectionE9)),
                      buy ? Rounding::Down : Rounding::Up);
  const Price tick = instruments_[id].tick_size;
  const Int128 capped = std::min<Int128>(moved, INT64_MAX);
  const Price rounded = round_to_step(Price::from_raw(static_cast<std::int64_t>(capped)), tick,
                                      buy ? Rounding::Down : Rounding::Up);
  return std::max(rounded, tick);
}

/// Sizes, steps and what an account may have in all. `value_at`: the price a market order is
/// valued at.
Said<void> ExchangeCore::check_size(const TradingAccount& account, const NewOrder& wish,
                                    Price value_at, std::uint64_t without) const {
  const Instrument& what = instruments_[wish.instrument];
  const Quantity held = account.position(wish.instrument);
  BOOST_OUTCOME_TRY(
      said_of(matching::check_filters(request_of(wish), what, value_at, held), wish, what));
  const Quantity named = wish.market ? what.quantity_max_market : what.quantity_max_limit;
  if (named.is_zero() && wish.quantity > lots_quantity(kLotsOfOrderMax, what))
    return parameter("The number of contracts exceeds maximum limit allowed");
  if (wish.reduce_only) return boost::outcome_v2::success();
  Int128 base = Int128{abs(held).raw()} + wish.quantity.raw();
  for (const auto& [number, order] : account.open)
    if (order.instrument == wish.instrument && number != without && order.live())
      base += order.leaves().raw();
  const Money value = notional(wish.market ? value_at : wish.price, wish.quantity, Rounding::Up);
  if (base > Int128{kBaseMax} * kFixedScale ||
      Int128{value.raw()} + account.exposure(without).raw() > Int128{kExposureMax} * kFixedScale)
    return Refusal{110090,
                   "Order placement failed as your position may exceed the max limit. Please "
                   "adjust your leverage or the size of the order"};
  return boost::outcome_v2::success();
}

Said<void> ExchangeCore::check_margin(const TradingAccount& account, const Proposal& wish,
                                      std::uint64_t without, bool reduce_only) const {
  if (reduce_only) return boost::outcome_v2::success();
  const Money before = account.margin().total();
  const Money after = account.margin(&wish, without).total();
  const Money behind = account.margin_equity() - account.locked_quote(without);
  if (after <= before || after <= behind) return boost::outcome_v2::success();
  return Refusal{110007, "ab not enough for new order"};
}

/// May change the wish: a reduce-only order is cut to the position, a market order gets its price.
Said<void> ExchangeCore::check_wish(TradingAccount& account, NewOrder& wish, Timestamp now) {
  const Instrument& what = instruments_[wish.instrument];
  if (!link_spelled(wish.link_id)) return parameter("params error: OrderLinkId is invalid");
  if (what.category == Category::Spot) return check_spot(account, wish, now);
  if (what.status != InstrumentStatus::Trading || !view_.priced(wish.instrument, now))
    return Refusal{110074, "This contract is not live"};
  if (account.knows_link(wish.link_id)) return Refusal{110072, "OrderLinkedID is duplicate"};
  if (wish.trigger.set()) return check_conditional(account, wish, now);
  if (account.live_orders(wish.instrument) >= kOpenOrdersMax)
    return Refusal{110020, "Not allowed to have more than 500 active orders"};
  const Quantity held = account.position(wish.instrument);
  if (wish.reduce_only) {
    const Quantity most = matching::reducible(held, wish.side, what);
    if (most.is_zero()) return Refusal{110017, "Reduce-only rule not satisfied"};
    if (wish.quantity.is_zero() && wish.close_on_trigger) {
      const Quantity named = wish.market ? what.quantity_max_market : what.quantity_max_limit;
      wish.quantity = named.is_zero() ? most : std::min(most, named);
    }
    wish.quantity = std::min(wish.quantity, most);
  }
  const Price last = view_.last(wish.instrument, now);
  // A price off the tick is refused, not moved.
  const bool on_tick = wish.price.raw() % what.tick_size.raw() == 0;
  if (!wish.market && on_tick) {
    BOOST_OUTCOME_TRY(fit_to_band(account, wish.instrument, wish.side, wish.price, now));
  }
  BOOST_OUTCOME_TRY(check_size(account, wish, last, 0));
  const Proposal proposal{wish.instrument, wish.side, wish.quantity,
                          wish.market ? last : wish.price};
  BOOST_OUTCOME_TRY(check_margin(account, proposal, 0, wish.reduce_only));
  BOOST_OUTCOME_TRY(
      check_protection(wish.instrument, wish.side, wish.attached, proposal.price, now));
  if (wish.market) wish.price = protective_price(wish.instrument, wish.side, now);
  return boost::outcome_v2::success();
}

Said<OrderIds> ExchangeCore::submit(AccountId id, const NewOrder& asked, Timestamp now) {
  TradingAccount& account = accounts_[id];
  NewOrder wish = asked;
  BOOST_OUTCOME_TRY(check_wish(account, wish, now));
  if (!wish.link_id.empty()) account.remember_link(wish.link_id);
  VenueOrder order = made(id, wish, now);
  if (order.link_id.empty() && is_spot(wish.instrument)) {
    order.link_id = std::to_string(std::stoull(order.id) + 1);  // As the venue makes it.
    account.remember_link(order.link_id);
  }
  if (wish.market && wish.side == Side::Buy && is_spot(wish.instrument) && !wish.trigger.set())
    order.budget = wish.amount.is_zero() ? account.spendable() : wish.amount;
  OrderIds ids{order.id, order.link_id};
  const auto placed = account.open.emplace(order.number, std::move(order)).first;
  if (wish.trigger.set()) {
    placed->second.stop_type = wish.locks ? kTpslOrder : kStop;
    wait(placed->second);
  } else {
    enter(placed->second, now);
    trim_touched(now);
  }
  return ids;
}

VenueOrder ExchangeCore::made(AccountId id, const NewOrder& wish, Timestamp now) {
  VenueOrder order;
  order.number = ++orders_made_;
  order.account = id;
  order.instrument = wish.instrument;
  order.id = is_spot(wish.instrument) ? new_number("order") : new_id("order");
  order.link_id = wish.link_id;
  order.side = wish.side;
  order.market = wish.market;
  order.time_in_force = wish.market ? TimeInForce::Ioc : wish.time_in_force;
  order.reduce_only = wish.reduce_only;
  order.close_on_trigger = wish.close_on_trigger;
  order.trigger = wish.trigger;
  order.attached = wish.attached;
  order.self_match = wish.self_match;
  order.price = wish.price;
  order.quantity = wish.quantity;
  order.amount = wish.amount;
  order.last_at_creation = view_.last(wish.instrument, now);
  order.created = order.updated = now;
  return order;
}

Said<OrderIds> ExchangeCore::cancel(AccountId id, const OrderName& name, Timestamp now, bool late) {
  VenueOrder* const order = accounts_[id].find(name);
  if (order == nullptr) {
    const VenueOrder* const past = late ? accounts_[id].find_filled(name) : nullptr;
    if (past == nullptr && is_spot(name.instrument))
      return Refusal{170213, "Order does not exist."};
    if (past == nullptr) return Refusal{110001, "order not exists or too late to cancel"};
    tell_lost_race(accounts_[id], *past);
    return OrderIds{past->id, past->link_id};
  }
  OrderIds ids{order->id, order->link_id};
  if (late) {
    order->cancel_asked = true;
    late_cancels_.emplace(id, order->number);
    return ids;
  }
  finish(*order, OrderStatus::Cancelled, "CancelByUser", "EC_PerCancelRequest", now);
  return ids;
}

std::vector<OrderIds> ExchangeCore::cancel_all(AccountId id, std::optional<InstrumentId> only,
                                               Timestamp now, const Meant& meant) {
  std::vector<VenueOrder*> found;
  for (auto& [number, order] : accounts_[id].open)
    if ((!only || order.instrument == *only) && (!meant || meant(order))) found.push_back(&order);
  std::vector<OrderIds> ids;
  for (VenueOrder* const order : found) {
    ids.push_back({order->id, order->link_id});
    finish(*order, OrderStatus::Cancelled, "CancelByUser", "EC_PerCancelRequest", now);
  }
  return ids;
}

Said<void> ExchangeCore::set_leverage(AccountId id, InstrumentId instrument,
                                      std::int64_t leverage_e9) {
  TradingAccount& account = accounts_[id];
  const Instrument& what = instruments_[instrument];
  if (leverage_e9 < kFixedScale || leverage_e9 > what.leverage_max_e9)
    return parameter(
        fmt::format("leverage invalid: from 1 to {}", format_fixed(what.leverage_max_e9)));
  std::int64_t& leverage = account.notes[instrument.index].leverage_e9;
  if (leverage == leverage_e9) return Refusal{110043, "leverage not modified"};
  const std::int64_t before = std::exchange(leverage, leverage_e9);
  if (leverage_e9 < before && account.margin().total() > account.margin_equity()) {
    leverage = before;
    return Refusal{110007, "ab not enough for new leverage"};
  }
  account.changes.positions.insert(instrument);
  return boost::outcome_v2::success();
}

Said<void> ExchangeCore::set_mode(AccountId id, InstrumentId instrument, bool hedge) {
  TradingAccount& account = accounts_[id];
  bool& mode = account.notes[instrument.index].hedge;
  if (mode == hedge) return Refusal{110025, "Position mode is not modified"};
  if (!account.position(instrument).is_zero())
    return Refusal{110024,
                   "You have an existing position, so the position mode cannot be switched"};
  const bool orders = std::ranges::any_of(
      account.open, [&](const auto& entry) { return entry.second.instrument == instrument; });
  if (orders)
    return Refusal{110028, "You have existing orders, so the position mode cannot be switched"};
  mode = hedge;
  account.changes.positions.insert(instrument);
  return boost::outcome_v2::success();
}

void ExchangeCore::set_price_moving(AccountId id, Category category, bool moves) {
  accounts_[id].moves_price[static_cast<std::size_t>(category)] = moves;
}

Said<void> ExchangeCore::fit_to_band(const TradingAccount& account, InstrumentId id, Side side,
                                     Price& price, Timestamp now) {
  const Instrument& what = instruments_[id];
  const PriceBand band = price_band(view_, what, now);
  const Price edge = side == Side::Buy ? band.buy_max : band.sell_min;
  if (side == Side::Buy ? price <= edge : price >= edge) return boost::outcome_v2::success();
  if (account.moves_price[static_cast<std::size_t>(what.category)]) {
    price = edge;
    return boost::outcome_v2::success();
  }
  if (what.category == Category::Linear)
    return Refusal{110003, "Order price is out of permissible range"};
  if (side == Side::Buy)
    return Refusal{170193,
                   fmt::format("Buy order price cannot be higher than {}.", edge.to_string())};
  return Refusal{170194,
                 fmt::format("Sell order price cannot be lower than {}.", edge.to_string())};
}

void ExchangeCore::disconnect(AccountId id, Timestamp now) {
  std::vector<VenueOrder*> orders;
  for (auto& [number, order] : accounts_[id].open)
    if (order.live()) orders.push_back(&order);
  for (VenueOrder* const order : orders)
    finish(*order, OrderStatus::Cancelled, "CancelByDCP", "EC_PerCancelRequest", now);
}

Said<ExchangeCore::Preview> ExchangeCore::preview(AccountId id, const NewOrder& asked,
                                                  Timestamp now) {
  TradingAccount& account = accounts_[id];
  NewOrder wish = asked;
  BOOST_OUTCOME_TRY(check_wish(account, wish, now));
  const Price at = wish.market ? view_.last(wish.instrument, now) : wish.price;
  const Proposal proposal{wish.instrument, wish.side, wish.quantity, at};
  const Quantity more =
      matching::increase(account.position(wish.instrument), wish.side, wish.quantity);
  const Money before = account.maintenance(rates_.maintenance_e9);
  const bool waits = wish.trigger.set() || wish.reduce_only;
  const Money margin = account.margin().total();
  return Preview{
      account.margin_equity(), margin, before, waits ? margin : account.margin(&proposal).total(),
      waits
          ? before
          : before + share(notional(at, more, Rounding::Up), rates_.maintenance_e9, Rounding::Up)};
}

void ExchangeCore::lag_lists(AccountId id, std::uint64_t after, Duration by, Timestamp now) {
  TradingAccount& account = accounts_[id];
  for (auto it = account.open.upper_bound(after); it != account.open.end(); ++it)
    account.lag(it->second, by, now);
  // What came in last may have closed at once; older ones may have closed behind it.
  const std::size_t made = orders_made_ - after;
  for (std::size_t i = 0; i < account.closed.size() && i < 2 * made + 16; ++i) {
    const VenueOrder& order = account.closed[account.closed.size() - 1 - i];
    if (order.number > after) account.lag(order, by, now);
  }
}

/// Whether anybody holds it or waits in its book: of all others the market is not even asked.
bool ExchangeCore::concerned(InstrumentId id) const {
  const Desk& here = desk(id);
  return !here.resting[0].empty() || !here.resting[1].empty() || !here.waiting.empty() ||
         std::ranges::any_of(accounts_, [id](const TradingAccount& account) {
           return !account.position(id).is_zero();
         });
}

void ExchangeCore::on_market(Timestamp now) {
  for (const Instrument& what : instruments_) {
    desk(what.id).taken = {};
    if (!concerned(what.id)) continue;
    if (!is_spot(what.id)) settle_funding(what.id, now);
    const Price mark = view_.mark(what.id, now);
    for (TradingAccount& account : accounts_)
      if (!account.position(what.id).is_zero()) account.books.mark(what.id, mark);
  }
  for (AccountId id = 0; id < accounts_.size(); ++id) liquidate_if_due(id, now);
  for (const Instrument& what : instruments_) {
    const Desk& here = desk(what.id);
    if (!here.resting[0].empty() || !here.resting[1].empty()) meet_trades(what.id, now);
    meet_triggers(what.id, now);
  }
  cancel_late_ones(now);
  trim_touched(now);
  moved_ = now;
}

}  // namespace proteus::sim

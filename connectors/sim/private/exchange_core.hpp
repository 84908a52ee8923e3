// The exchange's core: accounts, their orders, price-time matching, positions, margin, funding and
// liquidation of linear perpetuals in one-way mode and cross margin, and spot for what is in the
// wallet. No socket, no clock, no JSON:
// requests come as values with the time at which they arrive, and what happened is fetched with
// take_changes(). The same calls in the same order give the same ids, fills and books.
//
// Who fills whom. A taker meets the market's ladder and our resting orders, best price first; at
// one price the ladder stands before our orders. What was taken of the ladder is gone until the
// market moves. A resting order fills as maker, at its own price,
//  - by a trade of the market at a worse price for the other side (the market traded through it),
//    or at its price by an opposite taker once the volume that stood before it has traded, each
//    time at most the volume of that trade;
//  - where the moved ladder crosses it, by the volume of the crossing levels.
// Rules of filters, fees, margin, funding and liquidation are engine/matching's, books the
// ledger's.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "connectors/sim/private/market_view.hpp"
#include "connectors/sim/private/said.hpp"
#include "connectors/sim/private/trading_account.hpp"

namespace proteus::sim {

class ExchangeCore {
 public:
  /// `view` outlives the core. `seed` decides the ids. Errors: those of InstrumentTable::add.
  static Result<std::unique_ptr<ExchangeCore>> create(std::span<const AccountSpec> accounts,
                                                      std::span<const Instrument> instruments,
                                                      const matching::Rates& rates,
                                                      MarketView& view, std::uint64_t seed);

  /// Accepted: it has its ids, and its life is told by the changes. Refusals are section 14's.
  Said<OrderIds> submit(AccountId account, const NewOrder& wish, Timestamp now);
  Said<OrderIds> amend(AccountId account, const OrderChange& change, Timestamp now);
  /// `late`, a fault: it works after the fills of the next instant. An order that has filled by
  /// then, or before, is told a second time.
  Said<OrderIds> cancel(AccountId account, const OrderName& name, Timestamp now, bool late = false);
  /// Of one instrument, or of all, those that are `meant` (none given: all); in the order in which
  /// they were made.
  using Meant = std::function<bool(const VenueOrder&)>;
  std::vector<OrderIds> cancel_all(AccountId account, std::optional<InstrumentId> only,
                                   Timestamp now, const Meant& meant = {});
  /// Take-profit and stop-loss of the position. Refusals: 34040 (as it is), 10001 (no position, off
  /// the tick, on the wrong side of the price).
  Said<void> protect(AccountId account, InstrumentId id, const ProtectionChange& change,
                     Timestamp now);
  /// 1e9 = 1x. Refusals: 10001 (outside 1x to the instrument's), 110043 (as it is), 110007.
  Said<void> set_leverage(AccountId account, InstrumentId id, std::int64_t leverage_e9);
  /// One-way or hedge. Refusals: 110025 (as it is), 110024 (a position), 110028 (open orders).
  Said<void> set_mode(AccountId account, InstrumentId id, bool hedge);
  /// Whether limits beyond the price band are moved to its edge; else they are refused.
  void set_price_moving(AccountId account, Category category, bool moves);
  /// Disconnect protection: all active orders go; what waits for its trigger stays.
  void disconnect(AccountId account, Timestamp now);
  /// What margin the account would use with an order that is accepted; refusals are those of
  /// submit().
  struct Preview {
    Money equity, initial, maintenance, initial_after, maintenance_after;
  };
  Said<Preview> preview(AccountId account, const NewOrder& wish, Timestamp now);

  /// The market has moved to the push instant `now`: funding that fell due, marks, liquidation,
  /// fills of resting orders. Called at every instant.
  void on_market(Timestamp now);

  [[nodiscard]] std::size_t accounts() const { return accounts_.size(); }
  [[nodiscard]] const TradingAccount& account(AccountId id) const { return accounts_[id]; }
  [[nodiscard]] const InstrumentTable& instruments() const { return instruments_; }
  [[nodiscard]] const matching::Rates& rates() const { return rates_; }
  /// Order lists forget what has closed until now, as after a restart of the venue; histories stay.
  void forget_closed();
  /// A fault: lists show the account's orders with numbers above `after` as they stood so long
  /// ago.
  void lag_lists(AccountId account, std::uint64_t after, Duration by, Timestamp now);
  /// The number of the newest order.
  [[nodiscard]] std::uint64_t orders_made() const { return orders_made_; }
  /// What happened to the account since the last call.
  Changes take_changes(AccountId account);

 private:
  /// Resting orders of one instrument. Key: price (of bids negated) and place in time.
  using RestingKey = std::pair<std::int64_t, std::uint64_t>;
  using RestingSide = std::map<RestingKey, VenueOrder*>;
  struct Desk {
    std::array<RestingSide, 2> resting;                     ///< by Side
    std::array<std::map<std::int64_t, Quantity>, 2> taken;  ///< of the ladder, by Side of the level
    std::map<std::uint64_t, VenueOrder*> waiting;           ///< for their triggers, by number
  };
  struct Offer;

  ExchangeCore(std::span<const AccountSpec> accounts, InstrumentTable instruments,
               const matching::Rates& rates, MarketView& view, std::uint64_t seed);

  // exchange_core.cpp
  Said<void> check_wish(TradingAccount& account, NewOrder& wish, Timestamp now);
  Said<void> check_size(const TradingAccount& account, const NewOrder& wish, Price value_at,
                        std::uint64_t without) const;
  Said<void> check_margin(const TradingAccount& account, const Proposal& wish,
                          std::uint64_t without, bool reduce_only) const;
  /// Moves the price into the band, or refuses it.
  Said<void> fit_to_band(const TradingAccount& account, InstrumentId id, Side side, Price& price,
                         Timestamp now);
  [[nodiscard]] Price protective_price(InstrumentId id, Side side, Timestamp now);
  [[nodiscard]] std::string new_id(std::string_view what);
  [[nodiscard]] std::string new_number(std::string_view what);
  /// A new order with its number and id, not among the open ones yet.
  [[nodiscard]] VenueOrder made(AccountId account, const NewOrder& wish, Timestamp now);

  // core_spot.cpp
  Said<void> check_spot(TradingAccount& account, NewOrder& wish, Timestamp now);
  Said<void> check_spot_trigger(const TradingAccount& account, NewOrder& wish, Timestamp now,
                                std::uint64_t without);
  Said<void> check_spot_size(const NewOrder& wish, Price value_at) const;
  Said<void> check_spot_amount(const NewOrder& wish) const;
  Said<void> check_spot_funds(const TradingAccount& account, const NewOrder& wish, Price value_at,
                              std::uint64_t without) const;
  Said<void> change_spot(VenueOrder& order, const OrderChange& change, Timestamp now);
  Said<void> change_waiting_spot(VenueOrder& order, const OrderChange& change, Timestamp now);
  void fire_spot(VenueOrder& order, Timestamp now);
  /// The most that the order may still take at the price: whole lots of what its budget has left.
  [[nodiscard]] Quantity within_budget(const VenueOrder& order, Price price) const;
  [[nodiscard]] bool is_spot(InstrumentId id) const {
    return instruments_[id].category == Category::Spot;
  }

  // core_amend.cpp
  void move(VenueOrder& order, Quantity quantity, Price price, Timestamp now);
  Said<void> change_live(VenueOrder& order, const OrderChange& change, Timestamp now);
  Said<void> change_waiting(VenueOrder& order, const OrderChange& change, Timestamp now);

  // core_stops.cpp: conditional orders, take-profit and stop-loss
  Said<void> check_conditional(const TradingAccount& account, NewOrder& wish, Timestamp now);
  Said<void> check_trigger(InstrumentId id, const Trigger& trigger, Timestamp now);
  /// `base`: the price that the position has or will have; nothing: where the watched price stands.
  Said<void> check_protection(InstrumentId id, Side side, const Protection& wish,
                              std::optional<Price> base, Timestamp now);
  [[nodiscard]] Price watched(InstrumentId id, TriggerBy by, Timestamp now);
  void wait(VenueOrder& order);
  void meet_triggers(InstrumentId id, Timestamp now);
  void fire_reached(InstrumentId id, Price price, bool of_mark, Timestamp now);
  void fire(VenueOrder& order, Timestamp now);
  /// Makes, changes or cancels the two orders that stand for a position's protection.
  void follow_protection(AccountId account, InstrumentId id, Timestamp now);
  void forget_protection(const VenueOrder& order);

  // core_taker.cpp: an order that has just come in, or come to another price
  void enter(VenueOrder& order, Timestamp now);
  void rest(VenueOrder& order, const Ladder& ladder);
  /// False: self-match prevention has ended it.
  bool take(VenueOrder& order, const Ladder& ladder, Timestamp now);
  /// Whether the taker lives on where it meets an order of its own account.
  bool survives_itself(VenueOrder& taker, VenueOrder& maker, Timestamp now);
  /// From `level` of the ladder on, which moves past levels that are gone.
  [[nodiscard]] Offer best_offer(const VenueOrder& taker, const Ladder& ladder, std::size_t& level);
  /// What our orders have left of a level of the ladder.
  [[nodiscard]] Quantity left_of(InstrumentId id, Side side, const BookLevel& level) const;
  [[nodiscard]] Quantity offered(const VenueOrder& taker, const Ladder& ladder) const;

  // core_maker.cpp: resting orders and what the market does to them
  void meet_trades(InstrumentId id, Timestamp now);
  void meet_trade(InstrumentId id, Side side, const PathTrade& trade, Timestamp now);
  void meet_ladder(InstrumentId id, Side side, const Ladder& ladder, Timestamp now);
  [[nodiscard]] Quantity fillable(const VenueOrder& order) const;
  void fill_maker(VenueOrder& order, Quantity quantity, Timestamp now);
  void shrink_queues(InstrumentId id, Side side, const Ladder& ladder);

  // core_books.cpp: what a fill, funding and liquidation do to the books
  void fill(VenueOrder& order, Quantity quantity, Price price, Liquidity liquidity, Timestamp now);
  void finish(VenueOrder& order, OrderStatus status, std::string_view cancel_type,
              std::string_view reject_reason, Timestamp now);
  void leave_book(const VenueOrder& order);
  void cancel_late_ones(Timestamp now);
  static void tell_lost_race(TradingAccount& account, const VenueOrder& order);
  /// Reduce-only orders are cut to what is left of positions that have changed, and protection
  /// follows these.
  void trim_touched(Timestamp now);
  void settle_funding(InstrumentId id, Timestamp now);
  void liquidate_if_due(AccountId account, Timestamp now);
  void bust(AccountId account, InstrumentId id, Timestamp now);
  void book_fill(TradingAccount& account, Execution& execution, const Fill& fill, Timestamp now);

  [[nodiscard]] bool concerned(InstrumentId id) const;
  [[nodiscard]] Desk& desk(InstrumentId id) { return desks_[id.index]; }
  [[nodiscard]] const Desk& desk(InstrumentId id) const { return desks_[id.index]; }
  static RestingKey key_of(const VenueOrder& order) {
    const std::int64_t raw = order.price.raw();
    return {order.side == Side::Buy ? -raw : raw, order.rank};
  }

  InstrumentTable instruments_;
  matching::Rates rates_;
  MarketView& view_;
  std::uint64_t seed_;
  std::vector<TradingAccount> accounts_;
  std::vector<Desk> desks_;
  std::optional<Timestamp> moved_;  ///< the last instant
  std::set<std::pair<AccountId, InstrumentId>> touched_;
  std::set<std::pair<AccountId, std::uint64_t>> late_cancels_;  ///< and the order's number
  std::uint64_t orders_made_ = 0;
  std::uint64_t ranks_ = 0;
  std::uint64_t ids_made_ = 0;
  std::int64_t seq_ = 0;
};

/// Of the market's volume at a level, or of a trade, in base units; what a Quantity cannot hold is
/// cut to the largest.
Quantity lots_quantity(std::int64_t lots, const Instrument& instrument);

}  // namespace proteus::sim

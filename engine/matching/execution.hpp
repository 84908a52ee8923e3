// What a venue does with a market order, as pure functions: which orders a change of position
// takes, whether there is money for one, and the execution that comes of it. The paper venue, the
// engine and the training environment all trade by these.
#pragma once

#include "engine/core/inline_list.hpp"
#include "engine/core/instrument.hpp"
#include "engine/core/order.hpp"
#include "engine/matching/rates.hpp"
#include "engine/matching/settings.hpp"

namespace proteus::matching {

/// One of the orders that lead from a position to a wish. quantity > 0.
struct PlannedOrder {
  Side side = Side::Buy;
  Quantity quantity;
  bool reduce_only = false;
};
using OrderPlan = InlineList<PlannedOrder, 2>;

/// The orders from `held` to `wanted` (signed). A turn over zero is two orders, the closing one
/// first, so that the part that reduces is not held back by what limits the part that increases.
/// Quantities are cut to the lot, but a perpetual that is closed goes whole, dust and all. What is
/// less than a lot is no order.
OrderPlan plan_orders(const Instrument& instrument, Quantity held, Quantity wanted);

/// What an account has at its disposal for one order: what other open orders have reserved
/// (`..._locked`) is not.
struct Funds {
  Money equity;
  Money cash;
  Money margin_used;  ///< initial margin of all positions at their marks
  Money margin_locked;
  Money cash_locked;
};

/// Initial margin of that part of an order at `price` which carries `position` away from zero.
Money order_margin(const Instrument& instrument, Quantity position, Side side, Quantity quantity,
                   Price price, const Rates& rates);
/// What a spot buy at `price` may cost: the notional and the taker's fee on it, both rounded up.
Money spot_cost(Price price, Quantity quantity, const Rates& rates);

/// Whether `quantity` may fill at `price` for an account that holds `position`. Linear: the initial
/// margin of what increases must not exceed equity - used - locked margin. Spot buy: notional and
/// fee must not exceed that, nor cash - locked cash. Spot sell: no more than is held. Answers None,
/// InsufficientMargin or InsufficientBalance.
OrderEnd affords(const Funds& funds, const Instrument& instrument, Quantity position, Side side,
                 Quantity quantity, Price price, const Rates& rates);

/// The price a taker gets who starts from `base` in a bar of `volume` (base currency).
Price taker_price(const VenueSettings& settings, const Instrument& instrument, Side side,
                  Quantity quantity, Price base, double volume);

/// An execution with its fee and its slippage against `fair`; id and execution are the caller's to
/// fill in.
Fill execution(const Rates& rates, const Instrument& instrument, Side side, Quantity quantity,
               Price price, Price fair, Liquidity liquidity, Timestamp time);

/// The forced sale (or purchase) of a whole linear `position` from `base`, worsened by
/// `slippage_e9`, at the fee of liquidations.
Fill liquidation(const Rates& rates, const Instrument& instrument, Quantity position, Price base,
                 std::int64_t slippage_e9, Timestamp time);

}  // namespace proteus::matching

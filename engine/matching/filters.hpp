// The venue's filters: what an order has to look like before money is even asked about.
#pragma once

#include "engine/core/instrument.hpp"
#include "engine/core/order.hpp"

namespace proteus::matching {

/// How much of `quantity` would carry the position further from zero than it is.
Quantity increase(Quantity position, Side side, Quantity quantity);

/// How much of `position` an order on `side` can take off, in whole lots; zero if it points the
/// same way.
Quantity reducible(Quantity position, Side side, Quantity lot);

/// What an order is worth before it fills: its limit, its trigger, or `last` for a market order.
Price valuation(const OrderRequest& order, Price last);

/// True if the order's own prices lie on the tick and its quantity on the lot.
bool on_grid(const OrderRequest& order, const Instrument& instrument);

/// The first filter the order breaks, or None. `last`: the last known price. Order of the checks:
/// lot and tick (OffStep), smallest and largest quantity, smallest notional (not asked of
/// reduce-only orders, whose quantity may also be below the smallest).
OrderEnd check_filters(const OrderRequest& order, const Instrument& instrument, Price last);

}  // namespace proteus::matching

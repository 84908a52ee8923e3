// The venue's filters: what an order has to look like before money is even asked about.
#pragma once

#include "engine/core/instrument.hpp"
#include "engine/core/order.hpp"

namespace proteus::matching {

/// How much of `quantity` would carry the position further from zero than it is.
Quantity increase(Quantity position, Side side, Quantity quantity);

/// How much of `position` an order on `side` can take off: of a perpetual all of it, also what is
/// less than a lot (the lot may have grown since); of spot whole lots. Zero if it points the same
/// way.
Quantity reducible(Quantity position, Side side, const Instrument& instrument);

/// What an order is worth before it fills: its limit, its trigger, or `last` for a market order.
Price valuation(const OrderRequest& order, Price last);

/// True if the order's own prices lie on the tick and its quantity on the lot. A reduce-only order
/// for the whole `position` of a perpetual needs no lot.
bool on_grid(const OrderRequest& order, const Instrument& instrument, Quantity position);

/// The first filter the order breaks, or None. `last`: the last known price. Order of the checks:
/// lot and tick (OffStep), smallest and largest quantity, smallest notional (not asked of
/// reduce-only orders of perpetuals, whose quantity may also be below the smallest).
OrderEnd check_filters(const OrderRequest& order, const Instrument& instrument, Price last,
                       Quantity position);

}  // namespace proteus::matching

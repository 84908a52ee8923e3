// Margin of perpetuals under cross margin: one equity stands behind all positions.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/core/bar.hpp"
#include "engine/core/ledger_view.hpp"

namespace proteus::matching {

/// The smaller of the account's leverage and the instrument's largest; 1e9 = 1x.
std::int64_t leverage_of(const Instrument& instrument, std::int64_t leverage_e9);

/// notional / leverage, rounded up.
Money initial_margin(Money notional, std::int64_t leverage_e9);

/// The account around one linear position: its equity and the sum of |value| of all linear
/// positions, everything at its mark.
struct CrossMargin {
  Money equity;
  Money gross_linear;
};

/// True if equity <= maintenance rate x gross (rounded up), with the instrument of `position` at
/// `price` and all others at their marks.
bool below_maintenance_at(const CrossMargin& account, const PositionView& position, Price price,
                          std::int64_t maintenance_e9);

/// How far the price of one instrument may move against `quantity` (signed) until equity meets
/// maintenance, the prices of all others standing still; rounded down, 0 where it is met already,
/// the largest price where nothing is held or it does not fit. `account`: gross_linear holds this
/// position's value too.
Price liquidation_distance(const CrossMargin& account, Quantity quantity,
                           std::int64_t maintenance_e9);

/// Where a linear position is liquidated inside `bar`, before the price is worsened; nothing if
/// equity at the bar's adverse extreme (low for a long, high for a short) stays above maintenance.
/// It is the price where equity meets maintenance, moved into [low, open] for a long and
/// [open, high] for a short: a bar that opens beyond that price liquidates at its open.
std::optional<Price> liquidation_price(const CrossMargin& account, const PositionView& position,
                                       const Bar& bar, std::int64_t maintenance_e9);

}  // namespace proteus::matching

// What others may see of the ledger, for the length of a call.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/fields.hpp"
#include "engine/core/fixed.hpp"
#include "engine/core/instrument.hpp"

namespace proteus {

/// One instrument's books. quantity: signed (spot: base held, >= 0). cost: the signed notional paid
/// for it, a stored total. fees, funding, slippage: what they cost so far (> 0 paid); slippage is
/// inside the prices already.
struct PositionView {
  Category category = Category::Linear;
  Quantity quantity;
  Price mark;  ///< zero: never marked
  Money cost;
  Money value;       ///< signed notional at mark
  Money realised;    ///< of prices alone: fees and funding stand on their own
  Money unrealised;  ///< value - cost
  Money fees;
  Money funding;
  Money slippage;
  std::uint64_t fills = 0;
  static constexpr auto fields() {
    using P = PositionView;
    return std::tuple{field("category", &P::category),
                      field("quantity", &P::quantity),
                      field("mark", &P::mark),
                      field("cost", &P::cost),
                      field("value", &P::value),
                      field("realised", &P::realised),
                      field("unrealised", &P::unrealised),
                      field("fees", &P::fees),
                      field("funding", &P::funding),
                      field("slippage", &P::slippage),
                      field("fills", &P::fills)};
  }
};

/// equity = cash + sum of (linear: unrealised; spot: value). Cash starts at the capital and moves
/// by realised profit, fees, funding and, for spot, by what is paid and received.
struct LedgerView {
  Money initial;
  Money cash;
  Money equity;
  Money gross;                              ///< sum of |value|
  std::span<const PositionView> positions;  ///< by InstrumentId::index

  [[nodiscard]] const PositionView& operator[](InstrumentId id) const {
    return positions[id.index];
  }
};

}  // namespace proteus

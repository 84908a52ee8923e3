// What recorded rows tell about their instrument: files carry no tick and no lot.
#pragma once

#include <cstdint>

#include "engine/core/bar.hpp"
#include "engine/core/instrument.hpp"

namespace proteus::klines {

/// Finds the coarsest decimal steps that all rows seen so far lie on.
class StepFinder {
 public:
  void see(const Bar& bar);
  /// Greatest power of ten up to 1 that divides every price; 1 before any row.
  [[nodiscard]] Price tick() const;
  /// Greatest power of ten up to 1 that divides every volume (as the double nearest to a decimal);
  /// 1e-9 where even that is too coarse.
  [[nodiscard]] Quantity lot() const;

 private:
  std::int64_t price_divisor_ = 0;
  int volume_decimals_ = 0;
};

/// A description for an instrument that no table knows: steps as found, minimum order one lot
/// (linear) and 5 quote, maxima of 1e6 (limit) and 2e5 lots (market), leverage 25 and funding every
/// eight hours for linear. Without id. The quote coin is the known ending of the symbol, else all
/// of the symbol is the base and USDT the quote.
Instrument derived_description(const InstrumentName& name, const StepFinder& steps);

}  // namespace proteus::klines

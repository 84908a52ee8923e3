// Three instruments for tests that read frames.
#pragma once

#include <string_view>

#include "engine/core/instrument.hpp"

namespace proteus::test {

inline Instrument instrument(Category category, std::string_view symbol) {
  Instrument i;
  i.category = category;
  i.symbol = symbol;
  i.tick_size = Price::parse("0.1").value();
  i.lot_step = Quantity::parse("0.001").value();
  return i;
}

/// linear:BTCUSDT = 0, linear:ETHUSDT = 1, spot:BTCUSDT = 2.
inline InstrumentTable table() {
  InstrumentTable t;
  t.add(instrument(Category::Linear, "BTCUSDT")).value();
  t.add(instrument(Category::Linear, "ETHUSDT")).value();
  t.add(instrument(Category::Spot, "BTCUSDT")).value();
  return t;
}

}  // namespace proteus::test

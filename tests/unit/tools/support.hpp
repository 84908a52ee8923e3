// What several tests of the programs share: an instrument, what is said against settings, words in
// a text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/core/instrument.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {

inline Instrument bitcoin() {
  Instrument made;
  made.symbol = "BTCUSDT";
  made.tick_size = Price::from_raw(100'000'000);  // 0.1
  made.lot_step = Quantity::from_raw(1'000'000);  // 0.001
  return made;
}

inline InstrumentTable one_instrument() {
  InstrumentTable table;
  EXPECT_TRUE(table.add(bitcoin()).has_value());
  return table;
}

/// What `load` says against them; empty: nothing.
inline std::string refusal(const std::vector<std::string>& overrides) {
  const auto loaded = load("", overrides);
  return loaded.has_error() ? loaded.error().context : "";
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace proteus::app

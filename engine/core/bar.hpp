// A bar: what the market did in [open_time, close_time). Only closed bars, confirmed by the venue,
// carry this type.
#pragma once

#include "engine/core/fields.hpp"
#include "engine/core/fixed.hpp"
#include "engine/core/instrument.hpp"
#include "engine/core/time.hpp"

namespace proteus {

struct Bar {
  InstrumentId instrument;
  Interval interval = Interval::M1;
  Timestamp open_time{};
  Timestamp close_time{};  ///< exclusive end = next bar's open_time
  Price open;
  Price high;
  Price low;
  Price close;
  double volume = 0.0;    ///< base currency; the market's, so a double
  double turnover = 0.0;  ///< quote currency; 0 where the source has none

  static constexpr auto fields() {
    using B = Bar;
    return std::tuple{field("instrument", &B::instrument),
                      field("interval", &B::interval),
                      field("open_time", &B::open_time),
                      field("close_time", &B::close_time),
                      field("open", &B::open),
                      field("high", &B::high),
                      field("low", &B::low),
                      field("close", &B::close),
                      field("volume", &B::volume),
                      field("turnover", &B::turnover)};
  }
};

/// Nothing if the bar can be true: prices positive, low <= open, close <= high, volume and turnover
/// finite and >= 0, close_time after open_time. Else the reason, a constant sentence.
const char* absurdity(const Bar& bar);

}  // namespace proteus

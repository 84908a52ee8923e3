// A run of four bars of a minute whose every number can be worked out by hand.
//
//   close   what happens                               cash      equity
//   100     (decision) then buys 2 at 100, fee 0.1     1000      1000
//   110     funding 0.05 is paid; marks +20            999.85    1019.85
//           then sells 3 at 110, fee 0.3: flips to -1
//   90      marks the short +20                        1019.55   1039.55
//           then buys 1 at 90, fee 0.09: flat
//   95                                                 1039.46   1039.46
#pragma once

#include <gtest/gtest.h>

#include "tools/report/report.hpp"

namespace proteus::app::report {

inline Timestamp minute(int n) {
  return from_unix_ms(1'748'779'200'000 + std::int64_t{60'000} * n);
}
inline Money money(double value) { return Money::from_raw(to_fixed_raw(value)); }
inline Price price(double value) { return Price::from_raw(to_fixed_raw(value)); }
inline Quantity quantity(double value) { return Quantity::from_raw(to_fixed_raw(value)); }

inline Instrument coin(const char* symbol) {
  Instrument made;
  made.symbol = symbol;
  made.quote_coin = "USDT";
  made.tick_size = price(0.1);
  made.lot_step = quantity(0.001);
  return made;
}

inline Fill fill(int at, Side side, double size, double at_price, double fee, double slippage) {
  Fill f;
  f.id = "order";
  f.execution = "x";
  f.side = side;
  f.quantity = quantity(size);
  f.price = price(at_price);
  f.fee = money(fee);
  f.slippage = money(slippage);
  f.time = minute(at);
  return f;
}

inline void add_bar(Run& run, std::uint64_t record, int open, double close, double cash,
                    double equity, double gross, Outcome outcome = Outcome::Ordered) {
  run.decisions.push_back(
      {record, {InstrumentId{0}, minute(open + 1), minute(open), price(close), outcome}});
  run.points.push_back(
      {record + 1, {minute(open + 1), money(equity), money(cash), money(gross), "feed"}});
}

inline Run small_run() {
  Run run;
  run.name = "2025-06-01T12-00-00Z-paper";
  EXPECT_TRUE(run.instruments.add(coin("BTCUSDT")).has_value());
  add_bar(run, 10, 0, 100.0, 1000.0, 1000.0, 0.0);
  run.fills.push_back({20, fill(1, Side::Buy, 2.0, 100.0, 0.1, 0.2)});
  FundingSettled funding;
  funding.time = minute(1) + std::chrono::seconds{30};
  funding.position = quantity(2.0);
  funding.mark = price(100.0);
  funding.amount = money(0.05);
  run.funding.push_back({25, funding});
  add_bar(run, 30, 1, 110.0, 999.85, 1019.85, 220.0);
  run.fills.push_back({40, fill(2, Side::Sell, 3.0, 110.0, 0.3, 0.0)});
  add_bar(run, 50, 2, 90.0, 1019.55, 1039.55, 90.0);
  run.fills.push_back({60, fill(3, Side::Buy, 1.0, 90.0, 0.09, 0.1)});
  add_bar(run, 70, 3, 95.0, 1039.46, 1039.46, 0.0);
  run.reasons.push_back({"ordered", "as it was written", 4});
  return run;
}

inline Report report_of(Run run) {
  auto made = make_report(std::move(run));
  EXPECT_TRUE(made.has_value()) << made.error().context;
  return std::move(made.value());
}

}  // namespace proteus::app::report

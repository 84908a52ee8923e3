// A run's books told again from its fills, funding and closes, by the ledger that the engine keeps:
// what each bar brought, the round trips, and the exact split of what was earned and paid.
#pragma once

#include <string>
#include <vector>

#include "models/evaluation/track.hpp"
#include "tools/report/run_rows.hpp"

namespace proteus::app::report {

/// To the unit: start + flows + gross - fees - slippage - funding = final.
struct MoneySplit {
  Money start;     ///< equity where the report begins
  Money flows;     ///< money that came or went meanwhile and is no profit
  Money gross;     ///< of prices, had every fill met the price that its order saw
  Money fees;      ///< paid
  Money slippage;  ///< paid inside prices
  Money funding;   ///< paid
  Money final;     ///< equity at the end
  [[nodiscard]] Money net() const { return final - start - flows; }
};

/// What one instrument brought, over the span of the report.
struct InstrumentBooks {
  Money price;  ///< realised and unrealised
  Money fees, slippage, funding;
  Quantity position;  ///< at the end
  std::int64_t fills = 0, buys = 0;
  double traded = 0.0;  ///< value of the fills, quote
};

/// One entry a bar in `equity`, `net_exposure`, `closes` and `positions_held`, as in the track.
struct Books {
  MoneySplit money;
  evaluation::Track track;                  ///< `contributions` by instrument
  std::vector<Money> equity;                ///< at the close
  std::vector<double> net_exposure;         ///< sum of signed values over equity
  std::vector<std::vector<double>> closes;  ///< of each instrument; 0: it has had no bar yet
  std::vector<InstrumentBooks> instruments;
  std::vector<std::size_t> positions_held;  ///< instruments with a position at the close
  std::string ledger_hash;                  ///< that the run recorded last
  std::int64_t points = 0;
  std::int64_t points_with_equal_cash = 0;
  std::int64_t points_with_equal_hash = 0;
  bool begins_late = false;  ///< rows of the beginning are gone
};

/// Errors: NotFound, where the run has not decided on any bar after its warm-up; Corrupt,
/// where a row cannot be booked.
Result<Books> tell_books(const Run& run);

}  // namespace proteus::app::report

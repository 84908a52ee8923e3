// What an account did, bar by bar: all that it is judged by. Made by running the engine that
// trades; nothing in here knows how.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/time.hpp"
#include "models/evaluation/splits.hpp"

namespace proteus::evaluation {

/// From nothing held to nothing held, or to the other side.
struct RoundTrip {
  std::size_t instrument = 0;
  Timestamp opened{};
  Timestamp closed{};
  double size = 0.0;    ///< greatest value held, quote
  double profit = 0.0;  ///< net of fees, slippage and funding, quote
  bool cut = false;     ///< still held when the period ended, and valued there
};

/// One entry a bar in each list; shares are of the equity before the bar.
struct Track {
  double bars_a_year = 0.0;
  std::vector<Timestamp> closes;  ///< ascending
  std::vector<double> net;        ///< return after all costs
  std::vector<double> fees;       ///< paid, as a share
  std::vector<double> slippage;
  std::vector<double> funding;      ///< paid; below 0 where it was received
  std::vector<double> traded;       ///< value of all fills, as a share
  std::vector<double> exposure;     ///< sum of |positions| over equity, at the close
  std::vector<std::int64_t> fills;  ///< how many
  /// What each instrument brought, net, as a share; of each bar, in the order of `names`.
  std::vector<std::vector<double>> contributions;
  std::vector<std::string> names;  ///< of the instruments
  std::vector<RoundTrip> trips;
  std::vector<Stretch> blocks;       ///< bars of one run each: an account begins anew with each
  std::int64_t funding_assumed = 0;  ///< settlements at a rate that nobody knew
  std::int64_t settlements = 0;
  std::int64_t refused = 0;  ///< decisions that a control refused
  bool ruined = false;       ///< equity came to nothing; returns are 0 from there on

  [[nodiscard]] std::size_t bars() const { return net.size(); }
  /// Net returns with fees, slippage and funding put back. The positions are those that costs have
  /// led to.
  [[nodiscard]] std::vector<double> gross() const;
};

/// Puts `next` behind `track`. An instrument that only one of them has brought nothing in the
/// other. `next` must have as many bars a year and begin where `track` ended or later.
void append(Track& track, const Track& next);

/// Starting from 1: one value more than returns.
std::vector<double> equity_of(std::span<const double> returns);
/// `returns` by a factor that gives them `baseline`'s deviation; all 0 where they never vary.
std::vector<double> at_equal_volatility(std::span<const double> returns,
                                        std::span<const double> baseline);

}  // namespace proteus::evaluation

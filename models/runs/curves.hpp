// The figures of a run as one page that any browser shows without a network: a small plot for each,
// in the groups of their names ("loss/policy" stands under "loss").
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.hpp"

namespace proteus::runs {

struct Curve {
  std::string name;
  std::vector<double> values;  ///< one a step of the table; NaN: none there
};

struct CurveTable {
  std::vector<std::int64_t> steps;
  std::vector<Curve> curves;
};

/// A table of the form of scalars.csv: a header, whose first column is the steps, and rows of
/// numbers, an empty field or "nan" for what is not there. Errors: Malformed, with the line.
Result<CurveTable> read_curves(std::string_view csv);

/// At most `points` mean values over equal shares of the rows, with least and greatest around them
/// where a share has several.
struct CurvePoint {
  double step = 0.0;
  double mean = 0.0;
  double least = 0.0;
  double greatest = 0.0;
};
std::vector<CurvePoint> thinned(std::span<const std::int64_t> steps, std::span<const double> values,
                                std::size_t points);

/// `unit`: what a step is, for the axes. Curves without a single value are named at the end.
std::string curves_page(std::string_view title, std::string_view unit, const CurveTable& table);

}  // namespace proteus::runs

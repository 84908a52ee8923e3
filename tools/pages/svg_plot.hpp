// Plots as inline SVG, for pages that need nothing from elsewhere. Colours come from the page's
// classes: series-0 is what the page is about, the others follow.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/time.hpp"

namespace proteus::app::pages {

struct Line {
  std::string name;
  std::vector<double> values;  ///< one a point of time
};
/// A triangle at a place: up or down.
struct Mark {
  Timestamp time{};
  double value = 0.0;
  bool up = false;
};
struct LinePlot {
  std::string title;
  std::string unit;  ///< of the values: "%", "equities a year"
  std::vector<Timestamp> times;
  std::vector<Line> lines;
  bool log_scale = false;   ///< values are above 0 then
  bool filled = false;      ///< the first line, from 0
  std::vector<Mark> marks;  ///< inside the times; those of one kind that would overlap are one
};
/// A figure with a legend where there are several lines. Each line is drawn by at most 400 of its
/// points: least and greatest of each stretch are among them.
std::string line_plot(const LinePlot& plot);

struct Interval95 {
  std::string name;
  double estimate = 0.0;
  double low = 0.0;
  double high = 0.0;
};
/// One row each with its interval and a line at 0.
std::string interval_plot(std::string_view title, std::string_view unit,
                          const std::vector<Interval95>& rows);

/// Points joined by a line, each with its interval, over labelled places.
std::string step_plot(std::string_view title, std::string_view unit,
                      const std::vector<Interval95>& points);

/// Between round numbers (1, 2 or 5 times a power of ten); low < high.
struct Scale {
  double low = 0.0;
  double high = 1.0;
  double tick = 0.5;
};
Scale scale_of(double low, double high);

}  // namespace proteus::app::pages

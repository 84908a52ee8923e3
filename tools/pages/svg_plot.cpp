#include "tools/pages/svg_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <set>
#include <tuple>

#include "models/runs/html.hpp"

namespace proteus::app::pages {
namespace {

// Of a plot, in units of its own drawing.
constexpr double kWidth = 720.0;
constexpr double kHeight = 260.0;
constexpr double kLeft = 72.0;
constexpr double kRight = 12.0;
constexpr double kTop = 10.0;
constexpr double kBottom = 26.0;
constexpr double kRow = 26.0;
constexpr double kNames = 220.0;
constexpr std::size_t kPoints = 200;

std::string short_number(double x) {
  if (std::abs(x) >= 1e5) return fmt::format("{:.4g}k", x / 1e3);
  return fmt::format("{:.4g}", x);
}

std::string head(std::string_view title, std::string_view unit, double height) {
  return fmt::format(
      "<figure><figcaption><b>{0}</b> <span>{1}</span></figcaption>\n"
      "<svg viewBox=\"0 0 {2} {3}\" role=\"img\" aria-label=\"{0}\">\n",
      runs::escaped(title), runs::escaped(unit), kWidth, height);
}

/// Places of at most 2 x kPoints values: first the lesser, then the greater of each stretch, in
/// their order.
std::vector<std::size_t> thinned(const std::vector<double>& values) {
  std::vector<std::size_t> places;
  const std::size_t n = values.size();
  if (n <= 2 * kPoints) {
    for (std::size_t i = 0; i < n; ++i) places.push_back(i);
    return places;
  }
  for (std::size_t p = 0; p < kPoints; ++p) {
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(p * n / kPoints);
    const auto to = values.begin() + static_cast<std::ptrdiff_t>((p + 1) * n / kPoints);
    auto least = static_cast<std::size_t>(std::min_element(from, to) - values.begin());
    auto most = static_cast<std::size_t>(std::max_element(from, to) - values.begin());
    if (least > most) std::swap(least, most);
    places.push_back(least);
    if (most != least) places.push_back(most);
  }
  return places;
}

class LineDrawing {
 public:
  explicit LineDrawing(const LinePlot& plot) : plot_(plot) {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const Line& line : plot.lines)
      for (const double v : line.values) {
        low = std::min(low, shown(v));
        high = std::max(high, shown(v));
      }
    for (const Mark& mark : plot.marks) {
      low = std::min(low, shown(mark.value));
      high = std::max(high, shown(mark.value));
    }
    if (plot.filled) {
      low = std::min(low, 0.0);
      high = std::max(high, 0.0);
    }
    y_ = scale_of(low, high);
    if (plot.log_scale) y_ = {low - 0.04 * (high - low), high + 0.04 * (high - low), y_.tick};
  }

  std::string draw() {
    out_ = head(plot_.title, plot_.unit, kHeight);
    add_grid();
    add_times();
    for (std::size_t i = plot_.lines.size(); i-- > 0;) add_line(i);
    add_marks();
    out_ += "</svg>\n";
    if (plot_.lines.size() > 1) add_legend();
    return out_ + "</figure>\n";
  }

 private:
  [[nodiscard]] double shown(double value) const {
    return plot_.log_scale ? std::log10(value) : value;
  }
  [[nodiscard]] double px(std::size_t i) const { return px(plot_.times[i]); }
  [[nodiscard]] double px(Timestamp time) const {
    const auto span = static_cast<double>((plot_.times.back() - plot_.times.front()).count());
    const auto at = static_cast<double>((time - plot_.times.front()).count());
    return kLeft + (kWidth - kLeft - kRight) * (span > 0.0 ? at / span : 0.0);
  }
  [[nodiscard]] double py(double value) const {
    return kTop + (kHeight - kTop - kBottom) * (1.0 - (value - y_.low) / (y_.high - y_.low));
  }
  /// Where lines are drawn across, in what is shown. Logarithms: at 1, 2 and 5 times powers of ten.
  [[nodiscard]] std::vector<double> ticks() const {
    std::vector<double> at;
    if (!plot_.log_scale) {
      for (int i = 0; y_.low + i * y_.tick <= y_.high + y_.tick / 2; ++i)
        at.push_back(y_.low + i * y_.tick);
      return at;
    }
    if (y_.high - y_.low < 0.6) return fine_ticks();
    const bool wide = y_.high - y_.low > 2.5;
    for (double power = std::floor(y_.low); power <= y_.high; power += 1.0)
      for (const double m : {1.0, 2.0, 5.0})
        if (const double v = power + std::log10(m);
            v >= y_.low && v <= y_.high && (!wide || m == 1.0))
          at.push_back(v);
    return at;
  }
  /// Over less than a factor of four: at round values.
  [[nodiscard]] std::vector<double> fine_ticks() const {
    const double low = std::pow(10.0, y_.low);
    const double high = std::pow(10.0, y_.high);
    const Scale scale = scale_of(low, high);
    std::vector<double> at;
    for (int i = 0; scale.low + i * scale.tick <= high; ++i)
      if (const double v = scale.low + i * scale.tick; v >= low) at.push_back(std::log10(v));
    return at;
  }
  void add_grid() {
    for (const double value : ticks()) {
      const double told = plot_.log_scale ? std::pow(10.0, value) : value;
      fmt::format_to(std::back_inserter(out_),
                     "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
                     "<text class=\"y\" x=\"{}\" y=\"{:.1f}\">{}</text>\n",
                     kLeft, kWidth - kRight, py(value), py(value), kLeft - 6, py(value) + 4,
                     short_number(std::abs(told) < y_.tick * 1e-6 ? 0.0 : told));
    }
  }
  void add_times() {
    constexpr int kMarks = 4;
    for (int i = 0; i <= kMarks; ++i) {
      const double x = kLeft + (kWidth - kLeft - kRight) * i / kMarks;
      const Timestamp at =
          plot_.times.front() + (plot_.times.back() - plot_.times.front()) / kMarks * i;
      fmt::format_to(std::back_inserter(out_),
                     "<text class=\"{}\" x=\"{:.1f}\" y=\"{}\">{}</text>\n",
                     i == 0        ? "first"
                     : i == kMarks ? "last"
                     : i % 2 == 1  ? "middle odd"
                                   : "middle",
                     x, kHeight - 8, time_label(at));
    }
  }
  /// A day, or the minute where all lies within few days.
  [[nodiscard]] std::string time_label(Timestamp at) const {
    constexpr Duration kFewDays = std::chrono::hours{24 * 5};
    std::string text = format_time(at);
    if (plot_.times.back() - plot_.times.front() > kFewDays) return text.substr(0, 10);
    text[10] = ' ';
    return text.substr(5, 11);
  }
  void add_line(std::size_t k) {
    const auto& values = plot_.lines[k].values;
    std::string points;
    const auto places = thinned(values);
    for (const std::size_t i : places)
      fmt::format_to(std::back_inserter(points), "{:.1f},{:.1f} ", px(i), py(shown(values[i])));
    if (plot_.filled && k == 0)
      fmt::format_to(std::back_inserter(out_),
                     "<polygon class=\"area\" points=\"{:.1f},{:.1f} {}{:.1f},{:.1f}\"/>\n",
                     px(places.front()), py(0.0), points, px(places.back()), py(0.0));
    fmt::format_to(std::back_inserter(out_), "<polyline class=\"line series-{}\" points=\"{}\"/>\n",
                   k, points);
  }
  /// The first of each kind in a place of the drawing stands for all that fall into it.
  void add_marks() {
    constexpr double kSize = 3.5;
    std::set<std::tuple<bool, int, int>> taken;
    for (const Mark& mark : plot_.marks) {
      const double x = px(mark.time);
      const double y = py(shown(mark.value));
      const auto place = [](double v) { return static_cast<int>(v / kSize); };
      if (!taken.insert({mark.up, place(x), place(y)}).second) continue;
      const double tip = mark.up ? -kSize : kSize;
      fmt::format_to(std::back_inserter(out_),
                     "<path class=\"{}\" d=\"M{:.1f},{:.1f}l{},{}h{}z\"/>\n",
                     mark.up ? "buy" : "sell", x, y, -kSize, -2 * tip, 2 * kSize);
    }
  }
  void add_legend() {
    out_ += "<p class=\"legend\">";
    for (std::size_t i = 0; i < plot_.lines.size(); ++i)
      fmt::format_to(std::back_inserter(out_),
                     "<span><svg viewBox=\"0 0 24 8\"><line class=\"line series-{}\" x1=\"0\" "
                     "x2=\"24\" y1=\"4\" y2=\"4\"/></svg>{}</span> ",
                     i, runs::escaped(plot_.lines[i].name));
    out_ += "</p>";
  }

  const LinePlot& plot_;
  Scale y_;
  std::string out_;
};

Scale scale_around(const std::vector<Interval95>& rows) {
  double low = 0.0;
  double high = 0.0;
  for (const Interval95& row : rows) {
    low = std::min({low, row.low, row.estimate});
    high = std::max({high, row.high, row.estimate});
  }
  return scale_of(low, high);
}

}  // namespace

Scale scale_of(double low, double high) {
  if (!(high > low) || !std::isfinite(high - low)) {
    const double room = low == 0.0 || !std::isfinite(low) ? 1.0 : std::abs(low) * 0.1;
    low = std::isfinite(low) ? low - room : -1.0;
    high = std::isfinite(high) ? high + room : 1.0;
  }
  const double raw = (high - low) / 4.0;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double tick = 10.0 * power;
  for (const double m : {5.0, 2.0, 1.0})
    if (raw <= m * power) tick = m * power;
  return {std::floor(low / tick) * tick, std::ceil(high / tick) * tick, tick};
}

std::string line_plot(const LinePlot& plot) {
  if (plot.times.empty() || plot.lines.empty()) return {};
  return LineDrawing(plot).draw();
}

std::string interval_plot(std::string_view title, std::string_view unit,
                          const std::vector<Interval95>& rows) {
  if (rows.empty()) return {};
  const Scale x = scale_around(rows);
  const double height = kRow * static_cast<double>(rows.size()) + kBottom + 6;
  const auto px = [&](double v) {
    return kNames + (kWidth - kNames - 20.0) * (v - x.low) / (x.high - x.low);
  };
  std::string out = head(title, unit, height);
  const auto end = std::back_inserter(out);
  for (int i = 0; x.low + i * x.tick <= x.high + x.tick / 2; ++i) {
    const double value = x.low + i * x.tick;
    fmt::format_to(end,
                   "<line class=\"{}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"0\" y2=\"{:.1f}\"/>"
                   "<text class=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
                   std::abs(value) < x.tick * 1e-6 ? "zero" : "grid", px(value), px(value),
                   height - kBottom, px(value), height - 8,
                   short_number(std::abs(value) < x.tick * 1e-6 ? 0.0 : value));
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double at = kRow * (static_cast<double>(i) + 0.5);
    fmt::format_to(end,
                   "<text class=\"name\" x=\"{}\" y=\"{:.1f}\">{}</text>"
                   "<line class=\"interval\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" "
                   "y2=\"{:.1f}\"/><circle class=\"dot\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\"/>\n",
                   kNames - 10, at + 4, runs::escaped(rows[i].name), px(rows[i].low),
                   px(rows[i].high), at, at, px(rows[i].estimate), at);
  }
  return out + "</svg></figure>\n";
}

std::string step_plot(std::string_view title, std::string_view unit,
                      const std::vector<Interval95>& points) {
  if (points.empty()) return {};
  const Scale y = scale_around(points);
  const auto px = [&](std::size_t i) {
    return kLeft + (kWidth - kLeft - kRight) * (static_cast<double>(i) + 0.5) /
                       static_cast<double>(points.size());
  };
  const auto py = [&](double v) {
    return kTop + (kHeight - kTop - kBottom) * (1.0 - (v - y.low) / (y.high - y.low));
  };
  std::string out = head(title, unit, kHeight);
  const auto end = std::back_inserter(out);
  for (int i = 0; y.low + i * y.tick <= y.high + y.tick / 2; ++i) {
    const double value = y.low + i * y.tick;
    const bool zero = std::abs(value) < y.tick * 1e-6;
    fmt::format_to(end,
                   "<line class=\"{}\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
                   "<text class=\"y\" x=\"{}\" y=\"{:.1f}\">{}</text>\n",
                   zero ? "zero" : "grid", kLeft, kWidth - kRight, py(value), py(value), kLeft - 6,
                   py(value) + 4, short_number(zero ? 0.0 : value));
  }
  std::string line;
  for (std::size_t i = 0; i < points.size(); ++i) {
    fmt::format_to(std::back_inserter(line), "{:.1f},{:.1f} ", px(i), py(points[i].estimate));
    fmt::format_to(end,
                   "<line class=\"interval\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" "
                   "y2=\"{2:.1f}\"/><circle class=\"dot\" cx=\"{0:.1f}\" cy=\"{3:.1f}\" r=\"4.5\"/>"
                   "<text class=\"middle\" x=\"{0:.1f}\" y=\"{4}\">{5}</text>\n",
                   px(i), py(points[i].low), py(points[i].high), py(points[i].estimate),
                   kHeight - 8, runs::escaped(points[i].name));
  }
  fmt::format_to(end, "<polyline class=\"line series-0\" points=\"{}\"/>\n", line);
  return out + "</svg></figure>\n";
}

}  // namespace proteus::app::pages

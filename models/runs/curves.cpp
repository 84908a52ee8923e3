#include "models/runs/curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>

#include "engine/core/cells.hpp"
#include "models/runs/html.hpp"

namespace proteus::runs {
namespace {

// Of one plot, in units of its own drawing.
constexpr double kWidth = 360.0;
constexpr double kHeight = 150.0;
constexpr double kLeft = 54.0;
constexpr double kRight = 8.0;
constexpr double kTop = 8.0;
constexpr double kBottom = 22.0;
constexpr std::size_t kPoints = 180;

template <class T>
bool read_number(std::string_view text, T& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc{} && end == text.data() + text.size();
}

Result<void> add_row(std::string_view line, std::size_t number, CurveTable& table) {
  const auto fields = cells_of(line);
  if (fields.size() != table.curves.size() + 1)
    return error(ErrorCode::Malformed, fmt::format("line {} of the figures has {} columns, not {}",
                                                   number, fields.size(), table.curves.size() + 1));
  std::int64_t step = 0;
  if (!read_number(fields[0], step))
    return error(ErrorCode::Malformed,
                 fmt::format("line {} of the figures: \"{}\" is no step", number, fields[0]));
  table.steps.push_back(step);
  for (std::size_t i = 0; i < table.curves.size(); ++i) {
    double value = std::numeric_limits<double>::quiet_NaN();
    if (!fields[i + 1].empty() && !read_number(fields[i + 1], value))
      return error(ErrorCode::Malformed,
                   fmt::format("line {} of the figures: \"{}\" is no number for {}", number,
                               fields[i + 1], table.curves[i].name));
    table.curves[i].values.push_back(value);
  }
  return success();
}

/// Short, for an axis: 1 250 000 as 1.25M.
std::string short_number(double x) {
  const double size = std::abs(x);
  if (size >= 1e9) return fmt::format("{:.4g}G", x / 1e9);
  if (size >= 1e6) return fmt::format("{:.4g}M", x / 1e6);
  if (size >= 1e4) return fmt::format("{:.4g}k", x / 1e3);
  return fmt::format("{:.4g}", x);
}

struct Scale {
  double low = 0.0;
  double high = 1.0;
  double tick = 0.5;
};

/// Ends on round numbers (1, 2 or 5 times a power of ten), three to six of them.
Scale scale_of(double low, double high) {
  if (!(high > low)) {
    const double room = low == 0.0 ? 1.0 : std::abs(low) * 0.1;
    low -= room;
    high += room;
  }
  const double raw = (high - low) / 4.0;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double tick = 10.0 * power;
  for (const double m : {5.0, 2.0, 1.0})
    if (raw <= m * power) tick = m * power;
  return {std::floor(low / tick) * tick, std::ceil(high / tick) * tick, tick};
}

struct Plot {
  Scale y;
  double first = 0.0;
  double last = 1.0;
  [[nodiscard]] double px(double step) const {
    return kLeft + (kWidth - kLeft - kRight) * (step - first) / (last - first);
  }
  [[nodiscard]] double py(double value) const {
    return kTop + (kHeight - kTop - kBottom) * (1.0 - (value - y.low) / (y.high - y.low));
  }
};

void add_axes(const Plot& plot, std::string& out) {
  const auto end = std::back_inserter(out);
  for (int i = 0; plot.y.low + i * plot.y.tick <= plot.y.high + plot.y.tick / 2; ++i) {
    const double value = plot.y.low + i * plot.y.tick;
    const double at = plot.py(value);
    fmt::format_to(end,
                   "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
                   "<text class=\"y\" x=\"{}\" y=\"{:.1f}\">{}</text>\n",
                   kLeft, kWidth - kRight, at, at, kLeft - 5, at + 3.5,
                   short_number(std::abs(value) < plot.y.tick * 1e-6 ? 0.0 : value));
  }
  fmt::format_to(end,
                 "<text class=\"x\" x=\"{}\" y=\"{}\">{}</text>"
                 "<text class=\"x last\" x=\"{}\" y=\"{}\">{}</text>\n",
                 kLeft, kHeight - 6, short_number(plot.first), kWidth - kRight, kHeight - 6,
                 short_number(plot.last));
}

void add_figure(const Curve& curve, std::span<const CurvePoint> points, std::string& out) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const CurvePoint& p : points) {
    low = std::min(low, p.least);
    high = std::max(high, p.greatest);
  }
  Plot plot{scale_of(low, high), points.front().step, points.back().step};
  if (!(plot.last > plot.first)) plot.last = plot.first + 1.0;
  const auto end = std::back_inserter(out);
  fmt::format_to(end,
                 "<figure><figcaption>{}<b>{}</b></figcaption>\n"
                 "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
                 escaped(curve.name), short_number(points.back().mean), kWidth, kHeight,
                 escaped(curve.name));
  add_axes(plot, out);
  std::string band;
  std::string line;
  for (const CurvePoint& p : points) {
    fmt::format_to(std::back_inserter(band), "{:.1f},{:.1f} ", plot.px(p.step),
                   plot.py(p.greatest));
    fmt::format_to(std::back_inserter(line), "{:.1f},{:.1f} ", plot.px(p.step), plot.py(p.mean));
  }
  for (auto p = points.rbegin(); p != points.rend(); ++p)
    fmt::format_to(std::back_inserter(band), "{:.1f},{:.1f} ", plot.px(p->step), plot.py(p->least));
  fmt::format_to(end, "<polygon class=\"band\" points=\"{}\"/>\n", band);
  if (points.size() == 1)
    fmt::format_to(end, "<circle class=\"dot\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\"/>\n",
                   plot.px(points[0].step), plot.py(points[0].mean));
  else
    fmt::format_to(end, "<polyline class=\"line\" points=\"{}\"/>\n", line);
  out += "</svg></figure>\n";
}

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#1d2733;--soft:#66727f;--line:#d9dee4;--ground:#fff;--mark:#1462b8}
@media(prefers-color-scheme:dark){:root{--ink:#e4e9ee;--soft:#98a4b0;--line:#333d47;--ground:#14191f;--mark:#6cb2ff}}
body{margin:0 auto;padding:1.2rem;max-width:76rem;background:var(--ground);color:var(--ink);
font:15px/1.45 system-ui,sans-serif}
h1{font-size:1.3rem;margin:0 0 .2rem}h2{font-size:1rem;margin:1.4rem 0 .4rem;color:var(--soft)}
p{color:var(--soft);margin:.2rem 0}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:1rem}
figure{margin:0}figcaption{display:flex;justify-content:space-between;font-size:.9rem}
svg{width:100%;height:auto;display:block}
text{font:10px system-ui,sans-serif;fill:var(--soft)}.y{text-anchor:end}.last{text-anchor:end}
.grid{stroke:var(--line);stroke-width:1}.line{fill:none;stroke:var(--mark);stroke-width:1.6}
.band{fill:var(--mark);opacity:.18;stroke:none}.dot{fill:var(--mark)}
)";

}  // namespace

Result<CurveTable> read_curves(std::string_view csv) {
  CurveTable table;
  std::size_t number = 0;
  while (!csv.empty()) {
    const std::size_t end = csv.find('\n');
    std::string_view line = csv.substr(0, end);
    csv.remove_prefix(end == std::string_view::npos ? csv.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (++number == 1) {
      const auto names = cells_of(line);
      for (std::size_t i = 1; i < names.size(); ++i)
        table.curves.push_back({std::string(names[i]), {}});
      continue;
    }
    if (line.empty()) continue;
    BOOST_OUTCOME_TRY(add_row(line, number, table));
  }
  return table;
}

std::vector<CurvePoint> thinned(std::span<const std::int64_t> steps, std::span<const double> values,
                                std::size_t points) {
  std::vector<std::size_t> there;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isfinite(values[i])) there.push_back(i);
  const std::size_t count = std::min(points, there.size());
  std::vector<CurvePoint> out;
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t begin = k * there.size() / count;
    const std::size_t end = (k + 1) * there.size() / count;
    CurvePoint p{0.0, 0.0, values[there[begin]], values[there[begin]]};
    for (std::size_t j = begin; j < end; ++j) {
      const double value = values[there[j]];
      p.step += static_cast<double>(steps[there[j]]) / static_cast<double>(end - begin);
      p.mean += value / static_cast<double>(end - begin);
      p.least = std::min(p.least, value);
      p.greatest = std::max(p.greatest, value);
    }
    out.push_back(p);
  }
  return out;
}

std::string curves_page(std::string_view title, std::string_view unit, const CurveTable& table) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>{}</title><style>{}</style></head><body>\n<h1>{}</h1>\n",
      escaped(title), kStyle, escaped(title));
  if (!table.steps.empty())
    out += fmt::format(
        "<p>{} rows, {} to {} {}. The number beside a name is its last point; the band is from "
        "least to greatest.</p>\n",
        table.steps.size(), short_number(static_cast<double>(table.steps.front())),
        short_number(static_cast<double>(table.steps.back())), escaped(unit));
  std::map<std::string, std::string> groups;  // figures by the part of the name before "/"
  std::string missing;
  for (const Curve& curve : table.curves) {
    const auto points = thinned(table.steps, curve.values, kPoints);
    const std::size_t slash = curve.name.find('/');
    if (points.empty())
      missing += (missing.empty() ? "" : ", ") + escaped(curve.name);
    else
      add_figure(curve, points,
                 groups[slash == std::string::npos ? "" : curve.name.substr(0, slash)]);
  }
  for (const auto& [group, figures] : groups) {
    if (!group.empty()) out += fmt::format("<h2>{}</h2>\n", escaped(group));
    out += "<div class=\"plots\">\n" + figures + "</div>\n";
  }
  if (!missing.empty()) out += fmt::format("<p>Without a value so far: {}.</p>\n", missing);
  return out + "</body></html>\n";
}

}  // namespace proteus::runs

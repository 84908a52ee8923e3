#include "tools/app/metrics_text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace proteus::app {
namespace {

/// Backslash and line end everywhere, the quote in label values only.
std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quotes)
      out += "\\\"";
    else
      out += c;
  }
  return out;
}

std::string sample_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace

MetricsText& MetricsText::family(std::string_view name, std::string_view type,
                                 std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(help, false), name, type);
  return *this;
}

void MetricsText::line(std::string_view suffix, const Labels& labels, double value) {
  text_ += name_;
  text_ += suffix;
  char before = '{';
  for (const auto& [label, word] : labels) {
    text_ += fmt::format("{}{}=\"{}\"", before, label, escaped(word, true));
    before = ',';
  }
  if (!labels.empty()) text_ += '}';
  text_ += ' ';
  text_ += sample_text(value);
  text_ += '\n';
}

MetricsText& MetricsText::sample(const Labels& labels, double value) {
  line("", labels, value);
  return *this;
}

MetricsText& MetricsText::histogram(const std::vector<double>& bounds,
                                    const std::vector<double>& counts, double sum) {
  double below = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    below += counts[i];
    line("_bucket", {{"le", i < bounds.size() ? sample_text(bounds[i]) : "+Inf"}}, below);
  }
  line("_sum", {}, sum);
  line("_count", {}, below);
  return *this;
}

}  // namespace proteus::app

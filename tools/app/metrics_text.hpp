// Writes the Prometheus text format, version 0.0.4. Pure.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace proteus::app {

class MetricsText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  /// Begins a family: its name and type ("counter", "gauge", "histogram") and one line of help.
  /// Each family once, all its samples before the next.
  MetricsText& family(std::string_view name, std::string_view type, std::string_view help);
  MetricsText& sample(double value) { return sample({}, value); }
  MetricsText& sample(const Labels& labels, double value);
  /// A histogram's samples: `bounds` rise; `counts`, not cumulative, has one more, for what lies
  /// beyond; `sum` of all values.
  MetricsText& histogram(const std::vector<double>& bounds, const std::vector<double>& counts,
                         double sum);
  /// family() and one sample without labels.
  MetricsText& counter(std::string_view name, std::string_view help, double value) {
    return family(name, "counter", help).sample(value);
  }
  MetricsText& gauge(std::string_view name, std::string_view help, double value) {
    return family(name, "gauge", help).sample(value);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void line(std::string_view suffix, const Labels& labels, double value);
  std::string name_;
  std::string text_;
};

}  // namespace proteus::app

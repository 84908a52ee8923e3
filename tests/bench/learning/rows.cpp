#include "tests/bench/learning/rows.hpp"

#include <fmt/format.h>

#include <optional>

namespace proteus::bench {
namespace {

std::optional<double> find(const Reference& reference, const std::string& name) {
  const auto it = reference.find(name);
  if (it == reference.end()) return std::nullopt;
  return it->second;
}

std::string joined(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + "; " + b;
}

std::string number(double value) {
  return value >= 1'000.0 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

void add(Table& table, const Reference& reference, const Beside& b, bool least) {
  std::string other;
  if (const auto plain = find(reference, b.reference))
    other = fmt::format("PyTorch {} {}, {:.1f} times", number(*plain), b.unit,
                        least ? b.value / *plain : *plain / b.value);
  std::string demand;
  if (b.demand > 0.0) demand = fmt::format("{} {}", least ? ">=" : "<=", number(b.demand));
  table.rows.push_back({b.what, fmt::format("{} {}", number(b.value), b.unit), demand,
                        least ? b.value >= b.demand : b.value <= b.demand, joined(other, b.note)});
}

}  // namespace

void add_rate(Table& table, const Reference& reference, const Beside& b) {
  const auto plain = find(reference, b.reference);
  if (!plain) {
    table.rows.push_back(
        {b.what, fmt::format("{} {}", number(b.value), b.unit), "", true,
         joined(fmt::format("demand: {} times PyTorch, which was not run", number(b.demand)),
                b.note)});
    return;
  }
  const double times = b.value / *plain;
  table.rows.push_back(
      {b.what + ": times PyTorch", fmt::format("{:.1f}", times),
       fmt::format(">= {}", number(b.demand)), times >= b.demand,
       joined(fmt::format("{} {}, PyTorch {}", number(b.value), b.unit, number(*plain)), b.note)});
}

void add_least(Table& table, const Reference& reference, const Beside& beside) {
  add(table, reference, beside, true);
}

void add_time(Table& table, const Reference& reference, const Beside& beside) {
  add(table, reference, beside, false);
}

}  // namespace proteus::bench

// Checks of a value that was measured with several seeds.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "models/evaluation/known_answers/known_answer.hpp"
#include "models/evaluation/known_answers/seeds.hpp"

namespace proteus::learners {

/// What the median and the single seeds must reach.
struct SeedDemand {
  std::optional<double> median_low;
  std::optional<double> median_high;
  std::optional<double> each_low;
  std::optional<double> each_high;
};

/// The median under the name `what`, then least and greatest; without demands where `demanded` is
/// false, as for a variant.
inline void add_checks(std::vector<evaluation::Check>& checks, const std::string& what,
                       const std::vector<double>& values, const SeedDemand& demand, bool demanded,
                       int digits = 4) {
  const auto add = [&](std::string name, double value, std::optional<double> low,
                       std::optional<double> high) {
    if (!demanded) low = high = std::nullopt;
    checks.push_back({std::move(name), value, low, high, digits});
  };
  add(what, evaluation::median(values), demand.median_low, demand.median_high);
  if (values.size() < 2) return;
  add(what + ", least seed", std::ranges::min(values), demand.each_low, std::nullopt);
  add(what + ", greatest seed", std::ranges::max(values), std::nullopt, demand.each_high);
}

}  // namespace proteus::learners

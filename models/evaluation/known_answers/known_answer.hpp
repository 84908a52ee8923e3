// Problems whose answer is known, as a list: each has its experiments, and each experiment's value
// is held against what it must be. docs/reference/verify-learning.md describes them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.hpp"
#include "models/evaluation/known_answers/parameters.hpp"

namespace proteus::evaluation {

enum class Grade : std::uint8_t {
  Pass,
  Fail,
  Shown,     ///< a variant without a known answer: a value, and no demand
  NotBuilt,  ///< nothing ran
};
std::string_view to_string(Grade grade);  ///< "pass", "FAIL", "shown", "not built"

/// One value and the interval it must lie in, both ends included.
struct Check {
  std::string what;
  std::optional<double> value;  ///< none: not built
  std::optional<double> low;
  std::optional<double> high;
  int digits = 4;  ///< after the point, in text

  static Check within(std::string what, double value, double target, double tolerance,
                      int digits = 4);
  static Check at_most(std::string what, double value, double bound, int digits = 4);
  static Check at_least(std::string what, double value, double bound, int digits = 4);
  static Check shown(std::string what, double value, int digits = 4);
  static Check not_built(std::string what);

  /// A value that is no number fails any demand.
  [[nodiscard]] Grade grade() const;
};

struct KnownAnswer {
  std::string_view id;  ///< "KA-1"
  std::string_view title;
  /// Errors: OutOfRange for parameters that the experiment cannot have.
  std::function<Result<std::vector<Check>>(const Parameters&)> run;
};

/// Those that need no training, and the names of those that do.
std::span<const KnownAnswer> known_answers();

// What the list runs; each in the file of its name.
Result<std::vector<Check>> bernoulli_bandit(const Parameters& parameters);   ///< KA-1
Result<std::vector<Check>> bandit_references(const Parameters& parameters);  ///< KA-2
Result<std::vector<Check>> dependent_arms(const Parameters& parameters);     ///< KA-3
Result<std::vector<Check>> telling_arm(const Parameters& parameters);        ///< KA-4
Result<std::vector<Check>> sinusoids(const Parameters& parameters);          ///< KA-8
Result<std::vector<Check>> point_navigation(const Parameters& parameters);   ///< KA-9
Result<std::vector<Check>> meta_gradient(const Parameters& parameters);      ///< KA-10
Result<std::vector<Check>> advantages(const Parameters& parameters);         ///< KA-11
Result<std::vector<Check>> hidden_drift(const Parameters& parameters);       ///< KA-12
Result<std::vector<Check>> kelly_bet(const Parameters& parameters);          ///< KA-13
Result<std::vector<Check>> deflation(const Parameters& parameters);          ///< KA-14
Result<std::vector<Check>> overfitting(const Parameters& parameters);        ///< KA-15
Result<std::vector<Check>> noise_market(const Parameters& parameters);       ///< KA-16

}  // namespace proteus::evaluation

// KA-8: regression of sinusoids (Finn, Abbeel, Levine 2017, section 5.1).
#include <fmt/format.h>

#include <array>

#include "models/evaluation/known_answers/known_answer.hpp"
#include "models/evaluation/known_answers/seeds.hpp"
#include "models/evaluation/known_answers/sinusoid_tasks.hpp"
#include "models/maml/learner.hpp"

namespace proteus::evaluation {
namespace {

constexpr std::int64_t kSinusoidIterations = 30'000;  // The publication takes 70 000.

Result<maml::Learner<float>> trained(bool learned_rates, std::int64_t iterations,
                                     std::uint64_t seed) {
  BOOST_OUTCOME_TRY(maml::Mlp net, maml::Mlp::create(1, {40, 40}, 1, maml::Activation::Relu));
  maml::LearnerSettings settings;
  settings.inner_steps = 1;
  settings.learned_rates = learned_rates;
  // At a constant rate some fresh tasks diverge within ten steps, now and then, to the very end.
  settings.anneal_steps = iterations;
  BOOST_OUTCOME_TRY(maml::Learner<float> learner,
                    maml::Learner<float>::create(settings, std::move(net), seed));
  market::Random random(seed, "sinusoids");
  maml::TaskBatch<float> batch;
  for (std::int64_t i = 0; i < iterations; ++i) {
    draw_batch(random, batch);
    BOOST_OUTCOME_TRY(learner.step(batch));
  }
  return learner;
}

struct Row {
  const char* what;
  std::size_t shots;
  std::size_t steps;
  std::vector<double> errors;  ///< one a seed
};

}  // namespace

Result<std::vector<Check>> sinusoids(const Parameters& p) {
  const std::int64_t iterations = p.steps.value_or(kSinusoidIterations);
  if (iterations < 1 || iterations > 1'000'000)
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} iterations: 1 to 1000000 are offered", iterations));
  std::array<Row, 6> rows{{{"MAML, 5 points, before", 5, 0, {}},
                           {"MAML, 5 points, 1 step", 5, 1, {}},
                           {"MAML, 5 points, 5 steps", 5, 5, {}},
                           {"MAML, 5 points, 10 steps", 5, 10, {}},
                           {"MAML, 10 points, 1 step", 10, 1, {}},
                           {"MAML, 10 points, 10 steps", 10, 10, {}}}};
  std::vector<double> rated;
  std::vector<double> share;
  const auto run = [&](std::uint64_t seed) -> Result<std::vector<double>> {
    std::vector<double> errors;
    BOOST_OUTCOME_TRY(maml::Learner<float> plain, trained(false, iterations, seed));
    for (const Row& row : rows) errors.push_back(test_error(plain, row.shots, row.steps, seed));
    BOOST_OUTCOME_TRY(maml::Learner<float> meta_sgd, trained(true, iterations, seed));
    errors.push_back(test_error(meta_sgd, 5, 1, seed));
    return errors;
  };
  for (const Result<std::vector<double>>& result : over_seeds(p, run)) {
    BOOST_OUTCOME_TRY(const std::vector<double> errors, result);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].errors.push_back(errors[i]);
    rated.push_back(errors.back());
    share.push_back(rated.back() / rows[1].errors.back());
  }
  const bool known = iterations >= kSinusoidIterations;
  const auto check = [&](const Row& row, std::optional<double> low, double high) {
    const double value = median(row.errors);
    return known ? Check{row.what, value, low, high, 3} : Check::shown(row.what, value, 3);
  };
  std::vector<Check> checks{check(rows[0], 2.8, 3.2),
                            check(rows[1], {}, 0.76),
                            Check::shown(rows[2].what, median(rows[2].errors), 3),
                            check(rows[3], {}, 0.45),
                            check(rows[4], {}, 0.46),
                            Check::shown(rows[5].what, median(rows[5].errors), 3),
                            Check::shown("Meta-SGD, 5 points, 1 step", median(rated), 3)};
  const std::string what = "the same as a share of MAML's";
  checks.push_back(known ? Check::at_most(what, median(share), 0.75, 3)
                         : Check::shown(what, median(share), 3));
  return checks;
}

}  // namespace proteus::evaluation

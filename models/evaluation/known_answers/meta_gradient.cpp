// KA-10.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "models/evaluation/known_answers/known_answer.hpp"
#include "models/maml/learner.hpp"

namespace proteus::evaluation {
namespace {

using Vector = std::vector<double>;
using maml::Learner;
using maml::TaskBatch;

Vector normals(std::size_t n, market::Random& random) {
  Vector values(n);
  for (double& x : values) x = random.normal();
  return values;
}

TaskBatch<double> random_tasks(std::size_t inputs, std::size_t outputs, market::Random& random) {
  constexpr std::size_t kTasks = 2;
  TaskBatch<double> batch{kTasks, 6, 5, {}, {}, {}, {}};
  batch.support_x = normals(kTasks * batch.support_rows * inputs, random);
  batch.support_y = normals(kTasks * batch.support_rows * outputs, random);
  batch.query_x = normals(kTasks * batch.query_rows * inputs, random);
  batch.query_y = normals(kTasks * batch.query_rows * outputs, random);
  return batch;
}

template <class T>
std::span<const T> rows_of(const std::vector<T>& values, std::size_t tasks, std::size_t task) {
  const std::size_t size = values.size() / tasks;
  return std::span(values).subspan(task * size, size);
}

/// Query loss after adapting, from predictions alone.
double loss_after(Learner<double>& learner, const TaskBatch<double>& batch, std::size_t steps) {
  double sum = 0.0;
  for (std::size_t t = 0; t < batch.tasks; ++t) {
    const auto adapted = learner.adapt(rows_of(batch.support_x, batch.tasks, t),
                                       rows_of(batch.support_y, batch.tasks, t), steps);
    const auto y = rows_of(batch.query_y, batch.tasks, t);
    Vector out(y.size());
    learner.predict(adapted, rows_of(batch.query_x, batch.tasks, t), out);
    for (std::size_t i = 0; i < out.size(); ++i)
      sum += (out[i] - y[i]) * (out[i] - y[i]) / static_cast<double>(out.size());
  }
  return sum / static_cast<double>(batch.tasks);
}

/// Of what is learned, at the steps that the learner takes or after each of them.
double objective(Learner<double>& learner, const TaskBatch<double>& batch) {
  const auto steps = static_cast<std::size_t>(learner.settings().inner_steps);
  if (!learner.settings().multi_step) return loss_after(learner, batch, steps);
  double sum = 0.0;
  for (std::size_t k = 1; k <= steps; ++k) sum += loss_after(learner, batch, k);
  return sum / static_cast<double>(steps);
}

Vector differences(Learner<double>& learner, const TaskBatch<double>& batch) {
  constexpr double kStep = 1e-5;
  const Vector at(learner.learned().begin(), learner.learned().end());
  Vector out(at.size());
  Vector moved = at;
  const auto value = [&](std::size_t i, double x) {
    moved[i] = x;
    (void)learner.restore(moved, learner.optimiser().state());
    return objective(learner, batch);
  };
  for (std::size_t i = 0; i < at.size(); ++i) {
    out[i] = (value(i, at[i] + kStep) - value(i, at[i] - kStep)) / (2.0 * kStep);
    moved[i] = at[i];
  }
  (void)learner.restore(at, learner.optimiser().state());
  return out;
}

double relative(const Vector& value, const Vector& known) {
  double gap = 0.0;
  double size = 0.0;
  for (std::size_t i = 0; i < known.size(); ++i) {
    gap += (value[i] - known[i]) * (value[i] - known[i]);
    size += known[i] * known[i];
  }
  return std::sqrt(gap / size);
}

Vector gradient_of(Learner<double>& learner, const TaskBatch<double>& batch) {
  maml::MetaGradient<double> gradient;
  learner.meta_gradient(batch, gradient);
  gradient.base.insert(gradient.base.end(), gradient.rates.begin(), gradient.rates.end());
  return gradient.base;
}

struct Network {
  std::size_t inputs;
  std::vector<std::size_t> hidden;
  std::size_t outputs;
  maml::Activation activation;
};

/// The worst of three random networks.
Result<double> against_differences(maml::LearnerSettings settings, std::uint64_t seed) {
  const std::array<Network, 3> networks{{{2, {7, 5}, 1, maml::Activation::Tanh},
                                         {3, {9, 8}, 2, maml::Activation::Relu},
                                         {1, {20}, 1, maml::Activation::Tanh}}};
  settings.inner_rate = 0.05;
  double worst = 0.0;
  for (const Network& n : networks) {
    BOOST_OUTCOME_TRY(maml::Mlp net,
                      maml::Mlp::create(n.inputs, n.hidden, n.outputs, n.activation));
    BOOST_OUTCOME_TRY(Learner<double> learner,
                      Learner<double>::create(settings, std::move(net), seed));
    market::Random random(seed, "meta-gradient");
    const TaskBatch<double> batch = random_tasks(n.inputs, n.outputs, random);
    worst = std::max(worst, relative(gradient_of(learner, batch), differences(learner, batch)));
  }
  return worst;
}

/// Linear regression with a constant, one task, by the normal equations' matrices.
struct Regression {
  std::size_t columns;
  Vector support;  ///< 2/n A'A
  Vector query;    ///< 2/m B'B
  Vector support_at;
  Vector query_at;  ///< 2/m B'y

  static Vector squares(std::span<const double> x, std::size_t inputs) {
    const std::size_t n = x.size() / inputs;
    const std::size_t columns = inputs + 1;
    Vector out(columns * columns);
    const auto at = [&](std::size_t r, std::size_t c) {
      return c < inputs ? x[r * inputs + c] : 1.0;
    };
    for (std::size_t i = 0; i < columns; ++i)
      for (std::size_t j = 0; j < columns; ++j)
        for (std::size_t r = 0; r < n; ++r)
          out[i * columns + j] += 2.0 / static_cast<double>(n) * at(r, i) * at(r, j);
    return out;
  }
  static Vector products(std::span<const double> x, std::span<const double> y, std::size_t inputs) {
    Vector out(inputs + 1);
    const double share = 2.0 / static_cast<double>(y.size());
    for (std::size_t r = 0; r < y.size(); ++r)
      for (std::size_t i = 0; i <= inputs; ++i)
        out[i] += share * (i < inputs ? x[r * inputs + i] : 1.0) * y[r];
    return out;
  }
  Vector times(const Vector& matrix, const Vector& v) const {
    Vector out(columns);
    for (std::size_t i = 0; i < columns; ++i)
      for (std::size_t j = 0; j < columns; ++j) out[i] += matrix[i * columns + j] * v[j];
    return out;
  }
  Vector slope(const Vector& matrix, const Vector& at, const Vector& theta) const {
    Vector out = times(matrix, theta);
    for (std::size_t i = 0; i < columns; ++i) out[i] -= at[i];
    return out;
  }
};

struct LinearErrors {
  double second = 0.0;      ///< of the meta-gradient
  double difference = 0.0;  ///< of first order less second order, against the second-order term
};

Result<LinearErrors> against_closed_form(std::int64_t steps, std::uint64_t seed) {
  constexpr std::size_t kInputs = 3;
  BOOST_OUTCOME_TRY(const maml::Mlp net, maml::Mlp::create(kInputs, {}, 1, maml::Activation::Relu));
  maml::LearnerSettings settings;
  settings.inner_steps = steps;
  settings.inner_rate = 0.05;
  BOOST_OUTCOME_TRY(Learner<double> second, Learner<double>::create(settings, net, seed));
  settings.method = maml::Method::FirstOrder;
  BOOST_OUTCOME_TRY(Learner<double> first, Learner<double>::create(settings, net, seed));
  market::Random random(seed, "regression");
  TaskBatch<double> batch = random_tasks(kInputs, 1, random);
  batch.support_x.resize(batch.support_x.size() / 2);
  batch.support_y.resize(batch.support_y.size() / 2);
  batch.query_x.resize(batch.query_x.size() / 2);
  batch.query_y.resize(batch.query_y.size() / 2);
  batch.tasks = 1;

  const Regression r{kInputs + 1, Regression::squares(batch.support_x, kInputs),
                     Regression::squares(batch.query_x, kInputs),
                     Regression::products(batch.support_x, batch.support_y, kInputs),
                     Regression::products(batch.query_x, batch.query_y, kInputs)};
  Vector theta(second.base().begin(), second.base().end());
  for (std::int64_t k = 0; k < steps; ++k) {
    const Vector slope = r.slope(r.support, r.support_at, theta);
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i] -= settings.inner_rate * slope[i];
  }
  const Vector last = r.slope(r.query, r.query_at, theta);
  Vector known = last;  // times (I - rate H), once a step
  for (std::int64_t k = 0; k < steps; ++k) {
    const Vector curved = r.times(r.support, known);
    for (std::size_t i = 0; i < known.size(); ++i) known[i] -= settings.inner_rate * curved[i];
  }
  const Vector got_second = gradient_of(second, batch);
  Vector got_term = gradient_of(first, batch);
  Vector term = last;
  for (std::size_t i = 0; i < term.size(); ++i) {
    term[i] -= known[i];
    got_term[i] -= got_second[i];
  }
  return LinearErrors{relative(got_second, known), relative(got_term, term)};
}

}  // namespace

Result<std::vector<Check>> meta_gradient(const Parameters& p) {
  std::vector<Check> checks;
  for (const std::int64_t steps : {1, 3, 5}) {
    maml::LearnerSettings settings;
    settings.inner_steps = steps;
    BOOST_OUTCOME_TRY(const double error, against_differences(settings, p.seed));
    checks.push_back(Check::at_most(fmt::format("three networks, {} steps: relative error", steps),
                                    error, 1e-5, 12));
  }
  for (const std::int64_t steps : {1, 3, 5}) {
    BOOST_OUTCOME_TRY(const LinearErrors errors, against_closed_form(steps, p.seed));
    checks.push_back(
        Check::at_most(fmt::format("linear regression, {} steps", steps), errors.second, 1e-9, 16));
    checks.push_back(Check::at_most(
        fmt::format("first order less second order, {} steps, against the term", steps),
        errors.difference, 1e-9, 16));
  }
  maml::LearnerSettings settings;
  settings.inner_steps = 3;
  settings.learned_rates = true;
  BOOST_OUTCOME_TRY(const double learned, against_differences(settings, p.seed));
  checks.push_back(Check::at_most("learned rates, 3 steps", learned, 1e-5, 12));
  settings.learned_rates = false;
  settings.multi_step = true;
  BOOST_OUTCOME_TRY(const double multi, against_differences(settings, p.seed));
  checks.push_back(Check::at_most("multi-step loss, 3 steps", multi, 1e-5, 12));
  settings.multi_step = false;
  settings.head_only = true;
  BOOST_OUTCOME_TRY(const double head, against_differences(settings, p.seed));
  checks.push_back(Check::at_most("head alone adapts, 3 steps", head, 1e-5, 12));
  return checks;
}

}  // namespace proteus::evaluation

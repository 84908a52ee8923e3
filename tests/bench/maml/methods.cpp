#include <fmt/core.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "models/evaluation/known_answers/sinusoid_tasks.hpp"
#include "tests/bench/maml/tables.hpp"

namespace proteus::bench {
namespace {

using evaluation::Sinusoid;
using maml::Learner;
using maml::LearnerSettings;
using maml::Method;

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

maml::Mlp network() { return maml::Mlp::create(1, {40, 40}, 1, maml::Activation::Relu).value(); }

struct Variant {
  const char* name;
  LearnerSettings settings;
};

std::vector<Variant> variants(std::int64_t iterations) {
  LearnerSettings one;
  one.inner_steps = 1;
  one.anneal_steps = iterations;
  LearnerSettings five = one;
  five.inner_steps = 5;
  std::vector<Variant> all{{"MAML, 1 inner step", one}, {"FOMAML, 1", one},
                           {"Meta-SGD, 1", one},        {"MAML, 5", five},
                           {"FOMAML, 5", five},         {"MAML, 5, multi-step loss", five},
                           {"ANIL, 5", five},           {"Reptile, 10 at 0.02", five}};
  all[1].settings.method = Method::FirstOrder;
  all[2].settings.learned_rates = true;
  all[4].settings.method = Method::FirstOrder;
  all[5].settings.multi_step = true;
  all[6].settings.head_only = true;
  all[7].settings.method = Method::Reptile;
  all[7].settings.inner_steps = 10;
  all[7].settings.inner_rate = 0.02;
  return all;
}

Result<void> train(Learner<float>& learner, std::int64_t iterations, std::uint64_t seed,
                   double& seconds) {
  market::Random random(seed, "sinusoids");
  maml::TaskBatch<float> batch;
  for (std::int64_t i = 0; i < iterations; ++i) {
    evaluation::draw_batch(random, batch);
    const double start = thread_seconds();
    BOOST_OUTCOME_TRY(learner.step(batch));
    seconds += thread_seconds() - start;
  }
  return success();
}

/// One held-out task.
struct Held {
  std::vector<float> support_x, support_y, query_x, query_y;

  explicit Held(market::Random& random) {
    const Sinusoid task = Sinusoid::draw(random);
    task.points(10, random, support_x, support_y);
    task.points(100, random, query_x, query_y);
  }
  double loss(const maml::Mlp& net, std::span<const float> theta, bool query,
              maml::Scratch<float>& scratch) const {
    const auto& x = query ? query_x : support_x;
    const auto& y = query ? query_y : support_y;
    std::vector<float> out(y.size());
    net.forward(theta.data(), x.data(), x.size(), out.data(), scratch);
    double sum = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i)
      sum += static_cast<double>((out[i] - y[i]) * (out[i] - y[i])) / static_cast<double>(y.size());
    return sum;
  }
};

constexpr std::int64_t kStepsMax = 1'000;

enum class Descent { Plain, Adam };

/// The first step after which the loss is no more than `target`; kStepsMax + 1: none.
std::int64_t steps_until(const Held& task, bool query, double target, std::vector<float> theta,
                         Descent descent, double rate) {
  const maml::Mlp net = network();
  maml::Scratch<float> scratch;
  maml::Tape<float> tape;
  maml::Adam<float> adam(net.parameters());
  std::vector<float> gradient(net.parameters());
  const maml::SquaredError<float> loss(task.support_y.data(), task.support_y.size(), 1);
  for (std::int64_t step = 0; step <= kStepsMax; ++step) {
    if (task.loss(net, theta, query, scratch) <= target) return step;
    net.gradient(theta.data(), task.support_x.data(), task.support_x.size(), loss, gradient.data(),
                 tape, scratch);
    if (descent == Descent::Adam) {
      adam.step(theta, gradient, rate);
    } else {
      for (std::size_t i = 0; i < theta.size(); ++i)
        theta[i] -= static_cast<float>(rate) * gradient[i];
    }
  }
  return kStepsMax + 1;
}

void print_count(const char* what, std::vector<std::int64_t> steps) {
  std::ranges::sort(steps);
  const auto reached = std::ranges::count_if(steps, [](auto s) { return s <= kStepsMax; });
  const std::int64_t middle = steps[steps.size() / 2];
  fmt::print(
      "| {} | {} | {:.0f} % |\n", what,
      middle > kStepsMax ? fmt::format("more than {}", kStepsMax) : fmt::format("{}", middle),
      100.0 * static_cast<double>(reached) / static_cast<double>(steps.size()));
}

}  // namespace

Result<void> print_methods(const MamlBench& bench) {
  fmt::print(
      "Sinusoids, {} outer steps of {} tasks; mean squared error of 1000 fresh tasks, 5 points\n\n"
      "| method | 0 steps | 1 | 5 | 10 | us an outer step | KiB |\n|---|---|---|---|---|---|---|\n",
      bench.iterations, evaluation::kSinusoidTasks);
  for (const Variant& v : variants(bench.iterations)) {
    const std::size_t held = ::mallinfo2().uordblks;
    BOOST_OUTCOME_TRY(Learner<float> learner,
                      Learner<float>::create(v.settings, network(), bench.seed));
    double seconds = 0.0;
    BOOST_OUTCOME_TRY(train(learner, bench.iterations, bench.seed, seconds));
    const std::size_t bytes = ::mallinfo2().uordblks - held;
    fmt::print("| {} |", v.name);
    for (const std::size_t steps : {0U, 1U, 5U, 10U}) {
      const double error = evaluation::test_error(learner, 5, steps, bench.seed);
      fmt::print(" {} |", std::isfinite(error) ? fmt::format("{:.2f}", error) : "diverges");
    }
    fmt::print(" {:.0f} | {} |\n", 1e6 * seconds / static_cast<double>(bench.iterations),
               bytes / 1024);
  }
  fmt::print("\n");
  return success();
}

Result<void> print_steps_to_equal_loss(const MamlBench& bench) {
  const LearnerSettings settings = variants(bench.iterations).front().settings;
  BOOST_OUTCOME_TRY(Learner<float> learner,
                    Learner<float>::create(settings, network(), bench.seed));
  double seconds = 0.0;
  BOOST_OUTCOME_TRY(train(learner, bench.iterations, bench.seed, seconds));
  market::Random random(bench.seed, "held out");
  market::Random fresh(bench.seed, "from scratch");
  maml::Scratch<float> scratch;
  std::array<std::vector<std::int64_t>, 6> counts;
  for (std::int64_t t = 0; t < bench.held_out; ++t) {
    const Held task(random);
    const std::vector<float> base(learner.base().begin(), learner.base().end());
    const std::vector<float> scratch_base = network().initial<float>(fresh);
    const auto adapted = learner.adapt(task.support_x, task.support_y, 1);
    for (const bool query : {true, false}) {
      const double target = task.loss(learner.net(), adapted, query, scratch);
      const std::size_t at = query ? 0 : 3;
      counts[at].push_back(
          steps_until(task, query, target, base, Descent::Plain, settings.inner_rate));
      counts[at + 1].push_back(
          steps_until(task, query, target, scratch_base, Descent::Plain, settings.inner_rate));
      counts[at + 2].push_back(steps_until(task, query, target, scratch_base, Descent::Adam, 0.01));
    }
  }
  fmt::print(
      "Steps on 10 points to the loss that one step from MAML's base reaches; {} held-out "
      "sinusoids, "
      "at most {} steps\n\n| from | steps, median | reached by |\n|---|---|---|\n",
      bench.held_out, kStepsMax);
  print_count("query loss: MAML's base, at 0.01", counts[0]);
  print_count("query loss: random weights, the same descent", counts[1]);
  print_count("query loss: random weights, Adam at 0.01", counts[2]);
  print_count("support loss: MAML's base", counts[3]);
  print_count("support loss: random weights, the same descent", counts[4]);
  print_count("support loss: random weights, Adam at 0.01", counts[5]);
  fmt::print("\n");
  return success();
}

}  // namespace proteus::bench

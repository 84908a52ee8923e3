#include "models/maml/learner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/core/assert.hpp"

namespace proteus::maml {
namespace {

constexpr std::uint64_t kSkippedInARowMax = 3;

}  // namespace

template <class T>
Result<Learner<T>> Learner<T>::create(const LearnerSettings& settings, Mlp net,
                                      std::uint64_t seed) {
  if (settings.method == Method::Reptile && (settings.learned_rates || settings.multi_step))
    return error(ErrorCode::OutOfRange,
                 "Reptile has no query loss: it goes with neither learned_rates nor multi_step");
  const auto within = [](double x, double low, double high) { return x >= low && x <= high; };
  if (settings.inner_steps < 1 || settings.inner_steps > 100 || settings.anneal_steps < 0 ||
      !within(settings.inner_rate, 1e-6, 10.0) || !within(settings.outer_rate, 1e-7, 1.0) ||
      !within(settings.gradient_norm_max, 1e-6, 1e9))
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} inner steps at {}, outer rate {}, norm at most {}: beyond what "
                             "the settings allow",
                             settings.inner_steps, settings.inner_rate, settings.outer_rate,
                             settings.gradient_norm_max));
  return Learner(settings, std::move(net), seed);
}

template <class T>
Learner<T>::Learner(const LearnerSettings& settings, Mlp net, std::uint64_t seed)
    : settings_(settings),
      inner_(std::move(net)),
      rates_(inner_.net().parameters()),
      adam_(inner_.net().parameters() * (settings.learned_rates ? 2 : 1)) {
  market::Random random(seed, "initial");
  meta_ = inner_.net().template initial<T>(random);
  if (settings_.learned_rates) meta_.resize(2 * meta_.size(), static_cast<T>(settings_.inner_rate));
  fill_rates();
}

template <class T>
std::size_t Learner<T>::first_adapted() const {
  return settings_.head_only ? net().layers().back().weights : 0;
}

template <class T>
double Learner<T>::outer_rate() const {
  if (settings_.anneal_steps == 0) return settings_.outer_rate;
  const double share =
      static_cast<double>(adam_.state().steps) / static_cast<double>(settings_.anneal_steps);
  return settings_.outer_rate * std::max(0.0, 1.0 - share);
}

template <class T>
void Learner<T>::fill_rates() {
  const std::size_t n = net().parameters();
  for (std::size_t i = 0; i < n; ++i)
    rates_[i] = i < first_adapted()       ? T{0}
                : settings_.learned_rates ? meta_[n + i]
                                          : static_cast<T>(settings_.inner_rate);
}

template <class T>
void Learner<T>::add_task(const TaskBatch<T>& batch, std::size_t task, MetaGradient<T>& out) {
  const std::size_t in = net().inputs();
  const std::size_t outputs = net().outputs();
  const T* support_x = batch.support_x.data() + task * batch.support_rows * in;
  const T* query_x = batch.query_x.data() + task * batch.query_rows * in;
  const SquaredError<T> support(batch.support_y.data() + task * batch.support_rows * outputs,
                                batch.support_rows, outputs);
  const SquaredError<T> query(batch.query_y.data() + task * batch.query_rows * outputs,
                              batch.query_rows, outputs);
  const auto steps = static_cast<std::size_t>(settings_.inner_steps);
  inner_.begin(base());
  double last = 0.0;
  for (std::size_t k = 0; k < steps; ++k) {
    last = inner_.step(rates_, support_x, batch.support_rows, support);
    if (k == 0) out.support_loss += last;
  }
  const std::size_t n = net().parameters();
  cotangent_.assign(n, T{0});
  if (settings_.method == Method::Reptile) {
    out.query_loss += last;
    for (std::size_t i = 0; i < n; ++i) out.base[i] += base()[i] - inner_.adapted()[i];
    return;
  }
  const T share = settings_.multi_step ? T{1} / static_cast<T>(steps) : T{1};
  const Order order = settings_.method == Method::SecondOrder ? Order::Second : Order::First;
  query_gradient_.resize(n);
  for (std::size_t k = steps; k > 0; --k) {
    if (k == steps || settings_.multi_step) {
      const double loss =
          net().gradient(inner_.parameters(k).data(), query_x, batch.query_rows, query,
                         query_gradient_.data(), query_tape_, inner_.scratch());
      if (k == steps) out.query_loss += loss;
      for (std::size_t i = 0; i < n; ++i) cotangent_[i] += share * query_gradient_[i];
    }
    inner_.pull_back(k - 1, order, rates_, cotangent_,
                     settings_.learned_rates ? std::span<T>(out.rates) : std::span<T>());
  }
  for (std::size_t i = 0; i < n; ++i) out.base[i] += cotangent_[i];
}

template <class T>
void Learner<T>::meta_gradient(const TaskBatch<T>& batch, MetaGradient<T>& out) {
  PROTEUS_ASSERT(batch.tasks > 0 && batch.support_rows > 0);
  PROTEUS_ASSERT(batch.support_x.size() == batch.tasks * batch.support_rows * net().inputs());
  PROTEUS_ASSERT(batch.query_x.size() == batch.tasks * batch.query_rows * net().inputs());
  out.base.assign(net().parameters(), T{0});
  out.rates.assign(settings_.learned_rates ? net().parameters() : 0, T{0});
  out.support_loss = 0.0;
  out.query_loss = 0.0;
  for (std::size_t task = 0; task < batch.tasks; ++task) add_task(batch, task, out);
  const T share = T{1} / static_cast<T>(batch.tasks);
  for (T& g : out.base) g *= share;
  for (T& g : out.rates) g *= share;
  // Below the head there is no rate to learn: it stays 0 whatever its gradient says.
  std::fill_n(out.rates.begin(), std::min(out.rates.size(), first_adapted()), T{0});
  out.support_loss /= static_cast<double>(batch.tasks);
  out.query_loss /= static_cast<double>(batch.tasks);
}

template <class T>
Result<StepReport> Learner<T>::step(const TaskBatch<T>& batch) {
  meta_gradient(batch, gradient_);
  flat_.assign(gradient_.base.begin(), gradient_.base.end());
  flat_.insert(flat_.end(), gradient_.rates.begin(), gradient_.rates.end());
  StepReport report{gradient_.support_loss, gradient_.query_loss, 0.0, false, {}};
  report.gradient_norm = clip_norm(std::span<T>(flat_), settings_.gradient_norm_max);
  if (!std::isfinite(report.support_loss)) {
    report.reason = "support loss";
  } else if (!std::isfinite(report.query_loss)) {
    report.reason = "query loss";
  } else if (!std::isfinite(report.gradient_norm)) {
    report.reason = "meta-gradient";
  }
  if (!report.reason.empty()) {
    report.skipped = true;
    ++skipped_;
    if (++skipped_in_a_row_ >= kSkippedInARowMax)
      return error(ErrorCode::Refused,
                   fmt::format("the {} was not finite for the third update in a row: lower the "
                               "inner rate, or look for such numbers in the tasks; the base is "
                               "that of the last good update",
                               report.reason));
    return report;
  }
  skipped_in_a_row_ = 0;
  adam_.step(meta_, flat_, outer_rate());
  fill_rates();
  return report;
}

template <class T>
std::span<const T> Learner<T>::adapt(std::span<const T> support_x, std::span<const T> support_y,
                                     std::size_t steps) {
  const std::size_t rows = support_x.size() / net().inputs();
  PROTEUS_ASSERT(rows > 0 && rows * net().outputs() == support_y.size());
  const SquaredError<T> loss(support_y.data(), rows, net().outputs());
  inner_.begin(base());
  for (std::size_t k = 0; k < steps; ++k)
    inner_.step_forward_only(rates_, support_x.data(), rows, loss);
  return inner_.adapted();
}

template <class T>
void Learner<T>::predict(std::span<const T> parameters, std::span<const T> x, std::span<T> out) {
  const std::size_t rows = x.size() / net().inputs();
  PROTEUS_ASSERT(parameters.size() == net().parameters() && out.size() == rows * net().outputs());
  net().forward(parameters.data(), x.data(), rows, out.data(), inner_.scratch());
}

template <class T>
Result<void> Learner<T>::restore(std::span<const T> learned, AdamState<T> optimiser) {
  if (learned.size() != meta_.size() || optimiser.mean.size() != meta_.size() ||
      optimiser.square.size() != meta_.size() || optimiser.steps < 0)
    return error(
        ErrorCode::OutOfRange,
        fmt::format("{} learned numbers, {} and {} of the optimiser: this learner has {}",
                    learned.size(), optimiser.mean.size(), optimiser.square.size(), meta_.size()));
  meta_.assign(learned.begin(), learned.end());
  adam_.restore(std::move(optimiser));
  fill_rates();
  return success();
}

template <class T>
void Learner<T>::archive(Archive& a) {
  const std::size_t size = meta_.size();
  a.part("meta-learner");
  a(meta_, adam_, skipped_, skipped_in_a_row_);
  if (meta_.size() != size) {
    a.fail();
    meta_.resize(size);
  }
  if (a.reading()) fill_rates();
}

template class Learner<float>;
template class Learner<double>;

}  // namespace proteus::maml

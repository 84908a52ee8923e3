#include "models/online/return_loss.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace proteus::online {
namespace {

using Chances = std::array<double, kActions>;

template <class Real>
Chances chances_of(const Real* logits) {
  Chances p{};
  double top = static_cast<double>(logits[0]);
  for (std::size_t i = 1; i < kActions; ++i) top = std::max(top, static_cast<double>(logits[i]));
  double sum = 0.0;
  for (std::size_t i = 0; i < kActions; ++i)
    sum += p[i] = std::exp(static_cast<double>(logits[i]) - top);
  for (double& x : p) x /= sum;
  return p;
}

double magnitude(double x, double kink) {
  return kink > 0.0 ? std::sqrt(x * x + kink * kink) - kink : std::abs(x);
}
/// Its derivative.
double slope(double x, double kink) {
  if (kink > 0.0) return x / std::sqrt(x * x + kink * kink);
  return x > 0.0 ? 1.0 : (x < 0.0 ? -1.0 : 0.0);
}

Error refused(std::string what) { return error(ErrorCode::Refused, std::move(what)); }

template <class Real>
Result<void> check(const ReturnRows& rows, std::span<const Real> outputs, std::size_t first,
                   std::size_t count, std::size_t gradient) {
  const std::size_t n = rows.rows.size();
  if (outputs.size() != n * kOutputs || (gradient != 0 && gradient != outputs.size()))
    return refused(
        fmt::format("{} rows have {} outputs and {} gradients, and {} of each are wanted", n,
                    outputs.size(), gradient, n * kOutputs));
  if (count == 0 || first > n || count > n - first)
    return refused(fmt::format("rows {} to {} of {} make no loss", first, first + count, n));
  if (!(rows.unit > 0.0) || !(rows.kink >= 0.0) ||
      !std::isfinite(rows.unit + rows.cost + rows.exposure + rows.kink))
    return refused(fmt::format("unit {}, kink {}, cost {} and exposure {} make no loss", rows.unit,
                               rows.kink, rows.cost, rows.exposure));
  for (std::size_t t = 0; t < n; ++t) {
    const ReturnRow& row = rows.rows[t];
    if (!std::isfinite(row.next_return + row.next_assumed + row.scale))
      return refused(fmt::format("row {} of {} has the return {}, the funding {} and the scale {}",
                                 t, n, row.next_return, row.next_assumed, row.scale));
    for (std::size_t i = 0; i < kActions; ++i)
      if (!std::isfinite(outputs[t * kOutputs + i]))
        return refused(fmt::format("output {} of row {} is {}, which is no finite number", i, t,
                                   outputs[t * kOutputs + i]));
  }
  return success();
}

}  // namespace

template <class Real>
Result<double> return_loss(const ReturnRows& rows, std::span<const Real> outputs, std::size_t first,
                           std::size_t count, std::span<Real> gradient) {
  BOOST_OUTCOME_TRY(check(rows, outputs, first, count, gradient.size()));
  const std::size_t end = first + count;
  std::vector<Chances> chances(end);
  std::vector<double> held(end + 1, rows.exposure);  // held[t + 1]: e_t
  double sum = 0.0;
  for (std::size_t t = 0; t < end; ++t) {
    const ReturnRow& row = rows.rows[t];
    chances[t] = chances_of(outputs.data() + t * kOutputs);
    held[t + 1] = row.decides ? (chances[t][2] - chances[t][0]) * row.scale : held[t];
    if (t >= first)
      sum += held[t + 1] * row.next_return - magnitude(held[t + 1], rows.kink) * row.next_assumed -
             rows.cost * magnitude(held[t + 1] - held[t], rows.kink);
  }
  const double loss = -sum / (static_cast<double>(count) * rows.unit);
  if (!std::isfinite(loss)) return refused(fmt::format("the loss over {} rows is {}", count, loss));
  if (gradient.empty()) return loss;

  std::ranges::fill(gradient, Real{0});
  const double factor = -1.0 / (static_cast<double>(count) * rows.unit);
  double by_held = 0.0;  // of what is held after row t, by the rows that follow it
  for (std::size_t t = end; t-- > 0;) {
    const ReturnRow& row = rows.rows[t];
    double change = 0.0;
    if (t >= first) {
      by_held += factor * (row.next_return - slope(held[t + 1], rows.kink) * row.next_assumed);
      change = factor * -rows.cost * slope(held[t + 1] - held[t], rows.kink);
    }
    if (!row.decides) continue;  // What is held stays: so does its gradient, and nothing changed.
    const double by_weight = (by_held + change) * row.scale;
    const Chances& p = chances[t];
    const double weight = p[2] - p[0];
    for (std::size_t i = 0; i < kActions; ++i) {
      const double direction = static_cast<double>(i) - 1.0;  // of short, flat, long
      gradient[t * kOutputs + i] = static_cast<Real>(by_weight * p[i] * (direction - weight));
    }
    by_held = -change;
  }
  return loss;
}

template <class Real>
Result<double> mean_kl(std::span<const Real> base, std::span<const Real> adapted) {
  const std::size_t rows = base.size() / kOutputs;
  if (rows == 0 || base.size() != adapted.size())
    return refused(
        fmt::format("{} and {} outputs are not to be compared", base.size(), adapted.size()));
  double sum = 0.0;
  for (std::size_t t = 0; t < rows; ++t) {
    const Chances p = chances_of(base.data() + t * kOutputs);
    const Chances q = chances_of(adapted.data() + t * kOutputs);
    for (std::size_t i = 0; i < kActions; ++i)
      if (p[i] > 0.0) sum += p[i] * std::log(p[i] / q[i]);
  }
  const double mean = std::max(0.0, sum / static_cast<double>(rows));
  if (!std::isfinite(mean))
    return refused(
        "the adapted policy is sure of what the base holds for impossible: their "
        "divergence is not finite");
  return mean;
}

template Result<double> return_loss(const ReturnRows&, std::span<const float>, std::size_t,
                                    std::size_t, std::span<float>);
template Result<double> return_loss(const ReturnRows&, std::span<const double>, std::size_t,
                                    std::size_t, std::span<double>);
template Result<double> mean_kl(std::span<const float>, std::span<const float>);
template Result<double> mean_kl(std::span<const double>, std::span<const double>);

}  // namespace proteus::online

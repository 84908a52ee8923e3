#include "models/online/head_steps.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/core/assert.hpp"

namespace proteus::online {
namespace {

/// All outputs of a row at once: each is one sum, in order.
void outputs_of(std::size_t n, const double* __restrict features, const double* __restrict turned,
                double* __restrict out) {
  std::array<double, kOutputs> sum{};
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = 0; i < kOutputs; ++i) sum[i] += turned[k * kOutputs + i] * features[k];
  for (std::size_t i = 0; i < kOutputs; ++i) out[i] += sum[i];
}

void add_scaled(std::size_t n, double factor, const double* __restrict x, double* __restrict sum) {
  for (std::size_t k = 0; k < n; ++k) sum[k] += factor * x[k];
}

}  // namespace

Result<double> head_loss(const ReturnRows& rows, std::span<const double> features,
                         std::span<const double> weights, std::size_t first, std::size_t count,
                         std::span<double> gradient) {
  const std::size_t all = rows.rows.size();
  const std::size_t end = first + count;
  const std::size_t n = weights.size() / kOutputs - 1;
  PROTEUS_ASSERT(end <= all && weights.size() == kOutputs * (n + 1) && features.size() == all * n &&
                 gradient.size() == weights.size());
  const double* bias = weights.data() + kOutputs * n;
  std::vector<double> turned(kOutputs * n);
  for (std::size_t i = 0; i < kOutputs; ++i)
    for (std::size_t k = 0; k < n; ++k) turned[k * kOutputs + i] = weights[i * n + k];
  std::vector<double> outputs(all * kOutputs);
  for (std::size_t t = 0; t < end; ++t) {
    double* out = outputs.data() + t * kOutputs;
    std::copy_n(bias, kOutputs, out);
    outputs_of(n, features.data() + t * n, turned.data(), out);
  }
  std::vector<double> by_outputs(outputs.size());
  BOOST_OUTCOME_TRY(const double loss,
                    return_loss<double>(rows, outputs, first, count, std::span(by_outputs)));
  std::ranges::fill(gradient, 0.0);
  for (std::size_t t = 0; t < end; ++t)
    for (std::size_t i = 0; i < kActions; ++i) {  // The value has no part in the loss.
      const double g = by_outputs[t * kOutputs + i];
      add_scaled(n, g, features.data() + t * n, gradient.data() + i * n);
      gradient[kOutputs * n + i] += g;
    }
  return loss;
}

}  // namespace proteus::online

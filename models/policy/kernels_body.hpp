// What every kernels_*.cpp compiles for its own vector units; included by nothing else.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "models/policy/kernels.hpp"

namespace proteus::policy::PROTEUS_KERNELS {
namespace {

/// exp(x) = 2^n exp(r), |r| <= ln(2) / 2, the latter by a polynomial (Cephes expf).
inline float fast_exp(float x) {
  constexpr float kLog2e = 1.44269504F;
  constexpr float kShift = 12582912.0F;  // 1.5 x 2^23: adding it rounds to a whole number
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  x = x < -87.0F ? -87.0F : x;
  x = x > 88.0F ? 88.0F : x;
  const float shifted = x * kLog2e + kShift;
  const float n = shifted - kShift;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  const std::int32_t power = (std::bit_cast<std::int32_t>(shifted) + 127) << 23;
  return p * std::bit_cast<float>(power);
}

inline float sigmoid(float x) { return 1.0F / (1.0F + fast_exp(-x)); }
inline float tanh_of(float x) { return 1.0F - 2.0F / (fast_exp(2.0F * x) + 1.0F); }

void exp_all(float* x, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) x[i] = fast_exp(x[i]);
}

// Rows as functions of their own: the compiler believes `__restrict` of parameters alone.

void gru_row(std::size_t n, float* __restrict r, float* __restrict z, float* __restrict c,
             const float* __restrict hr, const float* __restrict hz, const float* __restrict hc,
             const float* __restrict bi, const float* __restrict bh, const float* __restrict before,
             float* __restrict after) {
  for (std::size_t i = 0; i < n; ++i) {
    const float reset = sigmoid(r[i] + hr[i] + bi[i] + bh[i]);
    const float keep = sigmoid(z[i] + hz[i] + bi[n + i] + bh[n + i]);
    const float fresh = tanh_of(c[i] + bi[2 * n + i] + reset * (hc[i] + bh[2 * n + i]));
    r[i] = reset;
    z[i] = keep;
    c[i] = fresh;
    after[i] = fresh + keep * (before[i] - fresh);
  }
}

void add(std::size_t n, const float* __restrict a, const float* __restrict b,
         float* __restrict out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = a[i] + b[i];
}

void gru(const GruStep& s) {
  const std::size_t n = s.hidden;
  for (std::size_t row = 0; row < s.rows; ++row) {
    float* gates = s.input_gates + row * 3 * n;
    const float* hidden = s.hidden_gates + row * 3 * n;
    if (s.candidate != nullptr)
      add(n, hidden + 2 * n, s.hidden_bias + 2 * n, s.candidate + row * n);
    gru_row(n, gates, gates + n, gates + 2 * n, hidden, hidden + n, hidden + 2 * n, s.input_bias,
            s.hidden_bias, s.before + row * n, s.after + row * n);
  }
}

void gru_back_row(std::size_t n, const float* __restrict gates, const float* __restrict kept,
                  const float* __restrict before, float* __restrict di, float* __restrict dh,
                  float* __restrict through) {
  for (std::size_t i = 0; i < n; ++i) {
    const float r = gates[i];
    const float z = gates[n + i];
    const float c = gates[2 * n + i];
    const float g = through[i];
    const float dc = g * (1.0F - z) * (1.0F - c * c);
    const float dz = g * (before[i] - c) * z * (1.0F - z);
    const float dr = dc * kept[i] * r * (1.0F - r);
    di[i] = dr;
    di[n + i] = dz;
    di[2 * n + i] = dc;
    dh[i] = dr;
    dh[n + i] = dz;
    dh[2 * n + i] = dc * r;
    through[i] = g * z;
  }
}

void gru_back(const GruStepBack& s) {
  const std::size_t n = s.hidden;
  for (std::size_t row = 0; row < s.rows; ++row) {
    float* through = s.through + row * n;
    if (s.carried != nullptr)
      add(n, s.loss + row * n, s.carried + row * n, through);
    else
      std::copy_n(s.loss + row * n, n, through);
    gru_back_row(n, s.gates + row * 3 * n, s.candidate + row * n, s.before + row * n,
                 s.input_gates + row * 3 * n, s.hidden_gates + row * 3 * n, through);
  }
}

void adam(const AdamStep& s) {
  float* __restrict p = s.parameters;
  float* __restrict m = s.first;
  float* __restrict v = s.second;
  const float* __restrict g = s.gradients;
  for (std::size_t i = 0; i < s.size; ++i) {
    const float gradient = g[i] * s.scale;
    m[i] = s.beta1 * m[i] + (1.0F - s.beta1) * gradient;
    v[i] = s.beta2 * v[i] + (1.0F - s.beta2) * gradient * gradient;
    p[i] -= s.rate * m[i] / (std::sqrt(v[i] * s.correction) + s.epsilon);
  }
}

}  // namespace

Kernels table() { return {gru, gru_back, adam, exp_all}; }

}  // namespace proteus::policy::PROTEUS_KERNELS

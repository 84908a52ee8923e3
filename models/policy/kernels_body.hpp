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

void gru(const GruStep& s) {
  const std::size_t n = s.hidden;
  for (std::size_t row = 0; row < s.rows; ++row) {
    float* __restrict r = s.input_gates + row * 3 * n;
    float* __restrict z = r + n;
    float* __restrict c = z + n;
    const float* __restrict hr = s.hidden_gates + row * 3 * n;
    const float* __restrict hz = hr + n;
    const float* __restrict hc = hz + n;
    const float* __restrict bi = s.input_bias;
    const float* __restrict bh = s.hidden_bias;
    const float* __restrict before = s.before + row * n;
    float* __restrict after = s.after + row * n;
    if (s.candidate != nullptr) {
      float* __restrict kept = s.candidate + row * n;
      for (std::size_t i = 0; i < n; ++i) kept[i] = hc[i] + bh[2 * n + i];
    }
    for (std::size_t i = 0; i < n; ++i) {
      r[i] = sigmoid(r[i] + hr[i] + bi[i] + bh[i]);
      z[i] = sigmoid(z[i] + hz[i] + bi[n + i] + bh[n + i]);
      c[i] = tanh_of(c[i] + bi[2 * n + i] + r[i] * (hc[i] + bh[2 * n + i]));
      after[i] = c[i] + z[i] * (before[i] - c[i]);
    }
  }
}

void gru_back(const GruStepBack& s) {
  const std::size_t n = s.hidden;
  for (std::size_t row = 0; row < s.rows; ++row) {
    const float* __restrict r = s.gates + row * 3 * n;
    const float* __restrict z = r + n;
    const float* __restrict c = z + n;
    const float* __restrict kept = s.candidate + row * n;
    const float* __restrict before = s.before + row * n;
    const float* __restrict above = s.loss + row * n;
    float* __restrict di = s.input_gates + row * 3 * n;
    float* __restrict dh = s.hidden_gates + row * 3 * n;
    float* __restrict through = s.through + row * n;
    const float* __restrict carried = s.carried != nullptr ? s.carried + row * n : nullptr;
    if (carried != nullptr)
      for (std::size_t i = 0; i < n; ++i) through[i] = above[i] + carried[i];
    else
      for (std::size_t i = 0; i < n; ++i) through[i] = above[i];
    for (std::size_t i = 0; i < n; ++i) {
      const float g = through[i];
      const float dc = g * (1.0F - z[i]) * (1.0F - c[i] * c[i]);
      const float dz = g * (before[i] - c[i]) * z[i] * (1.0F - z[i]);
      const float dr = dc * kept[i] * r[i] * (1.0F - r[i]);
      di[i] = dr;
      di[n + i] = dz;
      di[2 * n + i] = dc;
      dh[i] = dr;
      dh[n + i] = dz;
      dh[2 * n + i] = dc * r[i];
      through[i] = g * z[i];
    }
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

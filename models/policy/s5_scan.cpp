#include "models/policy/s5_scan.hpp"

#include <algorithm>
#include <cmath>

namespace proteus::policy {
namespace {

using Complex = std::complex<double>;

struct Pole {
  Complex lambda;
  double step = 0.0;
  Complex a;
  Complex f;
};

Pole pole_of(const S5Poles& poles, std::size_t i) {
  Pole p;
  p.lambda = {-std::exp(static_cast<double>(poles.log_decay[i])),
              static_cast<double>(poles.frequency[i])};
  p.step = std::exp(static_cast<double>(poles.log_step[i]));
  p.a = std::exp(p.lambda * p.step);
  p.f = (p.a - 1.0) / p.lambda;
  return p;
}

// Rows as functions of their own: the compiler believes `__restrict` of parameters alone.

void input_row(std::size_t n, const float* __restrict f, const float* __restrict v,
               float* __restrict after) {
  for (std::size_t i = 0; i < n; ++i) {
    after[i] = f[i] * v[i] - f[n + i] * v[n + i];
    after[n + i] = f[i] * v[n + i] + f[n + i] * v[i];
  }
}

void pole_row(std::size_t n, const float* __restrict a, const float* __restrict before,
              float* __restrict after) {
  for (std::size_t i = 0; i < n; ++i) {
    after[i] += a[i] * before[i] - a[n + i] * before[n + i];
    after[n + i] += a[i] * before[n + i] + a[n + i] * before[i];
  }
}

void add_row(std::size_t n, const float* __restrict x, float* __restrict sum) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += x[i];
}

/// out = conj(c) g
void conjugate_row(std::size_t n, const float* __restrict c, const float* __restrict g,
                   float* __restrict out) {
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = c[i] * g[i] + c[n + i] * g[n + i];
    out[n + i] = c[i] * g[n + i] - c[n + i] * g[i];
  }
}

/// sum += conj(c) g
void add_conjugate_row(std::size_t n, const float* __restrict c, const float* __restrict g,
                       float* __restrict sum) {
  for (std::size_t i = 0; i < n; ++i) {
    sum[i] += c[i] * g[i] + c[n + i] * g[n + i];
    sum[n + i] += c[i] * g[n + i] - c[n + i] * g[i];
  }
}

/// In place.
void conjugate_here(std::size_t n, const float* __restrict c, float* __restrict g) {
  for (std::size_t i = 0; i < n; ++i) {
    const float re = c[i] * g[i] + c[n + i] * g[n + i];
    g[n + i] = c[i] * g[n + i] - c[n + i] * g[i];
    g[i] = re;
  }
}

void drain(std::vector<float>& one, std::vector<double>& all) {
  for (std::size_t i = 0; i < one.size(); ++i) all[i] += static_cast<double>(one[i]);
  std::ranges::fill(one, 0.0F);
}

}  // namespace

S5Factors::S5Factors(const S5Poles& poles)
    : a(2 * poles.log_decay.size()), f(2 * poles.log_decay.size()) {
  const std::size_t n = poles.log_decay.size();
  for (std::size_t i = 0; i < n; ++i) {
    const Pole p = pole_of(poles, i);
    a[i] = static_cast<float>(p.a.real());
    a[n + i] = static_cast<float>(p.a.imag());
    f[i] = static_cast<float>(p.f.real());
    f[n + i] = static_cast<float>(p.f.imag());
  }
}

void s5_step(const S5Factors& factors, const S5Step& s) {
  const std::size_t width = factors.a.size();
  for (std::size_t row = 0; row < s.rows; ++row) {
    float* after = s.after + row * width;
    input_row(width / 2, factors.f.data(), s.input + row * width, after);
    if (s.resets == nullptr || s.resets[row] == 0)
      pole_row(width / 2, factors.a.data(), s.before + row * width, after);
  }
}

S5Backward::S5Backward(const S5Factors& factors)
    : factors_(factors),
      one_a_(factors.a.size()),
      one_f_(factors.a.size()),
      all_a_(factors.a.size()),
      all_f_(factors.a.size()) {}

void S5Backward::step(const S5StepBack& s) {
  const std::size_t width = factors_.a.size();
  const std::size_t n = width / 2;
  for (std::size_t row = 0; row < s.rows; ++row) {
    const std::size_t at = row * width;
    float* g = s.carried + at;
    add_row(width, s.loss + at, g);
    conjugate_row(n, factors_.f.data(), g, s.input_gradient + at);
    add_conjugate_row(n, s.input + at, g, one_f_.data());
    if (s.resets != nullptr && s.resets[row] != 0) {
      std::fill_n(g, width, 0.0F);
      continue;
    }
    add_conjugate_row(n, s.before + at, g, one_a_.data());
    conjugate_here(n, factors_.a.data(), g);
  }
  drain(one_a_, all_a_);
  drain(one_f_, all_f_);
}

void S5Backward::finish(const S5Poles& poles, std::span<float> log_decay,
                        std::span<float> frequency, std::span<float> log_step) const {
  const std::size_t n = poles.log_decay.size();
  for (std::size_t i = 0; i < n; ++i) {
    const Pole p = pole_of(poles, i);
    const Complex by_a{all_a_[i], all_a_[n + i]};
    const Complex by_f{all_f_[i], all_f_[n + i]};
    // da/dlambda = step a, df/dlambda = (step a - f) / lambda; da/dstep = lambda a, df/dstep = a.
    const Complex by_lambda =
        std::conj(p.step * p.a) * by_a + std::conj((p.step * p.a - p.f) / p.lambda) * by_f;
    const Complex by_step = std::conj(p.lambda * p.a) * by_a + std::conj(p.a) * by_f;
    log_decay[i] = static_cast<float>(by_lambda.real() * p.lambda.real());
    frequency[i] = static_cast<float>(by_lambda.imag());
    log_step[i] = static_cast<float>(by_step.real() * p.step);
  }
}

}  // namespace proteus::policy

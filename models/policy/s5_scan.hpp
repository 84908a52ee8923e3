// The recurrence of a diagonal state-space layer (S5; Smith, Warrington, Linderman 2023) over plain
// arrays: x' = a x + f v for each complex state apart, where
//
//   lambda = -exp(log_decay) + i frequency       a = exp(lambda step)       step = exp(log_step)
//   f = (a - 1) / lambda                         (zero-order hold)
//
// A row of n complex numbers is 2n floats: the real parts, then the imaginary ones. The gradient of
// a real loss by a complex number is that by its real part plus i times that by its imaginary part.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace proteus::policy {

/// What a layer's states are made of, one number a state. A decay by its logarithm stays a decay.
struct S5Poles {
  std::span<const float> log_decay;
  std::span<const float> frequency;
  std::span<const float> log_step;
};

struct S5Factors {
  explicit S5Factors(const S5Poles& poles);
  std::vector<float> a;  ///< as a row
  std::vector<float> f;  ///< as a row
};

/// One step of `rows` environments.
struct S5Step {
  std::size_t rows = 0;
  const float* input = nullptr;          ///< [rows, 2n]: v
  const float* before = nullptr;         ///< [rows, 2n]: x
  const std::uint8_t* resets = nullptr;  ///< [rows], 1: x counts as zero; null: nowhere
  float* after = nullptr;                ///< [rows, 2n]: x'
};
void s5_step(const S5Factors& factors, const S5Step& step);

/// The same step backwards.
struct S5StepBack {
  std::size_t rows = 0;
  const float* input = nullptr;   ///< as it was
  const float* before = nullptr;  ///< as it was
  const std::uint8_t* resets = nullptr;
  const float* loss = nullptr;      ///< [rows, 2n]: gradient of x' from above
  float* carried = nullptr;         ///< [rows, 2n]: that from the step after; becomes that of x
  float* input_gradient = nullptr;  ///< [rows, 2n]
};

/// Adds up the gradients by a and f over the steps of a sequence, and turns them into those of what
/// the states are made of.
class S5Backward {
 public:
  explicit S5Backward(const S5Factors& factors);
  void step(const S5StepBack& step);
  /// Each [n]; overwritten.
  void finish(const S5Poles& poles, std::span<float> log_decay, std::span<float> frequency,
              std::span<float> log_step) const;

 private:
  const S5Factors& factors_;
  std::vector<float> one_a_;  ///< of one step: few enough terms for float
  std::vector<float> one_f_;
  std::vector<double> all_a_;
  std::vector<double> all_f_;
};

}  // namespace proteus::policy

#include "tests/bench/learning/floor.hpp"

#include <algorithm>

// As BLAS has it: column-major, everything by address.
extern "C" void sgemm_(const char* turn_a, const char* turn_b, const int* m, const int* n,
                       const int* k, const float* alpha, const float* a, const int* lda,
                       const float* b, const int* ldb, const float* beta, float* c, const int* ldc);

namespace proteus::bench {
namespace {
constexpr std::size_t kInputs = 19;
constexpr std::size_t kHidden = 128;
constexpr std::size_t kGates = 3 * kHidden;
constexpr std::size_t kOutputs = 4;
}  // namespace

Floor::Floor(std::size_t steps, std::size_t environments, std::size_t epochs)
    : steps_(steps), epochs_(epochs) {
  const std::size_t n = environments;
  const std::size_t all = steps * environments;
  rollout_ = {{1, n, kInputs, kHidden, false, true},
              {1, n, kHidden, kGates, false, true},
              {1, n, kHidden, kGates, false, true},
              {1, n, kHidden, kOutputs, false, true}};
  update_ = {{1, all, kInputs, kHidden, false, true},   {1, all, kHidden, kGates, false, true},
             {steps, n, kHidden, kGates, false, true},  {1, all, kHidden, kOutputs, false, true},
             {1, all, kOutputs, kHidden, false, false}, {1, kOutputs, all, kHidden, true, false},
             {steps, n, kGates, kHidden, false, false}, {1, kGates, all, kHidden, true, false},
             {1, kGates, all, kHidden, true, false},    {1, all, kGates, kHidden, false, false},
             {1, kHidden, all, kInputs, true, false}};
  const std::size_t largest = std::max(all, kHidden) * kGates;
  for (std::vector<float>* values : {&left_, &right_, &out_}) values->assign(largest, 0.01F);
}

void Floor::once(const Product& p) {
  const int m = static_cast<int>(p.m);
  const int k = static_cast<int>(p.k);
  const int n = static_cast<int>(p.n);
  const int a_row = p.a_turned ? m : k;
  const int b_row = p.b_turned ? k : n;
  const float one = 1.0F;
  const float zero = 0.0F;
  // Row-major c = a b is column-major c' = b' a'.
  sgemm_(p.b_turned ? "T" : "N", p.a_turned ? "T" : "N", &n, &m, &k, &one, right_.data(), &b_row,
         left_.data(), &a_row, &zero, out_.data(), &n);
}

void Floor::run() {
  for (std::size_t t = 0; t < steps_; ++t)
    for (const Product& product : rollout_) once(product);
  for (std::size_t epoch = 0; epoch < epochs_; ++epoch)
    for (const Product& product : update_)
      for (std::size_t t = 0; t < product.times; ++t) once(product);
}

double Floor::operations() const {
  double sum = 0.0;
  const auto add = [&](const std::vector<Product>& products, std::size_t times) {
    for (const Product& p : products)
      sum += 2.0 * static_cast<double>(times * p.times * p.m * p.k * p.n);
  };
  add(rollout_, steps_);
  add(update_, epochs_);
  return sum;
}

}  // namespace proteus::bench

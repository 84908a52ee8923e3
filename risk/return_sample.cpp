#include "risk/return_sample.hpp"

#include <algorithm>
#include <cmath>

namespace proteus::risk {
namespace {
constexpr double kFractionMax = 100.0;
constexpr int kHalvings = 40;
}  // namespace

std::size_t ReturnSample::bin_of(double size) {
  int exponent = 0;
  const double part = std::frexp(size, &exponent);  // [0.5, 1)
  const int octave = exponent + static_cast<int>(kOctaves) - 1;
  if (size <= 0.0 || octave < 0) return 0;
  if (octave >= static_cast<int>(kOctaves)) return kPerSign - 1;
  const int quarter = static_cast<int>((part - 0.5) * 8.0);
  return static_cast<std::size_t>(1 + 4 * octave + quarter);
}

void ReturnSample::add(double x) {
  Bin& bin = (x < 0.0 ? losses_ : gains_)[bin_of(std::abs(x))];
  bin.weight = bin.weight + next_weight_;
  bin.sum = bin.sum + next_weight_ * x;
  ++count_;
}

void ReturnSample::rebase() {
  if (next_weight_ == 1.0) return;
  for (auto* side : {&losses_, &gains_})
    for (Bin& bin : *side) {
      bin.weight = bin.weight / next_weight_;
      bin.sum = bin.sum / next_weight_;
    }
  next_weight_ = 1.0;
}

/// From the greatest loss to the greatest gain; the order of the sums below.
ReturnSample::Points ReturnSample::points() const {
  Points all;
  const auto take = [&all](const Bin& bin) {
    if (!(bin.weight > 0.0)) return;
    all.items[all.size++] = {bin.weight, bin.sum, bin.sum / bin.weight};
    all.weight = all.weight + bin.weight;
  };
  for (std::size_t i = kPerSign; i-- > 0;) take(losses_[i]);
  for (const Bin& bin : gains_) take(bin);
  return all;
}

/// Both conditions hold on an interval that begins at 0: the slope falls, and the expectation is
/// convex and 1 at 0.
bool ReturnSample::allowed(const Points& points, double f, double lambda) {
  double slope = 0.0;
  for (std::size_t i = 0; i < points.size; ++i)
    slope = slope + points.items[i].sum / (1.0 + f * points.items[i].mean);
  if (!(slope >= 0.0)) return false;
  double expected = 0.0;
  for (std::size_t i = 0; i < points.size; ++i)
    expected =
        expected + points.items[i].weight * std::pow(1.0 + f * points.items[i].mean, -lambda);
  return expected <= points.weight;
}

double ReturnSample::constrained_kelly(double lambda) const {
  const Points all = points();
  double sum = 0.0;
  for (std::size_t i = 0; i < all.size; ++i) sum = sum + all.items[i].sum;
  if (!(sum > 0.0)) return 0.0;
  const double worst = all.items[0].mean;
  double low = 0.0;
  double high = worst < 0.0 ? std::min(kFractionMax, -1.0 / worst) : kFractionMax;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = 0.5 * (low + high);
    (allowed(all, middle, lambda) ? low : high) = middle;
  }
  return low;
}

}  // namespace proteus::risk

// The distribution of a record's returns in bounded memory, and the risk-constrained form of
// Kelly's rule over it.
#pragma once

#include <array>
#include <cstdint>

#include "engine/core/archive.hpp"

namespace proteus::risk {

/// Returns sorted into bins by sign and size, a quarter of an octave each from 2^-16 to 1, with the
/// weight and the sum of each. A bin stands for its samples by their mean: that loses less than
/// half a percent of their mean square.
class ReturnSample {
 public:
  /// decay: a sample n bars old weighs decay^n; in (0, 1].
  explicit ReturnSample(double decay) : decay_(decay) {}

  /// One bar passed.
  void age() {
    if (decay_ < 1.0) next_weight_ = next_weight_ / decay_;
  }
  /// Its return, finite.
  void add(double x);

  /// Largest f at which log-wealth still grows with f and E[(1 + f r)^-lambda] <= 1 (Busseti, Ryu,
  /// Boyd 2016, eq. 9, for one asset): betting f again and again, the chance of ever falling to
  /// `alpha` of the start is then below alpha^lambda. In [0, 100], to 1e-10. 0 without a gain.
  [[nodiscard]] double constrained_kelly(double lambda) const;
  /// Weights are relative to now again; between two calls they may grow by no more than 1e100.
  void rebase();
  [[nodiscard]] std::int64_t count() const { return count_; }

  void archive(Archive& a) { a(next_weight_, count_, losses_, gains_); }

 private:
  static constexpr std::size_t kOctaves = 16;
  static constexpr std::size_t kPerSign = 4 * kOctaves + 1;  ///< the first: all that is smaller
  struct Bin {
    double weight = 0.0;
    double sum = 0.0;
    void archive(Archive& a) { a(weight, sum); }
  };
  struct Point {
    double weight = 0.0;
    double sum = 0.0;
    double mean = 0.0;
  };
  struct Points {
    std::array<Point, 2 * kPerSign> items;
    std::size_t size = 0;
    double weight = 0.0;
  };
  static std::size_t bin_of(double size);
  [[nodiscard]] Points points() const;
  static bool allowed(const Points& points, double f, double lambda);

  double decay_;
  double next_weight_ = 1.0;
  std::int64_t count_ = 0;
  std::array<Bin, kPerSign> losses_{};
  std::array<Bin, kPerSign> gains_{};  ///< and zero
};

}  // namespace proteus::risk

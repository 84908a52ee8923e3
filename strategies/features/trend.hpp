// Features for a policy that holds for hours to weeks: what the price did over many horizons, each
// in deviations that such a stretch usually has. Few, smooth and free of units, so that instruments
// and intervals look alike. r_t = ln(c_t / c_(t-1)); sigma_t = sqrt(EWMA_480 of r²) up to and with
// this bar; EWMA and z: see numerics.hpp. Full text: docs/reference/features.md.
//
//   scaled_return_h    ln(c_t / c_(t-h)) / (sigma_t sqrt(h)), h = 1, 4, 12, 24, 72, 168, 336, 720,
//                      1440; clipped to [-10, 10]; 0 where sigma_t = 0
//   trend_s_l          ln(EWMA_s of c / EWMA_l of c) / (sigma_t sqrt(l)), for 8 and 24, 32 and 96,
//                      128 and 384; clipped likewise
//   volatility_ratio   sqrt(EWMA_24 of r²) / sigma_t - 1, clipped to [-1, 3]; 0 where sigma_t = 0
//   volume_z           EWMA_168 z-score of sqrt(volume)
//   funding            rate per 8 hours in units of 1 bp, less 1, clipped to [-10, 10]; 0 where it
//                      is not known
#pragma once

#include <array>

#include "strategies/features/feature_set.hpp"
#include "strategies/features/numerics.hpp"

namespace proteus::features {

class TrendFeatures final : public FeatureSet {
 public:
  static constexpr std::array<std::size_t, 9> kHorizons = {1, 4, 12, 24, 72, 168, 336, 720, 1440};
  static constexpr std::array<std::array<int, 2>, 3> kTrends = {{{8, 24}, {32, 96}, {128, 384}}};
  static constexpr std::size_t kCount = kHorizons.size() + kTrends.size() + 3;
  /// The longest horizon and the close before it.
  static constexpr std::size_t kWarmUpBars = 1441;

  /// `funding_interval`: of the instrument; zero (spot) takes rates as they are.
  explicit TrendFeatures(Duration funding_interval);

  [[nodiscard]] const Schema& schema() const override { return schema_; }
  void update(const Bar& bar, const FundingView& funding) override;
  [[nodiscard]] std::span<const double> values() const override { return state_.values; }
  [[nodiscard]] bool ready() const override { return state_.seen >= kWarmUpBars; }
  void reset() override { state_ = State{}; }
  void archive(Archive& a) override { a(funding_scale_, state_); }

 private:
  static constexpr std::size_t kSlots = 2048;
  struct Means {
    Ewma fast{8};
    Ewma slow{24};
    void archive(Archive& a) { a(fast, slow); }
  };
  struct State {
    std::uint64_t seen = 0;
    std::array<double, kCount> values{};
    Price close;
    std::array<std::int64_t, kSlots> path{};  // sum of the log returns up to each bar
    Ewma variance{480};
    Ewma variance_short{24};
    EwmaZScore volume{168};
    std::array<Means, kTrends.size()> means = {
        {{Ewma{8}, Ewma{24}}, {Ewma{32}, Ewma{96}}, {Ewma{128}, Ewma{384}}}};
    void archive(Archive& a) {
      a(seen, values, close, path, variance, variance_short, volume, means);
    }
  };

  void write(const FundingView& funding, double volume_z);

  Schema schema_;
  double funding_scale_;  // from rate_e9 to basis points per 8 hours
  State state_;
};

}  // namespace proteus::features

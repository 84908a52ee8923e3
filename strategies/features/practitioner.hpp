// Sixteen features that somebody who trades for a living would ask for. r_t = ln(c_t / c_(t-1));
// sigma_t = sqrt(EWMA_60 of r²) up to and with this bar (no mean taken out); EWMA and z: see
// numerics.hpp. Full text: docs/reference/features.md.
//
//   scaled_return_h      ln(c_t / c_(t-h)) / (sigma_t sqrt(h)), h = 1, 4, 16, 64, 256;
//                        clipped to [-10, 10]; 0 where sigma_t = 0
//   volatility_ratio     sqrt(mean of the last 16 r² / mean of the last 256 r²) - 1, in [-1, 3];
//                        0 where nothing moved in 256 bars
//   range_z              EWMA_64 z-score of ln(high / low)
//   volume_z             EWMA_64 z-score of sqrt(volume)
//   funding              funding rate per 8 hours in units of 1 bp, clipped to [-10, 10]; 0 unknown
//   funding_known        1 where the ticker told the rate, else 0
//   day_sin, day_cos     of 2 pi x (share of the UTC day passed at this bar's close)
//   week_sin, week_cos   of 2 pi x (share of the week passed at this bar's close, from Monday)
//   higher_trend         ln(H_0 / H_4) / (2 sigma_H): H_0 the close of the last COMPLETE bar of the
//                        higher interval, H_4 that of four bars earlier, sigma_H = sqrt(EWMA_16 of
//                        squared higher log returns); clipped; 0 where sigma_H = 0
//   higher_volatility    sigma_H / (sigma_t sqrt(bars in a higher bar)) - 1; clipped; 0 where
//                        sigma_t = 0
//
// The higher bar in the making never enters: see higher_interval.hpp, which also says which
// interval it is.
#pragma once

#include <array>

#include "strategies/features/feature_set.hpp"
#include "strategies/features/higher_interval.hpp"
#include "strategies/features/numerics.hpp"

namespace proteus::features {

class PractitionerFeatures final : public FeatureSet {
 public:
  static constexpr std::size_t kCount = 16;
  /// The horizon of 256 bars and the close before it. By then at least nine higher bars closed.
  static constexpr std::size_t kWarmUpBars = 257;

  /// `funding_interval`: of the instrument; zero (spot) takes rates as they are. Errors:
  /// Unsupported, where the interval has no higher one.
  static Result<std::unique_ptr<PractitionerFeatures>> create(Interval interval,
                                                              Duration funding_interval);

  [[nodiscard]] const Schema& schema() const override { return schema_; }
  void update(const Bar& bar, const FundingView& funding) override;
  [[nodiscard]] std::span<const double> values() const override { return state_.values; }
  [[nodiscard]] bool ready() const override { return state_.seen >= kWarmUpBars; }
  void reset() override;
  void archive(Archive& a) override {
    a(higher_, funding_scale_, state_);  // The scale is that of the instrument as it was.
  }

 private:
  static constexpr std::size_t kSlots = 512;
  static constexpr std::size_t kHigherSlots = 8;
  struct State {
    std::uint64_t seen = 0;
    std::array<double, kCount> values{};
    Price close;
    std::array<std::int64_t, kSlots> path{};  // sum of the log returns up to each bar
    Int128 squares_short = 0;
    Int128 squares_long = 0;
    Ewma variance{60};
    EwmaZScore range{64};
    EwmaZScore volume{64};
    std::uint64_t higher_seen = 0;
    std::array<Price, kHigherSlots> higher_close{};
    Ewma higher_variance{16};
    void archive(Archive& a) {
      a(seen, values, close, path, squares_short, squares_long, variance, range, volume,
        higher_seen, higher_close, higher_variance);
    }
  };

  PractitionerFeatures(Interval interval, Interval higher, double funding_scale);
  [[nodiscard]] std::int64_t path(std::uint64_t bar) const { return state_.path[bar % kSlots]; }
  [[nodiscard]] Int128 squared_return(std::uint64_t bar) const;
  void push(const Bar& bar);
  void push_higher(Price close);
  [[nodiscard]] double scaled_return(std::uint64_t bars, double sigma) const;
  void write(const Bar& bar, const FundingView& funding, double range_z, double volume_z);

  Schema schema_;
  HigherBars higher_;
  double funding_scale_;  // from rate_e9 to basis points per 8 hours
  State state_;
};

}  // namespace proteus::features

// The eleven features of the RL² chapter. c_t is the close of bar t, r_t = ln(c_t / c_(t-1)), v_t
// the volume; windows end with this bar unless said otherwise. All deviations are population ones
// (divided by n). Full text with reasons: docs/reference/features.md.
//
//   return_1, _5, _10    c_t / c_(t-k) - 1
//   sma_20               c_t / mean(c_(t-19) .. c_t) - 1
//   ema_20               c_t / EMA_20 - 1; EMA: numerics.hpp, Ewma (weights (19/21)^age over all
//                        closes since the start, divided by their sum)
//   volatility_20        deviation of r_(t-19) .. r_t, per bar, not annualised
//   momentum_20          c_t / c_(t-20) - 1
//   rsi_14               G / (G + L); G, L: sums of the rises and of the falls |c_i - c_(i-1)|
//                        over i = t-13 .. t; 0.5 where both are zero
//   macd_12_26           (EMA_12 - EMA_26) / c_t
//   bollinger_20         (c_t - m) / (2 s); m, s: mean and deviation of the 20 closes before this
//                        one, c_(t-20) .. c_(t-1); not clipped; 0 where s = 0
//   volume_20            v_t / mean(v_(t-19) .. v_t) - 1; where those 20 volumes are all zero the
//                        source has none, and |r| takes the place of v; 0 where that is zero too
//
// Bollinger's spread is exact as long as the closes of its window lie less than 1.8e9 quote units
// apart. 32 slots hold every window; nothing is allocated after construction.
#pragma once

#include <array>

#include "strategies/features/feature_set.hpp"
#include "strategies/features/numerics.hpp"

namespace proteus::features {

class ChapterFeatures final : public FeatureSet {
 public:
  static constexpr std::size_t kCount = 11;
  /// Three spans of the slowest mean: 0.25 % of EMA_26's weight would lie before the first bar.
  static constexpr std::size_t kWarmUpBars = 78;

  ChapterFeatures();

  [[nodiscard]] const Schema& schema() const override { return schema_; }
  void update(const Bar& bar, const FundingView& funding) override;
  [[nodiscard]] std::span<const double> values() const override { return state_.values; }
  [[nodiscard]] bool ready() const override { return state_.seen >= kWarmUpBars; }
  void reset() override { state_ = State{}; }
  void archive(Archive& a) override { a(state_); }

 private:
  static constexpr std::size_t kSlots = 32;
  struct State {
    std::uint64_t seen = 0;
    std::array<double, kCount> values{};
    std::array<std::int64_t, kSlots> close{};
    std::array<std::int64_t, kSlots> change{};
    std::array<std::int64_t, kSlots> log_return{};
    std::array<Int128, kSlots> volume{};
    Int128 close_sum = 0;       // of 20
    UInt128 close_squares = 0;  // of 20, modulo 2^128: only a difference that fits is read
    Int128 rise_sum = 0;        // of 14
    Int128 fall_sum = 0;        // of 14, as a positive number
    Int128 return_sum = 0;      // of 20, and so on
    Int128 return_squares = 0;
    Int128 return_sizes = 0;
    Int128 volume_sum = 0;
    Ewma ema_12{12};
    Ewma ema_20{20};
    Ewma ema_26{26};
    void archive(Archive& a) {
      a(seen, values, close, change, log_return, volume, close_sum, close_squares, rise_sum,
        fall_sum, return_sum, return_squares, return_sizes, volume_sum, ema_12, ema_20, ema_26);
    }
  };

  [[nodiscard]] double bollinger(std::int64_t close) const;
  void push(Price close, double volume);
  void write(std::int64_t close, double bollinger);

  Schema schema_;
  State state_;
};

}  // namespace proteus::features

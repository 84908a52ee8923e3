// Bars for the tests of this room: the series of tests/reference/features_reference.py, and small
// builders.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/bar.hpp"
#include "strategies/features/feature_set.hpp"

namespace proteus::test {

/// Knuth's 64-bit linear congruence; a draw is its upper 31 bits.
class Lcg {
 public:
  explicit Lcg(std::uint64_t seed) : state_(seed) {}
  std::int64_t below(std::int64_t n) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::int64_t>(state_ >> 33) % n;
  }

 private:
  std::uint64_t state_;
};

inline constexpr std::int64_t kTickRaw = 10'000'000;  // 0.01
inline constexpr std::int64_t kStartMs = 1'748'538'300'000;

inline Bar make_bar(std::int64_t index, std::int64_t open, std::int64_t high, std::int64_t low,
                    std::int64_t close, double volume, Interval interval = Interval::M1) {
  const Duration length = bar_length(Timestamp{}, interval);
  Bar bar;
  bar.interval = interval;
  bar.open_time = bar_open(from_unix_ms(kStartMs), interval) + index * length;
  bar.close_time = bar.open_time + length;
  bar.open = Price::from_raw(open * kTickRaw);
  bar.high = Price::from_raw(high * kTickRaw);
  bar.low = Price::from_raw(low * kTickRaw);
  bar.close = Price::from_raw(close * kTickRaw);
  bar.volume = volume;
  return bar;
}

struct Step {
  Bar bar;
  features::FundingView funding;
};

/// The reference's walk, bar after bar; with count = 620 it is exactly the reference's series.
class ReferenceSeries {
 public:
  Step next() {
    const std::int64_t i = index_++;
    const bool frozen = i >= 150 && i < 200, calm = i >= 300 && i < 360;
    const bool silent = i >= 120 && i < 200;
    const std::int64_t opened = close_;
    std::int64_t step = lcg_.below(2001) - 1000;
    if (calm) step = step >= 0 ? step / 100 : -((-step + 99) / 100);  // floors, like Python
    if (lcg_.below(50) == 0) step *= 8;
    std::int64_t wick_up = lcg_.below(300), wick_down = lcg_.below(300);
    const std::int64_t volume = lcg_.below(5'000'000);
    if (frozen) step = wick_up = wick_down = 0;
    close_ = std::max<std::int64_t>(100'000, opened + step);
    return {make_bar(i, opened, std::max(opened, close_) + wick_up,
                     std::min(opened, close_) - wick_down, close_,
                     silent ? 0.0 : static_cast<double>(volume) / 1000.0),
            {.known = i % 7 != 0,
             .rate_e9 = 100'000 + (i % 5) * 37'000 - (i % 11 == 0 ? 2'000'000 : 0)}};
  }

 private:
  Lcg lcg_{42};
  std::int64_t index_ = 0;
  std::int64_t close_ = 1'000'000;
};

inline std::vector<Step> reference_steps(std::size_t count) {
  ReferenceSeries series;
  std::vector<Step> steps;
  for (std::size_t i = 0; i < count; ++i) steps.push_back(series.next());
  return steps;
}

inline Instrument linear_instrument() {
  Instrument instrument;
  instrument.symbol = "BTCUSDT";
  instrument.funding_interval = std::chrono::hours{8};
  return instrument;
}

inline std::unique_ptr<features::FeatureSet> make_set(features::Kind kind) {
  return std::move(features::make_feature_set(kind, linear_instrument(), Interval::M1)).value();
}

/// One row of values a bar.
using Rows = std::vector<std::vector<double>>;
inline Rows run(features::FeatureSet& set, std::span<const Step> steps) {
  Rows rows;
  for (const Step& step : steps) {
    set.update(step.bar, step.funding);
    rows.emplace_back(set.values().begin(), set.values().end());
  }
  return rows;
}

}  // namespace proteus::test

#include "strategies/features/trend.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

namespace proteus::features {
namespace {

constexpr double kUsualFunding = 1.0;  // basis points per 8 h, where longs and shorts balance

Schema trend_schema() {
  Schema schema{.set = "trend", .version = 1, .warm_up_bars = TrendFeatures::kWarmUpBars};
  for (const std::size_t bars : TrendFeatures::kHorizons)
    schema.features.push_back(
        {fmt::format("scaled_return_{}", bars),
         fmt::format("ln(close/close[{0}])/(ewma deviation(480)*sqrt({0})), clip 10", bars), true});
  for (const auto& [fast, slow] : TrendFeatures::kTrends)
    schema.features.push_back(
        {fmt::format("trend_{}_{}", fast, slow),
         fmt::format("ln(ewma close({0})/ewma close({1}))/(ewma deviation(480)*sqrt({1})), clip 10",
                     fast, slow),
         true});
  schema.features.push_back({"volatility_ratio", "ewma deviation(24)/(480)-1, clip -1 3"});
  schema.features.push_back({"volume_z", "ewma z-score(168) of sqrt(volume)"});
  schema.features.push_back({"funding", "rate per 8 h in bp, less 1, clip 10, 0 if unknown", true});
  return schema;
}

}  // namespace

TrendFeatures::TrendFeatures(Duration funding_interval) : schema_(trend_schema()) {
  using namespace std::chrono_literals;
  const double intervals_in_8h =
      funding_interval > Duration{0}
          ? Duration{8h} / std::chrono::duration<double, std::nano>{funding_interval}
          : 1.0;
  funding_scale_ = intervals_in_8h / kRateE9PerBasisPoint;
}

void TrendFeatures::update(const Bar& bar, const FundingView& funding) {
  PROTEUS_ASSERT(bar.close.raw() > 0);
  State& s = state_;
  const std::uint64_t now = s.seen++;
  if (now > 0) {
    const std::int64_t log_return = log_units(s.close, bar.close);
    s.path[now % kSlots] = s.path[(now - 1) % kSlots] + log_return;
    const double r = kLogUnit * static_cast<double>(log_return);
    s.variance.add(r * r);
    s.variance_short.add(r * r);
  }
  s.close = bar.close;
  const auto close = static_cast<double>(bar.close.raw());
  for (Means& mean : s.means) {
    mean.fast.add(close);
    mean.slow.add(close);
  }
  const double volume_z =
      s.volume.add(bar.volume > 0.0 ? std::sqrt(std::min(bar.volume, 0x1p61)) : 0.0);
  if (ready()) write(funding, volume_z);
}

void TrendFeatures::write(const FundingView& funding, double volume_z) {
  State& s = state_;
  const std::uint64_t now = s.seen - 1;
  const double sigma = std::sqrt(s.variance.mean());
  auto out = s.values.begin();
  for (const std::size_t bars : kHorizons) {
    const std::int64_t moved = s.path[now % kSlots] - s.path[(now - bars) % kSlots];
    *out++ = clipped(ratio_or_zero(kLogUnit * static_cast<double>(moved),
                                   sigma * std::sqrt(static_cast<double>(bars))));
  }
  for (std::size_t i = 0; i < kTrends.size(); ++i) {
    const double apart = std::log(s.means[i].fast.mean() / s.means[i].slow.mean());
    *out++ = clipped(ratio_or_zero(apart, sigma * std::sqrt(static_cast<double>(kTrends[i][1]))));
  }
  *out++ = sigma > 0.0 ? std::min(std::sqrt(s.variance_short.mean()) / sigma - 1.0, 3.0) : 0.0;
  *out++ = volume_z;
  *out = funding.known
             ? clipped(static_cast<double>(funding.rate_e9) * funding_scale_ - kUsualFunding)
             : 0.0;
}

}  // namespace proteus::features

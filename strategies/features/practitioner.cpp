#include "strategies/features/practitioner.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <numbers>

namespace proteus::features {
namespace {

constexpr std::uint64_t kShort = 16;
constexpr std::uint64_t kLong = 256;
constexpr std::uint64_t kHigherHorizon = 4;

/// 2 pi times the share of `period` that has passed at `since` the period's origin.
double angle(Duration since, Duration period) {
  const Duration passed = ((since % period) + period) % period;
  return 2.0 * std::numbers::pi * static_cast<double>(passed.count()) /
         static_cast<double>(period.count());
}

Schema practitioner_schema(Interval higher) {
  Schema schema{
      .set = "practitioner", .version = 1, .warm_up_bars = PractitionerFeatures::kWarmUpBars};
  for (const int bars : {1, 4, 16, 64, 256})
    schema.features.push_back(
        {fmt::format("scaled_return_{}", bars),
         fmt::format("ln(close/close[{0}])/(ewma deviation(60)*sqrt({0})), clip 10", bars)});
  const auto add = [&](const char* name, std::string definition) {
    schema.features.push_back({name, std::move(definition)});
  };
  add("volatility_ratio", "rms log return (16)/(256)-1");
  add("range_z", "ewma z-score(64) of ln(high/low)");
  add("volume_z", "ewma z-score(64) of sqrt(volume)");
  add("funding", "rate per 8 h in bp, clip 10, 0 if unknown");
  add("funding_known", "1 if the rate is known");
  add("day_sin", "sin of UTC day share at close");
  add("day_cos", "cos of UTC day share at close");
  add("week_sin", "sin of week share at close, from Monday");
  add("week_cos", "cos of week share at close, from Monday");
  add("higher_trend", fmt::format("ln(close/close[4])/(2*ewma deviation(16)) of closed {}, clip 10",
                                  to_string(higher)));
  add("higher_volatility",
      fmt::format("ewma deviation(16) of closed {} over scaled base deviation-1, clip 10",
                  to_string(higher)));
  return schema;
}

}  // namespace

Result<std::unique_ptr<PractitionerFeatures>> PractitionerFeatures::create(
    Interval interval, Duration funding_interval) {
  const std::optional<Interval> higher = higher_interval(interval);
  if (!higher)
    return error(ErrorCode::Unsupported,
                 fmt::format("the practitioner features need an interval of at most 1d, not {}: "
                             "choose a shorter interval or features = \"chapter\"",
                             to_string(interval)));
  using namespace std::chrono_literals;
  const double intervals_in_8h =
      funding_interval > Duration{0}
          ? Duration{8h} / std::chrono::duration<double, std::nano>{funding_interval}
          : 1.0;
  return std::unique_ptr<PractitionerFeatures>{
      new PractitionerFeatures(interval, *higher, intervals_in_8h / kRateE9PerBasisPoint)};
}

PractitionerFeatures::PractitionerFeatures(Interval interval, Interval higher, double funding_scale)
    : schema_(practitioner_schema(higher)),
      higher_(interval, higher),
      funding_scale_(funding_scale) {}

void PractitionerFeatures::reset() {
  state_ = State{};
  higher_.reset();
}

void PractitionerFeatures::update(const Bar& bar, const FundingView& funding) {
  PROTEUS_ASSERT(bar.close.raw() > 0 && bar.low.raw() > 0);
  push(bar);
  if (higher_.add(bar)) push_higher(bar.close);
  const double range_z =
      state_.range.add(kLogUnit * static_cast<double>(log_units(bar.low, bar.high)));
  const double volume_z =
      state_.volume.add(bar.volume > 0.0 ? std::sqrt(std::min(bar.volume, 0x1p61)) : 0.0);
  if (ready()) write(bar, funding, range_z, volume_z);
}

Int128 PractitionerFeatures::squared_return(std::uint64_t bar) const {
  const std::int64_t log_return = path(bar) - path(bar - 1);
  return Int128{log_return} * log_return;
}

void PractitionerFeatures::push(const Bar& bar) {
  State& s = state_;
  const std::uint64_t now = s.seen++;
  if (now > 0) {
    s.path[now % kSlots] = path(now - 1) + log_units(s.close, bar.close);
    const Int128 squared = squared_return(now);
    s.squares_short += squared - (now > kShort ? squared_return(now - kShort) : 0);
    s.squares_long += squared - (now > kLong ? squared_return(now - kLong) : 0);
    s.variance.add(static_cast<double>(squared) * (kLogUnit * kLogUnit));
  }
  s.close = bar.close;
}

void PractitionerFeatures::push_higher(Price close) {
  State& s = state_;
  if (s.higher_seen > 0) {
    const Price previous = s.higher_close[(s.higher_seen - 1) % kHigherSlots];
    const double log_return = kLogUnit * static_cast<double>(log_units(previous, close));
    s.higher_variance.add(log_return * log_return);
  }
  s.higher_close[s.higher_seen++ % kHigherSlots] = close;
}

double PractitionerFeatures::scaled_return(std::uint64_t bars, double sigma) const {
  const std::uint64_t now = state_.seen - 1;
  const double log_return = kLogUnit * static_cast<double>(path(now) - path(now - bars));
  return clipped(ratio_or_zero(log_return, sigma * std::sqrt(static_cast<double>(bars))));
}

void PractitionerFeatures::write(const Bar& bar, const FundingView& funding, double range_z,
                                 double volume_z) {
  using std::chrono::days;
  State& s = state_;
  const double sigma = std::sqrt(s.variance.mean());
  const double higher_sigma = std::sqrt(s.higher_variance.mean());
  const double day = angle(bar.close_time.time_since_epoch(), days{1});
  // The epoch was a Thursday, three days into a week that began on Monday.
  const double week = angle(bar.close_time.time_since_epoch() + days{3}, days{7});
  double higher_trend = 0.0;
  double higher_volatility = 0.0;
  if (s.higher_seen > kHigherHorizon) {
    const Price last = s.higher_close[(s.higher_seen - 1) % kHigherSlots];
    const Price past = s.higher_close[(s.higher_seen - 1 - kHigherHorizon) % kHigherSlots];
    const double log_return = kLogUnit * static_cast<double>(log_units(past, last));
    const double base_sigma = sigma * std::sqrt(static_cast<double>(higher_.bars_each()));
    higher_trend = clipped(ratio_or_zero(log_return, 2.0 * higher_sigma));
    higher_volatility = base_sigma > 0.0 ? clipped(higher_sigma / base_sigma - 1.0) : 0.0;
  }
  const double volatility_ratio =
      s.squares_long != 0 ? std::sqrt(static_cast<double>(s.squares_short) * (kLong / kShort) /
                                      static_cast<double>(s.squares_long)) -
                                1.0
                          : 0.0;
  const double funding_rate =
      funding.known ? clipped(static_cast<double>(funding.rate_e9) * funding_scale_) : 0.0;

  s.values = {scaled_return(1, sigma),
              scaled_return(4, sigma),
              scaled_return(16, sigma),
              scaled_return(64, sigma),
              scaled_return(256, sigma),
              volatility_ratio,
              range_z,
              volume_z,
              funding_rate,
              funding.known ? 1.0 : 0.0,
              std::sin(day),
              std::cos(day),
              std::sin(week),
              std::cos(week),
              higher_trend,
              higher_volatility};
}

}  // namespace proteus::features

#include "strategies/make_strategy.hpp"

#include <fmt/format.h>

#include "strategies/baselines.hpp"
#include "strategies/sma_cross.hpp"
#include "strategies/trend.hpp"

namespace proteus::strategies {
namespace {

constexpr std::int64_t kSlowMax = 10'000;

Result<std::unique_ptr<Strategy>> make_sma_cross(const StrategySettings& settings,
                                                 Category category,
                                                 std::unique_ptr<features::FeatureSet> features) {
  if (settings.fast < 1 || settings.fast >= settings.slow || settings.slow > kSlowMax)
    return error(ErrorCode::OutOfRange,
                 fmt::format("strategy sma_cross: fast = {} and slow = {} do not fit: "
                             "1 <= fast < slow <= {} is needed",
                             settings.fast, settings.slow, kSlowMax));
  return std::unique_ptr<Strategy>{std::make_unique<SmaCross>(
      static_cast<std::size_t>(settings.fast), static_cast<std::size_t>(settings.slow), category,
      std::move(features))};
}

Result<std::unique_ptr<Strategy>> make_trend(const StrategySettings& settings, Category category,
                                             std::unique_ptr<features::FeatureSet> features) {
  if (settings.trend_bars < 1 || settings.trend_bars > 1'000)
    return error(
        ErrorCode::OutOfRange,
        fmt::format("strategy trend: trend_bars = {} is not in 1 to 1000", settings.trend_bars));
  return std::unique_ptr<Strategy>{std::make_unique<Trend>(
      static_cast<std::size_t>(settings.trend_bars), category, std::move(features))};
}

std::span<const std::string_view> own_names(StrategyKind kind) {
  if (kind == StrategyKind::SmaCross) return SmaCross::kOwnNames;
  if (kind == StrategyKind::Trend) return Trend::kOwnNames;
  return ConstantWeight::kOwnNames;
}

}  // namespace

Result<std::unique_ptr<Strategy>> make_strategy(const StrategySettings& settings,
                                                const Instrument& instrument, Interval interval,
                                                const PolicyParts* policy,
                                                const ForecastParts* forecast,
                                                std::shared_ptr<features::MarketBoard> board) {
  if (settings.name == StrategyKind::Policy) {
    if (policy == nullptr)
      return error(ErrorCode::Refused, "strategy policy: no checkpoint was read for it");
    BOOST_OUTCOME_TRY(auto made, PolicyStrategy::create(*policy, instrument, interval));
    return std::unique_ptr<Strategy>{std::move(made)};
  }
  if (settings.name == StrategyKind::Forecast) {
    if (forecast == nullptr)
      return error(ErrorCode::Refused, "strategy forecast: no checkpoint was read for it");
    BOOST_OUTCOME_TRY(auto made, ForecastStrategy::create(*forecast, instrument, interval));
    return std::unique_ptr<Strategy>{std::move(made)};
  }
  BOOST_OUTCOME_TRY(auto features, features::make_feature_set(settings.features, instrument,
                                                              interval, std::move(board)));
  switch (settings.name) {
    case StrategyKind::Flat:
      return std::unique_ptr<Strategy>{ConstantWeight::flat(std::move(features))};
    case StrategyKind::BuyAndHold:
      return std::unique_ptr<Strategy>{ConstantWeight::buy_and_hold(std::move(features))};
    case StrategyKind::Trend:
      return make_trend(settings, instrument.category, std::move(features));
    case StrategyKind::SmaCross:
    case StrategyKind::Policy:
    case StrategyKind::Forecast:
      break;
  }
  return make_sma_cross(settings, instrument.category, std::move(features));
}

Result<std::vector<std::string>> observation_names(const StrategySettings& settings,
                                                   const Instrument& instrument,
                                                   Interval interval) {
  BOOST_OUTCOME_TRY(const auto features,
                    features::make_feature_set(settings.features, instrument, interval));
  if (settings.name == StrategyKind::Policy) return policy_observation_names(features->schema());
  if (settings.name == StrategyKind::Forecast)
    return forecast_observation_names(features->schema());
  const std::span<const std::string_view> own = own_names(settings.name);
  std::vector<std::string> names(own.begin(), own.end());
  for (const features::FeatureSpec& feature : features->schema().features)
    names.push_back(feature.name);
  return names;
}

}  // namespace proteus::strategies

#include "models/maml/forecast_trading.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::maml {
namespace {

/// At the close of bar t: features to t, labels whose horizon is over by then.
double forecast_at(Learner<float>& learner, const ForecastRows& rows, std::size_t t,
                   const ForecastRule& rule) {
  const auto window = static_cast<std::size_t>(rule.window);
  const std::size_t from = t - rows.horizon() - window + 1;
  const auto adapted = learner.adapt(rows.features(from, window), rows.labels(from, window),
                                     static_cast<std::size_t>(rule.adaptation_steps));
  float out = 0.0F;
  learner.predict(adapted, rows.features(t, 1), {&out, 1});
  return static_cast<double>(out);
}

/// Of ActionSet::Target. What is not finite holds nothing.
std::int64_t choice_of(double forecast, double threshold) {
  if (forecast > threshold) return 2;
  return forecast < -threshold ? 0 : 1;
}

}  // namespace

Result<std::vector<ForecastBar>> trade_forecasts(Learner<float>& learner, const ForecastRows& rows,
                                                 std::size_t from, std::size_t to,
                                                 const ForecastRule& rule,
                                                 const matching::VenueSettings& venue) {
  const training::Series& series = rows.series();
  const std::size_t window = static_cast<std::size_t>(rule.window);
  from = std::max(from, series.first_ready() + rows.horizon() + window - 1);
  to = std::min(to, series.size() - 1);  // The last bar has none after it to trade in.
  if (rule.window < 1 || from >= to || learner.net().inputs() != rows.columns())
    return error(
        ErrorCode::OutOfRange,
        fmt::format("{}: no bar to trade from {} to {}, with a window of {} bars and a "
                    "network of {} inputs for {} features",
                    series.name(), from, to, rule.window, learner.net().inputs(), rows.columns()));
  training::MarketEnv::Settings settings;
  settings.venue = venue;
  settings.actions.set = training::ActionSet::Target;
  settings.actions.exposure_max = rule.exposure;
  BOOST_OUTCOME_TRY(
      features::PolicyObservation observation,
      features::PolicyObservation::create(series.schema(), features::TimeShare::Episode));
  BOOST_OUTCOME_TRY(training::MarketEnv env,
                    training::MarketEnv::create(settings, std::move(observation), 1));
  training::Task task{};
  task.series = std::shared_ptr<const training::Series>(std::shared_ptr<void>(), &series);
  task.start = from;
  task.episode_bars = to - from;
  task.stride = task.episode_bars;
  BOOST_OUTCOME_TRY(env.reset(0, task));
  std::vector<ForecastBar> bars;
  bars.reserve(to - from);
  for (std::size_t t = from; t < to; ++t) {
    const double forecast = forecast_at(learner, rows, t, rule);
    const training::Action action{choice_of(forecast, rule.threshold), 0.0};
    env.step({&action, 1});
    const training::StepInfo& info = env.infos()[0];
    const double price = series.bars()[t].close.to_double();
    bars.push_back({series.bars()[t].close_time, price, forecast * rows.unit(t),
                    series.bars()[t + 1].close.to_double() / price - 1.0, info.position,
                    info.step_return, info.capital, info.turnover});
    if (env.trial_over()[0] != 0) break;
  }
  return bars;
}

}  // namespace proteus::maml

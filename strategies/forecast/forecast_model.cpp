#include "strategies/forecast/forecast_model.hpp"

#include <fmt/format.h>

namespace proteus::strategies {
namespace {

std::string words(const ForecastSpec& spec) {
  return fmt::format("{} features of {} bars, {} bars ahead after {} steps on {}",
                     to_string(spec.features), to_string(spec.interval), spec.horizon,
                     spec.inner_steps, spec.support_rows);
}

}  // namespace

Result<void> check_forecasters(std::span<const ForecastModel> models, Interval interval) {
  if (models.empty())
    return error(ErrorCode::Refused, "forecast.checkpoints names no file: name at least one");
  const ForecastSpec& first = models.front().spec;
  for (const ForecastModel& model : models)
    if (words(model.spec) != words(first))
      return error(ErrorCode::Refused,
                   fmt::format("checkpoint {}: it forecasts from {}, and {} from {}: they cannot "
                               "trade together",
                               model.spec.name, words(model.spec), first.name, words(first)));
  if (first.interval != interval)
    return error(ErrorCode::Refused,
                 fmt::format("checkpoint {}: it was trained on {} bars and engine.interval is {}: "
                             "set engine.interval = \"{}\", or train one for {} bars",
                             first.name, to_string(first.interval), to_string(interval),
                             to_string(first.interval), to_string(interval)));
  return success();
}

}  // namespace proteus::strategies

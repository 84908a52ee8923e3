#include "models/maml/forecast.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/assert.hpp"

namespace proteus::maml {

ForecastRows::ForecastRows(std::shared_ptr<const training::Series> series,
                           const features::FeatureScaling& scaling, std::size_t horizon)
    : series_(std::move(series)), horizon_(horizon) {
  const std::size_t n = series_->size();
  PROTEUS_ASSERT(scaling.empty() || scaling.factor.size() == columns());
  x_.resize(n * columns());
  unit_.reserve(n);
  strategies::UsualReturn usual;
  const auto bars = series_->bars();
  for (std::size_t i = 0; i < n; ++i) {
    strategies::scale_row(series_->features(i), scaling, x_.data() + i * columns());
    unit_.push_back(strategies::forecast_unit(usual.add(bars[i].close.to_double()), horizon));
  }
  y_.assign(n, 0.0F);
  for (std::size_t i = 0; i + horizon < n; ++i)
    y_[i] = strategies::return_label(bars[i].close.to_double(), bars[i + horizon].close.to_double(),
                                     unit_[i]);
}

Result<features::FeatureScaling> fit_forecast_scaling(
    std::span<const std::shared_ptr<const training::Series>> series,
    const training::Period& period) {
  std::vector<double> rows;
  std::size_t columns = 0;
  for (const auto& s : series) {
    if (columns != 0 && s->columns() != columns)
      return error(ErrorCode::OutOfRange,
                   fmt::format("{} has {} features, and the series before it {}", s->name(),
                               s->columns(), columns));
    columns = s->columns();
    for (std::size_t i = s->first_ready(); i < s->size(); ++i) {
      const Bar& bar = s->bars()[i];
      if ((period.from && bar.open_time < *period.from) ||
          (period.to && bar.close_time > *period.to))
        continue;
      const auto row = s->features(i);
      rows.insert(rows.end(), row.begin(), row.end());
    }
  }
  if (rows.empty())
    return error(ErrorCode::NotFound,
                 fmt::format("no bar of {} series lies in the period with its features ready",
                             series.size()));
  return features::fit_scaling(rows, columns);
}

Result<ForecastTasks> ForecastTasks::create(
    std::vector<std::shared_ptr<const training::Series>> series, const ForecastSettings& settings,
    const features::FeatureScaling& scaling, const training::Period& period, std::string_view only,
    std::uint64_t seed) {
  if (series.empty() || settings.support_rows < 1 || settings.query_rows < 1 ||
      settings.horizon < 1 || settings.tasks < 1)
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} series, tasks of {} support and {} query bars with a horizon of "
                             "{}, {} a step: none of them may be 0",
                             series.size(), settings.support_rows, settings.query_rows,
                             settings.horizon, settings.tasks));
  for (const auto& s : series)
    if (s->schema().hash() != series.front()->schema().hash() ||
        (!scaling.empty() && s->columns() != scaling.factor.size()))
      return error(
          ErrorCode::OutOfRange,
          fmt::format("{} has other features than the scaling or the first series", s->name()));
  training::SamplerSettings sampling;
  // From the first support bar to the close that the last query label needs.
  sampling.episode_bars = settings.support_rows + settings.query_rows + 2 * settings.horizon - 2;
  sampling.episodes = 1;
  sampling.spacing = settings.spacing;
  sampling.balance = settings.balance;
  BOOST_OUTCOME_TRY(training::TaskSampler sampler,
                    training::TaskSampler::create(series, sampling, period, only, seed));
  ForecastTasks tasks(settings, std::move(sampler));
  for (auto& s : series)
    tasks.rows_.emplace_back(std::move(s), scaling, static_cast<std::size_t>(settings.horizon));
  return tasks;
}

TaskBatch<float> ForecastTasks::empty(std::size_t tasks) const {
  return {tasks,
          static_cast<std::size_t>(settings_.support_rows),
          static_cast<std::size_t>(settings_.query_rows),
          {},
          {},
          {},
          {}};
}

void ForecastTasks::append(const training::Task& task, TaskBatch<float>& batch) const {
  const auto rows = std::ranges::find_if(
      rows_, [&](const ForecastRows& r) { return &r.series() == task.series.get(); });
  const auto add = [&](std::size_t from, std::size_t count, std::vector<float>& x,
                       std::vector<float>& y) {
    const auto features = rows->features(from, count);
    const auto labels = rows->labels(from, count);
    x.insert(x.end(), features.begin(), features.end());
    y.insert(y.end(), labels.begin(), labels.end());
  };
  add(task.start, batch.support_rows, batch.support_x, batch.support_y);
  add(task.start + batch.support_rows - 1 + rows->horizon(), batch.query_rows, batch.query_x,
      batch.query_y);
}

void ForecastTasks::next(TaskBatch<float>& batch) {
  batch = empty(static_cast<std::size_t>(settings_.tasks));
  for (std::size_t t = 0; t < batch.tasks; ++t) append(sampler_.next(), batch);
}

void ForecastTasks::candidate(std::size_t i, TaskBatch<float>& batch) const {
  batch = empty(1);
  append(sampler_.candidate(i), batch);
}

}  // namespace proteus::maml

// Markets as regression tasks: from the features of a bar forecast the return over the next
// `horizon` bars, in units of what is usual for it.
//
//   label of bar t    ln(c_(t+h) / c_t) / (sigma_t sqrt(h)), cut to [-5, 5]: as it is when it
//   trades
//                     (strategies/forecast/return_label.hpp). Assets and regimes are of one scale
//   a task            a stretch of one series: support rows, a gap, query rows. The gap is the
//                     horizon: the query's first bar is the one at whose close the last support
//                     label is known, so no label's window reaches into another set's
//
// Which stretches come, and how often, is the task sampler's: by series (asset), regime or interval
// alike, within a period.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "models/maml/learner.hpp"
#include "models/training/task_sampler.hpp"
#include "strategies/features/policy_observation.hpp"
#include "strategies/forecast/return_label.hpp"

namespace proteus::maml {

/// Mean of the squared differences; as many of each.
inline double squared_error(std::span<const float> out, std::span<const float> wanted) {
  double sum = 0.0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double gap = static_cast<double>(out[i]) - static_cast<double>(wanted[i]);
    sum += gap * gap;
  }
  return sum / static_cast<double>(out.size());
}

struct ForecastSettings {
  std::int64_t support_rows = 20;
  std::int64_t query_rows = 10;
  std::int64_t horizon = 5;
  std::int64_t tasks = 4;
  std::int64_t spacing = 1;
  training::Balance balance = training::Balance::Series;

  static constexpr auto settings() {
    using F = ForecastSettings;
    return std::tuple{
        setting("support_rows", &F::support_rows, "bars that a task adapts on", 1, 10'000),
        setting("query_rows", &F::query_rows, "bars that it is judged by", 1, 10'000),
        setting("horizon", &F::horizon, "bars that a forecast looks ahead", 1, 1'000),
        setting("tasks", &F::tasks, "tasks of an outer step", 1, 10'000),
        setting("spacing", &F::spacing, "bars between the starts that tasks may have", 1,
                1'000'000),
        setting("balance", &F::balance,
                "what is drawn alike: none (every start), series, interval or regime")};
  }
};

/// A series as rows of a regression, computed once.
class ForecastRows {
 public:
  /// Scales the features as `scaling` says; an empty one leaves them as they are.
  ForecastRows(std::shared_ptr<const training::Series> series,
               const features::FeatureScaling& scaling, std::size_t horizon);

  [[nodiscard]] const training::Series& series() const { return *series_; }
  [[nodiscard]] std::size_t horizon() const { return horizon_; }
  [[nodiscard]] std::size_t columns() const { return series_->columns(); }
  /// Rows of bars [from, from + count): features known at each bar's close.
  [[nodiscard]] std::span<const float> features(std::size_t from, std::size_t count) const {
    return std::span(x_).subspan(from * columns(), count * columns());
  }
  /// Labels of the same bars, each known `horizon` bars later; those of the last `horizon` bars of
  /// the series are never known and are 0.
  [[nodiscard]] std::span<const float> labels(std::size_t from, std::size_t count) const {
    return std::span(y_).subspan(from, count);
  }
  /// The return that a label of 1 is at this bar.
  [[nodiscard]] double unit(std::size_t bar) const { return unit_[bar]; }

 private:
  std::shared_ptr<const training::Series> series_;
  std::size_t horizon_;
  std::vector<float> x_;
  std::vector<float> y_;
  std::vector<double> unit_;
};

/// Mean and deviation of all features over the bars of the period, for every series together. Give
/// it the training period alone. Errors: NotFound, where no bar lies in it.
Result<features::FeatureScaling> fit_forecast_scaling(
    std::span<const std::shared_ptr<const training::Series>> series,
    const training::Period& period);

class ForecastTasks {
 public:
  /// `only`: a regime, or empty for all. Errors: OutOfRange (series of other features than the
  /// first; sizes of 0), NotFound (no stretch fits into period and regime).
  static Result<ForecastTasks> create(std::vector<std::shared_ptr<const training::Series>> series,
                                      const ForecastSettings& settings,
                                      const features::FeatureScaling& scaling,
                                      const training::Period& period, std::string_view only,
                                      std::uint64_t seed);

  void next(TaskBatch<float>& batch);
  /// Which tasks come next.
  void archive(Archive& a) { a(sampler_); }
  [[nodiscard]] std::size_t candidates() const { return sampler_.candidates(); }
  [[nodiscard]] std::size_t columns() const { return rows_.front().columns(); }
  /// Candidate i as a batch of one task.
  void candidate(std::size_t i, TaskBatch<float>& batch) const;

 private:
  ForecastTasks(const ForecastSettings& settings, training::TaskSampler sampler)
      : settings_(settings), sampler_(std::move(sampler)) {}
  void append(const training::Task& task, TaskBatch<float>& batch) const;
  [[nodiscard]] TaskBatch<float> empty(std::size_t tasks) const;

  ForecastSettings settings_;
  training::TaskSampler sampler_;
  std::vector<ForecastRows> rows_;
};

}  // namespace proteus::maml

#include "models/maml/forecast_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "models/maml/model_file.hpp"

namespace proteus::maml {
namespace {

constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

/// A mean of what is finite; NaN of nothing.
class Mean {
 public:
  void add(double value) {
    if (!std::isfinite(value)) return;
    sum_ += value;
    ++count_;
  }
  [[nodiscard]] double value() const {
    return count_ == 0 ? kNotMeasured : sum_ / static_cast<double>(count_);
  }

 private:
  double sum_ = 0.0;
  std::int64_t count_ = 0;
};

class ForecastTrainer final : public runs::Trainer {
 public:
  ForecastTrainer(const ForecastTraining& training, Learner<float> learner, ForecastTasks tasks,
                  std::optional<ForecastTasks> validation, features::Schema schema,
                  features::FeatureScaling scaling, const ForecastSettings& what,
                  std::optional<Interval> interval)
      : training_(training),
        learner_(std::move(learner)),
        tasks_(std::move(tasks)),
        validation_(std::move(validation)),
        schema_(std::move(schema)),
        scaling_(std::move(scaling)),
        what_(what),
        interval_(interval) {}

  [[nodiscard]] std::string_view unit() const override { return "meta-steps"; }
  [[nodiscard]] std::int64_t steps() const override { return steps_; }
  [[nodiscard]] std::int64_t total_steps() const override { return training_.steps; }

  Result<void> iterate(runs::Scalars& out) override {
    Mean query;
    Mean support;
    Mean gain;
    Mean norm;
    const std::int64_t end = std::min(steps_ + training_.steps_per_iteration, training_.steps);
    double rate = learner_.outer_rate();
    for (; steps_ < end; ++steps_) {
      tasks_.next(batch_);
      const double before = loss_of(learner_.base());
      rate = learner_.outer_rate();
      BOOST_OUTCOME_TRY(const StepReport report, learner_.step(batch_));
      query.add(report.query_loss);
      support.add(report.support_loss);
      norm.add(report.gradient_norm);
      gain.add(before - report.query_loss);
    }
    ++iterations_;
    out.add("loss/query", query.value());
    out.add("loss/support", support.value());
    out.add("gain/adaptation", gain.value());
    out.add("gradient/norm", norm.value());
    out.add("rate/outer", rate);
    out.add("updates/skipped", static_cast<double>(learner_.skipped()));
    const bool now = iterations_ % training_.validate_every == 0 || steps_ >= training_.steps;
    const auto [adapted, unadapted] = now ? validate() : std::pair{kNotMeasured, kNotMeasured};
    out.add("validation/loss", adapted);
    out.add("validation/loss_unadapted", unadapted);
    return success();
  }

  [[nodiscard]] inference::Checkpoint model() const override {
    return forecast_checkpoint(learner_, schema_, scaling_, what_, interval_);
  }

  void archive(Archive& a) override {
    a.part("forecast trainer");
    a(learner_, tasks_, steps_, iterations_);
  }

 private:
  /// Of the query rows in batch_.
  double loss_of(std::span<const float> parameters) {
    outputs_.resize(batch_.query_y.size());
    learner_.predict(parameters, batch_.query_x, outputs_);
    return squared_error(outputs_, batch_.query_y);
  }

  /// Query loss after and before adaptation.
  std::pair<double, double> validate() {
    if (!validation_) return {kNotMeasured, kNotMeasured};
    const std::size_t all = validation_->candidates();
    const std::size_t count = std::min(all, static_cast<std::size_t>(training_.validation_tasks));
    const auto steps = static_cast<std::size_t>(learner_.settings().inner_steps);
    double adapted = 0.0;
    double unadapted = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
      validation_->candidate(i * all / count, batch_);
      unadapted += loss_of(learner_.base()) / static_cast<double>(count);
      adapted += loss_of(learner_.adapt(batch_.support_x, batch_.support_y, steps)) /
                 static_cast<double>(count);
    }
    return {adapted, unadapted};
  }

  ForecastTraining training_;
  Learner<float> learner_;
  ForecastTasks tasks_;
  std::optional<ForecastTasks> validation_;
  features::Schema schema_;
  features::FeatureScaling scaling_;
  ForecastSettings what_;
  std::optional<Interval> interval_;
  std::int64_t steps_ = 0;
  std::int64_t iterations_ = 0;
  TaskBatch<float> batch_;
  std::vector<float> outputs_;
};

/// Nothing where the series have bars of several lengths.
std::optional<Interval> common_interval(const runs::Data& data) {
  const Interval first = data.series.front()->interval();
  const bool common = std::ranges::all_of(
      data.series, [&](const auto& series) { return series->interval() == first; });
  return common ? std::optional(first) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<runs::Trainer>> make_forecast_trainer(
    const ForecastTrainerSettings& settings, const runs::Data& data, std::uint64_t seed) {
  const ForecastTraining& t = settings.training;
  if (t.steps < 1 || t.steps_per_iteration < 1 || t.validate_every < 1 || t.validation_tasks < 1)
    return error(ErrorCode::OutOfRange,
                 "a training without steps, steps of an iteration, or with validations of no task");
  BOOST_OUTCOME_TRY(features::FeatureScaling scaling,
                    fit_forecast_scaling(data.series, data.training));
  BOOST_OUTCOME_TRY(ForecastTasks tasks, ForecastTasks::create(data.series, settings.tasks, scaling,
                                                               data.training, t.regime, seed));
  std::optional<ForecastTasks> validation;
  if (data.validation.from || data.validation.to) {
    BOOST_OUTCOME_TRY(validation, ForecastTasks::create(data.series, settings.tasks, scaling,
                                                        data.validation, t.regime, seed));
  }
  BOOST_OUTCOME_TRY(Mlp net, settings.network.network(tasks.columns(), 1));
  BOOST_OUTCOME_TRY(Learner<float> learner,
                    Learner<float>::create(settings.learner, std::move(net), seed));
  return std::make_unique<ForecastTrainer>(
      t, std::move(learner), std::move(tasks), std::move(validation), data.series.front()->schema(),
      std::move(scaling), settings.tasks, common_interval(data));
}

}  // namespace proteus::maml

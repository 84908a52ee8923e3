#include "models/maml/forecast_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/inference/setting_lines.hpp"
#include "models/maml/model_file.hpp"
#include "strategies/features/feature_set.hpp"

namespace proteus::maml {
namespace {

using strategies::ForecastModel;
using strategies::ForecastSpec;

class LearnedForecaster final : public Forecaster {
 public:
  explicit LearnedForecaster(Learner<float> learner) : learner_(std::move(learner)) {}

  [[nodiscard]] std::size_t inputs() const override { return learner_.net().inputs(); }

  Answer forecast(std::span<const float> x, std::span<const float> y, std::size_t steps,
                  std::span<const float> row) override {
    const std::span<const float> adapted = learner_.adapt(x, y, steps);
    Answer answer;
    answer.forecast = value_of(adapted, row);
    answer.loss_after = loss_of(adapted, x, y);
    answer.base = value_of(learner_.base(), row);
    answer.loss_before = loss_of(learner_.base(), x, y);
    return answer;
  }

 private:
  double value_of(std::span<const float> weights, std::span<const float> row) {
    float out = 0.0F;
    learner_.predict(weights, row, {&out, 1});
    return static_cast<double>(out);
  }
  double loss_of(std::span<const float> weights, std::span<const float> x,
                 std::span<const float> y) {
    outputs_.resize(y.size());
    learner_.predict(weights, x, outputs_);
    return squared_error(outputs_, y);
  }

  Learner<float> learner_;
  std::vector<float> outputs_;
};

Error told(std::string_view name, const Error& failure) {
  return error(failure.code, fmt::format("{}: {}", name, failure.context));
}

/// A number that is not finite would forecast nothing from the first bar on.
Result<void> check_finite(const Learner<float>& learner, const features::FeatureScaling& scaling,
                          std::string_view name) {
  const auto bad = [](auto x) { return !std::isfinite(x); };
  if (std::ranges::any_of(learner.learned(), bad))
    return error(ErrorCode::Corrupt,
                 fmt::format("{}: the checkpoint's weights hold what is no finite number", name));
  if (std::ranges::any_of(scaling.offset, bad) || std::ranges::any_of(scaling.factor, bad) ||
      !(scaling.limit > 0.0))
    return error(ErrorCode::Corrupt,
                 fmt::format("{}: the checkpoint's normaliser holds what is no finite number, or "
                             "cuts at no positive limit",
                             name));
  return success();
}

/// The spec, without the scaling.
Result<ForecastSpec> read_spec(const inference::Checkpoint& checkpoint, std::string_view name) {
  ForecastSpec spec;
  spec.name = name;
  spec.hash = checkpoint.content_hash;
  inference::SettingLines lines{checkpoint.config};
  ForecastSettings tasks;
  LearnerSettings learner;
  lines.read_all(tasks);
  lines.read_all(learner);
  if (!lines.bad().empty())
    return error(
        ErrorCode::Corrupt,
        fmt::format("{}: the checkpoint's setting {} is missing, out of range or cannot be "
                    "read",
                    name, lines.bad()));
  spec.horizon = tasks.horizon;
  spec.support_rows = tasks.support_rows;
  spec.inner_steps = learner.inner_steps;
  const auto interval = parse_interval(lines.text("interval"));
  if (!interval)
    return error(ErrorCode::Refused,
                 fmt::format("{}: the checkpoint does not name one length of bars that it was "
                             "trained on, and trades on bars of one length: train it on one",
                             name));
  spec.interval = *interval;
  // The schema's text begins with the name of its set.
  const std::string set = checkpoint.schema.substr(0, checkpoint.schema.find(' '));
  if (!inference::read_setting(set, spec.features))
    return error(ErrorCode::Refused,
                 fmt::format("{}: it reads \"{}\" features, and there are none of that name here",
                             name, set));
  return spec;
}

}  // namespace

Result<ForecastModel> forecaster_of(const inference::Checkpoint& checkpoint,
                                    std::string_view name) {
  // Of another kind first: its other settings would be missing for no other reason.
  if (checkpoint.kind != kForecastKind)
    return error(ErrorCode::Refused,
                 fmt::format("{}: the checkpoint holds a {}, and what forecasts is a {} (proteus "
                             "train with train.model = \"{}\")",
                             name, checkpoint.kind, kForecastKind, kForecastKind));
  BOOST_OUTCOME_TRY(ForecastSpec spec, read_spec(checkpoint, name));
  const auto set = features::make_feature_set(spec.features, Instrument{}, spec.interval);
  if (set.has_error()) return told(name, set.error());
  auto loaded = load_forecaster(checkpoint, set.value()->schema());
  if (loaded.has_error()) return told(name, loaded.error());
  BOOST_OUTCOME_TRY(check_finite(loaded.value().learner, loaded.value().scaling, name));
  spec.scaling = std::move(loaded.value().scaling);
  return ForecastModel{std::move(spec),
                       std::make_shared<LearnedForecaster>(std::move(loaded.value().learner))};
}

Result<ForecastModel> read_forecast_file(const std::filesystem::path& path) {
  BOOST_OUTCOME_TRY(const inference::Checkpoint checkpoint, inference::load_checkpoint(path));
  return forecaster_of(checkpoint, path.string());
}

}  // namespace proteus::maml

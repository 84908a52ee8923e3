#include "models/maml/model_file.hpp"

#include <fmt/format.h>

#include "models/maml/model_parts.hpp"

namespace proteus::maml {

using namespace model_parts;
using inference::Checkpoint;
using inference::Tensor;

namespace {

constexpr std::string_view kLogDeviation = "log_deviation";

}  // namespace

Checkpoint forecast_checkpoint(const Learner<float>& learner, const features::Schema& schema,
                               const features::FeatureScaling& scaling,
                               const ForecastSettings& tasks, std::optional<Interval> interval) {
  Checkpoint c;
  c.kind = kForecastKind;
  c.schema = schema.canonical_text();
  c.action_map = "output 0: return over the horizon, in usual returns over it";
  c.normaliser = {scaling.offset, scaling.factor, scaling.limit};
  c.config =
      config_text(learner.settings(), learner.net().activation()) + inference::setting_lines(tasks);
  if (interval) c.config += fmt::format("interval = {}\n", to_string(*interval));
  append_layers("layer", learner.net(), learner.base(), c.tensors);
  if (learner.settings().learned_rates)
    append_layers("rate", learner.net(), learner.learned().subspan(learner.base().size()),
                  c.tensors);
  append_adam("optimiser", learner.optimiser().state(), c.tensors);
  return c;
}

Result<LoadedForecaster> load_forecaster(const Checkpoint& checkpoint,
                                         const features::Schema& schema) {
  BOOST_OUTCOME_TRY(inference::check_fits(checkpoint, kForecastKind, schema.canonical_text()));
  BOOST_OUTCOME_TRY(const auto config, read_config<LearnerSettings>(checkpoint.config));
  BOOST_OUTCOME_TRY(Mlp net, network_of(checkpoint, config.activation, false));
  const std::size_t columns = checkpoint.normaliser.factor.size();
  if (net.inputs() != schema.features.size() || net.outputs() != 1 ||
      (columns != 0 && columns != net.inputs()))
    return corrupt(
        fmt::format("network has {} inputs and {} outputs, and its normaliser {} "
                    "columns, for {} features and one forecast",
                    net.inputs(), net.outputs(), columns, schema.features.size()));
  std::vector<float> learned;
  BOOST_OUTCOME_TRY(append_values(checkpoint, "layer", net, learned));
  if (config.settings.learned_rates) {
    BOOST_OUTCOME_TRY(append_values(checkpoint, "rate", net, learned));
  }
  BOOST_OUTCOME_TRY(AdamState<float> adam, adam_of(checkpoint, "optimiser", learned.size()));
  BOOST_OUTCOME_TRY(Learner<float> learner,
                    Learner<float>::create(config.settings, std::move(net), 0));
  BOOST_OUTCOME_TRY(learner.restore(learned, std::move(adam)));
  features::FeatureScaling scaling{checkpoint.normaliser.offset, checkpoint.normaliser.factor,
                                   checkpoint.normaliser.limit};
  return LoadedForecaster{std::move(learner), std::move(scaling)};
}

Checkpoint policy_checkpoint(const PolicyLearner& learner,
                             const features::PolicyObservation& observation,
                             const features::FeatureScaling& scaling) {
  const Mlp& net = learner.net();
  Checkpoint c;
  c.kind = kPolicyKind;
  c.schema = observation.canonical_text();
  c.action_map = "output 0: weight, a share of exposure_max in [-1, 1]; deviation by log_deviation";
  c.normaliser = {scaling.offset, scaling.factor, scaling.limit};
  c.config = config_text(learner.settings(), net.activation());
  append_layers("layer", net, learner.base(), c.tensors);
  c.tensors.push_back(Tensor::of(std::string(kLogDeviation), {net.free()},
                                 learner.base().subspan(net.free_offset())));
  append_adam("optimiser", learner.optimiser().state(), c.tensors);
  append_adam("deviation_optimiser", learner.deviation_optimiser().state(), c.tensors);
  return c;
}

Result<LoadedPolicy> load_policy(const Checkpoint& checkpoint, const features::Schema& schema) {
  features::FeatureScaling scaling{checkpoint.normaliser.offset, checkpoint.normaliser.factor,
                                   checkpoint.normaliser.limit};
  BOOST_OUTCOME_TRY(
      features::PolicyObservation observation,
      features::PolicyObservation::create(schema, features::TimeShare::Episode, scaling));
  BOOST_OUTCOME_TRY(inference::check_fits(checkpoint, kPolicyKind, observation.canonical_text()));
  BOOST_OUTCOME_TRY(const auto config, read_config<PolicyLearnerSettings>(checkpoint.config));
  BOOST_OUTCOME_TRY(Mlp net, network_of(checkpoint, config.activation, true));
  if (net.inputs() != observation.columns() || net.outputs() != 1)
    return corrupt(
        fmt::format("network has {} inputs and {} outputs, for {} columns and one weight",
                    net.inputs(), net.outputs(), observation.columns()));
  std::vector<float> base;
  BOOST_OUTCOME_TRY(append_values(checkpoint, "layer", net, base));
  BOOST_OUTCOME_TRY(const auto deviations,
                    floats_of(checkpoint, std::string(kLogDeviation), {net.free()}));
  base.insert(base.end(), deviations.begin(), deviations.end());
  BOOST_OUTCOME_TRY(AdamState<float> adam, adam_of(checkpoint, "optimiser", net.free_offset()));
  BOOST_OUTCOME_TRY(AdamState<float> deviation_adam,
                    adam_of(checkpoint, "deviation_optimiser", net.free()));
  BOOST_OUTCOME_TRY(PolicyLearner learner,
                    PolicyLearner::create(config.settings, std::move(net), 0));
  BOOST_OUTCOME_TRY(learner.restore(base, std::move(adam), std::move(deviation_adam)));
  return LoadedPolicy{std::move(learner), std::move(observation)};
}

}  // namespace proteus::maml

#include "models/learners/market_policy_trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "models/inference/setting_lines.hpp"
#include "models/learners/adam.hpp"
#include "models/learners/portfolio_score.hpp"
#include "models/learners/trial_batch.hpp"
#include "strategies/policy/own_inputs.hpp"

namespace proteus::learners {
namespace {

using training::PolicyPanel;

/// All series must be of one kind: a policy knows one interval and one set of features.
Result<strategies::PolicySpec> spec_of(const MarketPolicySettings& settings,
                                       const runs::Data& data) {
  if (data.series.empty())
    return error(ErrorCode::NotFound, "there is no series to train on: name files in the config");
  const training::Series& first = *data.series.front();
  for (const auto& series : data.series)
    if (series->interval() != first.interval() || series->schema().hash() != first.schema().hash())
      return error(ErrorCode::Unsupported,
                   fmt::format("{} has {} bars, and {} has {}: a policy that trades is trained on "
                               "one interval",
                               series->name(), to_string(series->interval()), first.name(),
                               to_string(first.interval())));
  if (settings.market.rebuild_bars + 2 > settings.market.trial_bars)
    return error(ErrorCode::OutOfRange,
                 fmt::format("market.rebuild_bars is {} and trial_bars {}: a trial has to be "
                             "longer than the bars that fill the memory",
                             settings.market.rebuild_bars, settings.market.trial_bars));
  if (settings.mirror && std::ranges::none_of(first.schema().features, &features::FeatureSpec::odd))
    return error(ErrorCode::Unsupported,
                 fmt::format("train.mirror turns returns and the features that turn with them, and "
                             "the {} features do not say which do: set mirror to false, or "
                             "data.features to trend or market",
                             first.schema().set));
  if (settings.objective.teacher_share > 0.0 &&
      !std::ranges::any_of(first.schema().features, [](const features::FeatureSpec& f) {
        return f.name == training::kTeacherFeatures.back();
      }))
    return error(
        ErrorCode::Unsupported,
        fmt::format("objective.teacher_share wants the trend rule's features, and the data "
                    "has the {} features: set it to 0, or data.features to trend or market",
                    first.schema().set));
  const AdaptationSettings& adaptation = settings.adaptation;
  if (adaptation.inner_steps > 0 &&
      settings.market.rebuild_bars + adaptation.support_bars + 10 > settings.market.trial_bars)
    return error(ErrorCode::OutOfRange,
                 fmt::format("adaptation.support_bars is {}, and a trial of {} bars has no query "
                             "after them: at least 10 bars are wanted",
                             adaptation.support_bars, settings.market.trial_bars));
  strategies::PolicySpec spec;
  spec.market = settings.market;
  spec.interval = first.interval();
  BOOST_OUTCOME_TRY(training::fit_features(data.series, data.training, spec));
  return spec;
}

class MarketPolicyTrainer final : public runs::Trainer {
 public:
  struct Parts {
    strategies::PolicySpec spec;
    std::vector<std::unique_ptr<PolicyPanel>> panels;
    std::map<const training::Series*, const PolicyPanel*> by_series;
    training::TaskSampler sampler;
    std::unique_ptr<policy::ActorCritic> policy;
    std::optional<training::Period> validation;
  };
  MarketPolicyTrainer(const MarketPolicySettings& settings, Parts parts, std::uint64_t seed)
      : settings_(settings),
        parts_(std::move(parts)),
        adam_(parts_.policy->values().size()),
        noise_(seed, "noise") {}

  [[nodiscard]] std::string_view unit() const override { return "bars"; }
  [[nodiscard]] std::int64_t steps() const override { return steps_; }
  [[nodiscard]] std::int64_t total_steps() const override { return settings_.steps; }
  Result<void> iterate(runs::Scalars& out) override;
  [[nodiscard]] inference::Checkpoint model() const override;
  void archive(Archive& a) override {
    a.part("market policy trainer");
    archive_array(a, parts_.policy->values());
    a(adam_, noise_, steps_, iterations_, faults_in_a_row_);
    parts_.sampler.archive(a);
  }

 private:
  std::vector<TrialStart> draw();
  std::vector<float> draw_noise();
  [[nodiscard]] double rate() const {
    return settings_.rate *
           std::max(0.0, 1.0 - static_cast<double>(steps_) / static_cast<double>(settings_.steps));
  }
  [[nodiscard]] PortfolioScore validate() const;

  MarketPolicySettings settings_;
  Parts parts_;
  Adam adam_;
  market::Random noise_;
  std::int64_t steps_ = 0;
  std::int64_t iterations_ = 0;
  std::int64_t faults_in_a_row_ = 0;
};

std::vector<TrialStart> MarketPolicyTrainer::draw() {
  std::vector<TrialStart> starts;
  const auto steps = static_cast<std::size_t>(settings_.market.trial_bars);
  for (std::int64_t i = 0; i < settings_.environments; ++i) {
    if (settings_.mirror && i % 2 == 1) {
      starts.push_back(starts.back());
      starts.back().mirrored = true;
      continue;
    }
    const training::Task task = parts_.sampler.next();
    const PolicyPanel* panel = parts_.by_series.at(task.series.get());
    // The scale may be known a little later than the features.
    starts.push_back({panel, std::max(task.start, panel->first_ready()), steps});
    starts.back().bar = std::min(starts.back().bar, panel->size() - steps);
  }
  return starts;
}

std::vector<float> MarketPolicyTrainer::draw_noise() {
  if (settings_.input_noise <= 0.0) return {};
  const auto columns = parts_.spec.offset.size();
  std::vector<float> noise(static_cast<std::size_t>(settings_.environments) *
                           static_cast<std::size_t>(settings_.market.trial_bars) * columns);
  for (float& x : noise) x = static_cast<float>(settings_.input_noise * noise_.normal());
  return noise;
}

Result<void> MarketPolicyTrainer::iterate(runs::Scalars& out) {
  policy::ActorCritic& policy = *parts_.policy;
  const double rate_now = rate();
  const auto starts = draw();
  const auto noise = draw_noise();
  const auto steps = static_cast<std::size_t>(settings_.market.trial_bars);
  const PlayedTrials played =
      play(policy, settings_.market, starts, steps, noise.empty() ? nullptr : noise.data());
  const torch::Tensor start =
      torch::zeros({static_cast<std::int64_t>(starts.size()), policy.state_size()});
  const torch::Tensor features = policy.features(played.inputs, start, {});
  const torch::Tensor outputs = policy.head(features);
  torch::Tensor by_outputs = torch::empty_like(outputs);
  const auto numbers = static_cast<std::size_t>(outputs.numel());
  const TrialRows rows{steps,
                       starts.size(),
                       static_cast<std::size_t>(settings_.market.rebuild_bars),
                       played.moves,
                       played.decides,
                       settings_.market.cost,
                       strategies::unit_of(settings_.market, parts_.spec.interval),
                       played.teacher};
  const ObjectiveResult result =
      market_objective(rows, settings_.objective, {outputs.data_ptr<float>(), numbers},
                       {by_outputs.data_ptr<float>(), numbers});
  std::ranges::fill(policy.gradients(), 0.0F);
  const AdaptationSettings& adaptation = settings_.adaptation;
  double support_gain = std::numeric_limits<double>::quiet_NaN();
  double query_gain = support_gain;
  if (adaptation.inner_steps > 0) {
    const AdaptedObjective adapted = adapted_objective(
        features.view({static_cast<std::int64_t>(steps), static_cast<std::int64_t>(starts.size()),
                       features.size(1)}),
        policy.head_weight(), policy.head_bias(), rows, settings_.objective, adaptation);
    torch::autograd::backward({outputs, adapted.objective},
                              {by_outputs * (1.0 - adaptation.share),
                               torch::full({}, -adaptation.share, adapted.objective.options())});
    support_gain = adapted.support_after - adapted.support_before;
    query_gain = adapted.query_after - adapted.query_before;
  } else {
    outputs.backward(by_outputs);
  }
  const double length = norm(policy.gradients());
  const bool sound = played.finite && std::isfinite(length);
  if (sound) {
    adam_.step(policy.values(), policy.gradients(),
               length > settings_.gradient_norm ? settings_.gradient_norm / length : 1.0, rate_now);
    if (settings_.weight_decay > 0.0)
      for (float& w : policy.values())
        w -= static_cast<float>(rate_now * settings_.weight_decay) * w;
  }
  faults_in_a_row_ = sound ? 0 : faults_in_a_row_ + 1;
  steps_ += static_cast<std::int64_t>(starts.size() * steps);
  ++iterations_;
  if (faults_in_a_row_ >= 3)
    return error(ErrorCode::Refused,
                 fmt::format("training stopped after {} bars: three updates in a row had something "
                             "that is no finite number; lower train.rate",
                             steps_));
  out.add("objective", result.objective);
  out.add("net", result.mean);
  out.add("deviation", result.deviation);
  out.add("turnover", result.turnover);
  out.add("exposure", result.exposure);
  out.add("long", result.long_share);
  out.add("value_error", result.value_error);
  out.add("entropy", result.entropy);
  out.add("astray", result.astray);
  out.add("adapt/support_gain", support_gain);
  out.add("adapt/query_gain", query_gain);
  out.add("gradient_norm", length);
  out.add("skipped", sound ? 0.0 : 1.0);
  out.add("rate", rate_now);
  const PortfolioScore score = validate();
  out.add("validation/sharpe", score.sharpe);
  out.add("validation/net", score.net);
  out.add("validation/turnover", score.turnover);
  return success();
}

/// NaN in an iteration without a look.
PortfolioScore MarketPolicyTrainer::validate() const {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const bool due = settings_.validate_every > 0 &&
                   (iterations_ % settings_.validate_every == 0 || steps_ >= settings_.steps);
  if (!parts_.validation || !due) return {0, kNone, kNone, kNone};
  return portfolio_score(*parts_.policy, parts_.panels, *parts_.validation, settings_.market);
}

inference::Checkpoint MarketPolicyTrainer::model() const {
  inference::Checkpoint c;
  const strategies::PolicySpec& spec = parts_.spec;
  c.kind = kMarketPolicyKind;
  c.schema = parts_.panels.front()->series().schema().canonical_text() +
             std::string(strategies::kOwnInputsText);
  c.action_map = "expected weight over 0 short, 1 flat, 2 long: p(long) - p(short)";
  c.normaliser = {spec.offset, spec.factor, spec.limit};
  c.config = inference::setting_lines(settings_.market) +
             inference::setting_lines(settings_.policy) +
             inference::setting_lines(settings_.policy.core) +
             inference::setting_lines(settings_.objective) +
             inference::setting_lines(settings_.adaptation) + inference::setting_lines(settings_) +
             fmt::format("features = {}\ninterval = {}\n",
                         parts_.panels.front()->series().schema().set, to_string(spec.interval));
  const std::vector<std::uint64_t> columns{spec.offset.size()};
  c.tensors.push_back(
      inference::Tensor::of("seen_min", columns, std::span<const double>(spec.seen_min)));
  c.tensors.push_back(
      inference::Tensor::of("seen_max", columns, std::span<const double>(spec.seen_max)));
  for (const auto& entry : parts_.policy->named_parameters()) {
    const torch::Tensor& p = entry.value();
    std::vector<std::uint64_t> shape;
    for (const std::int64_t n : p.sizes()) shape.push_back(static_cast<std::uint64_t>(n));
    c.tensors.push_back(inference::Tensor::of(
        entry.key(), shape,
        std::span<const float>(p.data_ptr<float>(), static_cast<std::size_t>(p.numel()))));
  }
  return c;
}

}  // namespace

Result<std::unique_ptr<runs::Trainer>> make_market_policy_trainer(
    const MarketPolicySettings& settings, const runs::Data& data, std::uint64_t seed) {
  BOOST_OUTCOME_TRY(auto spec, spec_of(settings, data));
  training::SamplerSettings trials;
  trials.episode_bars = settings.market.trial_bars;
  trials.episodes = 1;
  trials.spacing = settings.spacing;
  trials.balance = settings.balance;
  BOOST_OUTCOME_TRY(auto sampler,
                    training::TaskSampler::create(data.series, trials, data.training, "", seed));
  std::vector<std::unique_ptr<PolicyPanel>> panels;
  std::map<const training::Series*, const PolicyPanel*> by_series;
  for (const auto& series : data.series) {
    panels.push_back(std::make_unique<PolicyPanel>(series, spec));
    by_series[series.get()] = panels.back().get();
  }
  const auto inputs = static_cast<std::int64_t>(spec.offset.size() + strategies::kOwnInputs);
  auto policy = std::make_unique<policy::ActorCritic>(
      settings.policy, inputs, static_cast<std::int64_t>(strategies::kPolicyActions), seed);
  std::optional<training::Period> validation;
  if (!is_open(data.validation)) validation = data.validation;
  return std::make_unique<MarketPolicyTrainer>(
      settings,
      MarketPolicyTrainer::Parts{std::move(spec), std::move(panels), std::move(by_series),
                                 std::move(sampler), std::move(policy), validation},
      seed);
}

}  // namespace proteus::learners

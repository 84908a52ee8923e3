#include "models/maml/policy_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/core/assert.hpp"
#include "models/maml/forecast.hpp"
#include "models/maml/model_file.hpp"

namespace proteus::maml {
namespace {

constexpr double kNotValidated = std::numeric_limits<double>::quiet_NaN();

class PolicyTrainer final : public runs::Trainer {
 public:
  struct Parts {
    PolicyTraining training;
    PolicyLearner learner;
    training::TaskSampler tasks;
    std::optional<training::TaskSampler> validation;
    features::PolicyObservation observation;
    features::FeatureScaling scaling;
    std::vector<std::unique_ptr<World>> worlds;  ///< each of them a MarketWorld
    std::uint64_t seed = 0;
  };
  explicit PolicyTrainer(Parts parts) : p_(std::move(parts)) {}

  [[nodiscard]] std::string_view unit() const override { return "meta-steps"; }
  [[nodiscard]] std::int64_t steps() const override { return steps_; }
  [[nodiscard]] std::int64_t total_steps() const override { return p_.training.steps; }

  Result<void> iterate(runs::Scalars& out) override {
    for (std::size_t i = 0; i < p_.worlds.size(); ++i) {
      BOOST_OUTCOME_TRY(world(i).place(p_.tasks.next()));
    }
    BOOST_OUTCOME_TRY(const PolicyStepReport report, p_.learner.step(p_.worlds));
    ++steps_;
    out.add("return/support", report.returns.front());
    out.add("return/query", report.returns.back());
    out.add("loss/surrogate", report.surrogate);
    out.add("gradient/norm", report.gradient_norm);
    out.add("deviation",
            std::exp(static_cast<double>(p_.learner.base()[p_.learner.net().free_offset()])));
    out.add("updates/skipped", static_cast<double>(p_.learner.skipped()));
    double adapted = kNotValidated;
    double unadapted = kNotValidated;
    if (steps_ % p_.training.validate_every == 0 || steps_ >= p_.training.steps) {
      BOOST_OUTCOME_TRY(validate(adapted, unadapted));
    }
    out.add("validation/loss", adapted);
    out.add("validation/loss_unadapted", unadapted);
    out.add("validation/gain", unadapted - adapted);
    return success();
  }

  [[nodiscard]] inference::Checkpoint model() const override {
    return policy_checkpoint(p_.learner, p_.observation, p_.scaling);
  }

  /// Worlds begin anew with every iteration: at a boundary between two they hold nothing.
  void archive(Archive& a) override {
    a.part("policy trainer");
    a(p_.learner, p_.tasks, steps_);
  }

 private:
  MarketWorld& world(std::size_t i) { return static_cast<MarketWorld&>(*p_.worlds[i]); }

  /// Minus the query return after and before adaptation.
  Result<void> validate(double& adapted, double& unadapted) {
    if (!p_.validation) return success();
    const std::size_t all = p_.validation->candidates();
    const std::size_t count = std::min(all, static_cast<std::size_t>(p_.training.validation_tasks));
    const auto steps = static_cast<std::size_t>(p_.learner.settings().inner_steps);
    market::Random random(p_.seed, "validation");
    adapted = 0.0;
    unadapted = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
      BOOST_OUTCOME_TRY(world(0).place(p_.validation->candidate(i * all / count)));
      const std::vector<double> returns = p_.learner.adapted_returns(world(0), steps, random);
      unadapted -= returns.front() / static_cast<double>(count);
      adapted -= returns.back() / static_cast<double>(count);
    }
    return success();
  }

  Parts p_;
  std::int64_t steps_ = 0;
};

}  // namespace

Result<std::unique_ptr<runs::Trainer>> make_policy_trainer(const PolicyTrainerSettings& settings,
                                                           const runs::Data& data,
                                                           std::uint64_t seed) {
  const PolicyTraining& t = settings.training;
  if (t.steps < 1 || t.validate_every < 1 || t.validation_tasks < 1 || settings.tasks.tasks < 1 ||
      settings.tasks.stagger < 0 || settings.tasks.gap < 1 || settings.learner.trajectories < 1 ||
      settings.learner.horizon < 1)
    return error(ErrorCode::OutOfRange,
                 "a training without steps, tasks, trajectories, horizon or gap, or with "
                 "validations of no task");
  BOOST_OUTCOME_TRY(features::FeatureScaling scaling,
                    fit_forecast_scaling(data.series, data.training));
  BOOST_OUTCOME_TRY(features::PolicyObservation observation,
                    features::PolicyObservation::create(data.series.front()->schema(),
                                                        features::TimeShare::Episode, scaling));
  const MarketShape shape{static_cast<std::size_t>(settings.learner.trajectories),
                          static_cast<std::size_t>(settings.learner.horizon),
                          static_cast<std::size_t>(settings.tasks.stagger),
                          static_cast<std::size_t>(settings.tasks.gap)};
  BOOST_OUTCOME_TRY(training::TaskSampler tasks,
                    market_sampler(data.series, settings.tasks, shape, data.training, seed));
  std::optional<training::TaskSampler> validation;
  if (data.validation.from || data.validation.to) {
    BOOST_OUTCOME_TRY(validation,
                      market_sampler(data.series, settings.tasks, shape, data.validation, seed));
  }
  const training::MarketEnv::Settings env{settings.env, settings.venue, settings.actions,
                                          settings.reward, settings.risk};
  std::vector<std::unique_ptr<World>> worlds;
  for (std::int64_t i = 0; i < settings.tasks.tasks; ++i) {
    BOOST_OUTCOME_TRY(auto world, MarketWorld::create(env, observation, shape));
    worlds.push_back(std::move(world));
  }
  BOOST_OUTCOME_TRY(Mlp net, settings.network.network(observation.columns(), 1, 1));
  BOOST_OUTCOME_TRY(PolicyLearner learner,
                    PolicyLearner::create(settings.learner, std::move(net), seed));
  return std::make_unique<PolicyTrainer>(
      PolicyTrainer::Parts{t, std::move(learner), std::move(tasks), std::move(validation),
                           std::move(observation), std::move(scaling), std::move(worlds), seed});
}

}  // namespace proteus::maml

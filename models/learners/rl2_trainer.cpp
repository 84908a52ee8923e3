#include "models/learners/rl2_trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "models/learners/agent_file.hpp"
#include "models/learners/market_score.hpp"

namespace proteus::learners {
namespace {

/// What training draws from, apart from the seed's other uses.
constexpr std::uint64_t kValidationSeed = 0x7661'6c69'6461'7465U;

Result<torch::Device> device_of(Device device, int local_rank) {
  const bool there = torch::cuda::is_available();
  if (device == Device::Cuda && !there)
    return error(
        ErrorCode::Unsupported,
        "device is cuda, and this LibTorch finds none: set device to auto or cpu, or bring "
        "a LibTorch that was built with CUDA and a driver for it");
  if (device == Device::Cpu || !there) return torch::Device(torch::kCPU);
  const auto count = static_cast<int>(torch::cuda::device_count());
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(local_rank % count));
}

Result<features::PolicyObservation> observation_of(const Rl2Settings& settings,
                                                   const runs::Data& data) {
  if (data.series.empty())
    return error(ErrorCode::NotFound, "there is no series to train on: name files in the config");
  return features::PolicyObservation::create(data.series.front()->schema(),
                                             time_share(settings.time));
}

Result<std::unique_ptr<MarketVectorEnv>> markets(const Rl2Settings& settings,
                                                 const runs::Data& data,
                                                 const training::Period& period,
                                                 std::size_t environments) {
  BOOST_OUTCOME_TRY(auto observation, observation_of(settings, data));
  BOOST_OUTCOME_TRY(auto env,
                    training::MarketEnv::create({settings.env, settings.venue, settings.actions,
                                                 settings.reward, settings.risk},
                                                std::move(observation), environments));
  BOOST_OUTCOME_TRY(auto sampler,
                    training::TaskSampler::create(data.series, settings.sampler, period, "", 0));
  return MarketVectorEnv::create(std::move(env), settings.actions, std::move(sampler));
}

class Rl2Trainer : public runs::Trainer {
 public:
  struct Parts {
    std::unique_ptr<MarketVectorEnv> env;
    std::unique_ptr<MarketVectorEnv> validation;  ///< null: none
    std::unique_ptr<policy::ActorCritic> policy;
    std::unique_ptr<Ppo> ppo;  ///< refers to env and policy
    features::PolicyObservation observation;
    Group* group;
  };
  Rl2Trainer(const Rl2Settings& settings, Parts parts)
      : settings_(settings), parts_(std::move(parts)) {}

  [[nodiscard]] std::string_view unit() const override { return "steps"; }
  [[nodiscard]] std::int64_t steps() const override { return parts_.ppo->steps(); }
  [[nodiscard]] std::int64_t total_steps() const override { return parts_.ppo->total_steps(); }
  Result<void> iterate(runs::Scalars& out) override;
  [[nodiscard]] inference::Checkpoint model() const override {
    return agent_checkpoint(*parts_.policy, parts_.ppo->inputs(), parts_.observation, settings_);
  }
  void archive(Archive& a) override {
    a.part("rl2 trainer");
    a(iterations_, *parts_.ppo);
  }

 private:
  Result<MarketScore> validate();

  Rl2Settings settings_;
  Parts parts_;
  std::int64_t iterations_ = 0;
};

Result<void> Rl2Trainer::iterate(runs::Scalars& out) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const double rate = parts_.ppo->rate();
  BOOST_OUTCOME_TRY(const PpoMetrics m, parts_.ppo->iterate());
  ++iterations_;
  BOOST_OUTCOME_TRY(const MarketScore score, validate());
  // Where nothing could be learned there is nothing to tell, nor of a rollout that broke.
  const auto learned = [&](std::string_view name, double value) {
    out.add(name, m.updates > 0 ? value : kNone);
  };
  const auto seen = [&](std::string_view name, double value) {
    out.add(name, m.updates > 0 || m.skipped == 0 ? value : kNone);
  };
  learned("loss/policy", m.policy_loss);
  learned("loss/value", m.value_loss);
  learned("loss/total", m.total_loss);
  learned("loss/belief", m.belief_loss);
  learned("entropy", m.entropy);
  learned("kl", m.kl);
  learned("clip_fraction", m.clip_fraction);
  seen("explained_variance", m.explained_variance);
  learned("gradient_norm", m.gradient_norm);
  seen("reward", m.reward);
  out.add("trial_return", m.trials > 0 ? m.trial_return : kNone);
  seen("turnover", m.turnover);
  seen("busiest", m.busiest);
  learned("collapse/entropy", m.collapse.entropy ? 1.0 : 0.0);
  seen("collapse/turnover", m.collapse.turnover ? 1.0 : 0.0);
  seen("collapse/exposure", m.collapse.exposure ? 1.0 : 0.0);
  out.add("skipped", static_cast<double>(m.skipped));
  out.add("rate", rate);
  out.add("validation/return", score.episode_return);
  out.add("validation/standard_error", score.standard_error);
  return success();
}

/// NaN in an iteration without a look.
Result<MarketScore> Rl2Trainer::validate() {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const bool due = settings_.validate_every > 0 &&
                   (iterations_ % settings_.validate_every == 0 || parts_.ppo->done());
  if (parts_.validation == nullptr || !due) return MarketScore{0, kNone, kNone};
  return market_score(*parts_.policy, *parts_.validation, parts_.ppo->inputs(),
                      settings_.validation_trials, kValidationSeed, Choice::Greedy, parts_.group);
}

/// What a rollout and one way back through it take at least, so that a slip of the pen is told and
/// not left to the system's killer.
Result<void> check_memory(const Rl2Settings& settings, std::size_t columns) {
  constexpr double kGiBMax = 64.0;
  const auto core = static_cast<double>(settings.policy.core.hidden * settings.policy.core.layers);
  const double each = static_cast<double>(columns) + 16.0 +
                      static_cast<double>(settings.policy.encoder) + 8.0 * core;
  const double steps =
      static_cast<double>(settings.environments) * static_cast<double>(settings.ppo.rollout_steps);
  const double gib = steps * each * sizeof(float) / 0x1.0p30;
  if (gib <= kGiBMax) return success();
  return error(ErrorCode::OutOfRange,
               fmt::format("a rollout of {} steps in {} environments takes about {:.0f} GiB, and "
                           "more than {:.0f} are refused: lower ppo.rollout_steps, "
                           "train.environments or core.hidden",
                           settings.ppo.rollout_steps, settings.environments, gib, kGiBMax));
}

}  // namespace

Result<std::unique_ptr<runs::Trainer>> make_rl2_trainer(const Rl2Settings& settings,
                                                        const runs::Data& data, std::uint64_t seed,
                                                        Group* group) {
  BOOST_OUTCOME_TRY(const torch::Device device,
                    device_of(settings.device, group != nullptr ? group->local_rank() : 0));
  BOOST_OUTCOME_TRY(auto observation, observation_of(settings, data));
  BOOST_OUTCOME_TRY(check_memory(settings, observation.columns()));
  BOOST_OUTCOME_TRY(auto env, markets(settings, data, data.training,
                                      static_cast<std::size_t>(settings.environments)));
  std::unique_ptr<MarketVectorEnv> validation;
  if (!is_open(data.validation) && settings.validate_every > 0) {
    // As many over all ranks as one process would take.
    const std::int64_t ranks = group != nullptr ? group->size() : 1;
    const std::int64_t all = std::min(settings.environments * ranks, settings.validation_trials);
    const std::int64_t count = (all + ranks - 1) / ranks;
    BOOST_OUTCOME_TRY(validation,
                      markets(settings, data, data.validation, static_cast<std::size_t>(count)));
    if (group != nullptr)
      validation->place(static_cast<std::size_t>(group->rank()) * validation->size());
  }
  auto policy = std::make_unique<policy::ActorCritic>(
      settings.policy, input_width(settings.inputs, *env), numbers_said(*env), seed,
      static_cast<std::int64_t>(env->columns()));
  BOOST_OUTCOME_TRY(auto ppo, Ppo::create(*policy, *env, settings.inputs, settings.ppo,
                                          settings.steps, seed, {group, device}));
  return std::make_unique<Rl2Trainer>(
      settings, Rl2Trainer::Parts{std::move(env), std::move(validation), std::move(policy),
                                  std::move(ppo), std::move(observation), group});
}

}  // namespace proteus::learners

#include "tools/learn/rl2_recipe.hpp"

#include "models/learners/market_policy_trainer.hpp"
#include "models/learners/rl2_trainer.hpp"
#include "tools/learn/agent_test.hpp"

namespace proteus::app::train {
namespace {

class Rl2Recipe final : public Recipe {
 public:
  Rl2Recipe(policy::CoreKind core, learners::Group* group)
      : baseline_(core == policy::CoreKind::Memoryless), group_(group) {
    settings_.policy.core.kind = core;
  }

  void read(config::Reader& reader, TrainSettings& shared) override {
    reader.section("train", shared, settings_);
    reader.section("policy", settings_.policy);
    reader.section("core", settings_.policy.core);
    check_core(reader);
    reader.section("inputs", settings_.inputs);
    reader.section("ppo", settings_.ppo);
    reader.section("env", settings_.env);
    reader.section("venue", settings_.venue);
    reader.section("actions", settings_.actions);
    reader.section("reward", settings_.reward);
    reader.section("trials", settings_.sampler);
    reader.section("risk.sizing", settings_.risk.sizing);
    reader.section("risk.limits", settings_.risk.limits);
    reader.section("test", test_);
  }
  Result<std::unique_ptr<runs::Trainer>> make(const runs::Data& data, std::uint64_t seed) override {
    return learners::make_rl2_trainer(settings_, data, seed, group_);
  }
  [[nodiscard]] bool tests() const override { return true; }
  Result<TestReport> test(const inference::Checkpoint& model, const TestData& data) override {
    return test_agent(model, settings_.risk, test_, data);
  }

 private:
  /// The settings of an rl2 run name its core, and so would make a baseline with a memory of it.
  void check_core(config::Reader& reader) const {
    const bool memoryless = settings_.policy.core.kind == policy::CoreKind::Memoryless;
    if (baseline_ && !memoryless)
      reader.reject("core", "core",
                    "gives a memory to ppo, the baseline without one: add --set "
                    "core.core=memoryless, or use model = \"rl2\"");
    if (!baseline_ && memoryless)
      reader.reject("core", "core", "takes the memory from rl2: use model = \"ppo\"");
  }

  bool baseline_;
  learners::Rl2Settings settings_;
  AgentTest test_;
  learners::Group* group_;
};

class MarketPolicyRecipe final : public Recipe {
 public:
  void read(config::Reader& reader, TrainSettings& shared) override {
    reader.section("train", shared, settings_);
    reader.section("policy", settings_.policy);
    reader.section("core", settings_.policy.core);
    reader.section("market", settings_.market);
    reader.section("objective", settings_.objective);
    reader.section("adaptation", settings_.adaptation);
  }
  Result<std::unique_ptr<runs::Trainer>> make(const runs::Data& data, std::uint64_t seed) override {
    return learners::make_market_policy_trainer(settings_, data, seed);
  }

 private:
  learners::MarketPolicySettings settings_;
};

ModelKind kind(std::string_view name, policy::CoreKind core, learners::Group* group) {
  return {name, [=] { return std::make_unique<Rl2Recipe>(core, group); }, true};
}

}  // namespace

std::vector<ModelKind> all_models(learners::Group* group) {
  std::vector<ModelKind> models{kind("rl2", policy::CoreKind::Gru, group),
                                kind("ppo", policy::CoreKind::Memoryless, group)};
  models.push_back({"market_policy", [] { return std::make_unique<MarketPolicyRecipe>(); }});
  const auto maml = maml_models();
  models.insert(models.end(), maml.begin(), maml.end());
  return models;
}

Result<double> GroupRanks::sum(double mine, std::string_view what) {
  if (group_ == nullptr) return mine;
  BOOST_OUTCOME_TRY(group_->sum(std::span(&mine, 1), what));
  return mine;
}

}  // namespace proteus::app::train

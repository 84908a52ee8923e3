#include "models/maml/forecast_trainer.hpp"
#include "models/maml/policy_trainer.hpp"
#include "tools/train/forecast_test.hpp"

namespace proteus::app::train {
namespace {

class ForecastRecipe final : public Recipe {
 public:
  void read(config::Reader& reader, TrainSettings& shared) override {
    reader.section("train", shared, settings_.training);
    reader.section("network", settings_.network);
    reader.section("maml", settings_.learner);
    reader.section("tasks", settings_.tasks);
    reader.section("test", test_, rule_);
  }
  Result<std::unique_ptr<runs::Trainer>> make(const runs::Data& data, std::uint64_t seed) override {
    return maml::make_forecast_trainer(settings_, data, seed);
  }
  [[nodiscard]] bool tests() const override { return true; }
  Result<TestReport> test(const inference::Checkpoint& model, const TestData& data) override {
    return test_forecaster(model, settings_.tasks, test_, rule_, data);
  }

 private:
  maml::ForecastTrainerSettings settings_;
  ForecastTest test_;
  maml::ForecastRule rule_;
};

class PolicyRecipe final : public Recipe {
 public:
  void read(config::Reader& reader, TrainSettings& shared) override {
    reader.section("train", shared, settings_.training);
    reader.section("network", settings_.network);
    reader.section("maml", settings_.learner);
    reader.section("tasks", settings_.tasks);
    reader.section("env", settings_.env);
    reader.section("venue", settings_.venue);
    reader.section("actions", settings_.actions);
    reader.section("reward", settings_.reward);
    reader.section("risk.sizing", settings_.risk.sizing);
    reader.section("risk.limits", settings_.risk.limits);
  }
  Result<std::unique_ptr<runs::Trainer>> make(const runs::Data& data, std::uint64_t seed) override {
    return maml::make_policy_trainer(settings_, data, seed);
  }

 private:
  maml::PolicyTrainerSettings settings_;
};

}  // namespace

std::span<const ModelKind> maml_models() {
  static const ModelKind kModels[] = {
      {"maml_forecast", [] { return std::make_unique<ForecastRecipe>(); }},
      {"maml_policy", [] { return std::make_unique<PolicyRecipe>(); }},
  };
  return kModels;
}

bool needs_torch(std::string_view model) {
  return model == "rl2" || model == "ppo" || model == "market_policy";
}

}  // namespace proteus::app::train

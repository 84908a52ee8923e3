#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "models/maml/forecast_trainer.hpp"
#include "models/maml/model_file.hpp"
#include "models/maml/policy_trainer.hpp"
#include "models/training/synthetic.hpp"

namespace proteus::maml {
namespace {

using training::Series;
using Make = std::function<Result<std::unique_ptr<runs::Trainer>>()>;

runs::Data some_data() {
  training::SyntheticSettings settings;
  settings.bars = 400;
  runs::Data data;
  for (const std::uint64_t seed : {1U, 2U})
    data.series.push_back(training::synthetic_series(settings, seed).value());
  const auto bars = data.series.front()->bars();
  data.training.to = bars[250].close_time;
  data.validation = {.from = bars[251].open_time, .to = bars[399].close_time};
  return data;
}

ForecastTrainerSettings forecast_settings() {
  ForecastTrainerSettings s;
  s.network = {.width = 8, .depth = 1};
  s.training = {.steps = 25, .steps_per_iteration = 5, .validate_every = 2, .validation_tasks = 7};
  return s;
}

PolicyTrainerSettings policy_settings() {
  PolicyTrainerSettings s;
  s.network = {.width = 8, .depth = 1, .activation = Activation::Tanh};
  s.learner.trajectories = 4;
  s.learner.horizon = 10;
  s.tasks.tasks = 3;
  s.training = {.steps = 5, .validate_every = 2, .validation_tasks = 3};
  return s;
}

Make forecaster() {
  return [] { return make_forecast_trainer(forecast_settings(), some_data(), 7); };
}
Make policy() {
  return [] { return make_policy_trainer(policy_settings(), some_data(), 7); };
}

std::vector<std::vector<float>> floats_of(const runs::Trainer& trainer) {
  std::vector<std::vector<float>> all;
  for (const inference::Tensor& tensor : trainer.model().tensors)
    if (auto floats = tensor.floats()) all.push_back(std::move(floats.value()));
  return all;
}

double value_of(const runs::Scalars& scalars, std::string_view name) {
  for (const runs::Scalar& s : scalars.all())
    if (s.name == name) return s.value;
  ADD_FAILURE() << "no figure " << name;
  return 0.0;
}

class MamlTrainer : public ::testing::TestWithParam<Make> {};
INSTANTIATE_TEST_SUITE_P(All, MamlTrainer, ::testing::Values(forecaster(), policy()),
                         [](const auto& p) { return p.index == 0 ? "forecast" : "policy"; });

TEST_P(MamlTrainer, TellsTheSameFiguresInTheSameOrderUntilItIsDone) {
  const auto trainer = GetParam()().value();
  std::vector<std::string> names;
  int iterations = 0;
  while (trainer->steps() < trainer->total_steps()) {
    runs::Scalars figures;
    ASSERT_TRUE(trainer->iterate(figures));
    ++iterations;
    std::vector<std::string> now;
    for (const runs::Scalar& s : figures.all()) now.push_back(s.name);
    if (names.empty()) names = now;
    EXPECT_EQ(now, names);
    const bool validated = iterations % 2 == 0 || iterations == 5;
    EXPECT_EQ(std::isfinite(value_of(figures, "validation/loss")), validated) << iterations;
    EXPECT_EQ(std::isfinite(value_of(figures, "validation/loss_unadapted")), validated);
  }
  EXPECT_EQ(iterations, 5);
}

TEST_P(MamlTrainer, GoesOnFromItsArchiveAsIfNothingHadBeen) {
  const auto whole = GetParam()().value();
  const auto first = GetParam()().value();
  for (int i = 0; i < 3; ++i) {
    runs::Scalars figures;
    ASSERT_TRUE(whole->iterate(figures));
    figures.clear();
    ASSERT_TRUE(first->iterate(figures));
  }
  ByteBuffer bytes;
  Archive writer = Archive::writer(bytes);
  first->archive(writer);
  ASSERT_TRUE(writer.finish());
  const auto second = GetParam()().value();
  Archive reader = Archive::reader(bytes.view());
  second->archive(reader);
  ASSERT_TRUE(reader.finish()) << reader.place();
  EXPECT_EQ(second->steps(), whole->steps());
  for (int i = 0; i < 2; ++i) {
    runs::Scalars figures;
    runs::Scalars same;
    ASSERT_TRUE(whole->iterate(figures));
    ASSERT_TRUE(second->iterate(same));
    for (std::size_t k = 0; k < figures.all().size(); ++k) {
      const double value = figures.all()[k].value;
      const double other = same.all()[k].value;
      EXPECT_TRUE(value == other || (std::isnan(value) && std::isnan(other)))
          << figures.all()[k].name << ": " << value << ", " << other;
    }
  }
  EXPECT_EQ(floats_of(*second), floats_of(*whole));
}

TEST_P(MamlTrainer, RefusesAnArchiveThatIsCutShort) {
  const auto trainer = GetParam()().value();
  ByteBuffer bytes;
  Archive writer = Archive::writer(bytes);
  trainer->archive(writer);
  ASSERT_TRUE(writer.finish());
  for (const std::size_t size : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
    const auto other = GetParam()().value();
    Archive reader = Archive::reader(bytes.view().first(size));
    other->archive(reader);
    EXPECT_FALSE(reader.finish()) << size;
  }
}

TEST(ForecastTrainer, ValidatesOnBarsThatTrainingNeverSees) {
  // The same training period beside another validation period: training goes on to the same bits.
  runs::Data data = some_data();
  const auto one = make_forecast_trainer(forecast_settings(), data, 7).value();
  data.validation = {};
  const auto other = make_forecast_trainer(forecast_settings(), data, 7).value();
  for (int i = 0; i < 4; ++i) {
    runs::Scalars figures;
    ASSERT_TRUE(one->iterate(figures));
    runs::Scalars same;
    ASSERT_TRUE(other->iterate(same));
    EXPECT_TRUE(std::isnan(value_of(same, "validation/loss")));
  }
  EXPECT_EQ(floats_of(*one), floats_of(*other));
}

TEST(ForecastTrainer, RefusesPeriodsThatNoTaskFitsInto) {
  runs::Data data = some_data();
  data.validation.to = data.series.front()->bars()[260].close_time;
  EXPECT_EQ(make_forecast_trainer(forecast_settings(), data, 1).error().code, ErrorCode::NotFound);
  data = some_data();
  data.training.to = data.series.front()->bars()[30].close_time;
  EXPECT_TRUE(make_policy_trainer(policy_settings(), data, 1).has_error());
}

TEST(PolicyTrainer, SavesAPolicyThatCanBeLoaded) {
  const runs::Data data = some_data();
  const auto trainer = make_policy_trainer(policy_settings(), data, 7).value();
  runs::Scalars figures;
  ASSERT_TRUE(trainer->iterate(figures));
  const std::string bytes = inference::encode_checkpoint(trainer->model()).value();
  const auto checkpoint = inference::decode_checkpoint(bytes, "p").value();
  EXPECT_EQ(checkpoint.kind, kPolicyKind);
  const features::Schema schema = data.series.front()->schema();
  Result<LoadedPolicy> loaded = load_policy(checkpoint, schema);
  ASSERT_TRUE(loaded) << loaded.error().context;
  const PolicyLearner& learner = loaded.value().learner;
  EXPECT_EQ(learner.settings().horizon, 10);
  EXPECT_EQ(learner.net().activation(), Activation::Tanh);
  EXPECT_EQ(learner.optimiser().state().steps, 1);
  const inference::Checkpoint again = policy_checkpoint(
      learner, loaded.value().observation,
      {checkpoint.normaliser.offset, checkpoint.normaliser.factor, checkpoint.normaliser.limit});
  EXPECT_EQ(inference::encode_checkpoint(again).value(), bytes);

  features::Schema other = schema;
  other.features[1].definition += " changed";
  EXPECT_EQ(load_policy(checkpoint, other).error().code, ErrorCode::Refused);
  for (const std::string name : {"log_deviation", "layer.1.bias", "deviation_optimiser.mean"}) {
    inference::Checkpoint damaged = checkpoint;
    std::erase_if(damaged.tensors, [&](const auto& t) { return t.name == name; });
    EXPECT_TRUE(load_policy(damaged, schema).has_error()) << name;
  }
}

}  // namespace
}  // namespace proteus::maml

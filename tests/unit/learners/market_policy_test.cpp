// Policies that are trained to trade: the objective against differences and against Torch's own
// gradients, the inner loop, the trainer.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "models/learners/head_adaptation.hpp"
#include "models/learners/market_policy_trainer.hpp"
#include "models/learners/portfolio_score.hpp"
#include "models/learners/trial_batch.hpp"
#include "tests/unit/learners/support.hpp"

namespace proteus::learners {
namespace {

/// Random rows; some bars do not decide, some have assumed funding.
struct Rows {
  std::vector<strategies::MarketMove> moves;
  std::vector<std::uint8_t> decides;
  std::vector<float> outputs;
  TrialRows rows;

  Rows(std::size_t steps, std::size_t trials, std::uint64_t seed) {
    market::Random random{seed, "rows"};
    for (std::size_t k = 0; k < steps * trials; ++k) {
      moves.push_back(
          {0.02 * random.normal(), random.chance(0.2) ? 1e-3 : 0.0, 0.5 + random.uniform()});
      decides.push_back(random.chance(0.7) ? 1 : 0);
      for (int i = 0; i < 4; ++i) outputs.push_back(static_cast<float>(random.normal()));
    }
    rows = {steps, trials, 2, moves, decides, 0.002, 0.01};
  }
};

class Objectives : public ::testing::TestWithParam<Objective> {};
INSTANTIATE_TEST_SUITE_P(Kinds, Objectives, ::testing::Values(Objective::Return, Objective::Sharpe),
                         [](const auto& test) {
                           return std::string(
                               EnumNames<Objective>::names[static_cast<std::size_t>(test.param)]);
                         });

/// The policy's part of the loss alone: no value, no entropy.
ObjectiveSettings plain(Objective objective) {
  return {.objective = objective, .risk = 0.3, .value_share = 0.0};
}

TEST_P(Objectives, GradientIsThatOfTorchThroughTheSameFormula) {
  Rows r(9, 3, 1);
  const ObjectiveSettings settings = plain(GetParam());
  std::vector<float> gradient(r.outputs.size());
  const ObjectiveResult result = market_objective(r.rows, settings, r.outputs, gradient);
  torch::Tensor logits = torch::from_blob(r.outputs.data(), {9, 3, 4}).to(torch::kFloat64);
  logits.requires_grad_(true);
  const torch::Tensor net = net_returns(logits, r.rows).narrow(0, 2, 6);
  const torch::Tensor mean = net.mean();
  const torch::Tensor square = (net * net).mean();
  const torch::Tensor objective = GetParam() == Objective::Sharpe
                                      ? mean / (square - mean * mean + 1e-12).sqrt()
                                      : mean - 0.5 * settings.risk * square;
  (-objective).backward();
  EXPECT_NEAR(result.objective, objective.item().toDouble(), 1e-6);
  const torch::Tensor by = logits.grad().contiguous();
  for (std::size_t i = 0; i < gradient.size(); ++i)
    EXPECT_NEAR(static_cast<double>(gradient[i]), by.data_ptr<double>()[i], 1e-5) << i;
}

TEST_P(Objectives, GradientIsThatOfDifferences) {
  Rows r(7, 2, 2);
  ObjectiveSettings settings = plain(GetParam());
  std::vector<float> gradient(r.outputs.size());
  std::vector<float> unused(r.outputs.size());
  market_objective(r.rows, settings, r.outputs, gradient);
  for (std::size_t i = 0; i < r.outputs.size(); ++i) {
    const float at = r.outputs[i];
    const auto objective_at = [&](float x) {
      r.outputs[i] = x;
      return market_objective(r.rows, settings, r.outputs, unused).objective;
    };
    const double slope = (objective_at(at + 0.004F) - objective_at(at - 0.004F)) / 0.008;
    r.outputs[i] = at;
    EXPECT_NEAR(static_cast<double>(gradient[i]), -slope, 2e-4) << i;
  }
}

TEST(MarketObjective, ChargesEachChangeOnceAndHoldsBetweenDecisions) {
  // One trial; weights +1, held, -1; returns 0 and cost 1 %: 1 % then 2 %, over two units.
  std::vector<strategies::MarketMove> moves(4, {0.0, 0.0, 1.0});
  std::vector<std::uint8_t> decides{1, 0, 1, 1};
  std::vector<float> outputs{-50, 0, 50, 0, 0, 50, 0, 0, 50, 0, -50, 0, 0, 0, 0, 0};
  std::vector<float> gradient(outputs.size());
  const ObjectiveResult result = market_objective({4, 1, 0, moves, decides, 0.01, 2.0},
                                                  plain(Objective::Return), outputs, gradient);
  EXPECT_NEAR(result.mean, -0.03 / 2.0 / 3.0, 2e-5);
  EXPECT_NEAR(result.turnover, 1.0, 1e-6);
  EXPECT_NEAR(result.exposure, 1.0, 1e-6);
}

TEST(MarketObjective, TeachesTheValueTheRewardsThatFollow) {
  std::vector<strategies::MarketMove> moves(4, {0.02, 0.0, 1.0});
  std::vector<std::uint8_t> decides(4, 1);
  std::vector<float> outputs(16, 0.0F);
  for (std::size_t t = 0; t < 4; ++t) outputs[4 * t + 2] = 50.0F;
  std::vector<float> gradient(16);
  ObjectiveSettings settings = plain(Objective::Return);
  settings.value_share = 3.0;
  settings.value_horizon = 0.5;
  market_objective({4, 1, 0, moves, decides, 0.0, 0.02}, settings, outputs, gradient);
  // Rewards 1 1 1: to go 1.75, 1.5, 1.
  EXPECT_NEAR(gradient[3], -1.75F, 1e-5F);
  EXPECT_NEAR(gradient[7], -1.5F, 1e-5F);
  EXPECT_NEAR(gradient[11], -1.0F, 1e-5F);
  EXPECT_EQ(gradient[15], 0.0F);
}

TEST(HeadAdaptation, RaisesTheSupportAndItsOuterGradientIsThatOfDifferences) {
  Rows r(60, 2, 3);
  market::Random random{4, "head"};
  const auto numbers = [&](std::vector<std::int64_t> shape) {
    torch::Tensor t = torch::empty(shape, torch::kFloat64);
    for (std::int64_t i = 0; i < t.numel(); ++i) t.data_ptr<double>()[i] = 0.5 * random.normal();
    return t;
  };
  const torch::Tensor features = numbers({60, 2, 5});
  torch::Tensor weight = numbers({4, 5}).requires_grad_(true);
  const torch::Tensor bias = numbers({4}).requires_grad_(true);
  const AdaptationSettings settings{.inner_steps = 3, .inner_rate = 0.3, .support_bars = 25};
  const ObjectiveSettings objective = plain(Objective::Return);
  const AdaptedObjective adapted =
      adapted_objective(features, weight, bias, r.rows, objective, settings);
  EXPECT_GT(adapted.support_after, adapted.support_before);
  adapted.objective.backward();
  const torch::Tensor by = weight.grad().clone();
  const torch::NoGradGuard no_grad;
  for (std::int64_t i = 0; i < weight.numel(); ++i) {
    const auto objective_at = [&](double change) {
      torch::Tensor moved = weight.detach().clone();
      moved.data_ptr<double>()[i] += change;
      const torch::AutoGradMode grad{true};
      return adapted_objective(features, moved.requires_grad_(true), bias, r.rows, objective,
                               settings)
          .objective.item()
          .toDouble();
    };
    const double slope = (objective_at(1e-4) - objective_at(-1e-4)) / 2e-4;
    // The market's numbers are in single precision.
    EXPECT_NEAR(by.contiguous().data_ptr<double>()[i], slope, 1e-3 * (1.0 + std::abs(slope))) << i;
  }
}

// ----------------------------------------------------------------------------------------------------
// trainer

MarketPolicySettings small_market_policy() {
  MarketPolicySettings s;
  s.policy = {.encoder = 6, .core = {.kind = policy::CoreKind::Gru, .hidden = 6}};
  s.market.trial_bars = 40;
  s.market.rebuild_bars = 8;
  s.market.volatility_span = 20;
  s.objective.objective = Objective::Return;
  s.environments = 4;
  s.spacing = 3;
  s.steps = 4 * 40 * 6;
  s.input_noise = 0.1;
  s.mirror = false;  // These features do not say which of them turn.
  s.validate_every = 2;
  return s;
}

std::uint64_t hash_of(const inference::Checkpoint& checkpoint) {
  std::uint64_t hash = 0;
  for (const auto& tensor : checkpoint.tensors)
    for (const char c : tensor.bytes) hash = hash * 31 + static_cast<unsigned char>(c);
  return hash;
}

std::unique_ptr<runs::Trainer> trainer(
    std::uint64_t seed, const MarketPolicySettings& settings = small_market_policy()) {
  return std::move(make_market_policy_trainer(settings, market_data(), seed).value());
}

TEST(MarketPolicyTrainer, GoesOnToTheSameBits) {
  for (const std::int64_t inner_steps : {0, 2}) {
    MarketPolicySettings settings = small_market_policy();
    settings.adaptation = {.inner_steps = inner_steps, .inner_rate = 0.1, .support_bars = 15};
    const auto whole = trainer(5, settings);
    iterate(*whole, 4);
    const auto first = trainer(5, settings);
    iterate(*first, 2);
    const auto second = trainer(6, settings);
    ASSERT_TRUE(read_into(*second, bytes_of(*first)));
    iterate(*second, 2);
    EXPECT_EQ(hash_of(second->model()), hash_of(whole->model())) << inner_steps;
  }
}

TEST(MarketPolicyTrainer, OtherSeedsAreOtherPolicies) {
  const auto one = trainer(1);
  const auto other = trainer(2);
  iterate(*one, 1);
  iterate(*other, 1);
  EXPECT_NE(hash_of(one->model()), hash_of(other->model()));
}

TEST(MarketPolicyTrainer, RefusesATrialWithNothingAfterTheRebuilding) {
  MarketPolicySettings settings = small_market_policy();
  settings.market.rebuild_bars = 40;
  const auto made = make_market_policy_trainer(settings, market_data(), 1);
  ASSERT_TRUE(made.has_error());
  EXPECT_NE(made.error().context.find("rebuild_bars"), std::string::npos);
}

TEST(MarketPolicyTrainer, RefusesToMirrorFeaturesThatDoNotSayWhichTurn) {
  MarketPolicySettings settings = small_market_policy();
  settings.mirror = true;
  const auto made = make_market_policy_trainer(settings, market_data(), 1);
  ASSERT_TRUE(made.has_error());
  EXPECT_NE(made.error().context.find("mirror"), std::string::npos);
}

/// Bars that rise for a while and fall for a while: what goes on can be seen. From the bar `jump`
/// on all prices are a tenth higher.
runs::Data waves(int jump = 3'000) {
  training::SeriesSource source;
  source.name = "waves";
  source.instrument = series_of(1)->instrument();
  double price = 1'000.0;
  Timestamp open{};
  for (int i = 0; i < 3'000; ++i) {
    price *= i / 100 % 2 == 0 ? 1.002 : 1.0 / 1.002;
    if (i == jump) price *= 1.1;
    Bar bar;
    bar.interval = Interval::H1;
    bar.open_time = open;
    bar.close_time = open = next_open(open, Interval::H1);
    const auto raw = static_cast<std::int64_t>(price * 100.0) * 10'000'000;
    bar.open = bar.high = bar.low = bar.close = Price::from_raw(raw);
    bar.volume = 1.0;
    source.bars.push_back(bar);
  }
  runs::Data data;
  data.series = {training::Series::create(std::move(source)).value()};
  const Timestamp cut = data.series.front()->bars()[2'000].open_time;
  data.training.to = cut;
  data.validation.from = cut;
  return data;
}

TEST(MarketPolicyTrainer, LearnsAMarketThatCanBeSeenThrough) {
  MarketPolicySettings settings = small_market_policy();
  settings.market.trial_bars = 150;
  settings.market.rebuild_bars = 20;
  settings.market.cost = 0.0;
  settings.market.assumed_funding = 0.0;
  settings.objective.risk = 0.0;
  settings.environments = 8;
  settings.rate = 2e-2;
  settings.gradient_norm = 10.0;
  settings.input_noise = 0.0;
  settings.steps = 8 * 150 * 100;
  settings.validate_every = 100;
  const auto t = std::move(make_market_policy_trainer(settings, waves(), 3).value());
  runs::Scalars figures;
  for (int i = 0; i < 100; ++i) {
    figures.clear();
    ASSERT_TRUE(t->iterate(figures).has_value());
  }
  const auto figure = [&](std::string_view name) {
    for (const auto& f : figures.all())
      if (f.name == name) return f.value;
    return std::nan("");
  };
  // Always right: 0.2 % a bar at the scale's bound of 2 is 0.004 x 8760 a year.
  std::printf("net a year %.2f of 35.0\n", figure("validation/net"));
  EXPECT_GT(figure("validation/net"), 0.8 * 0.004 * 8760.0);
}

TEST(PortfolioScore, CountsNothingThatIsEarnedBehindThePeriod) {
  MarketPolicySettings settings = small_market_policy();
  const auto score = [&](int jump) {
    const runs::Data data = waves(jump);
    strategies::PolicySpec spec;
    spec.market = settings.market;
    EXPECT_TRUE(training::fit_features(data.series, data.training, spec).has_value());
    std::vector<std::unique_ptr<training::PolicyPanel>> panels;
    panels.push_back(std::make_unique<training::PolicyPanel>(data.series.front(), spec));
    const policy::ActorCritic policy(
        settings.policy, static_cast<std::int64_t>(spec.offset.size() + strategies::kOwnInputs), 3,
        1);
    return portfolio_score(policy, panels, data.training, spec.market);
  };
  const PortfolioScore plain = score(3'000);
  // The period ends with bar 1 999: its own return is the last that counts.
  const PortfolioScore behind = score(2'000);
  EXPECT_EQ(behind.net, plain.net);
  EXPECT_EQ(behind.sharpe, plain.sharpe);
  EXPECT_EQ(behind.bars, plain.bars);
  EXPECT_NE(score(1'999).net, plain.net);
}

TEST(TrialBatch, PlaysATrialAsItIsPlayedAlone) {
  const runs::Data data = market_data();
  strategies::PolicySpec spec;
  spec.market = small_market_policy().market;
  ASSERT_TRUE(training::fit_features(data.series, data.training, spec).has_value());
  const training::PolicyPanel panel(data.series.front(), spec);
  const policy::ActorCritic policy(
      small_market_policy().policy,
      static_cast<std::int64_t>(spec.offset.size() + strategies::kOwnInputs), 3, 1);
  const std::array<TrialStart, 3> starts{TrialStart{&panel, panel.first_ready(), 30},
                                         TrialStart{&panel, panel.first_ready() + 50, 40},
                                         TrialStart{&panel, panel.first_ready() + 20, 40, true}};
  const PlayedTrials all = play(policy, spec.market, starts, 40);
  const PlayedTrials alone = play(policy, spec.market, std::span(starts).subspan(1, 1), 40);
  for (std::size_t t = 0; t < 40; ++t) ASSERT_EQ(all.exposures[3 * t + 1], alone.exposures[t]) << t;
  EXPECT_TRUE(torch::equal(all.inputs.select(1, 1), alone.inputs.select(1, 0)));
}

TEST(PolicyPanel, FitsOnTheTrainingPeriodAlone) {
  runs::Data data = market_data();
  strategies::PolicySpec narrow;
  strategies::PolicySpec whole;
  ASSERT_TRUE(training::fit_features(data.series, data.training, narrow).has_value());
  ASSERT_TRUE(training::fit_features(data.series, {}, whole).has_value());
  EXPECT_NE(narrow.factor, whole.factor);
  // The same from the rows themselves, in two passes.
  double sum = 0.0;
  double count = 0.0;
  for (const auto& series : data.series)
    for (std::size_t i = series->first_ready(); i < series->size(); ++i)
      if (series->bars()[i].close_time <= *data.training.to) {
        sum += series->features(i)[5];
        count += 1.0;
      }
  EXPECT_NEAR(narrow.offset[5], sum / count, 1e-12);
}

}  // namespace
}  // namespace proteus::learners

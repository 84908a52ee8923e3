// Gradients against differences, and what an adaptation says of itself against computations of its
// own.
#include "models/online/adapt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "models/online/head_steps.hpp"
#include "models/online/sequence.hpp"
#include "tests/unit/online/support.hpp"

namespace proteus::online {
namespace {

using inference::Architecture;
using ::testing::HasSubstr;
using testing::rows_of;
using testing::stretch_of;

constexpr std::uint64_t kSeed = 31;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<Architecture> all_kinds() {
  std::vector<Architecture> all(4, proteus::test::small_architecture());
  all[1].encoder = 0;
  all[1].layers = 2;
  all[2].encoder = 40;  // wider than the layers above
  all[2].layers = 3;
  all[3].core = inference::CoreKind::Memoryless;
  all[3].layers = 2;
  return all;
}

double distance(std::span<const float> a, std::span<const float> b) {
  double square = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
    square += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
  return std::sqrt(square);
}

TEST(HeadLoss, HasTheGradientOfItsDifferences) {
  constexpr std::size_t kBars = 30;
  constexpr std::size_t kFeatures = 6;
  constexpr std::size_t kFirst = 4;
  constexpr std::size_t kCount = 22;
  const ReturnRows rows = rows_of(kBars, kSeed);
  const auto some = [](std::size_t size, const char* stream) {
    const auto floats = proteus::test::normals(size, kSeed, stream);
    return std::vector<double>(floats.begin(), floats.end());
  };
  const auto features = some(kBars * kFeatures, "features");
  auto weights = some(kOutputs * (kFeatures + 1), "weights");
  std::vector<double> gradient(weights.size()), unused(weights.size());
  ASSERT_TRUE(head_loss(rows, features, weights, kFirst, kCount, gradient).has_value());
  constexpr double kStep = 1e-6;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double was = weights[i];
    weights[i] = was + kStep;
    const double above = head_loss(rows, features, weights, kFirst, kCount, unused).value();
    weights[i] = was - kStep;
    const double below = head_loss(rows, features, weights, kFirst, kCount, unused).value();
    weights[i] = was;
    EXPECT_NEAR(gradient[i], (above - below) / (2.0 * kStep), 1e-8) << i;
  }
}

TEST(Sequence, GivesTheBitsThatThePolicyTradesBy) {
  for (const Architecture& a : all_kinds()) {
    const auto policy = proteus::test::random_policy(a, kSeed);
    const auto stretch = stretch_of(policy->shape(), 20, kSeed);
    Sequence sequence(a, policy->kernels(), stretch.inputs, stretch.state);
    sequence.forward(policy->weights(AdaptedPart::All), 20);
    std::vector<float> state = stretch.state, features(a.hidden), out(a.outputs());
    std::vector<float> scratch(policy->scratch(1));
    for (std::size_t t = 0; t < 20; ++t) {
      policy->trunk(1, stretch.inputs.data() + t * a.inputs, state.data(), features.data(),
                    scratch);
      policy->head(1, features.data(), out.data());
      ASSERT_EQ(std::memcmp(out.data(), sequence.outputs().data() + t * a.outputs(),
                            a.outputs() * sizeof(float)),
                0)
          << t;
    }
  }
}

TEST(Sequence, HasTheGradientOfItsDifferencesAlongItself) {
  // A float's rounding hides the difference that one weight makes; along the gradient itself the
  // value changes by its square, and beside it by what a random direction has of it.
  for (const Architecture& a : all_kinds()) {
    const auto weights = proteus::test::random_weights(a, kSeed);
    const auto policy = proteus::test::random_policy(a, kSeed);
    const auto stretch = stretch_of(policy->shape(), 24, kSeed);
    Sequence sequence(a, policy->kernels(), stretch.inputs, stretch.state);
    const auto loss = [&](std::span<const float> w) {
      sequence.forward(w, 24);
      return return_loss<float>(stretch.returns, sequence.outputs()).value();
    };
    std::vector<float> by_outputs(24 * kOutputs), gradient(weights.size());
    sequence.forward(weights, 24);
    ASSERT_TRUE(
        return_loss<float>(stretch.returns, sequence.outputs(), std::span(by_outputs)).has_value());
    sequence.backward(weights, by_outputs, gradient);
    for (const auto& place : inference::weight_places(a)) {
      auto direction = proteus::test::normals(place.size, kSeed, "direction");
      double square = 0.0;
      double size = 0.0;
      for (std::size_t i = 0; i < place.size; ++i) {
        const double g = static_cast<double>(gradient[place.begin + i]);
        square += g * static_cast<double>(direction[i]);
        size += g * g;
      }
      const double step = 2e-3;
      auto moved = weights;
      const auto at = [&](double by) {
        for (std::size_t i = 0; i < place.size; ++i)
          moved[place.begin + i] =
              static_cast<float>(static_cast<double>(weights[place.begin + i]) +
                                 by * static_cast<double>(direction[i]));
        return loss(moved);
      };
      const double difference = (at(step) - at(-step)) / (2.0 * step);
      EXPECT_NEAR(difference, square, 5e-3 * std::sqrt(size * place.size) + 1e-5)
          << place.name << " with " << a.layers << " layers";
    }
  }
}

TEST(AdaptHead, TakesTheStepsOfPlainGradientDescent) {
  const auto policy = proteus::test::random_policy(proteus::test::small_architecture(), kSeed);
  const auto stretch = stretch_of(policy->shape(), 50, kSeed);
  const AdaptSettings settings{.steps = 3, .rate = 0.4, .norm_max = 1e9, .held_share = 0.2};
  const Adapted adapted = adapt_head(*policy, stretch, settings).value();

  std::vector<double> features;
  std::vector<float> state = stretch.state, row(13), scratch(policy->scratch(1));
  for (std::size_t t = 0; t < 50; ++t) {
    policy->trunk(1, stretch.inputs.data() + t * 7, state.data(), row.data(), scratch);
    features.insert(features.end(), row.begin(), row.end());
  }
  const auto base = policy->weights(AdaptedPart::Head);
  std::vector<double> weights(base.begin(), base.end()), gradient(weights.size());
  for (int step = 0; step < 3; ++step) {
    ASSERT_TRUE(head_loss(stretch.returns, features, weights, 0, 40, gradient).has_value());
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] -= 0.4 * gradient[i];
  }
  EXPECT_EQ(adapted.steps, 3U);
  ASSERT_EQ(adapted.weights.size(), weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i)
    EXPECT_EQ(adapted.weights[i], static_cast<float>(weights[i]));
  EXPECT_NEAR(adapted.step_norm, distance(adapted.weights, base), 1e-5);
  EXPECT_FALSE(adapted.shortened);
}

class AdaptPart : public ::testing::TestWithParam<AdaptedPart> {};
std::string name_of(const ::testing::TestParamInfo<AdaptedPart>& part) {
  return part.param == AdaptedPart::Head ? "Head" : "All";
}
INSTANTIATE_TEST_SUITE_P(Parts, AdaptPart, ::testing::Values(AdaptedPart::Head, AdaptedPart::All),
                         name_of);

TEST_P(AdaptPart, EarnsMoreWhereItLearned) {
  for (const Architecture& a : all_kinds()) {
    const auto policy = proteus::test::random_policy(a, kSeed);
    const auto stretch = stretch_of(policy->shape(), 80, kSeed);
    const auto adapted = adapt(*policy, GetParam(), stretch, {.steps = 5, .rate = 0.05}).value();
    EXPECT_GT(adapted.support_after, adapted.support_before);
    EXPECT_GT(adapted.kl, 0.0);
    EXPECT_GT(adapted.step_norm, 0.0);
  }
}

TEST_P(AdaptPart, SaysWhatTheTwoPoliciesEarn) {
  const auto policy = proteus::test::random_policy(proteus::test::small_architecture(), kSeed);
  const auto stretch = stretch_of(policy->shape(), 50, kSeed);
  const AdaptSettings settings{.steps = 4, .rate = 0.1, .held_share = 0.3};
  const Adapted adapted = adapt(*policy, GetParam(), stretch, settings).value();
  const auto changed = policy->with(GetParam(), adapted.weights).value();
  const auto outputs = [&](const Policy& p) {
    std::vector<float> state = stretch.state, features(13), all(50 * kOutputs);
    std::vector<float> scratch(p.scratch(1));
    for (std::size_t t = 0; t < 50; ++t) {
      p.trunk(1, stretch.inputs.data() + t * 7, state.data(), features.data(), scratch);
      p.head(1, features.data(), all.data() + t * kOutputs);
    }
    return all;
  };
  const auto before = outputs(*policy);
  const auto after = outputs(*changed);
  const auto net = [&](std::span<const float> out, std::size_t first, std::size_t count) {
    return -return_loss<float>(stretch.returns, out, first, count).value();
  };
  EXPECT_EQ(adapted.support_before, net(before, 0, 35));
  EXPECT_EQ(adapted.support_after, net(after, 0, 35));
  EXPECT_EQ(adapted.held_base, net(before, 35, 15));
  EXPECT_EQ(adapted.held_adapted, net(after, 35, 15));
  EXPECT_EQ(adapted.kl, mean_kl<float>(before, after).value());
}

TEST_P(AdaptPart, LearnsNothingFromWhatIsHeldBack) {
  const auto policy = proteus::test::random_policy(proteus::test::small_architecture(), kSeed);
  auto stretch = stretch_of(policy->shape(), 50, kSeed);
  const AdaptSettings settings{.held_share = 0.2};
  const auto first = adapt(*policy, GetParam(), stretch, settings).value();
  for (std::size_t t = 40; t < 50; ++t) {
    stretch.returns.rows[t].next_return *= -3.0;
    for (std::size_t i = 0; i < 7; ++i) stretch.inputs[t * 7 + i] = 0.5F;
  }
  const auto second = adapt(*policy, GetParam(), stretch, settings).value();
  EXPECT_EQ(first.weights, second.weights);
  EXPECT_NE(first.held_adapted, second.held_adapted);
}

TEST_P(AdaptPart, LearnsNothingOfTheReturnsWhileItWarmsUp) {
  const auto policy = proteus::test::random_policy(proteus::test::small_architecture(), kSeed);
  auto stretch = stretch_of(policy->shape(), 50, kSeed);
  stretch.warm_up = 20;
  const auto first = adapt(*policy, GetParam(), stretch, {}).value();
  for (std::size_t t = 0; t < 20; ++t) stretch.returns.rows[t].next_return *= -3.0;
  EXPECT_EQ(adapt(*policy, GetParam(), stretch, {}).value().weights, first.weights);
  stretch.returns.rows[20].next_return *= -3.0;
  EXPECT_NE(adapt(*policy, GetParam(), stretch, {}).value().weights, first.weights);
}

TEST_P(AdaptPart, StepsByTheKinkAndEarnsWithoutIt) {
  const auto policy = proteus::test::random_policy(proteus::test::small_architecture(), kSeed);
  const auto stretch = stretch_of(policy->shape(), 50, kSeed);
  const auto sharp = adapt(*policy, GetParam(), stretch, {}).value();
  const auto round = adapt(*policy, GetParam(), stretch, {.kink = 0.5}).value();
  EXPECT_NE(sharp.weights, round.weights);
  EXPECT_EQ(sharp.support_before, round.support_before);
}

TEST_P(AdaptPart, ShortensAChangeThatIsTooLongWithoutTurningIt) {
  const auto policy = proteus::test::random_policy(proteus::test::small_architecture(), kSeed);
  const auto stretch = stretch_of(policy->shape(), 50, kSeed);
  const auto base = policy->weights(GetParam());
  const auto free = adapt(*policy, GetParam(), stretch, {.rate = 0.5, .norm_max = 1e9}).value();
  const double limit = free.step_norm / 3.0;
  const auto bound = adapt(*policy, GetParam(), stretch, {.rate = 0.5, .norm_max = limit}).value();
  EXPECT_TRUE(bound.shortened);
  EXPECT_DOUBLE_EQ(bound.step_norm, limit);
  EXPECT_NEAR(distance(bound.weights, base), limit, 1e-6);
  for (std::size_t i = 0; i < base.size(); ++i)
    EXPECT_NEAR(bound.weights[i] - base[i], (free.weights[i] - base[i]) / 3.0F, 1e-6F);
}

TEST_P(AdaptPart, OfNoStepsIsTheBase) {
  const auto policy = proteus::test::random_policy(proteus::test::small_architecture(), kSeed);
  const auto stretch = stretch_of(policy->shape(), 20, kSeed);
  const auto adapted = adapt(*policy, GetParam(), stretch, {.steps = 0}).value();
  const auto base = policy->weights(GetParam());
  EXPECT_TRUE(std::ranges::equal(adapted.weights, base));
  EXPECT_EQ(adapted.kl, 0.0);
  EXPECT_EQ(adapted.step_norm, 0.0);
}

TEST_P(AdaptPart, WithoutAStateBeginsATrial) {
  const auto policy = proteus::test::random_policy(proteus::test::small_architecture(), kSeed);
  auto stretch = stretch_of(policy->shape(), 20, kSeed);
  stretch.state.assign(13, 0.0F);
  const auto zeros = adapt(*policy, GetParam(), stretch, {}).value();
  stretch.state.clear();
  EXPECT_EQ(adapt(*policy, GetParam(), stretch, {}).value().weights, zeros.weights);
}

TEST_P(AdaptPart, RefusesInWordsWhatItCannotLearnFrom) {
  const auto policy = proteus::test::random_policy(proteus::test::small_architecture(), kSeed);
  const auto words = [&](auto change, AdaptSettings settings = {}) -> std::string {
    auto stretch = stretch_of(policy->shape(), 20, kSeed);
    change(stretch, settings);
    const auto refused = adapt(*policy, GetParam(), stretch, settings);
    EXPECT_TRUE(refused.has_error());
    return refused.has_error() ? refused.error().context : "";
  };
  EXPECT_THAT(words([](Stretch& s, auto&) { s.inputs[3 * 7 + 2] = kNan; }),
              HasSubstr("input 2 of bar 3 is nan"));
  EXPECT_THAT(words([](Stretch& s, auto&) { s.state[0] = kNan; }), HasSubstr("state"));
  EXPECT_THAT(words([](Stretch& s, auto&) { s.state.pop_back(); }), HasSubstr("a state of 12"));
  EXPECT_THAT(words([](Stretch& s, auto&) { s.warm_up = 20; }), HasSubstr("none is left"));
  EXPECT_THAT(words([](auto&, AdaptSettings& s) { s.kink = -1.0; }), HasSubstr("kink -1"));
  EXPECT_THAT(words([](Stretch& s, auto&) { s.inputs.pop_back(); }), HasSubstr("20 bars have 139"));
  EXPECT_THAT(words([](Stretch& s, auto&) { s.returns.rows[4].next_return = kNan; }),
              HasSubstr("in inner step 1: row 4"));
  EXPECT_THAT(words([](auto&, AdaptSettings& s) { s.rate = 0.0; }), HasSubstr("rate 0"));
  EXPECT_THAT(words([](auto&, AdaptSettings& s) { s.norm_max = -1.0; }), HasSubstr("norm -1"));
  EXPECT_THAT(words([](auto&, AdaptSettings& s) { s.held_share = 1.0; }), HasSubstr("share 1"));
  EXPECT_THAT(words([](auto&, AdaptSettings& s) { s.rate = 1e300; }), HasSubstr("finite"));
}

TEST(Adapt, OfAPolicyWithOtherActionsIsRefused) {
  auto a = proteus::test::small_architecture();
  a.actions = 2;
  const auto policy = proteus::test::random_policy(a, kSeed);
  EXPECT_THAT(adapt_head(*policy, stretch_of(policy->shape(), 20, kSeed), {}).error().context,
              HasSubstr("2 actions"));
}

}  // namespace
}  // namespace proteus::online

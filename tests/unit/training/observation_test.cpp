#include <gmock/gmock.h>

#include "strategies/features/policy_observation.hpp"
#include "tests/unit/training/support.hpp"

namespace proteus::features {
namespace {

using namespace proteus::literals;

Schema two() { return {.set = "two", .features = {{"a", "first"}, {"b", "second"}}}; }
PolicyObservation made(TimeShare time, FeatureScaling scaling = {}) {
  return std::move(PolicyObservation::create(two(), time, std::move(scaling))).value();
}

TEST(PolicyObservation, WritesFeaturesThenPositionProfitAndTime) {
  const PositionView position{.quantity = "-2"_qty, .value = "-500"_usdt, .unrealised = "30"_usdt};
  std::vector<float> row(5);
  made(TimeShare::Episode)
      .write(std::array{0.5, -3.0}, account_state(position, "1000"_usdt, 0.25), row);
  EXPECT_THAT(row, ::testing::ElementsAre(0.5F, -3.0F, -0.5F, 0.03F, 0.25F));
}

TEST(PolicyObservation, WithoutEquityShowsNoPosition) {
  const PositionView position{.quantity = "1"_qty, .value = "10"_usdt, .unrealised = "1"_usdt};
  const AccountState state = account_state(position, "-1"_usdt, 0.5);
  EXPECT_EQ(state.position, 0.0);
  EXPECT_EQ(state.unrealised, 0.0);
  EXPECT_EQ(state.time, 0.5);
}

TEST(PolicyObservation, ScalesAndClipsFeaturesAlone) {
  const auto observation =
      made(TimeShare::Episode, {.offset = {1.0, 0.0}, .factor = {2.0, 1.0}, .limit = 5.0});
  std::vector<float> row(5);
  observation.write(std::array{3.0, -40.0}, {.position = 9.0}, row);
  EXPECT_THAT(row, ::testing::ElementsAre(4.0F, -5.0F, 9.0F, 0.0F, 0.0F));
}

TEST(PolicyObservation, HashTellsOrderTimeAndScalingApart) {
  Schema turned = two();
  std::swap(turned.features[0], turned.features[1]);
  const auto other = PolicyObservation::create(turned, TimeShare::Episode).value();
  const std::uint64_t plain = made(TimeShare::Episode).hash();
  EXPECT_EQ(plain, made(TimeShare::Episode).hash());
  EXPECT_NE(plain, other.hash());
  EXPECT_NE(plain, made(TimeShare::Trial).hash());
  EXPECT_NE(plain, made(TimeShare::Episode, {.offset = {0, 0}, .factor = {1, 1}}).hash());
  EXPECT_FALSE(other.fits(two()));
}

TEST(PolicyObservation, RefusesAScalingOfAnotherWidth) {
  EXPECT_FALSE(PolicyObservation::create(two(), TimeShare::Trial, {{0.0}, {1.0}}));
  EXPECT_FALSE(PolicyObservation::create(two(), TimeShare::Trial, {{0, 0}, {1, std::nan("")}}));
  EXPECT_FALSE(PolicyObservation::create(two(), TimeShare::Trial, {{0, 0}, {1, 1}, 0.0}));
}

TEST(FitScaling, GivesMeanZeroAndDeviationOne) {
  const std::array rows{1.0, 7.0, 3.0, 7.0, 8.0, 7.0};
  const FeatureScaling scaling = fit_scaling(rows, 2);
  EXPECT_NEAR(scaling.offset[0], 4.0, 1e-12);
  EXPECT_NEAR(1.0 / scaling.factor[0], std::sqrt(26.0 / 3.0), 1e-12);
  EXPECT_EQ(scaling.offset[1], 7.0);
  EXPECT_EQ(scaling.factor[1], 1.0);
}

}  // namespace
}  // namespace proteus::features

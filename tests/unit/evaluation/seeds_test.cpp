#include "models/evaluation/known_answers/seeds.hpp"

#include <gtest/gtest.h>

namespace proteus::evaluation {
namespace {

TEST(OverSeeds, GivesTheValuesInTheOrderOfTheSeeds) {
  Parameters parameters;
  parameters.seeds = 9;
  parameters.seed = 4;
  const auto values = over_seeds(parameters, [](std::uint64_t seed) { return seed * seed; });
  EXPECT_EQ(values, (std::vector<std::uint64_t>{16, 25, 36, 49, 64, 81, 100, 121, 144}));
}

}  // namespace
}  // namespace proteus::evaluation

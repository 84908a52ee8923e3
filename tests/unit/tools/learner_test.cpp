#include "tools/app/verify/learner.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace proteus::app::verify {
namespace {

TEST(Learner, ComputesWithOneThreadWhateverTheShellSays) {
  const auto variables = learning_environment();
  for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"})
    EXPECT_TRUE(std::ranges::any_of(variables, [&](const auto& v) {
      return v.first == name && v.second == "1";
    })) << name;
}

TEST(Learner, IsLookedForBesideTheRunningProgramAlone) {
  // This test lies in a folder of its own, where there is none.
  EXPECT_FALSE(find_learner());
}

}  // namespace
}  // namespace proteus::app::verify

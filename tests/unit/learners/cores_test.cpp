// What the kinds of cores have to do in a training.
#include <gtest/gtest.h>

#include "models/learners/evaluate.hpp"
#include "models/learners/known_answers/bandit_env.hpp"
#include "models/learners/ppo.hpp"
#include "tests/unit/learners/support.hpp"

namespace proteus::learners {
namespace {

/// Two arms with chances p and 1 - p, ten pulls: without memory 5 pay, with it up to 7.
struct Trained {
  BernoulliBandit env{64, 2, 10, BernoulliBandit::Arms::Dependent};
  policy::ActorCritic policy;
  std::unique_ptr<Ppo> ppo;

  Trained(policy::CoreKind kind, std::int64_t steps, std::uint64_t seed)
      : policy(small_policy(kind), input_width(kAll, env), 2, seed),
        ppo(std::move(Ppo::create(policy, env, kAll, quick(10), steps, seed).value())) {
    EXPECT_FALSE(ppo->run().has_error());
  }
  [[nodiscard]] std::uint64_t hash() const { return policy::parameter_hash(policy.values()); }
  double test() { return evaluate(policy, env, ppo->inputs(), 2'000, 9).mean; }
};

TEST(S5Training, TheSameSeedGivesTheSameParametersBitForBit) {
  const std::uint64_t first = Trained(policy::CoreKind::S5, 3'000, 3).hash();
  EXPECT_EQ(Trained(policy::CoreKind::S5, 3'000, 3).hash(), first);
  EXPECT_NE(Trained(policy::CoreKind::S5, 3'000, 4).hash(), first);
}

TEST(S5Training, LearnsToTakeTheArmThatHasPaid) {
  EXPECT_GT(Trained(policy::CoreKind::S5, 40'000, 1).test(), 6.0);
}

}  // namespace
}  // namespace proteus::learners

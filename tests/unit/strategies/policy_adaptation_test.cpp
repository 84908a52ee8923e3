// What governs adaptation, forced step by step: a learner that only keeps its tasks, answers made
// by the test.
#include "strategies/policy/policy_adaptation.hpp"

#include <limits>

#include "tests/unit/strategies/policy_support.hpp"

namespace proteus::strategies {
namespace {

using namespace policy_test;

struct KeepingLearner final : Learner {
  void learn(LearnTask task) override { tasks.push_back(std::move(task)); }
  std::vector<LearnTask> tasks;
};

PolicySettings quick() {
  PolicySettings settings;
  settings.adapt = Adapt::Both;
  settings.adapt_every = 20;
  settings.adapt_change = 0.0;
  settings.adapt_bars = 15;
  settings.adapt_patience = 6;
  settings.adapt_norm_max = 1000.0;
  settings.adapt_kl_max = 2.0;
  settings.adapt_rollback = 3.0;
  return settings;
}

/// A strategy with everything it tells.
struct Desk {
  explicit Desk(PolicySettings settings = quick(), std::uint64_t seed = 1)
      : base(a_policy(seed)), parts(parts_of(base, std::move(settings))) {
    parts.learner = &learner;
    strategy = make(parts);
  }
  Opinion bar() { return bar(a_bar(next++)); }
  Opinion bar(const Bar& b) {
    const Opinion opinion = feed(*strategy, b);
    hear();
    return opinion;
  }
  void hear() {
    EventBody body;
    while (strategy->take_news(body)) {
      if (const auto* cut = std::get_if<AdaptationCut>(&body)) cuts.push_back(*cut);
      if (const auto* judged = std::get_if<AdaptationJudged>(&body)) verdicts.push_back(*judged);
    }
  }
  /// Goes on until a stretch has gone to the learner.
  void until_cut() {
    const std::size_t before = cuts.size();
    for (int i = 0; i < 500 && cuts.size() == before; ++i) bar();
    ASSERT_EQ(cuts.size(), before + 1);
  }
  /// An answer that is fine: weights that say this, better on held-back bars.
  AdaptationProposed answer(float shorter, float flat, float longer) const {
    SmallPolicy other = *base;
    other.say(shorter, flat, longer);
    AdaptationProposed p;
    p.ordinal = cuts.back().ordinal;
    p.steps = 5;
    p.step_norm = 1.0;
    p.kl = 0.01;
    p.held_base = 0.01;
    p.held_adapted = 0.02;
    const auto weights = other.weights(AdaptedPart::Head);
    p.weights.assign(weights.begin(), weights.end());
    return p;
  }
  void propose(const AdaptationProposed& p) {
    strategy->on_adaptation(p);
    hear();
  }
  [[nodiscard]] const PolicyStatus& status() const { return *strategy->policy_status(); }

  KeepingLearner learner;
  std::shared_ptr<SmallPolicy> base;
  PolicyParts parts;
  std::unique_ptr<PolicyStrategy> strategy;
  int next = 0;
  std::vector<AdaptationCut> cuts;
  std::vector<AdaptationJudged> verdicts;
};

TEST(PolicyAdaptation, AStretchGoesToTheLearnerWithTheRowsThatThePolicySaw) {
  Desk desk;
  desk.until_cut();
  const AdaptationCut& cut = desk.cuts[0];
  EXPECT_EQ(cut.ordinal, 1U);
  EXPECT_EQ(cut.cause, AdaptationCause::Periodic);
  EXPECT_EQ(cut.bars, 15U);
  EXPECT_EQ(cut.until, a_bar(desk.next - 1).close_time);
  EXPECT_EQ(cut.from, a_bar(desk.next - 15).open_time);
  ASSERT_EQ(desk.learner.tasks.size(), 1U);
  const LearnTask& task = desk.learner.tasks[0];
  EXPECT_EQ(task.ordinal, 1U);
  EXPECT_EQ(task.rebuild, 8U);
  ASSERT_EQ(task.bars.size(), 23U);
  ASSERT_EQ(task.subjects.size(), 1U);
  EXPECT_EQ(task.subjects[0].base, desk.base);
  ASSERT_EQ(task.subjects[0].features.size(), 23U * kFeatures);
  EXPECT_NEAR(task.bars.back().bar_return,
              a_bar(desk.next - 1).close.to_double() / a_bar(desk.next - 2).close.to_double() - 1.0,
              1e-12);
}

TEST(PolicyAdaptation, OneStretchIsOutAtATime) {
  PolicySettings settings = quick();
  settings.adapt_every = 2;
  settings.adapt_patience = 50;
  Desk desk(settings);
  desk.until_cut();
  for (int i = 0; i < 40; ++i) desk.bar();
  EXPECT_EQ(desk.cuts.size(), 1U);
  EXPECT_EQ(desk.status().awaited, 1U);
}

TEST(PolicyAdaptation, WhatIsBetterIsAdoptedBetweenTwoBarsWithARebuiltMemory) {
  Desk desk;
  desk.until_cut();
  desk.propose(desk.answer(0.0F, 0.0F, 9.0F));
  ASSERT_EQ(desk.verdicts.size(), 1U);
  EXPECT_EQ(desk.verdicts[0].verdict, AdaptationVerdict::Adopted);
  EXPECT_EQ(desk.verdicts[0].version_before, 0U);
  EXPECT_EQ(desk.verdicts[0].version_after, 1U);
  EXPECT_NE(desk.verdicts[0].weights_hash, 0U);
  const Opinion opinion = desk.bar();
  EXPECT_EQ(opinion.policy->version, 1U);
  EXPECT_EQ(opinion.policy->trial_bar, 9U);  // 8 rebuilt, and this one.
  EXPECT_GT(opinion.target->weight, 0.99);
  EXPECT_EQ(desk.status().adopted, 1U);
}

TEST(PolicyAdaptation, WhatIsOutOfBoundsIsRefusedWithItsReason) {
  struct Case {
    void (*change)(AdaptationProposed&);
    std::string_view reason;
  };
  const std::vector<Case> cases = {
      {[](AdaptationProposed& p) { p.step_norm = 2000.0; },
       "the change is 2000 long, and 1000 is allowed"},
      {[](AdaptationProposed& p) { p.weights[0] += 5000.0F; }, "the change is "},
      {[](AdaptationProposed& p) { p.kl = 2.5; },
       "its choices diverge by 2.5 nats, and 2 are allowed"},
      {[](AdaptationProposed& p) { p.held_adapted = p.held_base; },
       "on held back bars it earns 0.01 and the base 0.01, a margin of 0 is needed"},
      {[](AdaptationProposed& p) { p.held_adapted = std::nan(""); },
       "what the learner measured is no number"},
      {[](AdaptationProposed& p) { p.weights[3] = std::numeric_limits<float>::infinity(); },
       "a weight is not finite"},
      {[](AdaptationProposed& p) { p.weights.pop_back(); }, "23 weights came, and 24 are adapted"},
  };
  for (const Case& c : cases) {
    Desk desk;
    desk.until_cut();
    AdaptationProposed p = desk.answer(0.0F, 0.0F, 9.0F);
    c.change(p);
    desk.propose(p);
    ASSERT_EQ(desk.verdicts.size(), 1U) << c.reason;
    EXPECT_EQ(desk.verdicts[0].verdict, AdaptationVerdict::Refused);
    EXPECT_TRUE(desk.verdicts[0].reason.view().starts_with(c.reason))
        << desk.verdicts[0].reason.view();
    EXPECT_EQ(desk.bar().policy->version, 0U);
    EXPECT_EQ(desk.status().refused, 1U);
  }
}

TEST(PolicyAdaptation, WhatFallsBehindTheBaseInShadowIsRolledBack) {
  Desk desk;
  desk.base->say(0.0F, 9.0F, 0.0F);  // flat: earns nothing, pays nothing
  desk.strategy = make(desk.parts);
  desk.until_cut();
  desk.propose(desk.answer(0.0F, 0.0F, 9.0F));
  // Long in a market that falls 1 % a bar.
  Bar bar = a_bar(desk.next);
  double price = bar.close.to_double();
  int bars = 0;
  for (; bars < 200 && desk.verdicts.size() < 2; ++bars) {
    price *= 0.99;
    bar.open = bar.close;
    bar.close = bar.low = Price::from_raw(static_cast<std::int64_t>(price * 1e9));
    bar.high = std::max(bar.open, bar.close);
    desk.bar(bar);
    bar.open_time += 1h;
    bar.close_time += 1h;
  }
  ASSERT_EQ(desk.verdicts.size(), 2U);
  const AdaptationJudged& verdict = desk.verdicts[1];
  EXPECT_EQ(verdict.verdict, AdaptationVerdict::RolledBack);
  EXPECT_EQ(verdict.version_before, 1U);
  EXPECT_EQ(verdict.version_after, 0U);
  EXPECT_LT(verdict.shadow_gain, -3.0);
  EXPECT_EQ(verdict.weights_hash, desk.verdicts[0].weights_hash);
  EXPECT_GT(bars, 1);
  EXPECT_EQ(desk.bar(bar).policy->version, 0U);
  EXPECT_EQ(desk.status().rolled_back, 1U);
  EXPECT_EQ(desk.status().gain_total, verdict.shadow_gain);
}

TEST(PolicyAdaptation, AFailureAndSilenceLeaveTheBaseAndTheNextStretchGoesOut) {
  Desk desk;
  desk.until_cut();
  AdaptationFailed failed;
  failed.ordinal = 1;
  failed.cause = "the learner is dead";
  desk.strategy->on_adaptation(failed);
  desk.hear();
  ASSERT_EQ(desk.verdicts.size(), 1U);
  EXPECT_EQ(desk.verdicts[0].verdict, AdaptationVerdict::Lost);
  EXPECT_EQ(desk.verdicts[0].reason.view(), "the learner is dead");
  desk.until_cut();
  for (int i = 0; i < 7; ++i) desk.bar();
  ASSERT_EQ(desk.verdicts.size(), 2U);
  EXPECT_EQ(desk.verdicts[1].reason.view(), "no answer within 6 bars");
  EXPECT_EQ(desk.status().failed, 2U);
  // Its answer comes all the same.
  desk.propose(desk.answer(0.0F, 0.0F, 9.0F));
  ASSERT_EQ(desk.verdicts.size(), 3U);
  EXPECT_EQ(desk.verdicts[2].verdict, AdaptationVerdict::Refused);
  EXPECT_EQ(desk.bar().policy->version, 0U);
  desk.until_cut();
  EXPECT_EQ(desk.cuts.back().ordinal, 3U);
}

/// Saves `from` and reads it into `into`; `change` may damage the bytes.
void move_over(Desk& from, Desk& into, const std::function<void(ByteBuffer&)>& change = {}) {
  ByteBuffer bytes;
  Archive out = Archive::writer(bytes);
  from.strategy->archive(out);
  ASSERT_TRUE(out.finish());
  if (change) change(bytes);
  Archive in = Archive::reader(bytes.view());
  into.strategy->archive(in);
  ASSERT_TRUE(in.finish()) << in.place();
  into.next = from.next;
  into.cuts = from.cuts;
}

TEST(PolicyAdaptation, GoesOnFromASnapshotInTheMiddleWithTheSameBits) {
  Desk unbroken;
  unbroken.until_cut();
  Desk awaiting;
  move_over(unbroken, awaiting);
  for (Desk* desk : {&unbroken, &awaiting}) desk->propose(desk->answer(0.2F, 0.0F, 0.9F));
  for (int i = 0; i < 5; ++i)
    ASSERT_EQ(unbroken.bar().target->weight, awaiting.bar().target->weight);
  Desk adapted;
  move_over(unbroken, adapted);
  for (int i = 0; i < 60; ++i) {
    const Opinion a = unbroken.bar();
    const Opinion b = adapted.bar();
    ASSERT_EQ(a.target->weight, b.target->weight);
    ASSERT_EQ(a.policy->version, b.policy->version);
    ASSERT_EQ(unbroken.status().shadow_gain, adapted.status().shadow_gain);
  }
  EXPECT_EQ(unbroken.cuts.size(), adapted.cuts.size());
}

TEST(PolicyAdaptation, AdaptedWeightsThatComeBackDamagedAreLostAndTheBaseGoesOn) {
  Desk desk;
  desk.until_cut();
  AdaptationProposed p = desk.answer(0.0F, 0.0F, 9.0F);
  p.weights[1] = 0.123456F;
  desk.propose(p);
  desk.bar();
  Desk after;
  move_over(desk, after, [](ByteBuffer& bytes) {
    const float sought = 0.123456F;
    std::size_t found = 0;
    for (std::size_t i = 0; i + 4 <= bytes.size(); ++i)
      if (std::memcmp(bytes.data() + i, &sought, 4) == 0) {
        bytes.data()[i] ^= std::byte{1};
        ++found;
      }
    ASSERT_EQ(found, 1U);
  });
  EXPECT_EQ(after.bar().policy->version, 0U);
  ASSERT_EQ(after.verdicts.size(), 1U);
  EXPECT_EQ(after.verdicts[0].verdict, AdaptationVerdict::Lost);
  EXPECT_EQ(after.verdicts[0].reason.view(), "the adapted weights are not those that were saved");
  EXPECT_EQ(after.status().lost, 1U);
}

TEST(PolicyAdaptation, WithoutALearnerNothingIsCut) {
  Desk desk;
  desk.parts.learner = nullptr;
  desk.strategy = make(desk.parts);
  for (int i = 0; i < 300; ++i) desk.bar();
  EXPECT_TRUE(desk.cuts.empty());
}

TEST(PolicyAdaptation, AnEnsembleIsAdaptedEachForItself) {
  Desk desk;
  const auto second = a_policy(2);
  desk.parts.models.push_back({a_spec(), second});
  desk.strategy = make(desk.parts);
  desk.until_cut();
  ASSERT_EQ(desk.learner.tasks.back().subjects.size(), 2U);
  AdaptationProposed p = desk.answer(0.0F, 0.0F, 9.0F);
  const auto other = second->weights(AdaptedPart::Head);
  p.weights.insert(p.weights.end(), other.begin(), other.end());
  desk.propose(p);
  const Opinion opinion = desk.bar();
  EXPECT_EQ(opinion.policy->version, 1U);
  EXPECT_EQ(desk.verdicts.back().verdict, AdaptationVerdict::Adopted);
}

TEST(FallDetector, SpeaksWhenTheRewardFallsAndNotWhileItStays) {
  std::mt19937_64 random(5);
  const auto noise = [&] {
    double sum = 0.0;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(random() >> 11) * 0x1p-53;
    return sum - 6.0;  // about normal, deviation 1
  };
  FallDetector detector(8.0);
  for (int i = 0; i < 300; ++i) EXPECT_FALSE(detector.add(0.1 + noise())) << i;
  int bars = 0;
  while (bars < 50 && !detector.add(-1.9 + noise())) ++bars;
  EXPECT_LT(bars, 20);
  FallDetector rises(8.0);
  for (int i = 0; i < 100; ++i) rises.add(noise());
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(rises.add(3.0 + noise()));
  FallDetector off(0.0);
  for (int i = 0; i < 100; ++i) off.add(noise());
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(off.add(-9.0));
}

TEST(PolicyAdaptation, AFallSendsAStretchBeforeItsTime) {
  PolicySettings settings = quick();
  settings.adapt_every = 100'000;
  settings.adapt_change = 5.0;
  Desk desk(settings);
  desk.base->say(0.0F, 0.0F, 9.0F);
  desk.strategy = make(desk.parts);
  Bar bar = a_bar(0);
  double price = 100.0;
  const auto close_at = [&](double change) {
    price *= 1.0 + change;
    bar.open = bar.close;
    bar.close = Price::from_raw(static_cast<std::int64_t>(price * 1e9));
    bar.high = std::max(bar.open, bar.close);
    bar.low = std::min(bar.open, bar.close);
    desk.bar(bar);
    bar.open_time += 1h;
    bar.close_time += 1h;
  };
  bar.close = Price::from_raw(100'000'000'000);
  for (int i = 0; i < 400; ++i) close_at(i % 2 == 0 ? 0.004 : -0.003);
  EXPECT_TRUE(desk.cuts.empty());  // It earns what it always earned.
  for (int i = 0; i < 20 && desk.cuts.empty(); ++i) close_at(-0.02);
  ASSERT_EQ(desk.cuts.size(), 1U);
  EXPECT_EQ(desk.cuts[0].cause, AdaptationCause::Change);
}

}  // namespace
}  // namespace proteus::strategies

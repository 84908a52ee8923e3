// The policy strategy: what it says follows from a PolicyTrial run by hand over the same bars.
#include "strategies/policy/policy_strategy.hpp"

#include <set>

#include "tests/unit/strategies/policy_support.hpp"

namespace proteus::strategies {
namespace {

using namespace policy_test;

/// What the contract says, in plain steps: features, moves, and a trial that is rebuilt.
class ByHand {
 public:
  ByHand(const PolicySpec& spec, const Policy& policy, bool remembers = true)
      : spec_(spec),
        policy_(policy),
        remembers_(remembers),
        features_(features::make_feature_set(spec.features, an_instrument(), Interval::H1).value()),
        moves_(spec.market, Interval::H1, 8h),
        trial_(spec.market, Interval::H1, policy.shape().state) {}

  /// The weight after this bar; nothing while it warms up.
  std::optional<double> add(const Bar& bar) {
    features_->update(bar, {});
    std::vector<matching::FundingTime> due;
    for (Timestamp t = bar.open_time + 1h; t <= bar.close_time; t += 1h)
      if (t.time_since_epoch() % 8h == 0h) due.push_back({.time = t});
    const MarketMove move = moves_.add(bar, due);
    ++seen_;
    if (!features_->ready() || seen_ <= static_cast<std::size_t>(spec_.market.volatility_span))
      return std::nullopt;
    std::vector<float> row(kFeatures);
    scale_features(spec_, features_->values(), row);
    rows_.emplace_back(row, move);
    if (rows_.size() <= 8) return std::nullopt;
    if (trial_.steps() == 0 || trial_.over()) {
      trial_.begin();
      for (std::size_t i = rows_.size() - 9; i + 1 < rows_.size(); ++i) step(i);
    }
    return step(rows_.size() - 1);
  }
  [[nodiscard]] const PolicyTrial& trial() const { return trial_; }

 private:
  double step(std::size_t i) {
    std::vector<float> x(policy_.shape().inputs);
    std::vector<float> scratch(policy_.scratch(1));
    std::vector<float> features(policy_.shape().features);
    std::vector<float> outputs(4);
    trial_.observe(rows_[i].first, rows_[i].second, x);
    if (!remembers_) std::ranges::fill(trial_.state(), 0.0F);
    policy_.trunk(1, x.data(), trial_.state().data(), features.data(), scratch);
    policy_.head(1, features.data(), outputs.data());
    return trial_.answer(outputs, rows_[i].second, true).weight;
  }
  PolicySpec spec_;
  const Policy& policy_;
  bool remembers_;
  std::unique_ptr<features::FeatureSet> features_;
  MarketMoves moves_;
  PolicyTrial trial_;
  std::size_t seen_ = 0;
  std::vector<std::pair<std::vector<float>, MarketMove>> rows_;
};

TEST(PolicyStrategy, SaysWhatATrialByHandSays) {
  for (const Adapt adapt : {Adapt::Recurrent, Adapt::Off}) {
    const auto policy = a_policy();
    const auto strategy = make(parts_of(policy, {.adapt = adapt}));
    ByHand by_hand(a_spec(), *policy, adapt == Adapt::Recurrent);
    int spoken = 0;
    for (int k = 0; k < 400; ++k) {
      const Opinion opinion = feed(*strategy, a_bar(k));
      const auto expected = by_hand.add(a_bar(k));
      ASSERT_EQ(opinion.target.has_value(), expected.has_value()) << k;
      ASSERT_EQ(opinion.warming_up, !expected.has_value());
      if (!expected) continue;
      ASSERT_EQ(opinion.target->weight, *expected) << "bar " << k;
      ASSERT_EQ(opinion.policy->trial_bar, by_hand.trial().steps());
      ++spoken;
    }
    EXPECT_GT(spoken, 100);
    EXPECT_GT(strategy->policy_status()->trials, 4U);  // Of 22 traded bars each.
  }
}

TEST(PolicyStrategy, SpeaksFirstWhenItsWarmUpIsOver) {
  const auto strategy = make(parts_of(a_policy()));
  const auto bars = static_cast<int>(strategy->warm_up_bars());
  EXPECT_TRUE(feed(*strategy, 0, bars - 1).warming_up);
  EXPECT_FALSE(feed(*strategy, a_bar(bars - 1)).warming_up);
  EXPECT_EQ(policy_warm_up(a_spec()).value(), strategy->warm_up_bars());
}

TEST(PolicyStrategy, BitsDoNotDependOnHowManyAreDecidedTogether) {
  const auto policy = a_policy();
  PolicyParts together = parts_of(policy);
  std::vector<std::unique_ptr<PolicyStrategy>> many;
  std::vector<std::unique_ptr<PolicyStrategy>> alone;
  for (int i = 0; i < 7; ++i) {
    many.push_back(make(together));
    alone.push_back(make(parts_of(policy)));
  }
  for (int k = 0; k < 400; ++k) {
    for (std::uint32_t i = 0; i < many.size(); ++i) many[i]->gather(a_bar(k, i));
    for (std::uint32_t i = 0; i < many.size(); ++i) {
      const Opinion a = feed(*many[i], a_bar(k, i));
      const Opinion b = feed(*alone[i], a_bar(k, i));
      ASSERT_EQ(a.target.has_value(), b.target.has_value());
      if (a.target) {
        ASSERT_EQ(a.target->weight, b.target->weight) << "bar " << k << " instrument " << i;
      }
    }
  }
  EXPECT_EQ(together.desk->rows_max(), 7U);
}

TEST(PolicyStrategy, AnEnsembleHoldsTheMeanOfItsWeights) {
  const auto one = a_policy(1);
  const auto two = a_policy(2);
  PolicyParts both = parts_of(one);
  both.models.push_back({a_spec(), two});
  const auto first = make(parts_of(one));
  const auto second = make(parts_of(two));
  const auto mean = make(both);
  for (int k = 0; k < 300; ++k) {
    const Opinion a = feed(*first, a_bar(k));
    const Opinion b = feed(*second, a_bar(k));
    const Opinion m = feed(*mean, a_bar(k));
    if (!m.target) continue;
    ASSERT_DOUBLE_EQ(m.target->weight, 0.5 * (a.target->weight + b.target->weight));
    ASSERT_DOUBLE_EQ(m.policy->spread, std::abs(a.target->weight - b.target->weight));
    ASSERT_EQ(m.policy->policies, 2);
  }
}

TEST(PolicyStrategy, GoesOnFromASnapshotWithTheSameBits) {
  const auto policy = a_policy();
  const auto unbroken = make(parts_of(policy));
  feed(*unbroken, 0, 290);
  ByteBuffer bytes;
  Archive out = Archive::writer(bytes);
  unbroken->archive(out);
  ASSERT_TRUE(out.finish());
  const auto resumed = make(parts_of(policy));
  Archive in = Archive::reader(bytes.view());
  resumed->archive(in);
  ASSERT_TRUE(in.finish());
  for (int k = 290; k < 400; ++k) {
    const Opinion a = feed(*unbroken, a_bar(k));
    const Opinion b = feed(*resumed, a_bar(k));
    ASSERT_EQ(a.target->weight, b.target->weight) << k;
    ASSERT_EQ(a.policy->state_drift, b.policy->state_drift) << k;
  }
}

TEST(PolicyStrategy, AfterAHoleItStartsAgain) {
  const auto strategy = make(parts_of(a_policy()));
  feed(*strategy, 0, 300);
  strategy->reset();
  const auto fresh = make(parts_of(a_policy()));
  for (int k = 400; k < 700; ++k) {
    const Opinion a = feed(*strategy, a_bar(k));
    const Opinion b = feed(*fresh, a_bar(k));
    ASSERT_EQ(a.warming_up, b.warming_up) << k;
    if (a.target) {
      ASSERT_EQ(a.target->weight, b.target->weight) << k;
    }
  }
}

TEST(PolicyStrategy, SaysThatBarsWereMissingForAsLongAsAHoleKeepsItSilent) {
  const auto strategy = make(parts_of(a_policy()));
  std::set<std::string_view> before;
  std::set<std::string_view> after;
  const auto hear = [&](int from, int to, std::set<std::string_view>& reasons) {
    for (int k = from; k < to; ++k)
      if (const Opinion said = feed(*strategy, a_bar(k)); said.warming_up)
        reasons.insert(said.reason);
  };
  hear(0, 300, before);
  strategy->reset();
  hear(400, 700, after);
  EXPECT_EQ(before, (std::set<std::string_view>{"the features' windows are still filling",
                                                "the policy's memory is still filling"}));
  EXPECT_EQ(after,
            (std::set<std::string_view>{"bars were missing: the features' windows fill anew",
                                        "bars were missing: the policy's memory fills anew"}));
}

TEST(PolicyStrategy, TellsWhatWasSaid) {
  auto policy = a_policy();
  policy->say(0.0F, std::log(2.0F), 0.0F, 0.75F);
  const auto strategy = make(parts_of(policy));
  const Opinion opinion = feed(*strategy, 0, 300);
  const PolicyWords& words = *opinion.policy;
  EXPECT_NEAR(words.chance_short, 0.25, 1e-7);
  EXPECT_NEAR(words.chance_flat, 0.5, 1e-7);
  EXPECT_NEAR(words.chance_long, 0.25, 1e-7);
  EXPECT_EQ(words.value, 0.75);
  EXPECT_NEAR(words.confidence, 1.0 - 1.5 * std::log(2.0) / std::log(3.0), 1e-7);
  EXPECT_EQ(words.trial_bars, 30U);
  EXPECT_EQ(words.version, 0U);
  EXPECT_EQ(words.kernel.view(), "small");
  EXPECT_GT(words.state_norm, 0.0);
  EXPECT_GT(words.state_drift, 0.0);
  EXPECT_EQ(opinion.reason, "the policy is flat");
  EXPECT_EQ(opinion.observation.size(), kFeatures + kOwnInputs);
}

TEST(PolicyStrategy, WhatIsNoNumberIsFlatOrHeldAsTheSettingSays) {
  auto policy = a_policy();
  policy->say(0.0F, std::numeric_limits<float>::quiet_NaN(), 1.0F);
  const auto flat = make(parts_of(policy, {.bad_output = BadPolicyOutput::Flat}));
  const auto hold = make(parts_of(policy, {.bad_output = BadPolicyOutput::Hold}));
  const Opinion a = feed(*flat, 0, 300);
  ASSERT_TRUE(a.target.has_value());
  EXPECT_EQ(a.target->weight, 0.0);
  EXPECT_FALSE(a.policy->finite);
  const Opinion b = feed(*hold, 0, 300);
  EXPECT_FALSE(b.target.has_value());
  EXPECT_FALSE(b.warming_up);
  EXPECT_EQ(flat->policy_status()->bad, flat->policy_status()->answers);
  EXPECT_GT(hold->policy_status()->bad, 0U);
}

TEST(PolicyStrategy, AFeatureBeyondWhatTrainingSawIsCountedAndFlatWhereAskedFor) {
  auto policy = a_policy();
  policy->say(0.0F, 0.0F, 5.0F);
  for (const OutsideRange outside : {OutsideRange::Act, OutsideRange::Flat}) {
    PolicyParts parts = parts_of(policy, {.outside = outside});
    parts.models[0].spec.seen_max[2] = -1e8;
    parts.models[0].spec.seen_min[3] = 1e8;
    const auto strategy = make(parts);
    const Opinion opinion = feed(*strategy, 0, 300);
    EXPECT_EQ(opinion.policy->outside, 2);
    EXPECT_EQ(opinion.target->weight > 0.5, outside == OutsideRange::Act);
    EXPECT_EQ(strategy->policy_status()->outside, strategy->policy_status()->answers);
  }
}

TEST(PolicyStrategy, SpotHoldsNoShort) {
  auto policy = a_policy();
  policy->say(5.0F, 0.0F, 0.0F);
  const auto strategy = make(parts_of(policy), Category::Spot);
  EXPECT_EQ(feed(*strategy, 0, 300).target->weight, 0.0);
}

TEST(PolicyStrategy, BetweenDecisionsTheLastOneStands) {
  PolicyParts parts = parts_of(a_policy());
  parts.models[0].spec.market.decide_every = 4;
  parts.models[0].spec.market.trial_bars = 1000;
  const auto strategy = make(parts);
  double last = feed(*strategy, 0, 300).target->weight;
  int changes = 0;
  for (int k = 300; k < 340; ++k) {
    const Bar bar = a_bar(k);
    const Opinion opinion = feed(*strategy, bar);
    ASSERT_TRUE(opinion.target.has_value()) << k;
    const bool decides = bar.close_time.time_since_epoch() % 4h == 0h;
    EXPECT_EQ(opinion.reason == "the last decision stands", !decides) << k;
    if (!decides) {
      EXPECT_EQ(opinion.target->weight, last) << k;
    }
    changes += opinion.target->weight != last ? 1 : 0;
    last = opinion.target->weight;
  }
  EXPECT_EQ(changes, 10);
}

TEST(PolicyDesk, KeepsItsAnswersWhereThePolicyThatGaveThemIsReplaced) {
  const auto base = a_policy();
  const auto head = base->weights(AdaptedPart::Head);
  auto adapted = base->with(AdaptedPart::Head, head).value();
  ASSERT_EQ(adapted->trunk_id(), base->trunk_id());
  const Policy::Shape shape = base->shape();
  const std::vector<float> inputs(shape.inputs, 0.25F);
  std::vector<float> first(shape.state, 0.0F);
  std::vector<float> second(shape.state, 0.0F);
  PolicyDesk desk;
  desk.ask(*adapted, inputs, first);
  const std::size_t place = desk.ask(*base, inputs, second);
  desk.answer();
  adapted.reset();
  const auto outputs = desk.outputs(place);
  ASSERT_EQ(outputs.size(), shape.outputs());
  EXPECT_TRUE(std::isfinite(outputs[0]));
}

TEST(PolicyStrategy, RefusesWhatDoesNotFitInASentence) {
  const auto refusal = [](PolicyParts parts, Interval interval = Interval::H1) {
    const auto made = PolicyStrategy::create(parts, an_instrument(), interval);
    EXPECT_FALSE(made.has_value());
    return made ? std::string() : made.error().context;
  };
  EXPECT_EQ(refusal(parts_of(a_policy()), Interval::M15),
            "checkpoint small: it was trained on 1h bars and engine.interval is 15m: set "
            "engine.interval = \"1h\", or train one for 15m bars");
  PolicyParts other = parts_of(a_policy());
  other.models.push_back(other.models.front());
  other.models[1].spec.market.trial_bars = 31;
  EXPECT_EQ(refusal(other),
            "checkpoint small: it was trained for another market than small: trial_bars is 30 "
            "there and 31 here; they cannot trade together");
  PolicyParts mixed = parts_of(a_policy());
  mixed.models.push_back(mixed.models.front());
  mixed.models[1].spec.inner_steps = 5;
  EXPECT_EQ(refusal(mixed),
            "checkpoint small: it was trained to adapt by 5 gradient steps of rate 1, small by 0 "
            "of 1: they cannot trade together");
  mixed.models[0].spec.inner_steps = 5;
  mixed.models[1].spec.inner_rate = 0.25;
  EXPECT_EQ(refusal(mixed),
            "checkpoint small: it was trained to adapt by 5 gradient steps of rate 0.25, small by "
            "5 of 1: they cannot trade together");
  PolicyParts narrow = parts_of(std::make_shared<SmallPolicy>(kFeatures, kState, 1));
  EXPECT_EQ(refusal(narrow),
            "checkpoint small: its network reads 16 inputs and chooses of 3; practitioner "
            "features need 23 and 3");
}

TEST(BarFunding, TellsTheVenuesWordBeforeTheGrid) {
  BarFunding funding{8h};
  const Timestamp day = Timestamp{} + 24h * 20000;
  const auto bar = [&](int hour) {
    Bar b;
    b.open_time = day + hour * 1h;
    b.close_time = b.open_time + 1h;
    return b;
  };
  const auto ticker = [&](int hour, std::int64_t rate) {
    TickerUpdated t;
    t.funding_known = true;
    t.funding_rate_e9 = rate;
    t.next_funding = day + hour * 1h;
    return t;
  };
  // Told before the first bar, as a player does.
  funding.on_ticker(ticker(8, 100), day);
  for (int h = 0; h < 7; ++h) EXPECT_TRUE(funding.settle(bar(h)).empty()) << h;
  const auto due = funding.settle(bar(7));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_TRUE(due[0].known);
  EXPECT_EQ(due[0].rate_e9, 100);
  // Nobody says a rate for the next one: it is due all the same.
  for (int h = 8; h < 15; ++h) EXPECT_TRUE(funding.settle(bar(h)).empty()) << h;
  ASSERT_EQ(funding.settle(bar(15)).size(), 1U);
  // A time off the grid.
  funding.on_ticker(ticker(20, -50), day + 16h);
  for (int h = 16; h < 19; ++h) EXPECT_TRUE(funding.settle(bar(h)).empty()) << h;
  const auto early = funding.settle(bar(19));
  ASSERT_EQ(early.size(), 1U);
  EXPECT_EQ(early[0].rate_e9, -50);
}

}  // namespace
}  // namespace proteus::strategies

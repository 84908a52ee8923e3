// Each step of sizing against numbers computed by hand.
#include "risk/sizing.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "risk/limits/controls.hpp"
#include "tests/unit/risk/builders.hpp"

namespace proteus::risk {
namespace {

using namespace std::chrono_literals;

/// Settings under which a target passes as it is: no floor in the way, no band, one share.
SizingSettings open_settings() {
  SizingSettings s;
  s.kelly_floor = 1.0;
  s.no_trade_band = 0.0;
  s.share_max = 0.5;
  return s;
}

/// A sizer that is shown closes one minute apart, with books set by hand.
struct Scale {
  InstrumentTable instruments = table();
  SizingSettings settings;
  Sizer sizer;
  Books books;
  Timestamp open = kStart;
  SizingSteps steps;

  explicit Scale(const SizingSettings& s = open_settings(), const Costs& costs = {0.0, 0.0, 0.0})
      : settings(s),
        sizer(s, instruments, capital_shares(s, instruments).value(), Interval::M1, costs) {}

  Sized size(InstrumentId id, Price close, std::optional<Target> target, bool may_trade = true) {
    steps.clear();
    const Bar bar = bar_at(id, open, close);
    open += 1min;
    return sizer.size({bar, instruments[id], target, may_trade, books.view()}, steps);
  }
  /// n closes that go 1 % up and down around 100: a deviation of about 0.01 a bar.
  void shake(InstrumentId id, int n, std::optional<Target> target = Target{0.0, 1.0}) {
    for (int i = 0; i < n; ++i) (void)size(id, i % 2 == 0 ? "100"_px : "101"_px, target);
  }
  [[nodiscard]] const SizingStep& step(SizingStepId id) const {
    for (const SizingStep& taken : steps)
      if (taken.id == id) return taken;
    ADD_FAILURE() << "no step " << to_string(id);
    return steps[0];
  }
};

TEST(ToQuantity, CutsTowardZeroToTheLot) {
  EXPECT_EQ(to_quantity(0.1, "10000"_usdt, "300"_px, "0.001"_qty), "3.333"_qty);
  EXPECT_EQ(to_quantity(-0.1, "10000"_usdt, "300"_px, "0.001"_qty), "-3.333"_qty);
  EXPECT_EQ(to_quantity(0.25, "10000"_usdt, "100"_px, "0.001"_qty), "25"_qty);
  // A hair below 25 is not 25, however small the hair.
  EXPECT_EQ(to_quantity(0.24999999999999, "10000"_usdt, "100"_px, "0.001"_qty), "24.999"_qty);
  EXPECT_EQ(to_quantity(0.00001, "10000"_usdt, "300"_px, "0.001"_qty), "0"_qty);
}

TEST(ToQuantity, LetsNoNumberThroughThatIsNoQuantity) {
  EXPECT_FALSE(to_quantity(std::nan(""), "10000"_usdt, "100"_px, "0.001"_qty));
  EXPECT_FALSE(to_quantity(INFINITY, "10000"_usdt, "100"_px, "0.001"_qty));
  EXPECT_FALSE(to_quantity(1.0, "9000000000"_usdt, "0.000000001"_px, "1"_qty));
  EXPECT_FALSE(to_quantity(1.0, "10000"_usdt, Price{}, "0.001"_qty));
}

TEST(Sizing, TakesNoPositionBeforeVolatilityIsKnown) {
  Scale s;
  s.shake(kBtc, 20);  // 19 returns
  Sized sized = s.size(kBtc, "100"_px, Target{1.0, 1.0});
  EXPECT_NE(sized.weight, 0.0);  // This bar brings the twentieth.
  Scale t;
  t.shake(kBtc, 19);
  t.books.hold(kBtc, "1"_qty, "100"_px);
  sized = t.size(kBtc, "101"_px, Target{1.0, 1.0});
  EXPECT_EQ(sized.weight, 0.0);
  EXPECT_EQ(sized.wanted, Quantity{});
  EXPECT_FALSE(sized.unchanged);
  EXPECT_EQ(sized.reason, "volatility is not known yet: no position");
}

TEST(Sizing, ScalesByTargetOverVolatilityAYear) {
  Scale s;
  s.shake(kBtc, 101);  // 100 returns of +-log(1.01)
  s.open = kStart + 101min;
  (void)s.size(kBtc, "101"_px, Target{0.4, 0.5});
  // By definition: 101 returns r, -r, ..., weights (59/61)^age.
  const double r = std::log(1.01);
  double w = 0.0;
  double w2 = 0.0;
  double sum = 0.0;
  for (int i = 0; i < 101; ++i) {
    const double weight = std::pow(59.0 / 61.0, 100 - i);
    w += weight;
    w2 += weight * weight;
    sum += weight * (i % 2 == 0 ? r : -r);
  }
  const double mean = sum / w;
  const double variance = (r * r - mean * mean) * w / (w - w2 / w);
  const double sigma = std::sqrt(variance) * std::sqrt(525'600.0);
  EXPECT_NEAR(s.step(SizingStepId::Target).weight, 0.4, 0.0);
  EXPECT_NEAR(s.step(SizingStepId::Confidence).weight, 0.2, 1e-17);
  EXPECT_NEAR(s.step(SizingStepId::VolatilityTarget).factor, 0.5 / sigma, 1e-12);
  EXPECT_NEAR(s.step(SizingStepId::VolatilityTarget).weight, 0.2 * 0.5 / sigma, 1e-13);
}

TEST(Sizing, EnlargesInACalmMarketByAtMostTheLargestScaleAndNeverPastOne) {
  Scale s;
  for (int i = 0; i < 30; ++i) (void)s.size(kBtc, "100"_px, Target{0.0, 1.0});
  (void)s.size(kBtc, "100"_px, Target{0.3, 1.0});
  EXPECT_EQ(s.step(SizingStepId::VolatilityTarget).factor, 2.0);
  EXPECT_EQ(s.step(SizingStepId::VolatilityTarget).weight, 0.6);
  (void)s.size(kBtc, "100"_px, Target{-0.7, 1.0});
  EXPECT_EQ(s.step(SizingStepId::VolatilityTarget).weight, -1.0);
}

TEST(Sizing, CapsAtTheFloorUntilTheShadowLedgerHasHeldEnough) {
  SizingSettings settings = open_settings();
  settings.kelly_floor = 0.05;
  settings.volatility_target = 10.0;
  Scale s{settings};
  double close = 100.0;
  const auto rise = [&] {
    static int i = 0;
    close *= ++i % 2 == 0 ? 1.003 : 1.001;
    return Price::from_raw(to_fixed_raw(close));
  };
  for (int i = 0; i < 100; ++i) (void)s.size(kBtc, rise(), Target{1.0, 1.0});  // 99 bars held
  EXPECT_EQ(s.step(SizingStepId::KellyCap).factor, 0.05);
  EXPECT_EQ(s.step(SizingStepId::KellyCap).weight, 0.05);
  (void)s.size(kBtc, rise(), Target{1.0, 1.0});
  const ShadowLedger& shadow = s.sizer.shadow(kBtc);
  EXPECT_EQ(shadow.bars_held(), 100);
  // Returns of 0.1 % and 0.3 % in turn: mean 0.002, variance 1e-6 * 100/99.
  EXPECT_NEAR(shadow.returns().mean(), 0.002, 1e-10);
  EXPECT_NEAR(shadow.returns().variance(), 1e-6 * 100.0 / 99.0, 1e-12);
  EXPECT_NEAR(s.step(SizingStepId::KellyCap).factor,
              0.25 * continuous_kelly(0.002, 1e-6 * 100.0 / 99.0, 100.0).fraction(), 1e-4);
  EXPECT_EQ(s.step(SizingStepId::KellyCap).weight, 1.0);  // It caps, it does not invent.
}

TEST(Sizing, RecordsEachHaircutOfKellyWithWhatItRestsOn) {
  SizingSettings settings = open_settings();
  settings.kelly_floor = 0.01;
  settings.volatility_target = 10.0;
  Scale s{settings};
  double close = 100.0;
  for (int i = 0; i < 120; ++i) {
    close *= i % 3 == 0 ? 0.98 : 1.012;
    (void)s.size(kBtc, Price::from_raw(to_fixed_raw(close)), Target{1.0, 1.0});
  }
  const DecayedMoments& returns = s.sizer.shadow(kBtc).returns();
  const double raw = returns.mean() / returns.variance();
  const double kept = s.step(SizingStepId::KellyShrinkage).factor;
  ASSERT_EQ(s.steps.size(), 10U);
  EXPECT_DOUBLE_EQ(s.step(SizingStepId::KellyContinuous).factor, raw);
  const double x = s.step(SizingStepId::VolatilityTarget).weight;
  EXPECT_EQ(s.step(SizingStepId::KellyContinuous).weight, std::min(raw, x));
  EXPECT_NEAR(s.step(SizingStepId::KellySamples).factor, 119.0, 1e-9);
  EXPECT_GT(kept, 0.1);
  EXPECT_LT(kept, 0.9);
  EXPECT_DOUBLE_EQ(s.step(SizingStepId::KellyShrinkage).weight, std::min(raw * kept, x));
  EXPECT_EQ(s.step(SizingStepId::KellyFraction).factor, 0.25);
  EXPECT_DOUBLE_EQ(s.step(SizingStepId::KellyFraction).weight, std::min(0.25 * raw * kept, x));
  EXPECT_EQ(s.step(SizingStepId::KellyCap).weight, s.step(SizingStepId::KellyFraction).weight);
}

TEST(Sizing, NamesTheFormOfKellyThatCaps) {
  const auto told = [](KellyForm form) {
    SizingSettings settings = open_settings();
    settings.kelly = form;
    Scale s{settings};
    (void)s.size(kBtc, "100"_px, Target{1.0, 1.0});
    return s.steps[3].id;
  };
  EXPECT_EQ(told(KellyForm::Continuous), SizingStepId::KellyContinuous);
  EXPECT_EQ(told(KellyForm::Discrete), SizingStepId::KellyDiscrete);
  EXPECT_EQ(told(KellyForm::Drawdown), SizingStepId::KellyDrawdown);
}

TEST(Sizing, DoesNotLookAhead) {
  // Two worlds with one past: what is decided at bar 150 must not know bar 151.
  for (const KellyForm form : {KellyForm::Continuous, KellyForm::Discrete, KellyForm::Drawdown}) {
    std::vector<double> weights[2];  // with the factors of volatility and of Kelly's form
    for (int world = 0; world < 2; ++world) {
      SizingSettings settings = open_settings();
      settings.kelly = form;
      settings.kelly_trips_min = 2;
      settings.kelly_floor = 0.0;
      Scale s{settings};
      double close = 100.0;
      for (int i = 0; i < 160; ++i) {
        const double future = world == 1 && i > 150 ? -0.05 : 0.0;
        close *= 1.0 + 0.002 * std::sin(i * i) + 0.0005 + future;
        const Sized sized =
            s.size(kBtc, Price::from_raw(to_fixed_raw(close)), Target{std::cos(i * 0.1), 1.0});
        weights[world].push_back(sized.weight + s.step(SizingStepId::VolatilityTarget).factor +
                                 s.steps[3].factor);
      }
    }
    for (int i = 0; i <= 150; ++i)
      EXPECT_EQ(weights[0][static_cast<std::size_t>(i)], weights[1][static_cast<std::size_t>(i)])
          << i;
    EXPECT_NE(weights[0].back(), weights[1].back());
  }
}

TEST(Sizing, KeepsWhatIsHeldInsideTheBandButAlwaysGoesFlat) {
  SizingSettings settings = open_settings();
  settings.no_trade_band = 0.1;  // of an allotment of 0.5: 0.05
  settings.volatility_target = 10.0;
  Scale s{settings};
  for (int i = 0; i < 30; ++i) (void)s.size(kBtc, "100"_px, Target{0.0, 1.0});
  s.books.hold(kBtc, "30"_qty, "100"_px);  // weight 0.3
  // Calm doubles the target and the share halves it: 0.34 is inside 0.3 +- 0.05, and 0.36 is not.
  Sized sized = s.size(kBtc, "100"_px, Target{0.34, 1.0});
  EXPECT_TRUE(sized.unchanged);
  EXPECT_EQ(sized.wanted, "30"_qty);
  EXPECT_EQ(sized.weight, 0.3);
  sized = s.size(kBtc, "100"_px, Target{0.36, 1.0});
  EXPECT_FALSE(sized.unchanged);
  EXPECT_EQ(sized.wanted, "36"_qty);
  s.books.hold(kBtc, "1"_qty, "100"_px);  // weight 0.01, inside the band of zero
  sized = s.size(kBtc, "100"_px, Target{0.0, 1.0});
  EXPECT_FALSE(sized.unchanged);
  EXPECT_EQ(sized.wanted, Quantity{});
}

TEST(Sizing, HoldsSpotLongOnly) {
  Scale s;
  for (int i = 0; i < 30; ++i) (void)s.size(kEth, "50"_px, Target{0.0, 1.0});
  const Sized sized = s.size(kEth, "50"_px, Target{-1.0, 1.0});
  EXPECT_EQ(sized.wanted, Quantity{});
  EXPECT_EQ(s.step(SizingStepId::Target).weight, 0.0);
  EXPECT_EQ(s.step(SizingStepId::Target).factor, -1.0);
}

TEST(Sizing, KeepsThePositionWithoutATarget) {
  Scale s;
  s.books.hold(kBtc, "7"_qty, "100"_px);
  const Sized sized = s.size(kBtc, "100"_px, std::nullopt);
  EXPECT_TRUE(sized.unchanged);
  EXPECT_EQ(sized.wanted, "7"_qty);
  EXPECT_TRUE(s.steps.empty());
}

TEST(Sizing, GoesFlatOrHoldsOnAModelOutputThatIsNoNumber) {
  for (const BadOutput policy : {BadOutput::Flat, BadOutput::Hold}) {
    SizingSettings settings = open_settings();
    settings.bad_output = policy;
    Scale s{settings};
    s.books.hold(kBtc, "7"_qty, "100"_px);
    const Sized sized =
        s.size(kBtc, "100"_px, Target{std::numeric_limits<double>::quiet_NaN(), 1.0});
    EXPECT_EQ(sized.control.control, Control::ModelOutput);
    EXPECT_FALSE(sized.control.passed);
    EXPECT_EQ(sized.unchanged, policy == BadOutput::Hold);
    EXPECT_EQ(sized.wanted, policy == BadOutput::Hold ? "7"_qty : Quantity{});
    EXPECT_EQ(s.sizer.outputs_refused(), 1U);
  }
}

TEST(Sizing, NeitherActsNorForgetsWhileItMayNotTrade) {
  Scale s;
  s.books.hold(kBtc, "7"_qty, "100"_px);
  for (int i = 0; i < 30; ++i) {
    const Sized sized = s.size(kBtc, i % 2 == 0 ? "100"_px : "101"_px, Target{1.0, 1.0}, false);
    EXPECT_TRUE(sized.unchanged);
    EXPECT_EQ(sized.wanted, "7"_qty);
  }
  EXPECT_EQ(s.sizer.shadow(kBtc).bars_held(), 29);
}

TEST(Sizing, CountsAReturnOverAHoleAsOne) {
  Scale s;
  (void)s.size(kBtc, "100"_px, Target{1.0, 1.0});
  s.open += 10min;
  (void)s.size(kBtc, "110"_px, Target{1.0, 1.0});
  EXPECT_EQ(s.sizer.shadow(kBtc).returns().count(), 1);
  EXPECT_NEAR(s.sizer.shadow(kBtc).returns().mean(), 0.1, 1e-15);
}

TEST(Dust, MakesAWishBelowTheMinimumFlatSoThatNoRemainderIsLeft) {
  const InstrumentTable all = table();
  Sized sized;
  sized.wanted = "0.049"_qty;  // 4.90 USDT
  sized.weight = 0.00049;
  settle_dust(all[kBtc], "100"_px, "3"_qty, sized);
  EXPECT_EQ(sized.wanted, Quantity{});
  EXPECT_EQ(sized.weight, 0.0);
  EXPECT_FALSE(sized.unchanged);
  EXPECT_EQ(spell(sized.control), "dust_and_minimum refused, limit 5 quote, actual 4.9 quote");
  Sized enough;
  enough.wanted = "-0.05"_qty;
  settle_dust(all[kBtc], "100"_px, "3"_qty, enough);
  EXPECT_EQ(enough.wanted, "-0.05"_qty);
}

TEST(Dust, LeavesSpotThatCannotBeSold) {
  const InstrumentTable all = table();
  Sized sized;
  settle_dust(all[kEth], "50"_px, "0.09999"_qty, sized);  // 4.9995 USDT
  EXPECT_TRUE(sized.unchanged);
  EXPECT_EQ(sized.wanted, "0.09999"_qty);
  EXPECT_EQ(spell(sized.control), "dust_and_minimum refused, limit 5 quote, actual 4.9995 quote");
  Sized sellable;
  settle_dust(all[kEth], "50"_px, "0.100009"_qty, sellable);  // the lot leaves 0.1
  EXPECT_FALSE(sellable.unchanged);
  EXPECT_EQ(sellable.wanted, Quantity{});
}

TEST(CapitalShares, AreEqualUpToTheLargestShare) {
  const InstrumentTable all = table();
  SizingSettings s;
  EXPECT_EQ(capital_shares(s, all).value(), (std::vector<double>{0.25, 0.25}));
  s.share_max = 1.0;
  EXPECT_EQ(capital_shares(s, all).value(), (std::vector<double>{0.5, 0.5}));
}

TEST(CapitalShares, AreRefusedWhereTheyDoNotFit) {
  const InstrumentTable all = table();
  const auto refusal = [&](std::vector<std::string> shares) {
    SizingSettings s;
    s.shares = std::move(shares);
    const auto result = capital_shares(s, all);
    return result ? std::string{} : result.error().context;
  };
  EXPECT_EQ(refusal({"linear:BTCUSDT=0.7", "spot:ETHUSDT=0.3"}), "");
  EXPECT_NE(refusal({"linear:BTCUSDT=0.7", "spot:ETHUSDT=0.4"}).find("more than 1"),
            std::string::npos);
  EXPECT_NE(refusal({"linear:BTCUSDT=0.7"}).find("spot:ETHUSDT has none"), std::string::npos);
  EXPECT_NE(refusal({"linear:XRPUSDT=0.7"}).find("does not trade"), std::string::npos);
  EXPECT_NE(refusal({"linear:BTCUSDT=0.2", "linear:BTCUSDT=0.2"}).find("second share"),
            std::string::npos);
  for (const char* bad : {"linear:BTCUSDT=0", "linear:BTCUSDT=nan", "linear:BTCUSDT=0.5x",
                          "linear:BTCUSDT=-1", "linear:BTCUSDT", "BTCUSDT=0.5"})
    EXPECT_NE(refusal({bad}), "") << bad;
}

TEST(Settings, AreRefusedOutsideTheirRangesSoThatNoLimitIsZeroOrInfinite) {
  const InstrumentTable all = table();
  EXPECT_TRUE(check(SizingSettings{}, LimitSettings{}, all).has_value());
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::infinity(), std::nan("")}) {
    std::apply(
        [&](const auto&... entry) {
          const auto probe = [&](const auto& setting) {
            LimitSettings l;
            if constexpr (std::is_same_v<std::decay_t<decltype(l.*(setting.member))>, double>) {
              l.*(setting.member) = bad;
              EXPECT_FALSE(check({}, l, all).has_value()) << setting.name << " = " << bad;
            } else if constexpr (std::is_same_v<std::decay_t<decltype(l.*(setting.member))>,
                                                std::int64_t>) {
              l.*(setting.member) = 0;
              EXPECT_FALSE(check({}, l, all).has_value()) << setting.name << " = 0";
            }
          };
          (probe(entry), ...);
        },
        LimitSettings::settings());
  }
  LimitSettings zero_age;
  zero_age.ticker_age_max = Duration{0};
  EXPECT_FALSE(check({}, zero_age, all).has_value());
  LimitSettings turned;
  turned.drawdown_halt = 0.1;
  EXPECT_FALSE(check({}, turned, all).has_value());
  LimitSettings flat_first;
  flat_first.daily_loss_flat = 0.04;
  EXPECT_FALSE(check({}, flat_first, all).has_value());
  LimitSettings sinking;
  sinking.micro_live_gross_cap = sinking.live_gross_cap + 1.0;
  EXPECT_FALSE(check({}, sinking, all).has_value());
}

}  // namespace
}  // namespace proteus::risk

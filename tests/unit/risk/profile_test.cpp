// The research profile: wide and finite, reported and not obeyed, and no way to real money.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/risk/builders.hpp"

namespace proteus::risk {
namespace {

LimitSettings research() { return LimitSettings::of(LimitProfile::Research); }

TEST(ResearchProfile, WidensEveryKeyItNamesAndStaysFinite) {
  const LimitSettings standard;
  const LimitSettings wide = research();
  std::size_t found = 0;
  const auto look = [&](const auto& entry) {
    const ResearchLimit* const named = research_limit(entry.name);
    if (named == nullptr) return;
    ++found;
    EXPECT_TRUE(std::isfinite(named->max) && named->max > 0.0 && named->min > 0.0) << entry.name;
    EXPECT_LE(named->min, entry.min) << entry.name;
    EXPECT_GE(named->max, entry.max) << entry.name;
    EXPECT_TRUE(named->value >= named->min && named->value <= named->max) << entry.name;
    EXPECT_FALSE(wide.*(entry.member) == standard.*(entry.member)) << entry.name;
  };
  std::apply([&](const auto&... entry) { (look(entry), ...); }, LimitSettings::settings());
  EXPECT_EQ(found, std::size(kResearchLimits));  // No line names a key that is not there.
}

TEST(ResearchProfile, IsAcceptedWithItsOwnDefaultsAndRangesOnly) {
  const InstrumentTable all = table();
  EXPECT_TRUE(check({}, research(), all).has_value());
  LimitSettings limits = research();
  limits.position_max = 500.0;
  EXPECT_TRUE(check({}, limits, all).has_value());
  limits.profile = LimitProfile::Standard;
  EXPECT_FALSE(check({}, limits, all).has_value());
  limits = research();
  limits.position_max = INFINITY;
  EXPECT_FALSE(check({}, limits, all).has_value());
}

TEST(ResearchProfile, IsRefusedForLive) {
  EXPECT_TRUE(fit_for_live(LimitSettings{}).has_value());
  const auto refused = fit_for_live(research());
  ASSERT_TRUE(refused.has_error());
  EXPECT_NE(refused.error().context.find("research"), std::string::npos);
}

TEST(ResearchProfile, ReportsADrawdownOnceAStateAndGoesOnTrading) {
  LimitSettings limits = research();
  limits.drawdown_max = 0.2;
  limits.drawdown_halt = 0.3;
  World w{limits};
  w.equity("7900"_usdt);
  w.equity("7800"_usdt);
  auto told = w.moves.of<ControlLatched>();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].control, Control::Drawdown);
  EXPECT_EQ(told[0].state, TradingState::Reducing);
  EXPECT_NE(told[0].cause.view().find("0.21"), std::string_view::npos);
  w.equity("6900"_usdt);
  w.equity("10000"_usdt);  // A new day does not take it back.
  w.equity("6900"_usdt);
  told = w.moves.of<ControlLatched>();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].state, TradingState::Halted);
  EXPECT_TRUE(w.moves.of<TradingStateChanged>().empty());
  EXPECT_TRUE(std::holds_alternative<Approved>(w.review(w.order(Side::Buy, "1"_qty))));

  const RiskStatus status = w.gate.status(w.books.view());
  EXPECT_EQ(status.state, TradingState::Active);
  EXPECT_EQ(status.limits_profile, "research");
  ASSERT_EQ(status.reported.size(), 2U);
  EXPECT_EQ(status.reported[1].what.control, Control::Drawdown);
}

TEST(ResearchProfile, TellsTheDrawdownsWordAsPassedWithItsNumbers) {
  LimitSettings limits = research();
  limits.drawdown_max = 0.2;
  World w{limits};
  w.equity("7500"_usdt);
  (void)w.review(w.order(Side::Buy, "1"_qty));
  for (const ControlResult& word : w.words) {
    if (word.control != Control::Drawdown) continue;
    EXPECT_EQ(spell(word), "drawdown passed, limit 0.2 ratio, actual 0.25 ratio");
  }
}

TEST(ResearchProfile, ObeysAPersonAllTheSame) {
  World w{research()};
  w.operate(OperatorAction::Halt);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "1"_qty)).control, Control::Kill);
  w.operate(OperatorAction::Resume);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "1"_qty)).control, Control::None);
}

TEST(StandardProfile, ReportsNoLatchThatItDoesNotObey) {
  World w;
  w.equity("7500"_usdt);
  EXPECT_TRUE(w.moves.of<ControlLatched>().empty());
  EXPECT_FALSE(w.moves.of<TradingStateChanged>().empty());
  EXPECT_TRUE(w.gate.status(w.books.view()).reported.empty());
}

}  // namespace
}  // namespace proteus::risk

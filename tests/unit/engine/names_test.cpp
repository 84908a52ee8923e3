// Every enumerator has a text of its own: journals, status and settings are read by it.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/core/decision.hpp"
#include "engine/core/enum_values.hpp"
#include "engine/core/event.hpp"
#include "engine/runtime/settings.hpp"

namespace proteus {
namespace {

/// Texts of all enumerators; a missing or doubled one fails.
template <class E>
void expect_named(std::size_t count) {
  std::set<std::string> texts;
  std::size_t values = 0;
  for (unsigned v = 0; v < 128; ++v) {
    if (!is_enumerator<E>(static_cast<std::uint8_t>(v))) continue;
    ++values;
    const std::string_view text = to_string(static_cast<E>(v));
    EXPECT_FALSE(text.empty()) << v;
    EXPECT_NE(text, "?") << v;
    texts.emplace(text);
  }
  EXPECT_EQ(values, count);
  EXPECT_EQ(texts.size(), count);
}

TEST(Names, EveryEnumeratorHasItsOwn) {
  expect_named<Side>(2);
  expect_named<OrderType>(3);
  expect_named<TimeInForce>(4);
  expect_named<Liquidity>(2);
  expect_named<OrderState>(9);
  expect_named<OrderEnd>(19);
  expect_named<Category>(2);
  expect_named<InstrumentStatus>(4);
  expect_named<BarSource>(4);
  expect_named<FeedState>(3);
  expect_named<AnomalyKind>(19);
  expect_named<OperatorAction>(5);
  expect_named<TradingState>(3);
  expect_named<Hold>(9);
  expect_named<AdjustmentKind>(9);
  expect_named<SizingStepId>(12);
  expect_named<Unit>(6);
  expect_named<Control>(32);
  expect_named<Outcome>(9);
  expect_named<Interval>(13);
}

TEST(Names, StandAtTheirPlace) {
  EXPECT_EQ(to_string(OrderEnd::ByUser), "by_user");
  EXPECT_EQ(to_string(OrderEnd::Unlogged), "unlogged");
  EXPECT_EQ(to_string(OrderState::Unknown), "unknown");
  EXPECT_EQ(to_string(Outcome::Pending), "pending");
  EXPECT_EQ(to_string(Outcome::Stopping), "stopping");
  EXPECT_EQ(to_string(AnomalyKind::ClockSkew), "clock_skew");
  EXPECT_EQ(to_string(Control::AbsurdData), "absurd_data");
  EXPECT_EQ(to_string(Control::KeyPermissions), "key_permissions");
  EXPECT_EQ(to_string(Hold::MissingBar), "missing_bar");
  EXPECT_EQ(to_string(Hold::RepeatedExecution), "repeated_execution");
  EXPECT_EQ(to_string(SizingStepId::NoTradeBand), "no_trade_band");
}

TEST(Names, OfEventsFollowTheVariant) {
  EXPECT_EQ(event_name(BarClosed{}), "bar_closed");
  EXPECT_EQ(event_name(TickerUpdated{}), "ticker_updated");
  EXPECT_EQ(event_name(BookUpdated{}), "book_updated");
  EXPECT_EQ(event_name(InstrumentChanged{}), "instrument_changed");
  EXPECT_EQ(event_name(FeedChanged{}), "feed_changed");
  EXPECT_EQ(event_name(FeedAnomaly{}), "feed_anomaly");
  EXPECT_EQ(event_name(ClockTick{}), "clock_tick");
  EXPECT_EQ(event_name(OrderUpdate{}), "order_update");
  EXPECT_EQ(event_name(Fill{}), "fill");
  EXPECT_EQ(event_name(FundingSettled{}), "funding_settled");
  EXPECT_EQ(event_name(OperatorCommand{}), "operator_command");
  EXPECT_EQ(event_name(TradingStateChanged{}), "trading_state_changed");
  EXPECT_EQ(event_name(HoldChanged{}), "hold_changed");
  EXPECT_EQ(event_name(ClockMeasured{}), "clock_measured");
  EXPECT_EQ(event_name(OverrideChanged{}), "override_changed");
  EXPECT_EQ(event_name(ControlLatched{}), "control_latched");
  EXPECT_EQ(event_name(AdaptationCut{}), "adaptation_cut");
  EXPECT_EQ(event_name(AdaptationProposed{}), "adaptation_proposed");
  EXPECT_EQ(event_name(AdaptationFailed{}), "adaptation_failed");
  EXPECT_EQ(event_name(AdaptationJudged{}), "adaptation_judged");
}

/// A setting is written by EnumNames and printed by to_string: both must say the same.
template <class E>
void expect_same_spelling() {
  for (std::size_t i = 0; i < EnumNames<E>::names.size(); ++i)
    EXPECT_EQ(EnumNames<E>::names[i], to_string(static_cast<E>(i)));
}

TEST(Names, OfSettingsAreThoseThatArePrinted) {
  expect_same_spelling<TimeInForce>();
  expect_same_spelling<Interval>();
  for (const std::string_view name : EnumNames<Interval>::names)
    EXPECT_EQ(to_string(parse_interval(name).value()), name);
  EXPECT_EQ(EnumNames<MarkSource>::names[static_cast<std::size_t>(MarkSource::Ticker)], "ticker");
  EXPECT_EQ(EnumNames<OrderStyle>::names[static_cast<std::size_t>(OrderStyle::Limit)], "limit");
}

TEST(EngineSettings, DefaultsLieInTheirRanges) {
  const EngineSettings settings;
  std::size_t described = 0;
  std::apply(
      [&](const auto&... s) {
        const auto check = [&](const auto& one) {
          ++described;
          EXPECT_FALSE(std::string_view{one.meaning}.empty()) << one.name;
          if constexpr (std::is_same_v<decltype(settings.*(one.member)), const double&>) {
            EXPECT_GE(settings.*(one.member), one.min) << one.name;
            EXPECT_LE(settings.*(one.member), one.max) << one.name;
          }
        };
        (check(s), ...);
      },
      EngineSettings::settings());
  EXPECT_EQ(described, 9U);
}

}  // namespace
}  // namespace proteus

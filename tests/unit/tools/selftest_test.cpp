#include "tools/app/selftest/selftest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "broken_gates.hpp"

namespace proteus::app::selftest {
namespace {

using namespace std::chrono_literals;

std::string told(const std::vector<Line>& lines) {
  std::string text;
  for (Line line : lines) {
    line.took_ms = 0.0;
    text += text_of(line) + "\n";
  }
  return text;
}

std::set<int> failed(const std::vector<Line>& lines) {
  std::set<int> numbers;
  for (const Line& line : lines)
    if (line.grade == Grade::Fail) numbers.insert(static_cast<int>(line.control));
  return numbers;
}

std::set<int> built(const std::vector<Line>& lines) {
  std::set<int> numbers;
  for (const Line& line : lines)
    if (line.grade != Grade::NotBuilt) numbers.insert(static_cast<int>(line.control));
  return numbers;
}

std::set<int> all_controls() {
  std::set<int> numbers;
  for (int number = 1; number <= 31; ++number) numbers.insert(number);
  return numbers;
}

/// Those that live in the gate. Of the others 16, 17, 21 and 31 are the account gateway's, 24 is a
/// part of it that 23 speaks for, 28 the learner's.
std::set<int> of_the_gate() {
  std::set<int> numbers = all_controls();
  for (const int other : {16, 17, 21, 24, 28, 31}) numbers.erase(other);
  return numbers;
}

TEST(Selftest, PassesEveryControlWithTheDefaults) {
  const auto lines = run(Settings{});
  EXPECT_EQ(failed(lines), std::set<int>{}) << told(lines);
  EXPECT_EQ(built(lines), all_controls());
}

TEST(Selftest, FiresTheBoundsOnWhatIsLearnedWhetherSomethingIsOrNot) {
  Settings settings;
  const auto line_28 = [&] { return run_one(Control::AdaptationBounds, settings); };
  for (const auto adapt :
       {strategies::Adapt::Recurrent, strategies::Adapt::Gradient, strategies::Adapt::Both}) {
    settings.policy.adapt = adapt;
    EXPECT_EQ(line_28().grade, Grade::Pass) << text_of(line_28());
  }
  settings.policy.adapt_norm_max = 0.03;
  settings.policy.adapt_kl_max = 2.0;
  settings.policy.adapt_margin = 0.5;
  settings.policy.adapt_rollback = 0.7;
  EXPECT_EQ(line_28().grade, Grade::Pass) << text_of(line_28());
}

TEST(Selftest, HasALineForEachControlInOrder) {
  const auto lines = run(Settings{});
  ASSERT_EQ(lines.size(), 31U);
  for (int number = 1; number <= 31; ++number) {
    const Line& line = lines[static_cast<std::size_t>(number - 1)];
    EXPECT_EQ(static_cast<int>(line.control), number);
    EXPECT_FALSE(line.done.empty()) << number;
    EXPECT_FALSE(line.inside.empty()) << text_of(line);
    if (of_the_gate().contains(number)) {
      EXPECT_TRUE(line.refusal.has_value()) << text_of(line);
    }
  }
}

TEST(Selftest, SaysTheSameTwice) { EXPECT_EQ(told(run(Settings{})), told(run(Settings{}))); }

TEST(Selftest, FailsEveryControlOfAGateThatApprovesEverything) {
  const auto lines = run(Settings{}, [](const GateParts& parts) {
    return std::make_unique<ApprovesEverything>(real_gate(parts));
  });
  std::set<int> expected = of_the_gate();
  expected.insert(24);  // Nothing holds an order back before the account has been read.
  EXPECT_EQ(failed(lines), expected) << told(lines);
}

TEST(Selftest, FailsTheControlThatIsMissingAndNoOther) {
  for (const int number : of_the_gate()) {
    const auto control = static_cast<Control>(number);
    const auto lines = run(Settings{}, [control](const GateParts& parts) {
      return std::make_unique<WithoutOne>(real_gate(parts), control);
    });
    std::set<int> found = failed(lines);
    EXPECT_TRUE(found.contains(number)) << "without " << number << "\n" << told(lines);
    // What a person may lift is shown on 4, what nobody may on 15.
    std::set<int> expected{number};
    if (control == Control::OrderValue || control == Control::Kill)
      expected.insert(static_cast<int>(Control::Override));
    // What has not been read is refused by 23.
    if (control == Control::Reconciliation)
      expected.insert(static_cast<int>(Control::StartReconciliation));
    if (control != Control::Override) {
      EXPECT_EQ(found, expected) << "without " << number << "\n" << told(lines);
    }
  }
}

void take_out(std::string& text, std::string_view what) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what))
    text.erase(at, what.size());
}

/// Controls of the account's gateway: the wire is tapped so that each is as if it were not there.
TEST(Selftest, FailsTheControlOfTheGatewayThatIsMissingAndNoOther) {
  struct Broken {
    const char* name;
    int control;
    WireTap tap;
  };
  const auto leaves = [](std::function<bool(std::string&)> fn) {
    return WireTap{.leaves = std::move(fn)};
  };
  const auto comes = [](std::function<void(std::string_view, std::string&)> fn) {
    return WireTap{.comes = std::move(fn)};
  };
  const Broken breaks[] = {
      {"no cancel by REST", 16,
       leaves([](std::string& text) { return !text.starts_with("/v5/order/cancel"); })},
      {"disconnect protection is not armed", 16, leaves([](std::string& text) {
         take_out(text, ",\"dcp.future\"");
         return true;
       })},
      {"opening orders carry no stop", 17, leaves([](std::string& text) {
         const std::size_t from = text.find(",\"stopLoss\":");
         const std::size_t to = text.find("\"tpslMode\":\"Full\"", from);
         if (from != std::string::npos && to != std::string::npos) text.erase(from, to + 17 - from);
         return true;
       })},
      {"a stop that is gone stays away", 17,
       leaves([](std::string& text) { return !text.starts_with("/v5/position/trading-stop"); })},
      {"orders trade with ours", 21, leaves([](std::string& text) {
         take_out(text, ",\"smpType\":\"CancelMaker\"");
         return true;
       })},
      {"nobody asks what became of an order", 22, leaves([](std::string& text) {
         return !(text.starts_with("/v5/order/") && text.find("orderLinkId=") != std::string::npos);
       })},
      {"what the account holds is not seen", 24,
       comes([](std::string_view target, std::string& body) {
         if (target.starts_with("/v5/position/list"))
           body =
               R"({"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[]},"time":0})";
       })},
      {"what the key may is not read", 31, comes([](std::string_view target, std::string& body) {
         if (target.starts_with("/v5/user/query-api")) take_out(body, "\"Withdraw\"");
       })},
  };
  for (const Broken& broken : breaks)
    EXPECT_EQ(
        run_one(static_cast<Control>(broken.control), Settings{}, real_gate, broken.tap).grade,
        Grade::Fail)
        << broken.name;
  const auto lines = run(Settings{}, real_gate, breaks[4].tap);
  EXPECT_EQ(failed(lines), std::set<int>{21}) << told(lines);
}

/// A gate that is made with other limits than those that are tested.
std::set<int> failed_with(void (*change)(risk::LimitSettings&)) {
  return failed(run(Settings{}, [change](const GateParts& parts) {
    risk::LimitSettings limits = parts.limits;
    change(limits);
    GateParts other{parts.sizing,   limits,      parts.instruments,
                    parts.interval, parts.costs, parts.capital};
    return real_gate(other);
  }));
}

TEST(Selftest, FailsTheControlWhoseLimitIsNotTheConfiguredOne) {
  EXPECT_TRUE(failed_with([](auto& l) { l.order_value_max *= 1.00001; }).contains(4));
  EXPECT_TRUE(failed_with([](auto& l) { l.price_band_bps += 0.0001; }).contains(2));
  EXPECT_TRUE(failed_with([](auto& l) { l.drawdown_max += 1e-9; }).contains(12));
  EXPECT_TRUE(failed_with([](auto& l) { l.daily_loss_max -= 1e-9; }).contains(11));
  EXPECT_TRUE(failed_with([](auto& l) { l.ticker_age_max += 1ns; }).contains(18));
  EXPECT_TRUE(failed_with([](auto& l) { l.message_burst += 2; }).contains(6));
  EXPECT_TRUE(failed_with([](auto& l) { l.executions_max -= 1; }).contains(7));
  EXPECT_TRUE(failed_with([](auto& l) { l.loss_streak_max += 1; }).contains(13));
  EXPECT_TRUE(failed_with([](auto& l) { l.leverage_max -= 0.00001; }).contains(14));
  EXPECT_TRUE(failed_with([](auto& l) { l.duplicate_window += 1ns; }).contains(8));
  EXPECT_TRUE(failed_with([](auto& l) { l.clock_fast_max -= 1ns; }).contains(20));
}

TEST(Selftest, TakesAnyConfiguration) {
  struct Variation {
    const char* name;
    void (*apply)(Settings&);
  };
  const Variation variations[] = {
      {"bars of an hour", [](Settings& s) { s.engine.interval = Interval::H1; }},
      {"bars of a day", [](Settings& s) { s.engine.interval = Interval::D1; }},
      {"bars of a month", [](Settings& s) { s.engine.interval = Interval::Month; }},
      {"a barrier", [](Settings& s) { s.engine.barrier = 2s; }},
      {"limit orders", [](Settings& s) { s.engine.order_style = OrderStyle::Limit; }},
      {"quotes and tickers",
       [](Settings& s) {
         s.engine.marks = MarkSource::Ticker;
         s.paper.fill_mode = matching::FillMode::Quote;
       }},
      {"held on bad output", [](Settings& s) { s.sizing.bad_output = risk::BadOutput::Hold; }},
      {"a drawdown within a day's loss", [](Settings& s) { s.limits.drawdown_max = 0.04; }},
      {"a halt at once", [](Settings& s) { s.limits.drawdown_halt = s.limits.drawdown_max; }},
      {"the day only halts", [](Settings& s) { s.limits.daily_loss_flatten = false; }},
      {"one position may be all", [](Settings& s) { s.limits.position_max = 2.0; }},
      {"orders by REST", [](Settings& s) { s.live.order_entry = live::OrderEntry::Rest; }},
      {"a slow live",
       [](Settings& s) {
         s.live.ack_deadline = 60s;
         s.live.unknown_settle = s.live.backoff_max = 300s;
         s.live.reconcile_interval = 1h;
         s.live.reconcile_looks = 10;
         s.live.reconcile_pause = 5s;
         s.live.disconnect_window = 300s;
         s.live.leverage = 1.0;
         s.live.stop_distance = 0.9;
       }},
      {"a nervous live",
       [](Settings& s) {
         s.live.ack_deadline = 200ms;
         s.live.reconcile_interval = 1s;
         s.live.reconcile_looks = 1;
         s.live.disconnect_window = 3s;
         s.live.leverage = 100.0;
         s.live.stop_distance = 0.001;
       }},
      {"the first real money", [](Settings& s) { s.limits.stage = risk::Stage::MicroLive; }},
      {"wide",
       [](Settings& s) {
         s.limits.order_value_max = s.limits.position_max = s.limits.gross_max = 20.0;
         s.limits.capital_at_risk_max = s.limits.open_order_value_max = 20.0;
         s.limits.leverage_max = 100.0;
         s.limits.jump_max = 5.0;
         s.limits.price_band_bps = 2000.0;
         s.limits.quantity_volume_max = 100.0;
         s.limits.drawdown_max = s.limits.drawdown_halt = 0.99;
         s.limits.daily_loss_max = 0.98;
         s.limits.daily_loss_flat = 0.99;
       }},
      {"narrow",
       [](Settings& s) {
         s.limits.order_value_max = s.limits.open_order_value_max = 0.001;
         s.limits.position_max = s.limits.gross_max = 0.002;
         s.limits.capital_at_risk_max = 0.003;
         s.limits.jump_max = 0.001;
         s.limits.price_band_bps = 1.0;
         s.limits.quantity_volume_max = 0.0001;
         s.limits.drawdown_max = s.limits.daily_loss_max = 0.001;
         s.limits.message_burst = 4;
         s.limits.executions_max = 1;
         s.limits.loss_streak_max = 2;
         s.limits.ticker_age_max = 100ms;
         s.limits.duplicate_window = 1ms;
       }},
  };
  for (const Variation& variation : variations) {
    Settings settings;
    variation.apply(settings);
    const auto lines = run(settings);
    EXPECT_EQ(failed(lines), std::set<int>{}) << variation.name << "\n" << told(lines);
  }
}

TEST(SelftestLine, SpellsMeasuresWithTheirUnits) {
  EXPECT_EQ(measure_text({2'500 * kFixedScale, Unit::Quote}), "2500 USDT");
  EXPECT_EQ(measure_text({20'000'000, Unit::Ratio}), "0.02");
  EXPECT_EQ(measure_text({30'000'000'001, Unit::Nanoseconds}), "30.000000001 s");
  EXPECT_EQ(measure_text({7, Unit::Count}), "7");
  EXPECT_EQ(measure_text({INT64_MAX, Unit::Price}), "nothing to measure");
}

}  // namespace
}  // namespace proteus::app::selftest

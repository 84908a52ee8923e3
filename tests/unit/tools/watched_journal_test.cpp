#include "tools/app/watched_journal.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <map>
#include <sstream>

#include "tests/support/no_journal.hpp"
#include "tests/unit/tools/support.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

class Watched : public ::testing::Test {
 protected:
  void tell(EventBody body) { watched_.append(Event{0, Origin::Input, {}, {}, std::move(body)}); }
  void feed(FeedState state) { tell(FeedChanged{"public:linear#0", state, "gone"}); }
  void future_bars(int count) {
    for (int i = 0; i < count; ++i) tell(FeedAnomaly{AnomalyKind::FutureBar, false, {}, "far"});
  }
  void decide(Outcome outcome) {
    DecisionRecord d;
    d.outcome = outcome;
    watched_.append(d);
  }
  void order(const char* id) {
    OrderIntent intent;
    intent.order.id = id;
    watched_.append(intent);
  }

  InstrumentTable instruments_ = one_instrument();
  test::NoJournal log_;
  Duration real_{1h};
  WatchedJournal watched_{log_, instruments_, Telling::Quiet, [this] { return real_; }};
};

TEST_F(Watched, CountsALossOnlyOfAStreamThatWasLive) {
  feed(FeedState::Lost);
  EXPECT_EQ(watched_.losses(), 0U);
  feed(FeedState::Live);
  for (int retry = 0; retry < 5; ++retry) {
    feed(FeedState::Lost);
    feed(FeedState::Connecting);
  }
  EXPECT_EQ(watched_.losses(), 1U);
  feed(FeedState::Live);
  feed(FeedState::Lost);
  EXPECT_EQ(watched_.losses(), 2U);
}

TEST_F(Watched, TellsOfFailedRetriesOnceAMinute) {
  feed(FeedState::Live);
  feed(FeedState::Lost);
  for (int second = 0; second < 125; ++second) {
    real_ += 1s;
    feed(FeedState::Lost);
  }
  EXPECT_EQ(watched_.retries_told(), 2U);
}

TEST_F(Watched, DoubtsTheSpeedWhenBarsAreOfTheFutureAndNoneCloses) {
  future_bars(9);
  EXPECT_EQ(watched_.speed_doubt(), "");
  future_bars(1);
  EXPECT_NE(watched_.speed_doubt(), "");
}

TEST_F(Watched, DoubtsTheSpeedWhenEveryBarIsLate) {
  for (int bar = 0; bar < 10; ++bar) decide(Outcome::Late);
  EXPECT_NE(watched_.speed_doubt(), "");
}

TEST_F(Watched, DoesNotDoubtTheSpeedWhileBarsAreDecided) {
  for (int bar = 0; bar < 5; ++bar) {
    future_bars(9);
    decide(Outcome::Unchanged);
  }
  EXPECT_EQ(watched_.speed_doubt(), "");
}

TEST_F(Watched, BelievesTheSpeedAgainOnceABarIsDecidedInTime) {
  future_bars(10);
  ASSERT_NE(watched_.speed_doubt().find("(far)"), std::string::npos) << watched_.speed_doubt();
  decide(Outcome::WarmingUp);
  EXPECT_NE(watched_.speed_doubt(), "") << "history says nothing of the clock";
  decide(Outcome::Unchanged);
  EXPECT_EQ(watched_.speed_doubt(), "");
  future_bars(10);
  EXPECT_NE(watched_.speed_doubt(), "") << "and doubts it anew";
}

TEST_F(Watched, AnOrderToFlattenOnALateBarIsNoBarInTime) {
  future_bars(10);
  BarClosed closed;
  closed.bar.close_time = from_unix_ms(1'748'538'300'000);
  tell(closed);
  DecisionRecord flattened;
  flattened.outcome = Outcome::Ordered;
  flattened.time = closed.bar.close_time + std::chrono::seconds{11};
  watched_.append(flattened);
  EXPECT_NE(watched_.speed_doubt(), "");
}

TEST_F(Watched, DoesNotDoubtTheSpeedForBarsThatWereFetchedLate) {
  const auto bars = [this](BarSource source, int count) {
    for (int bar = 0; bar < count; ++bar) {
      BarClosed closed;
      closed.source = source;
      tell(closed);
      decide(Outcome::Late);
    }
  };
  bars(BarSource::Backfill, 300);
  EXPECT_EQ(watched_.speed_doubt(), "") << "an outage of five hours was made good";
  bars(BarSource::Stream, 9);
  EXPECT_EQ(watched_.speed_doubt(), "");
  bars(BarSource::Stream, 1);
  EXPECT_NE(watched_.speed_doubt(), "") << "these came on their way as they closed";
}

/// A decision on one order that control 6 refused: its own limit was reached, or a log that cannot
/// be written speaks through it.
DecisionRecord refused(std::int64_t limit) {
  DecisionRecord d;
  d.outcome = Outcome::Refused;
  d.controls.push_back({Control::Drawdown, true, {0, Unit::Ratio}, {0, Unit::Ratio}});
  d.controls.push_back(
      {Control::MessageRate, false, {limit, Unit::Count}, {limit + 1, Unit::Count}});
  DecisionOrder order;
  order.id = "x";
  order.refused_by = Control::MessageRate;
  d.orders.push_back(order);
  return d;
}

TEST_F(Watched, ALogThatCannotBeWrittenIsNoMessageRate) {
  for (const std::int64_t limit : {0, 150, 0}) watched_.append(refused(limit));
  EngineCounters counters;
  counters.refusals = 5;
  counters.refusals_by_control[static_cast<std::size_t>(Control::MessageRate)] = 3;
  counters.refusals_by_control[static_cast<std::size_t>(Control::Drawdown)] = 2;
  std::map<std::string_view, std::uint64_t> told;
  for (const RefusalCount& count : refusal_counts(counters, watched_)) told[count.by] = count.count;
  EXPECT_EQ(told, (std::map<std::string_view, std::uint64_t>{
                      {"backlog", 2}, {"message_rate", 1}, {"drawdown", 2}}));
}

TEST_F(Watched, CountsTheOrdersThatTheEndFindsOpen) {
  for (const char* id : {"a", "b", "c"}) order(id);
  OrderUpdate filled;
  filled.id = "b";
  filled.state = OrderState::Filled;
  tell(filled);
  tell(OperatorCommand{OperatorAction::Stop, "end"});
  OrderUpdate cancelled;
  cancelled.id = "a";
  cancelled.state = OrderState::Cancelled;
  tell(cancelled);
  EXPECT_EQ(watched_.in_flight_at_stop(), 2U);
}

TEST(FillEffect, NamesWhatBecameOfThePosition) {
  const auto q = [](std::int64_t n) { return Quantity::from_raw(n); };
  EXPECT_EQ(fill_effect(q(0), q(-2)), "opens");
  EXPECT_EQ(fill_effect(q(-2), q(-3)), "adds");
  EXPECT_EQ(fill_effect(q(-3), q(-1)), "reduces");
  EXPECT_EQ(fill_effect(q(-1), q(0)), "closes");
  EXPECT_EQ(fill_effect(q(1), q(-1)), "flips");
}

/// What is told of a fill, in the words of the line.
class Told {
 public:
  Told() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "told", std::make_shared<spdlog::sinks::ostream_sink_st>(text_)));
  }
  ~Told() { spdlog::set_default_logger(before_); }
  [[nodiscard]] std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

Fill fill(Side side, const char* quantity) {
  Fill f;
  f.side = side;
  f.quantity = Quantity::parse(quantity).value();
  f.price = Price::parse("100").value();
  return f;
}

TEST_F(Watched, FillsAreToldWhenThereIsTimeAndInTheirOrder) {
  const Told told;
  watched_.set_telling(Telling::Aloud);
  tell(fill(Side::Buy, "2"));
  tell(fill(Side::Sell, "1"));
  EXPECT_EQ(told.text(), "");
  feed(FeedState::Live);  // A line that is told at once waits for none, but passes none either.
  const std::string text = told.text();
  EXPECT_LT(text.find("opens position=2 "), text.find("reduces position=1 "));
  EXPECT_LT(text.find("reduces position=1 "), text.find("Feed live."));
}

TEST_F(Watched, FillsCountOnFromWhatTheVenueHad) {
  const Told told;
  watched_.set_telling(Telling::Aloud);
  ExternalAdjustment adopted;
  adopted.has_instrument = true;
  adopted.quantity = Quantity::parse("5").value();
  tell(adopted);
  tell(fill(Side::Sell, "2"));
  watched_.tell();
  EXPECT_NE(told.text().find("reduces position=3 "), std::string::npos) << told.text();
}

TEST_F(Watched, PositionsAndDrawdownSurviveARestart) {
  tell(fill(Side::Buy, "2"));
  EquityPoint point;
  for (const char* equity : {"100", "90", "95"}) {
    point.equity = Money::parse(equity).value();
    watched_.append(point);
  }
  ByteBuffer bytes;
  Archive writer = Archive::writer(bytes);
  writer(watched_);
  ASSERT_TRUE(writer.finish());

  WatchedJournal after(log_, instruments_, Telling::Aloud);
  Archive reader = Archive::reader(bytes.view());
  reader(after);
  ASSERT_TRUE(reader.finish());
  EXPECT_DOUBLE_EQ(after.worst_drawdown(), 0.1);
  const Told told;
  after.append(Event{0, Origin::Derived, {}, {}, fill(Side::Sell, "2")});
  after.tell();
  EXPECT_NE(told.text().find(" closes position=0 "), std::string::npos) << told.text();
}

}  // namespace
}  // namespace proteus::app

// Holds that clear by themselves, states that only a person loosens, and what may pass in each.
#include <gtest/gtest.h>

#include "tests/unit/risk/builders.hpp"

namespace proteus::risk {
namespace {

using namespace std::chrono_literals;

TEST(StaleHold, ComesWithTheClockAndGoesWithTheNextBar) {
  World w;
  w.tick(90s);
  EXPECT_TRUE(w.moves.all.empty());
  w.tick(30s);  // two minutes after the last closes
  auto holds = w.moves.of<HoldChanged>();
  ASSERT_EQ(holds.size(), 2U);  // both instruments, once
  EXPECT_EQ(holds[0].hold, Hold::StaleData);
  EXPECT_TRUE(holds[0].active);
  EXPECT_EQ(holds[0].instrument, kBtc);
  EXPECT_EQ(holds[0].cause.view(), "the newest data is 120.000 s old, more than 90.000 s");
  w.tick(10s);
  EXPECT_EQ(w.moves.all.size(), 2U);
  w.see(BarClosed{bar_at(kBtc, kStart + 1min, "100"_px)}, kStart + 130s);
  holds = w.moves.of<HoldChanged>();
  ASSERT_EQ(holds.size(), 3U);
  EXPECT_FALSE(holds[2].active);
  EXPECT_EQ(holds[2].instrument, kBtc);
  EXPECT_EQ(w.gate.status(w.books.view()).holds.size(), 1U);
}

TEST(ToldHold, TellsTheNewestReasonWhileItStands) {
  World w;
  w.see(HoldChanged{Hold::Reconciling, true, false, {}, "not read yet"}, kStart);
  w.see(HoldChanged{Hold::Reconciling, true, false, {}, "the books differ"}, kStart);
  const RiskStatus told = w.gate.status(w.books.view());
  ASSERT_EQ(told.holds.size(), 1U);
  EXPECT_EQ(told.holds[0].cause.view(), "the books differ");
}

TEST(StaleHold, DoesNotCallOldWarmUpBarsStale) {
  World w;
  const Bar old = bar_at(kBtc, kStart, "100"_px);
  w.see(BarClosed{old, BarSource::Warmup}, kStart + 600s);
  EXPECT_TRUE(w.moves.all.empty());
  w.see(ClockTick{}, kStart + 600s);
  EXPECT_EQ(w.moves.of<HoldChanged>().size(), 2U);
}

TEST(StaleHold, SeesDataThatIsAlreadyOldWhenItArrives) {
  World w;
  w.moves.all.clear();
  w.gate.observe(Event{1, Origin::Input, w.now - 40s, w.now,
                       TickerUpdated{.instrument = kBtc, .last = "100"_px, .mark = "100"_px}},
                 w.books.view(), w.moves);
  ASSERT_EQ(w.moves.of<HoldChanged>().size(), 1U);
  EXPECT_EQ(w.moves.of<HoldChanged>()[0].hold, Hold::StaleData);
}

TEST(StaleHold, MakesAutomaticReductionsWaitButNoFlatten) {
  World w;
  w.books.hold(kBtc, "2"_qty, "100"_px);
  w.tick(2min);
  const OrderRequest close = w.order(Side::Sell, "2"_qty, "100"_px, Purpose::Close);
  const OrderRequest flatten = w.order(Side::Sell, "2"_qty, "100"_px, Purpose::Flatten);
  EXPECT_EQ(spell(w.refusal(close)),
            "stale_data refused, limit 90000000000 ns, actual 120000000000 ns");
  EXPECT_EQ(spell(w.refusal(flatten)), "approved");
}

TEST(ReconnectingHold, LastsUntilEveryLostStreamIsLiveAgain) {
  World w;
  w.see(FeedChanged{"public:linear#0", FeedState::Lost, "reset by peer"}, w.now);
  w.see(FeedChanged{"public:spot#0", FeedState::Lost, "reset by peer"}, w.now);
  const OrderRequest buy = w.order(Side::Buy, "1"_qty);
  EXPECT_EQ(spell(w.refusal(buy)), "stale_data refused, limit 0 count, actual 2 count");
  w.see(FeedChanged{"public:linear#0", FeedState::Connecting, ""}, w.now);
  w.see(FeedChanged{"public:linear#0", FeedState::Live, ""}, w.now);
  EXPECT_EQ(spell(w.refusal(buy)), "stale_data refused, limit 0 count, actual 1 count");
  w.see(FeedChanged{"public:spot#0", FeedState::Live, ""}, w.now);
  EXPECT_EQ(spell(w.refusal(buy)), "approved");
  EXPECT_EQ(w.moves.of<HoldChanged>().size(), 2U);
}

TEST(Restart, ForgetsTickersThatMayNotComeAgain) {
  World w;
  w.see(TickerUpdated{.instrument = kBtc, .last = "100"_px, .mark = "100"_px}, w.now);
  w.tick(40s);  // Older than 30 s; the bar is good for 90 s.
  const OrderRequest buy = w.order(Side::Buy, "1"_qty);
  ASSERT_EQ(w.refusal(buy).control, Control::StaleData);
  w.see(SessionResumed{"2"}, w.now);
  EXPECT_EQ(spell(w.refusal(buy)), "approved");
  EXPECT_FALSE(w.moves.of<HoldChanged>().back().active);
  w.tick(1min);  // What ages now is the bar.
  EXPECT_EQ(w.refusal(buy).control, Control::StaleData);
}

TEST(Restart, ForgetsLostStreamsAndTheClock) {
  World w;
  w.see(FeedChanged{"public:linear#0", FeedState::Lost, "reset by peer"}, w.now);
  w.see(ClockMeasured{-801ms, 20ms}, w.now);
  w.moves.all.clear();
  w.see(SessionResumed{"2"}, w.now);
  EXPECT_EQ(w.moves.of<HoldChanged>().size(), 2U);
  EXPECT_TRUE(w.gate.status(w.books.view()).holds.empty());
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
  w.see(FeedChanged{"public:spot#0", FeedState::Lost, "reset by peer"}, w.now);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "2"_qty))),
            "stale_data refused, limit 0 count, actual 1 count");
}

TEST(MissingBarHold, ClearsWhenBarsFollowOnEachOther) {
  World w;
  w.now += 2min;
  FeedAnomaly hole{AnomalyKind::MissingBar, true, kBtc, "15:07 is missing"};
  w.see(hole, w.now);
  w.close(kBtc, "100"_px);  // the first after the hole
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "1"_qty)).control, Control::AbsurdData);
  w.now += 1min;
  w.close(kBtc, "100"_px);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
}

TEST(ForeignHold, IsAdoptedWithoutBeingReportedAgain) {
  World w;
  w.books.hold(kBtc, "2"_qty, "100"_px);
  w.see(HoldChanged{Hold::Backlog, true, false, {}, "the log cannot be written"}, w.now);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))),
            "message_rate refused, limit 0 count, actual 1 count");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "1"_qty, "100"_px, Purpose::Close))), "approved");
  w.see(HoldChanged{Hold::Backlog, false, false, {}, "written again"}, w.now);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
  EXPECT_TRUE(w.moves.all.empty());
}

TEST(TradingState, LetsOnlyReductionsPassWhileReducing) {
  World w;
  w.books.hold(kBtc, "2"_qty, "100"_px);
  w.operate(OperatorAction::Reduce);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))),
            "kill refused, limit 0 count, actual 1 count");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "3"_qty))),  // would turn the position round
            "kill refused, limit 0 count, actual 1 count");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "2"_qty, "100"_px, Purpose::Close))), "approved");
}

TEST(TradingState, LetsOnlyAFlattenPassWhileHalted) {
  World w;
  w.books.hold(kBtc, "2"_qty, "100"_px);
  w.operate(OperatorAction::Halt);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "2"_qty, "100"_px, Purpose::Close))),
            "kill refused, limit 1 count, actual 2 count");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "2"_qty, "100"_px, Purpose::Flatten))), "approved");
}

TEST(TradingState, BecomesLooserOnlyByAPerson) {
  World w;
  w.operate(OperatorAction::Halt);
  w.operate(OperatorAction::Reduce);
  w.see(TradingStateChanged{TradingState::Halted, TradingState::Active, "forged"}, w.now);
  w.equity("10000"_usdt);
  w.operate(OperatorAction::Stop);
  EXPECT_EQ(w.gate.status(w.books.view()).state, TradingState::Halted);
  w.operate(OperatorAction::Resume);
  EXPECT_EQ(w.gate.status(w.books.view()).state, TradingState::Active);
  const auto moves = w.moves.of<TradingStateChanged>();
  ASSERT_EQ(moves.size(), 2U);
  EXPECT_EQ(moves[1].cause.view(), "by hand");
  w.operate(OperatorAction::Resume);
  EXPECT_EQ(w.moves.of<TradingStateChanged>().size(), 2U);
}

TEST(TradingState, IsAdoptedFromBeforeARestart) {
  World w;
  w.see(TradingStateChanged{TradingState::Active, TradingState::Halted, "before"}, w.now);
  EXPECT_EQ(w.gate.status(w.books.view()).state, TradingState::Halted);
  EXPECT_TRUE(w.moves.all.empty());
}

TEST(TradingState, IsStillTheControlsWhenItsOwnMovesComeBack) {
  World w{LimitSettings{}};
  w.equity("9199"_usdt);  // Beyond the day's loss: halts and flattens.
  const std::vector<EventBody> own = w.moves.all;
  ASSERT_EQ(own.size(), 2U);
  for (const EventBody& move : own)
    w.gate.observe(Event{2, Origin::Derived, w.now, w.now, move}, w.books.view(), w.moves);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "1"_qty)).control, Control::DailyLoss);
  EXPECT_EQ(w.moves.all.size(), own.size());
}

TEST(TradingState, ResumedAfterADrawdownMeasuresFromTheEquityOfThatMoment) {
  World w;
  w.equity("7500"_usdt);  // 25 % below the capital
  EXPECT_EQ(w.gate.status(w.books.view()).state, TradingState::Reducing);
  w.operate(OperatorAction::Resume);
  w.equity("7500"_usdt);
  EXPECT_EQ(w.gate.status(w.books.view()).state, TradingState::Active);
  w.equity("5990"_usdt);  // 20.13 % below 7500
  EXPECT_EQ(w.gate.status(w.books.view()).state, TradingState::Reducing);
}

TEST(TradingState, ResumedWithoutADrawdownKeepsTheHighWaterMark) {
  World w;
  w.equity("9000"_usdt);
  w.operate(OperatorAction::Halt);
  w.operate(OperatorAction::Resume);
  EXPECT_EQ(w.gate.status(w.books.view()).equity_peak, "10000"_usdt);
}

TEST(Status, ShowsWhatIsLeftOfTheStandingLimits) {
  World w;
  w.books.hold(kBtc, "30"_qty, "100"_px);
  w.books.hold(kEth, "40"_qty, "50"_px);
  w.equity("9500"_usdt);
  const RiskStatus status = w.gate.status(w.books.view());
  ASSERT_EQ(status.headroom.size(), 7U);
  EXPECT_EQ(spell(status.headroom[0]),
            "capital_threshold passed, limit 10000 quote, actual 5000 quote");
  EXPECT_EQ(spell(status.headroom[1]),
            "position_limit passed, limit 4750 quote, actual 3000 quote");
  EXPECT_EQ(spell(status.headroom[2]),
            "position_limit passed, limit 9500 quote, actual 5000 quote");
  EXPECT_EQ(spell(status.headroom[3]), "drawdown passed, limit 0.2 ratio, actual 0.05 ratio");
  EXPECT_EQ(spell(status.headroom[4]), "daily_loss passed, limit 9900 quote, actual 500 quote");
  EXPECT_EQ(spell(status.headroom[5]), "leverage passed, limit 2 ratio, actual 0.315789474 ratio");
  EXPECT_EQ(spell(status.headroom[6]), "stage passed, limit 1000000 quote, actual 5000 quote");
  EXPECT_DOUBLE_EQ(status.drawdown, 0.05);
}

// A jump: 100 -> 150 is |log| 0.405, beyond 0.25.
const char* judged(BarJudge& judge, int minute, Price close) {
  return judge.judge(bar_at(kBtc, kStart + std::chrono::minutes{minute}, close),
                     BarJudge::Looker::Asked);
}

TEST(BarJudge, TakesARealMoveOnItsSecondBar) {
  BarJudge judge{0.25};
  EXPECT_EQ(judged(judge, 0, "100"_px), nullptr);
  EXPECT_NE(judged(judge, 1, "150"_px), nullptr);
  EXPECT_NEAR(judge.distance(), 0.405465108, 1e-9);
  EXPECT_EQ(judged(judge, 2, "151"_px), nullptr);
  EXPECT_EQ(judged(judge, 3, "155"_px), nullptr);
  EXPECT_EQ(judge.set_aside(), 1U);
}

TEST(BarJudge, ForgetsAnErroneousBar) {
  BarJudge judge{0.25};
  EXPECT_EQ(judged(judge, 0, "100"_px), nullptr);
  EXPECT_NE(judged(judge, 1, "150"_px), nullptr);
  EXPECT_EQ(judged(judge, 2, "101"_px), nullptr);
  EXPECT_NE(judged(judge, 3, "150"_px), nullptr);  // The old candidate confirms nothing.
}

TEST(BarJudge, WaitsAtEachNewLevel) {
  BarJudge judge{0.25};
  EXPECT_EQ(judged(judge, 0, "100"_px), nullptr);
  EXPECT_NE(judged(judge, 1, "150"_px), nullptr);
  EXPECT_NE(judged(judge, 2, "50"_px), nullptr);
  EXPECT_EQ(judged(judge, 3, "51"_px), nullptr);
}

TEST(BarJudge, SetsAsideWhatCannotBeTrueOrIsNotNewer) {
  BarJudge judge{0.25};
  Bar crossed = bar_at(kBtc, kStart, "100"_px);
  crossed.low = "101"_px;
  EXPECT_STREQ(judge.judge(crossed, BarJudge::Looker::Asked), "high is below low");
  EXPECT_EQ(judged(judge, 1, "100"_px), nullptr);
  EXPECT_NE(judged(judge, 0, "100"_px), nullptr);
  EXPECT_NE(judged(judge, 1, "100"_px), nullptr);
  EXPECT_EQ(judged(judge, 2, "100"_px), nullptr);
}

TEST(BarJudge, SetsAsideAnOpenThatIsNeitherTheLastPriceNorItsOwn) {
  BarJudge judge{0.25};
  EXPECT_EQ(judged(judge, 0, "100"_px), nullptr);
  Bar bar = bar_at(kBtc, kStart + 1min, "100"_px);
  bar.open = bar.high = "9000000000"_px;
  EXPECT_STREQ(judge.judge(bar, BarJudge::Looker::Asked),
               "the open jumps away from the last close and from its own");
  bar = bar_at(kBtc, kStart + 2min, "100"_px);
  bar.high = "140"_px;  // A wick alone is a price that somebody paid.
  EXPECT_EQ(judge.judge(bar, BarJudge::Looker::Asked), nullptr);
}

TEST(BarJudge, GivesBothLookersOneWordAndCountsABarOnce) {
  BarJudge judge{0.25};
  const Bar first = bar_at(kBtc, kStart, "100"_px);
  const Bar jump = bar_at(kBtc, kStart + 1min, "150"_px);
  const Bar after = bar_at(kBtc, kStart + 2min, "150"_px);
  EXPECT_EQ(judge.judge(first, BarJudge::Looker::Asked), nullptr);
  EXPECT_EQ(judge.judge(first, BarJudge::Looker::Observed), nullptr);
  EXPECT_NE(judge.judge(jump, BarJudge::Looker::Observed), nullptr);
  EXPECT_NE(judge.judge(jump, BarJudge::Looker::Asked), nullptr);
  EXPECT_EQ(judge.set_aside(), 1U);
  EXPECT_EQ(judge.judge(after, BarJudge::Looker::Asked), nullptr);
  EXPECT_EQ(judge.judge(after, BarJudge::Looker::Observed), nullptr);
  // The same bar arrives again, and only observe sees it.
  EXPECT_NE(judge.judge(after, BarJudge::Looker::Observed), nullptr);
}

// --------------------------------------------------------------------------------------------------
// who demands the state is who is named

void stranger_trades(World& w) {
  ExternalAdjustment found;
  found.kind = AdjustmentKind::ForeignTrade;
  found.has_instrument = true;
  found.instrument = kBtc;
  found.quantity = "1"_qty;
  found.price = "100"_px;
  found.cause = "buy 1 at 100";
  w.books.hold(kBtc, "2"_qty, "100"_px);
  w.see(found, w.now);
}

TEST(StateWord, AfterAStrangersTradeIsOfTheReconciliation) {
  World w;
  stranger_trades(w);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))),
            "reconciliation refused, limit 0 count, actual 1 count");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "1"_qty, "100"_px, Purpose::Close))), "approved");
  for (const ControlResult& word : w.words) EXPECT_NE(word.control, Control::Kill);
  EXPECT_EQ(w.gate.status(w.books.view()).state_cause,
            "control 23 reconciliation: foreign_trade: buy 1 at 100");
  w.operate(OperatorAction::Resume);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
  EXPECT_EQ(w.gate.status(w.books.view()).state_cause, "by hand");
}

TEST(StateWord, OfAPersonComesFirstAndTheirsIsNotHiddenByIt) {
  World w;
  stranger_trades(w);
  w.operate(OperatorAction::Reduce);  // As strict already: one more who demands it.
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))),
            "kill refused, limit 0 count, actual 1 count");
  (void)w.review(w.order(Side::Sell, "1"_qty, "100"_px, Purpose::Close));
  ASSERT_GE(w.words.size(), 2U);
  EXPECT_EQ(w.words[0].control, Control::Kill);
  EXPECT_EQ(w.words[1].control, Control::Reconciliation);
  // A stricter state is the person's alone.
  w.operate(OperatorAction::Halt);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "1"_qty, "100"_px, Purpose::Close))),
            "kill refused, limit 1 count, actual 2 count");
  EXPECT_EQ(w.gate.status(w.books.view()).state_cause, "by hand");
}

}  // namespace
}  // namespace proteus::risk

// Control 19 for tickers and books, and what they say of bars.
#include <gtest/gtest.h>

#include "tests/unit/risk/builders.hpp"

namespace proteus::risk {
namespace {

using namespace std::chrono_literals;

TickerUpdated ticker(Price mark, Price last = {}) {
  return {.instrument = kBtc, .last = last.is_zero() ? mark : last, .mark = mark};
}
BookUpdated book(Price bid, Price ask) { return {kBtc, {{bid, "1"_qty}}, {{ask, "1"_qty}}}; }
const char* asked(const World& w, EventBody body) {
  return w.gate.absurd_quote(event_of(std::move(body), w.now));
}
const char* bar(World& w, Price close) {
  w.now += 1min;
  const Bar next = bar_at(kBtc, w.now - 1min, close);
  const char* reason = w.gate.absurd(next);
  w.see(BarClosed{next}, w.now);
  return reason;
}

TEST(AbsurdQuote, SetsAsideAMarkOrALastPriceFarFromTheLastBelieved) {
  World w;
  EXPECT_EQ(asked(w, ticker("120"_px)), nullptr);
  EXPECT_NE(asked(w, ticker("9000000000"_px)), nullptr);
  EXPECT_NE(asked(w, ticker("1000"_px)), nullptr);
  EXPECT_NE(asked(w, ticker("0.001"_px)), nullptr);
  EXPECT_NE(asked(w, ticker("100"_px, "1000"_px)), nullptr);
  EXPECT_NE(asked(w, book("899"_px, "901"_px)), nullptr);
  EXPECT_EQ(asked(w, book("99"_px, "101"_px)), nullptr);
  EXPECT_EQ(asked(w, TickerUpdated{.instrument = kBtc, .funding_known = true}), nullptr);
}

TEST(AbsurdQuote, NeverBecomesTheReferenceAndIsToldOnceARow) {
  World w;
  w.see(ticker("101"_px), w.now);
  w.see(ticker("1000"_px), w.now);
  w.see(ticker("1000"_px), w.now);
  const auto told = w.moves.of<FeedAnomaly>();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].kind, AnomalyKind::PriceJump);
  EXPECT_EQ(w.gate.status(w.books.view()).quotes_set_aside, 2U);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty, "101"_px))), "approved");
  w.see(ticker("102"_px), w.now);
  w.see(book("899"_px, "901"_px), w.now);
  EXPECT_EQ(w.moves.of<FeedAnomaly>().size(), 2U);
}

TEST(AbsurdQuote, AgesWhileOnlyAbsurdOnesCome) {
  World w;
  w.see(ticker("100"_px), w.now);
  for (int i = 0; i < 4; ++i) w.see(ticker("1000"_px), w.now + 10s);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "1"_qty)).control, Control::StaleData);
}

TEST(AbsurdQuote, FollowsAMarketThatMovesStepByStep) {
  World w;
  for (const Price price : {"115"_px, "130"_px, "150"_px, "180"_px}) {
    EXPECT_EQ(asked(w, ticker(price)), nullptr) << price.to_string();
    w.see(ticker(price), w.now);
  }
}

TEST(AbsurdQuote, ComesBackWhenABarHasMovedTheLevel) {
  World w;
  EXPECT_NE(asked(w, ticker("150"_px)), nullptr);
  EXPECT_NE(bar(w, "150"_px), nullptr);
  EXPECT_NE(asked(w, ticker("150"_px)), nullptr);
  EXPECT_EQ(bar(w, "151"_px), nullptr);
  EXPECT_EQ(asked(w, ticker("150"_px)), nullptr);
}

TEST(AbsurdQuote, IsAnyPriceBeforeTheFirstBarButThatIsNoAnomaly) {
  Moves moves;
  const InstrumentTable all = table();
  Gate gate{{}, {}, all, Interval::M1, Costs{}, "10000"_usdt};
  const Books books;
  const Event event = event_of(ticker("100"_px), kStart);
  EXPECT_NE(gate.absurd_quote(event), nullptr);
  gate.observe(event, books.view(), moves);
  EXPECT_TRUE(moves.of<FeedAnomaly>().empty());
  EXPECT_EQ(gate.status(books.view()).quotes_set_aside, 0U);
}

TEST(BarEvidence, BelievesAJumpAtOnceThatTickersShareIn) {
  World w;
  w.see(ticker("150"_px), w.now + 59s);  // Set aside, and yet a second opinion.
  w.now -= 59s;
  EXPECT_EQ(bar(w, "151"_px), nullptr);
}

TEST(BarEvidence, LetsNoBarsConfirmEachOtherAgainstATicker) {
  World w;
  for (int i = 0; i < 5; ++i) {
    w.see(ticker("100"_px), w.now + 50s);
    w.now -= 50s;
    EXPECT_NE(bar(w, "150"_px), nullptr) << i;
  }
  EXPECT_EQ(bar(w, "150"_px), nullptr);  // The ticker is too old by now: it denies nothing.
}

TEST(BarEvidence, NeedsMoreThanOneOpinionBeyondAFactorOfTen) {
  World w;
  EXPECT_NE(bar(w, "2000"_px), nullptr);
  EXPECT_NE(bar(w, "2000"_px), nullptr);
  EXPECT_EQ(bar(w, "2000"_px), nullptr);

  World two;
  EXPECT_NE(bar(two, "5"_px), nullptr);
  two.see(ticker("5"_px), two.now + 55s);
  two.now -= 55s;
  EXPECT_EQ(bar(two, "5"_px), nullptr);
}

TEST(BarEvidence, TakesNoOldTickerForAnOpinion) {
  World w;
  w.see(ticker("150"_px), w.now);
  EXPECT_NE(bar(w, "150"_px), nullptr);
}

}  // namespace
}  // namespace proteus::risk

// The numbers of a report against ones that were worked out by hand.
#include "tools/report/books.hpp"

#include <cmath>

#include "tests/unit/report/support.hpp"

namespace proteus::app::report {
namespace {

TEST(ReportBooks, SplitWhatWasEarnedAndPaidToTheUnit) {
  const MoneySplit m = tell_books(small_run()).value().money;
  EXPECT_EQ(m.start, money(1000.0));
  EXPECT_EQ(m.fees, money(0.49));
  EXPECT_EQ(m.slippage, money(0.3));
  EXPECT_EQ(m.funding, money(0.05));
  EXPECT_EQ(m.gross, money(40.3));  // 20 and 20 of prices, had they not slipped by 0.3
  EXPECT_EQ(m.final, money(1039.46));
  EXPECT_EQ(m.start + m.flows + m.gross - m.fees - m.slippage - m.funding, m.final);
}

TEST(ReportBooks, ComeOutWithTheCashThatTheRunRecorded) {
  const Books books = tell_books(small_run()).value();
  EXPECT_EQ(books.points, 4);
  EXPECT_EQ(books.points_with_equal_cash, 4);
  report::Run wrong = small_run();
  wrong.fills[1].row.fee = money(0.31);
  EXPECT_EQ(tell_books(wrong).value().points_with_equal_cash, 2);
}

TEST(ReportBooks, PairTradesThroughZero) {
  const auto trips = tell_books(small_run()).value().track.trips;
  ASSERT_EQ(trips.size(), 2U);
  // Two thirds of the fee of the fill that flips belong to what it closes.
  EXPECT_NEAR(trips[0].profit, 20.0 - 0.1 - 0.2 - 0.05, 1e-9);
  EXPECT_NEAR(trips[1].profit, 20.0 - 0.1 - 0.09, 1e-9);
  EXPECT_EQ(trips[0].closed, trips[1].opened);
  EXPECT_FALSE(trips[1].cut);
}

TEST(ReportBooks, GiveEachBarItsReturnTurnoverAndExposure) {
  const auto track = tell_books(small_run()).value().track;
  ASSERT_EQ(track.bars(), 4U);
  EXPECT_EQ(track.closes[0], minute(1));
  EXPECT_NEAR(track.net[0], 0.0, 1e-15);
  EXPECT_NEAR(track.net[1], 0.01985, 1e-12);
  EXPECT_NEAR(track.net[2], 19.7 / 1019.85, 1e-12);
  EXPECT_NEAR(track.traded[1], 200.0 / 1000.0, 1e-12);
  EXPECT_NEAR(track.traded[2], 330.0 / 1019.85, 1e-12);
  EXPECT_NEAR(track.exposure[1], 220.0 / 1019.85, 1e-12);
  EXPECT_NEAR(track.contributions[2][0], track.net[2], 1e-12);
}

TEST(ReportBooks, KeepMoneyThatCameOutOfTheReturns) {
  report::Run run = small_run();
  AdjustmentRow put_in;
  put_in.line.kind = AdjustmentKind::Transfer;
  put_in.line.cash = money(500.0);
  run.adjustments.push_back({45, put_in});
  for (auto& [record, point] : run.points)
    if (record > 45) {
      point.equity += money(500.0);
      point.cash += money(500.0);
    }
  const Books books = tell_books(run).value();
  EXPECT_EQ(books.money.flows, money(500.0));
  EXPECT_EQ(books.money.net(), money(39.46));
  EXPECT_NEAR(books.track.net[2], 19.7 / 1519.85, 1e-12);
  EXPECT_EQ(books.points_with_equal_cash, 4);
}

TEST(ReportBooks, BeginWhereTheRowsBegin) {
  report::Run run = small_run();
  run.points.erase(run.points.begin());  // Retention took the first.
  const Books books = tell_books(run).value();
  EXPECT_TRUE(books.begins_late);
  const MoneySplit& m = books.money;
  EXPECT_EQ(m.start, money(1019.85));
  EXPECT_EQ(m.fees, money(0.39));
  EXPECT_EQ(m.funding, Money{});
  EXPECT_EQ(m.start + m.flows + m.gross - m.fees - m.slippage - m.funding, m.final);
}

TEST(ReportBooks, CountWhatCameAfterTheLastBar) {
  report::Run run = small_run();
  run.fills.push_back({80, fill(4, Side::Buy, 1.0, 95.0, 0.5, 0.0)});
  const MoneySplit m = tell_books(run).value().money;
  EXPECT_EQ(m.final, money(1038.96));
  EXPECT_EQ(m.fees, money(0.99));
}

TEST(ReportBooks, RefuseRowsThatNoVenueCanSay) {
  report::Run run = small_run();
  run.fills[0].row.quantity = {};
  const auto refused = tell_books(run);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, ErrorCode::Corrupt);
  EXPECT_NE(refused.error().context.find("record 20: a fill without quantity"), std::string::npos);
}

TEST(ReportBooks, AreNoneBeforeTheFirstDecision) {
  report::Run run = small_run();
  run.points.clear();
  EXPECT_EQ(tell_books(run).error().code, ErrorCode::NotFound);
}

TEST(ReportFigures, FallIsDeepestWithItsDates) {
  const std::vector<Timestamp> closes{minute(1), minute(2), minute(3), minute(4)};
  const auto fall = greatest_fall({0.1, -0.5, 0.5, 0.5}, closes, minute(0));
  ASSERT_TRUE(fall);
  EXPECT_NEAR(fall->depth, 0.5, 1e-12);
  EXPECT_EQ(fall->peak, minute(1));
  EXPECT_EQ(fall->trough, minute(2));
  EXPECT_EQ(fall->recovered, minute(4));
  const auto open = greatest_fall({-0.25, 0.1, 0.0, 0.0}, closes, minute(0));
  EXPECT_EQ(open->peak, minute(0));
  EXPECT_FALSE(open->recovered);
  EXPECT_FALSE(greatest_fall({0.1, 0.0, 0.1, 0.0}, closes, minute(0)));
}

TEST(ReportFigures, MonthsCompoundAndEndWithTheirLastBar) {
  evaluation::Track track;
  track.net = {0.1, 0.1, -0.5};
  track.closes = {parse_time("2025-05-31T12:00").value(), parse_time("2025-06-01T00:00").value(),
                  parse_time("2025-06-01T12:00").value()};
  const auto months = months_of(track, {0.0, 0.2, 0.1});
  ASSERT_EQ(months.size(), 2U);
  EXPECT_EQ(months[0].month, 5U);
  EXPECT_NEAR(months[0].net, 0.21, 1e-12);
  EXPECT_NEAR(months[0].buy_and_hold, 0.2, 1e-12);
  EXPECT_NEAR(months[1].net, -0.5, 1e-12);
}

TEST(ReportFigures, BuyAndHoldPaysItsEntryOnceAndWaitsForWhatIsNotThere) {
  Books books;
  books.closes = {{100.0, 0.0}, {120.0, 50.0}, {120.0, 25.0}};
  const auto returns = buy_and_hold_returns(books, {0.01, 0.02});
  // 0.495 + 0.5; then 0.594 + 0.49; then 0.594 + 0.245.
  EXPECT_NEAR(returns[0], 0.995 - 1.0, 1e-12);
  EXPECT_NEAR(returns[1], 1.084 / 0.995 - 1.0, 1e-12);
  EXPECT_NEAR(returns[2], 0.839 / 1.084 - 1.0, 1e-12);
}

TEST(ReportFigures, SharpeRatioAndItsInterval) {
  const Report r = report_of(small_run());
  const auto& net = r.books.track.net;
  const double mean = (net[0] + net[1] + net[2] + net[3]) / 4.0;
  double squares = 0.0;
  for (const double x : net) squares += (x - mean) * (x - mean);
  ASSERT_TRUE(r.sharpe);
  EXPECT_NEAR(r.sharpe->estimate,
              mean / std::sqrt(squares / 3.0) * std::sqrt(bars_per_year(Interval::M1)), 1e-6);
  EXPECT_LE(r.sharpe->low, r.sharpe->estimate);
  EXPECT_GE(r.sharpe->high, r.sharpe->estimate);
}

TEST(ReportFigures, OfTheRoundTrips) {
  const Report r = report_of(small_run());
  const auto value = [&](std::string_view key) {
    for (const ReportFigure& f : r.list)
      if (f.key == key) return f.value;
    ADD_FAILURE() << "no figure " << key;
    return std::optional<double>();
  };
  EXPECT_EQ(value("hit_rate"), 1.0);
  EXPECT_FALSE(value("profit_factor"));  // No loss to divide by.
  EXPECT_NEAR(*value("best_trip"), 19.81, 1e-9);
  EXPECT_NEAR(*value("profit_without_best"), 19.65, 1e-9);
  EXPECT_NEAR(*value("holding_hours"), 1.0 / 60.0, 1e-9);
  EXPECT_NEAR(*value("turnover"),
              (0.2 + 330.0 / 1019.85 + 90.0 / 1039.55) / 4.0 * bars_per_year(Interval::M1), 1e-6);
  EXPECT_FALSE(value("return_a_year"));  // Four minutes say nothing of a year.
}

TEST(ReportFigures, RegimesCountEachBarOnceByWhatLayBeforeIt) {
  Books books;
  books.instruments.resize(1);
  books.track.bars_a_year = 100.0;
  double close = 100.0;
  double market = 0.0;
  constexpr std::size_t kWindow = 10;
  for (std::size_t i = 0; i < 300; ++i) {
    // Calm and rising first, then wild and falling.
    const double step = i < 150 ? (i % 2 == 0 ? 0.002 : -0.001) : (i % 2 == 0 ? -0.02 : -0.06);
    close *= std::exp(step);
    books.closes.push_back({close});
    books.track.contributions.push_back({step});
    if (i > kWindow) market += step;
  }
  const auto rows = regimes_of(books, kWindow);
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].bars + rows[1].bars + rows[2].bars, 300U - kWindow - 1);
  EXPECT_EQ(rows[3].bars + rows[4].bars, 300U - kWindow - 1);
  EXPECT_NEAR(rows[3].market + rows[4].market, market, 1e-9);
  EXPECT_NEAR(rows[0].brought + rows[1].brought + rows[2].brought, market, 1e-9);
  EXPECT_GT(rows[3].market, 0.0);
  EXPECT_LT(rows[4].market, 0.0);
}

}  // namespace
}  // namespace proteus::app::report

// What a report finds off by itself, each with a run that has it and the small run that has not.
#include <fmt/format.h>

#include "tests/unit/report/support.hpp"

namespace proteus::app::report {
namespace {

std::string all_notes(const Report& report) {
  std::string out;
  for (const Note& note : report.notes) out += note.text + "\n";
  return out;
}
bool noted(const Report& report, const std::string& words) {
  return all_notes(report).find(words) != std::string::npos;
}

TEST(ReportNotes, SayOnlyThatTheSampleIsShortOfARunThatIsWell) {
  const Report r = report_of(small_run());
  EXPECT_TRUE(noted(r, "Short sample: 0.0 days (4 bars)")) << all_notes(r);
  EXPECT_TRUE(noted(r, "Few round trips: 2"));
  for (const char* words : {"No trades", "one side", "Stale", "rests on one", "Costs", "late",
                            "do not come out", "begins at"})
    EXPECT_FALSE(noted(r, words)) << words << "\n" << all_notes(r);
}

TEST(ReportNotes, NoTradesAndWhy) {
  report::Run run = small_run();
  run.fills.clear();
  run.funding.clear();
  run.reasons = {{"refused", "", 3}, {"warming_up", "windows", 1}};
  run.refusals.push_back({12, "drawdown", "linear:BTCUSDT", 3, {}, {}, "0.2", "0.25", "ratio"});
  const Report r = report_of(run);
  EXPECT_TRUE(noted(r, "No trades: most decisions (3 of 4) ended as refused; drawdown refused 3"))
      << all_notes(r);
}

TEST(ReportNotes, AllTradesOnOneSide) {
  report::Run run = small_run();
  run.fills.erase(run.fills.begin() + 1);
  EXPECT_TRUE(noted(report_of(run), "All 2 fills are on one side: bought"));
}

TEST(ReportNotes, FillsThatCameLongAfterTheirDecision) {
  report::Run run = small_run();
  run.orders["order"].decided = minute(1);
  EXPECT_TRUE(noted(report_of(run), "Stale fills: 1 of 3"));  // That of minute 3.
}

TEST(ReportNotes, AResultThatRestsOnOneTrade) {
  report::Run run = small_run();
  run.fills[2].row.price = price(125.0);  // The short loses 15.
  const Report r = report_of(run);
  EXPECT_TRUE(noted(r, "The result rests on one trade: the best round trip made 19.65"))
      << all_notes(r);
  EXPECT_TRUE(noted(r, "The books do not come out")) << "a price that the run did not record";
}

TEST(ReportNotes, CostsAboveGrossProfit) {
  report::Run run = small_run();
  run.fills[0].row.fee = money(50.0);
  for (auto& [record, point] : run.points)
    if (record > 20) {
      point.cash -= money(49.9);
      point.equity -= money(49.9);
    }
  const Report r = report_of(run);
  EXPECT_TRUE(noted(r,
                    "Costs are above gross profit: 50.74 was paid in fees, slippage and funding, "
                    "40.30 was earned before them."))
      << all_notes(r);
}

TEST(ReportNotes, MostlyLateBars) {
  report::Run run = small_run();
  run.reasons = {{"late", "", 3}, {"ordered", "", 1}};
  EXPECT_TRUE(noted(report_of(run), "Mostly late bars: 3 of 4"));
}

TEST(ReportNotes, BelowBuyAndHoldStandsAtTheTop) {
  report::Run run = small_run();
  for (auto& decision : run.decisions)
    if (decision.record == 70) decision.row.close = price(300.0);
  const Report r = report_of(run);
  ASSERT_GE(r.verdict.size(), 2U);
  EXPECT_EQ(r.verdict[0], "Earned 39.46 after all costs (3.95 %), from 1000.00 to 1039.46.");
  EXPECT_TRUE(r.verdict[1].starts_with("It is BELOW buy-and-hold")) << r.verdict[1];
}

}  // namespace
}  // namespace proteus::app::report

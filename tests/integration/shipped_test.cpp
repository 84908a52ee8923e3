// The program where nobody names a strategy: it trades the shipped policy. And a session over
// recorded bars in which that policy adapts, told by its journal.
#include <boost/json.hpp>

#include <cstdlib>

#include "tests/integration/child.hpp"
#include "tests/integration/programs.hpp"
#include "tests/integration/support.hpp"
#include "tools/app/options.hpp"

namespace proteus::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// As `paced()`, and nothing of what trades.
Overrides unnamed() {
  return {"feed.clock=frames", "feed.repair=pause", "feed.backoff_min=5ms",
          "feed.backoff_max=50ms"};
}

TEST(Shipped, PaperTradesThePolicyWhereNobodyNamesAStrategy) {
  const Folder folder;
  SimProgram sim({"sim.history_bars=120000", "sim.push_interval=10m"});
  Child paper(with_settings({"paper"}, unnamed() + in(folder) + sim.where()));
  ASSERT_TRUE(run_to_bars(paper, folder / "socket", 3 * 9)) << paper.err();
  const auto status = ask(folder / "socket", "status");
  ASSERT_TRUE(status);
  EXPECT_EQ(word(*status, "strategy"), "policy");
  EXPECT_EQ(word(*status, "interval"), "1h");
  EXPECT_EQ(word(*status, "policy.name"), "policy-1h");
  EXPECT_EQ(figure(*status, "policy.networks"), 5);
  const Ran seen = run_proteus({"status", "--socket", folder / "socket"});
  EXPECT_THAT(seen.out, AllOf(HasSubstr("policy-1h, trained, mean of 5 network(s)"),
                              HasSubstr("decides every 4 bar(s)"), HasSubstr("adapts its memory")));
  paper.signal(SIGTERM);
  EXPECT_EQ(paper.wait(), 0) << paper.err();
  EXPECT_THAT(paper.out(), HasSubstr("policy-1h")) << "the summary";

  const auto session = only_session(folder);
  EXPECT_EQ(query(session,
                  "SELECT count(*) FROM decisions WHERE outcome NOT IN ('warming_up', "
                  "'stopping') AND weight IS NULL"),
            "0");
  EXPECT_GE(std::stoi(query(session, "SELECT count(*) FROM decisions WHERE weight IS NOT NULL")),
            27);
  EXPECT_THAT(read_all(session / "config.resolved.toml"),
              HasSubstr("checkpoints = [\"shipped:policy-1h\"]"));
}

TEST(Shipped, DemoTradesThePolicyAndSaysSo) {
  const Folder folder;
  const Ran ran = run_proteus(with_settings({"demo", "--for", "4"}, in(folder)));
  ASSERT_EQ(ran.code, kOk) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("What trades: policy-1h, a trained recurrent policy"),
                             HasSubstr("a bar of 1h closes every 1.0 s")));
  EXPECT_NE(query(only_session(folder), "SELECT count(*) FROM decisions WHERE weight IS NOT NULL"),
            "0");
}

std::filesystem::path recorded_data() {
  const char* given = std::getenv("PROTEUS_DATA_DIR");
  const char* source = std::getenv("PROTEUS_SOURCE_DIR");
  return given != nullptr
             ? std::filesystem::path(given)
             : std::filesystem::path(source != nullptr ? source : ".") / "../shared/data";
}

/// Kline files of an hour, parted by commas; empty: there is no recorded data.
std::string recorded_files() {
  std::string files;
  for (const char* symbol : {"BTCUSDT", "ETHUSDT", "SOLUSDT"}) {
    const auto file =
        recorded_data() / "klines" / (std::string("bybit-linear_") + symbol + "_1h.csv.gz");
    if (!std::filesystem::exists(file)) return "";
    files += (files.empty() ? "" : ",") + file.string();
  }
  return files;
}

std::string steps(const std::filesystem::path& session, const std::string& step) {
  return query(session, "SELECT count(*) FROM adaptations WHERE step = '" + step + "'");
}

/// The bounds are loose and the margin is none, so that steps are adopted, refused by what they
/// earn on bars held back, and rolled back, all within weeks.
TEST(Shipped, AdaptsOverRecordedBarsAndItsJournalTellsWhatBecameOfIt) {
  const std::string files = recorded_files();
  if (files.empty()) GTEST_SKIP() << "no recorded market data; set PROTEUS_DATA_DIR";
  const Folder folder;
  SimProgram sim(
      {"sim.server.files=" + files, "sim.start=2024-03-01T00:00:00Z", "sim.push_interval=1h"});
  Child paper(with_settings(
      {"paper"}, unnamed() + in(folder) + sim.where() +
                     Overrides{"policy.adapt=both", "policy.adapt_every=24", "policy.adapt_bars=60",
                               "policy.adapt_kl_max=1", "policy.adapt_patience=100000",
                               "policy.adapt_rollback=0.5", "policy.adapt_change=0"}));
  ASSERT_TRUE(run_to_bars(paper, folder / "socket", 3 * 400)) << paper.err();
  paper.signal(SIGTERM);
  ASSERT_EQ(paper.wait(), 0) << paper.err();

  const auto session = only_session(folder);
  EXPECT_EQ(query(session, "SELECT count(DISTINCT instrument) FROM adaptations"), "3");
  for (const char* step : {"cut", "proposed", "adopted"})
    EXPECT_NE(steps(session, step), "0") << step;
  EXPECT_EQ(query(session, "SELECT count(*) FROM adaptations WHERE step IN ('adopted', 'refused')"),
            steps(session, "proposed"));

  const Ran told = run_proteus({"journal", "adaptations", session.string(), "--json"});
  ASSERT_EQ(told.code, kOk) << told.err;
  const auto totals = boost::json::parse(told.out).as_object().at("totals").as_array();
  ASSERT_EQ(totals.size(), 4U);
  const auto& all = totals.back().as_object();
  for (const char* step : {"cut", "proposed", "adopted", "refused", "rolled_back", "lost"})
    EXPECT_EQ(boost::json::serialize(all.at(step)), steps(session, step)) << step;
  const double ended = std::stod(query(session,
                                       "SELECT ifnull(sum(shadow_gain), 0.0) FROM adaptations "
                                       "WHERE version_before <> version_after"));
  EXPECT_NEAR(all.at("gain_ended").to_number<double>(), ended, 1e-9);
}

/// Rows of a table, a line each.
std::string lines(const std::filesystem::path& session, const std::string& columns,
                  const std::string& rest) {
  return query(session, "SELECT ifnull(group_concat(line, char(10)), '') FROM (SELECT " + columns +
                            " AS line FROM " + rest + ")");
}

/// What was traded up to a time, and what adaptation made of the stretches that ended by then.
std::string told_until(const std::filesystem::path& session, const std::string& time_ns) {
  return lines(session,
               "time || ' ' || instrument || ' ' || side || ' ' || quantity || ' ' || price || ' ' "
               "|| fee",
               "fills WHERE time_ns <= " + time_ns + " ORDER BY time_ns, instrument") +
         "\n--\n" +
         lines(session,
               "time || ' ' || instrument || ' ' || ordinal || ' ' || step || ' ' || "
               "ifnull(held_adapted, '') || ' ' || ifnull(version_after, '') || ' ' || "
               "ifnull(shadow_gain, '')",
               "adaptations WHERE time_ns <= " + time_ns +
                   " ORDER BY time_ns, instrument, ordinal, record");
}

TEST(Shipped, PaperAndReplayOfRecordedBarsAgreeAdaptationIncluded) {
  const std::string files = recorded_files();
  if (files.empty()) GTEST_SKIP() << "no recorded market data; set PROTEUS_DATA_DIR";
  const Overrides same = {"policy.adapt=both",     "policy.adapt_every=24",
                          "policy.adapt_bars=60",  "policy.adapt_kl_max=1",
                          "policy.adapt_change=0", "risk.limits.ticker_age_max=10m"};
  const Folder lived;
  const std::string funding = (recorded_data() / "funding").string();
  SimProgram sim({"sim.server.files=" + files, "sim.server.funding_folder=" + funding,
                  "sim.start=2024-03-01T00:00:00Z", "sim.push_interval=10m"});
  Child paper(with_settings({"paper"}, unnamed() + in(lived) + sim.where() + same));
  ASSERT_TRUE(run_to_bars(paper, lived / "socket", 3 * 300)) << paper.err();
  paper.signal(SIGTERM);
  ASSERT_EQ(paper.wait(), 0) << paper.err();
  const auto session = only_session(lived);

  const Folder told;
  const Ran replay = run_proteus(with_settings(
      {"replay"},
      in(told) + same +
          Overrides{"replay.files=" + files, "replay.funding_folder=" + funding,
                    "replay.from=2024-03-01T00:00:00Z", "replay.until=2024-03-20T00:00:00Z"}));
  ASSERT_EQ(replay.code, kOk) << replay.err;
  // The last decided close of the paper session may have been cut in two by its stop.
  const std::string last = query(session, "SELECT max(time_ns) - 7200000000000 FROM fills");
  const std::string paper_told = told_until(session, last);
  EXPECT_THAT(paper_told, AllOf(HasSubstr(" buy "), HasSubstr(" adopted ")));
  EXPECT_EQ(paper_told, told_until(only_session(told), last));
}

}  // namespace
}  // namespace proteus::app

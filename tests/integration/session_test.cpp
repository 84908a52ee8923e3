// A session from its start to its end, over sockets, without faults.
#include <fmt/format.h>

#include "connectors/storage/feed_part.hpp"
#include "tests/integration/support.hpp"

namespace proteus::app {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr std::int64_t kBars = 120;  // all instruments together
const char* const kThree = "engine.instruments=linear:BTCUSDT,linear:ETHUSDT,spot:BTCUSDT";
// Over one socket: of two, which is read first is chance, and books remember the order of marks.
const char* const kTwo = "engine.instruments=linear:BTCUSDT,linear:ETHUSDT";

struct Ended {
  std::string status;
  Log log;
};

Ended run_session(const Folder& folder, const Overrides& exchange_settings, const char* instruments,
                  std::string* complaints = nullptr) {
  net::Loop loop;
  Exchange exchange(loop, exchange_settings);
  Daemon daemon(loop, paced() + in(folder) + exchange.where() + Overrides{instruments});
  EXPECT_TRUE(daemon.run_to_bars(kBars)) << daemon.status();
  daemon.stop();
  Ended ended{daemon.status(), read_log(daemon.folder())};
  if (complaints != nullptr) *complaints = complaint(ended.log, exchange);
  return ended;
}

TEST(PacedSession, DecidesEveryBarOfTheSourceOnceAndInOrder) {
  const Folder folder;
  std::string complaints;
  const Ended ended = run_session(folder, {}, kThree, &complaints);

  EXPECT_EQ(complaints, "");
  EXPECT_GE(figure(ended.status, "bars"), kBars);
  EXPECT_EQ(figure(ended.status, "gaps"), 0);
  EXPECT_EQ(figure(ended.status, "late_bars"), 0);
  EXPECT_EQ(word(ended.status, "anomalies"), "{}");
  EXPECT_EQ(figure(ended.status, "decisions"),
            static_cast<std::int64_t>(ended.log.decisions.size()));
  EXPECT_GT(ended.log.fills, 0U) << "a session that never traded shows little";
  EXPECT_EQ(static_cast<std::int64_t>(ended.log.fills), figure(ended.status, "fills"));
}

TEST(PacedSession, LeavesAFolderThatTellsItAll) {
  const Folder folder;
  const Ended ended = run_session(folder, {}, kThree);

  const auto runs = entries(folder / "runs");
  ASSERT_EQ(runs.size(), 1U);
  const std::filesystem::path session = folder / "runs/" + runs[0];
  const auto config = load(session / "config.resolved.toml", {});
  ASSERT_FALSE(config.has_error()) << config.error().context;
  EXPECT_THAT(read_all(session / "session.json"), HasSubstr(config.value().hash));
  EXPECT_EQ(config.value().settings.feed.warm_up_bars, 20);

  EXPECT_FALSE(ended.log.tail.torn);
  EXPECT_EQ(query(session, "SELECT count(*) FROM decisions"),
            std::to_string(ended.log.decisions.size()));
  EXPECT_EQ(query(session, "SELECT count(*) FROM fills"), std::to_string(ended.log.fills));
  EXPECT_EQ(query(session, "SELECT value FROM meta WHERE key = 'config_hash'"),
            config.value().hash);
  EXPECT_EQ(query(session, "PRAGMA integrity_check"), "ok");
}

TEST(PacedSession, RecordsTheFramesItLivedOn) {
  const Folder folder;
  const Ended ended = run_session(folder, {}, kThree);
  const std::filesystem::path session = folder / "runs/" + entries(folder / "runs").at(0);

  // Closed and compressed at the end, one part a stream.
  std::size_t confirms = 0;
  std::size_t streams = 0;
  for (const std::string& part : entries(session / "feed")) {
    EXPECT_TRUE(part.ends_with(".jsonl.zst")) << part;
    if (part.starts_with("public-")) ++streams;
    auto reader = storage::FeedReader::open(session / "feed" / part);
    ASSERT_FALSE(reader.has_error()) << reader.error().context;
    for (;;) {
      const auto frame = reader.value().next();
      ASSERT_FALSE(frame.has_error()) << frame.error().context;
      if (!frame.value()) break;
      if (frame.value()->bytes.find("\"confirm\":true") != std::string::npos) ++confirms;
    }
  }
  EXPECT_EQ(streams, 2U) << "linear and spot";
  std::size_t from_stream = 0;
  for (const BarClosed& bar : ended.log.bars)
    if (bar.source == BarSource::Stream) ++from_stream;
  EXPECT_EQ(confirms, from_stream);
}

/// All that one seed has to give again: what was decided and what the books were worth after.
std::vector<std::string> retold(const Log& log, std::size_t decisions, std::size_t points) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < decisions; ++i) {
    const DecisionRecord& d = log.decisions.at(i);
    lines.push_back(fmt::format("{} {} {} {} {} {} {}", d.instrument.index, format_time(d.bar_open),
                                d.close.to_string(), to_string(d.outcome), d.reason.view(),
                                d.wanted.to_string(), d.equity.to_string()));
  }
  for (std::size_t i = 0; i < points; ++i)
    lines.push_back(fmt::format("{} {:016x}", log.equity.at(i).equity.to_string(),
                                log.equity.at(i).ledger_hash));
  return lines;
}

std::string difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (a[i] != b[i]) return fmt::format("line {}: {} / {}", i, a[i], b[i]);
  return {};
}

TEST(PacedSession, IsTheSameAgainWithTheSameSeed) {
  const Folder a;
  const Folder b;
  const Folder other;
  const Log first = run_session(a, {"sim.seed=7"}, kTwo).log;
  const Log second = run_session(b, {"sim.seed=7"}, kTwo).log;
  const Log third = run_session(other, {"sim.seed=8"}, kTwo).log;

  // The two were stopped by a real timer, so one may have come a few bars further.
  const std::size_t decisions = std::min(first.decisions.size(), second.decisions.size());
  const std::size_t points = std::min(first.equity.size(), second.equity.size());
  ASSERT_GE(points, static_cast<std::size_t>(kBars));
  ASSERT_GT(first.fills, 0U);
  EXPECT_EQ(difference(retold(first, decisions, points), retold(second, decisions, points)), "");
  const std::size_t few = std::min(points, third.equity.size());
  EXPECT_NE(first.equity.at(few - 1).ledger_hash, third.equity.at(few - 1).ledger_hash);
}

}  // namespace
}  // namespace proteus::app

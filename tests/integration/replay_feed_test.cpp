// A paper session over sockets, and its own recorded feed played again.
#include <fmt/format.h>

#include "tests/integration/support.hpp"
#include "tools/app/feed_replay.hpp"
#include "tools/app/replay_run.hpp"

namespace proteus::app {
namespace {

using ::testing::HasSubstr;

const char* const kOneSocket = "engine.instruments=linear:BTCUSDT,linear:ETHUSDT";

struct Told {
  Log log;
  std::filesystem::path folder;
};

Told paper_session(const Folder& folder, const Overrides& more = {}) {
  net::Loop loop;
  Exchange exchange(loop);
  Daemon daemon(loop, paced() + in(folder) + exchange.where() + Overrides{kOneSocket} + more);
  EXPECT_TRUE(daemon.run_to_bars(160)) << daemon.status();
  daemon.stop();
  return {read_log(daemon.folder()), daemon.folder()};
}

Options options_for(const Told& session) {
  Options options;
  options.files = {session.folder.string()};
  return options;
}

/// The replay's own log. Errors are those of the test.
Log replayed(const Options& options) {
  const auto sources = replay_sources(options);
  EXPECT_TRUE(sources.has_value()) << sources.error().context;
  const auto loaded = load_for_replay(options, sources.value());
  EXPECT_TRUE(loaded.has_value()) << loaded.error().context;
  auto playing = open_replay(loaded.value(), sources.value(), kMarketStart);
  EXPECT_TRUE(playing.has_value()) << playing.error().context;
  if (!playing) return {};
  play_through(*playing.value(), std::nullopt);
  const auto ended = playing.value()->finish("the test ends");
  EXPECT_TRUE(ended.has_value()) << ended.error().context;
  return read_log(playing.value()->trading().session().folder());
}

std::string text_of(const DecisionRecord& d) {
  return fmt::format("{} {} close={} outcome={} target={} wanted={} equity={} orders={}",
                     d.instrument.index, format_time(d.bar_open), d.close.to_string(),
                     to_string(d.outcome), d.has_target, d.wanted.to_string(), d.equity.to_string(),
                     d.orders.size());
}

void expect_same(const Log& paper, const Log& again) {
  ASSERT_EQ(again.failure, "");
  ASSERT_EQ(paper.decisions.size(), again.decisions.size());
  for (std::size_t i = 0; i < paper.decisions.size(); ++i)
    ASSERT_EQ(text_of(paper.decisions[i]), text_of(again.decisions[i])) << i;
  ASSERT_EQ(paper.bars.size(), again.bars.size());
  for (std::size_t i = 0; i < paper.bars.size(); ++i)
    ASSERT_EQ(paper.bars[i].source, again.bars[i].source) << i;
  EXPECT_EQ(paper.fills, again.fills);
  ASSERT_EQ(paper.equity.size(), again.equity.size());
  for (std::size_t i = 0; i < paper.equity.size(); ++i)
    ASSERT_EQ(paper.equity[i].ledger_hash, again.equity[i].ledger_hash) << i;
}

TEST(ReplayOfASession, DecidesTradesAndBooksAsTheSessionDid) {
  const Folder folder;
  const Told paper = paper_session(folder);
  ASSERT_GT(paper.log.fills, 0U) << "a session that never traded shows little";
  expect_same(paper.log, replayed(options_for(paper)));
}

TEST(ReplayOfASession, DoesSoWithBooksAndLostConnectionsToo) {
  const Folder folder;
  net::Loop loop;
  Exchange exchange(loop, {"sim.faults.drop_at_close=0.02", "sim.push_interval=2s"});
  Told paper;
  {
    Daemon daemon(loop, paced() + in(folder) + exchange.where() +
                            Overrides{kOneSocket, "feed.book_depth=50", "engine.barrier=8s"});
    EXPECT_TRUE(daemon.run_to_bars(160)) << daemon.status();
    daemon.stop();
    paper = {read_log(daemon.folder()), daemon.folder()};
  }
  ASSERT_GT(paper.log.feed.size(), 4U) << "no connection was lost";
  const Log again = replayed(options_for(paper));
  ASSERT_EQ(paper.log.decisions.size(), again.decisions.size());
  for (std::size_t i = 0; i < again.decisions.size(); ++i)
    ASSERT_EQ(text_of(paper.log.decisions[i]), text_of(again.decisions[i])) << i;
  EXPECT_EQ(paper.log.fills, again.fills);
}

TEST(ReplayOfARecording, TwiceEndsWithTheSameHashes) {
  const Folder folder;
  Options options = options_for(paper_session(folder));
  options.files = {options.files.front() + "/feed"};  // frames alone: no session lends its code
  options.overrides = paced() + in(folder) + Overrides{kOneSocket};
  const Log first = replayed(options);
  ASSERT_GT(first.fills, 0U);
  expect_same(first, replayed(options));
}

TEST(ReplayOfASession, GoesByOtherSettingsWhereTheyAreGiven) {
  const Folder folder;
  const Told paper = paper_session(folder);
  Options options = options_for(paper);
  options.overrides = {"strategy.fast=2", "strategy.slow=5"};
  const Log again = replayed(options);
  EXPECT_EQ(again.decisions.size(), paper.log.decisions.size());
  EXPECT_NE(again.fills, paper.log.fills);
}

TEST(ReplayOfASession, PlaysASpanOfItWithoutItsBeginning) {
  const Folder folder;
  const Told paper = paper_session(folder);
  const Timestamp last = paper.log.bars.back().bar.open_time;
  Options options = options_for(paper);
  options.from = format_time(last - 20min);
  options.until = format_time(last - 5min);
  const Log again = replayed(options);
  std::size_t decided = 0;
  for (const BarClosed& closed : again.bars) {
    EXPECT_LE(closed.bar.close_time, last - 5min);
    const bool warm_up = closed.source == BarSource::Warmup;
    EXPECT_EQ(warm_up, closed.bar.open_time < last - 20min);
    decided += warm_up ? 0U : 1U;
  }
  EXPECT_EQ(decided, 30U) << "fifteen minutes of two instruments";
}

TEST(ReplayOfASession, IsRefusedWhereBarsAreNotRecorded) {
  const Folder folder;
  const Told paper = paper_session(folder);
  Options options = options_for(paper);
  options.overrides = {"engine.interval=1h", "feed.intervals=1h"};
  const auto sources = replay_sources(options).value();
  const auto loaded = load_for_replay(options, sources);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().context;
  const auto refused = open_replay(loaded.value(), sources, kMarketStart);
  ASSERT_TRUE(refused.has_error());
  EXPECT_THAT(refused.error().context, HasSubstr("without bars of 1h"));
}

}  // namespace
}  // namespace proteus::app

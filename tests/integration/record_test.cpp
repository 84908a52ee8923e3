// `proteus record` against the simulated exchange: every frame that went out lies on the disk, and
// no way to end the program costs one that was handed over.
#include <boost/json.hpp>
#include <csignal>
#include <map>
#include <set>

#include "connectors/net/http_client.hpp"
#include "connectors/storage/feed_check.hpp"
#include "connectors/storage/feed_merge.hpp"
#include "tests/integration/programs.hpp"
#include "tools/record/feed_content.hpp"
#include "tools/record/recording.hpp"
#include "tools/record/topic_plan.hpp"

namespace proteus::app {
namespace {

namespace bj = boost::json;
using ::testing::HasSubstr;

/// A recording in the test's own process, so that both ends are seen.
struct RecordingRun {
  RecordingRun(net::Loop& loop, const Overrides& settings, const std::vector<std::string>& topics,
               const std::filesystem::path& feed) {
    std::filesystem::create_directories(feed);
    const auto loaded = load("", settings, Paths::Ignored);
    EXPECT_TRUE(loaded.has_value()) << loaded.error().context;
    auto plans = record::plan_topics(topics);
    EXPECT_TRUE(plans.has_value()) << plans.error().context;
    recording =
        record::Recording::create(loop, loaded.value().settings, std::move(plans).value(), feed, 7)
            .value();
    recording->start([this](const Error& why) { failure = why.context; });
  }
  std::unique_ptr<record::Recording> recording;
  std::string failure;
};

storage::FeedReport check_folder(const std::filesystem::path& folder) {
  return storage::check_feed(storage::feed_streams(std::array{folder}).value());
}

TEST(Record, WritesEveryCloseOfTheMarketThatWasSent) {
  const Folder folder;
  net::Loop loop;
  Exchange exchange{loop};
  RecordingRun run{loop,
                   exchange.where() + paced(),
                   {"linear:kline.1.BTCUSDT", "linear:publicTrade.BTCUSDT", "spot:tickers.BTCUSDT"},
                   folder / "feed"};
  ASSERT_TRUE(run_until(loop, [&] {
    return run.recording->counts().frames > 3000 || !run.failure.empty();
  })) << run.recording->counts().frames;
  ASSERT_EQ(run.failure, "");
  run.recording->stop();
  const auto counts = run.recording->counts();
  run.recording.reset();
  EXPECT_EQ(counts.lost, 0U);
  EXPECT_EQ(counts.losses, 0U);
  const storage::FeedReport report = check_folder(folder / "feed");
  EXPECT_TRUE(report.problems.empty()) << report.problems[0];
  EXPECT_EQ(report.frames, counts.frames);
  EXPECT_EQ(report.streams.size(), 3U) << "linear, spot, rest";

  // Each close once, in order, as the source has it.
  storage::FeedMerge merge{
      storage::feed_streams(std::array{std::filesystem::path(folder / "feed")}).value()};
  Instrument btc;
  btc.category = Category::Linear;
  btc.symbol = "BTCUSDT";
  std::optional<Timestamp> last;
  std::size_t closes = 0;
  for (;;) {
    const auto frame = merge.next();
    ASSERT_TRUE(frame.has_value()) << frame.error().context;
    if (!frame.value()) break;
    if (record::topic_of(frame.value()->bytes) != "kline.1.BTCUSDT") continue;
    const bj::value json = bj::parse(frame.value()->bytes);
    for (const bj::value& row : json.at("data").as_array()) {
      if (!row.at("confirm").as_bool()) continue;
      const Timestamp open = from_unix_ms(row.at("start").to_number<std::int64_t>());
      EXPECT_TRUE(!last || open == *last + 60s) << format_time(open);
      last = open;
      const auto source = exchange.bar(btc, open);
      ASSERT_TRUE(source.has_value());
      EXPECT_EQ(Price::parse(row.at("close").as_string()).value(), source->close);
      ++closes;
    }
  }
  EXPECT_GT(closes, 5U);
}

TEST(Record, ComesBackAfterALostConnectionAndTheFeedShowsWhere) {
  const Folder folder;
  net::Loop loop;
  Exchange exchange{loop};
  RecordingRun run{loop, exchange.where() + paced(), {"linear:kline.1.BTCUSDT"}, folder / "feed"};
  ASSERT_TRUE(run_until(loop, [&] { return run.recording->counts().frames > 200; }));
  net::HttpClient operators{loop, net::parse_endpoint("http://" + exchange.address()).value(), {}};
  net::HttpRequest drop;
  drop.method = "POST";
  drop.target = "/sim/fault?kind=drop";
  operators.request(drop, 5s, [](const Result<net::HttpResponse>& answer) {
    EXPECT_TRUE(answer.has_value() && answer.value().status == 200);
  });
  ASSERT_TRUE(run_until(loop, [&] { return run.recording->counts().losses == 1; }));
  const auto before = run.recording->counts().frames;
  ASSERT_TRUE(run_until(loop, [&] { return run.recording->counts().frames > before + 200; }));
  run.recording->stop();
  run.recording.reset();
  const storage::FeedReport report = check_folder(folder / "feed");
  EXPECT_TRUE(report.problems.empty()) << report.problems[0];
  ASSERT_EQ(report.gaps.size(), 1U);
  EXPECT_EQ(report.gaps[0].connection_before, 1U);
  EXPECT_EQ(report.gaps[0].connection_after, 2U);
}

TEST(Record, AnUnknownInstrumentIsToldAndLeavesNoFolder) {
  const Folder folder;
  SimProgram sim;
  const Ran ran = run_proteus(with_settings(
      {"record", "--topic", "linear:kline.1.BTCUSDX", "--out", folder.path()}, sim.where()));
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err,
              HasSubstr("the venue does not trade linear:BTCUSDX; nearest: linear:BTCUSDT"));
  EXPECT_TRUE(entries(folder.path()).empty());
}

TEST(Record, AnythingButATopicIsAUsageError) {
  const Ran ran = run_proteus({"record", "--topic", "moon:kline.1.BTCUSDT"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("\"moon:kline.1.BTCUSDT\" is no topic"));
}

class RecordProgram : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> command() const {
    return with_settings({"record", "--topic", "linear:kline.1.BTCUSDT", "--topic",
                          "linear:publicTrade.BTCUSDT", "--out", folder_.path()},
                         sim_.where() + paced() +
                             Overrides{"session.heartbeat=100ms", "storage.feed_part_bytes=65536"});
  }
  [[nodiscard]] std::filesystem::path feed() const {
    return std::filesystem::path(folder_.path()) / entries(folder_.path()).at(0) / "feed";
  }
  /// Waits until some parts are packed and another is being written.
  static bool well_under_way(Child& child, const std::filesystem::path& feed) {
    for (int i = 0; i < 3000 && !child.ended(); ++i) {
      std::size_t packed = 0;
      for (const std::string& name : entries(feed)) packed += name.ends_with(".zst") ? 1 : 0;
      if (packed >= 3) return true;
      child.listen();
    }
    return false;
  }
  Folder folder_;
  SimProgram sim_;
};

TEST_F(RecordProgram, ATermSignalEndsItWithEverythingPacked) {
  Child child{command()};
  ASSERT_TRUE(child.says("Recording. frames="));
  ASSERT_TRUE(well_under_way(child, feed()));
  child.signal(SIGTERM);
  ASSERT_EQ(child.wait(), 0) << child.err();
  EXPECT_THAT(child.err(), HasSubstr("ended by SIGTERM"));
  for (const std::string& name : entries(feed())) EXPECT_TRUE(name.ends_with(".jsonl.zst")) << name;
  const storage::FeedReport report = check_folder(feed());
  EXPECT_TRUE(report.problems.empty()) << report.problems[0];
  EXPECT_THAT(child.out(), HasSubstr(std::to_string(report.frames) + " frames, "));
}

TEST_F(RecordProgram, KillNineAtAnyInstantLosesNoFrame) {
  Child child{command()};
  ASSERT_TRUE(child.says("Recording. frames="));
  ASSERT_TRUE(well_under_way(child, feed()));
  child.signal(SIGKILL);
  ASSERT_EQ(child.wait(), 128 + SIGKILL);
  // What it had told of before it died.
  const std::string told = child.err();
  const std::size_t at = told.rfind("frames=");
  ASSERT_NE(at, std::string::npos);
  const std::uint64_t frames = std::stoull(told.substr(at + 7));
  const storage::FeedReport report = check_folder(feed());
  EXPECT_TRUE(report.problems.empty()) << report.problems[0];
  EXPECT_GE(report.frames, frames);
  // The stream is whole up to its end: no close of the market is missing in the middle.
  record::FeedContent content;
  storage::FeedCheckOptions options;
  options.on_frame = [&](const auto& frame, const auto& reader) { content.see(frame, reader); };
  storage::check_feed(storage::feed_streams(std::array{feed()}).value(), options);
  EXPECT_TRUE(content.holes().empty()) << content.holes()[0];
  EXPECT_GT(content.topics().at("kline.1.BTCUSDT").closes, 0U);
  // And the verb for people says so too.
  const Ran verified = run_proteus({"feed", "verify", feed().string()});
  EXPECT_EQ(verified.code, 0) << verified.out;
}

}  // namespace
}  // namespace proteus::app

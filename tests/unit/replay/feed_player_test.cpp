// Recorded feeds through the feed that trades: what is heard of a whole recording and of damaged
// ones, without a socket.
#include "connectors/replay/feed_player.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "connectors/storage/feed_pack.hpp"
#include "tests/support/folder.hpp"

namespace proteus::replay {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

const Timestamp kFeedStart = parse_time("2025-06-01T12:00:00Z").value();

Timestamp minute(int n) { return kFeedStart + std::chrono::minutes{n}; }

/// The close of the bar that opens at this minute; its close price tells which it is.
std::string kline(int m, bool confirm = true, std::string_view symbol = "BTCUSDT") {
  return fmt::format(
      R"({{"topic":"kline.1.{0}","type":"snapshot","ts":{1},"data":[{{"start":{2},"end":{3},"interval":"1","open":"100","close":"{4}","high":"{4}","low":"100","volume":"1","turnover":"100","confirm":{5},"timestamp":{1}}}]}})",
      symbol, to_unix_ms(minute(m + 1)), to_unix_ms(minute(m)), to_unix_ms(minute(m + 1)) - 1,
      200 + m % 1000, confirm);
}
const char* const kAck =
    R"({"success":true,"ret_msg":"","conn_id":"x","req_id":"s0-1","op":"subscribe"})";
const char* const kInstruments =
    R"({"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[{"symbol":"BTCUSDT","contractType":"LinearPerpetual","status":"Trading","baseCoin":"BTC","quoteCoin":"USDT","settleCoin":"USDT","launchTime":"1585526400000","deliveryTime":"0","deliveryFeeRate":"","priceScale":"2","leverageFilter":{"minLeverage":"1","maxLeverage":"100.00","leverageStep":"0.01"},"priceFilter":{"minPrice":"0.10","maxPrice":"1999999.80","tickSize":"0.10"},"lotSizeFilter":{"maxOrderQty":"1190.000","minOrderQty":"0.001","qtyStep":"0.001","postOnlyMaxOrderQty":"1190.000","maxMktOrderQty":"500.000","minNotionalValue":"5"},"unifiedMarginTrade":true,"fundingInterval":480}],"nextPageCursor":""},"retExtInfo":{},"time":1748779200000})";

std::string rest_klines(int from, int to) {
  std::string rows;
  for (int m = to; m >= from; --m)
    rows += fmt::format(R"({}["{}","100","{}","100","{}","1","100"])", rows.empty() ? "" : ",",
                        to_unix_ms(minute(m)), 100 + m % 1000 + 1000, 100 + m % 1000 + 1000);
  return fmt::format(
      R"({{"retCode":0,"retMsg":"OK","result":{{"category":"linear","symbol":"BTCUSDT","list":[{}]}},"retExtInfo":{{}},"time":{}}})",
      rows, to_unix_ms(minute(to + 1)) + 50'000);
}

/// What came through: "0" a bar of the stream, "w0" of the warm-up, "b0" fetched.
struct Heard final : EventSink {
  std::vector<std::string> bars;
  std::vector<std::string> feed;
  std::vector<AnomalyKind> anomalies;
  void on_input(EventBody body, Timestamp, Timestamp received) override {
    EXPECT_GE(received, last);
    last = received;
    if (const auto* closed = std::get_if<BarClosed>(&body)) {
      const auto m = (closed->bar.open_time - kFeedStart) / std::chrono::minutes{1};
      bars.push_back((closed->source == BarSource::Warmup     ? "w"
                      : closed->source == BarSource::Backfill ? "b"
                                                              : "") +
                     std::to_string(m));
    }
    if (const auto* changed = std::get_if<FeedChanged>(&body))
      feed.emplace_back(to_string(changed->state));
    if (const auto* anomaly = std::get_if<FeedAnomaly>(&body)) anomalies.push_back(anomaly->kind);
  }
  Timestamp last{};
};

class FeedPlayerTest : public ::testing::Test {
 protected:
  struct Frame {
    Timestamp received;
    std::string bytes;
    std::uint64_t connection = 1;
  };
  /// One part of a stream in the folder of the recording.
  fs::path part(std::string_view stream, const std::vector<Frame>& frames, bool packed = false) {
    std::string text;
    for (const Frame& frame : frames)
      storage::append_frame_line(text, frame.received, frame.connection, stream, frame.bytes);
    return write(stream, frames.front().received, text, packed);
  }
  fs::path write(std::string_view stream, Timestamp first, const std::string& text, bool packed) {
    const fs::path path = folder_ / fmt::format("{}-{:019}.jsonl", stream, to_unix_ns(first));
    std::ofstream(path, std::ios::binary) << text;
    if (!packed) return path;
    EXPECT_TRUE(storage::pack_feed_part(path, 3).has_value());
    return path.string() + ".zst";
  }
  void describe(Timestamp at = kFeedStart - 10s) { part("rest", {{at, kInstruments}}); }
  /// Closes 200 ms after their end, minutes from .. to.
  static std::vector<Frame> closes(int from, int to, std::uint64_t connection = 1) {
    std::vector<Frame> frames;
    for (int m = from; m <= to; ++m)
      frames.push_back({minute(m + 1) + 200ms, kline(m), connection});
    return frames;
  }
  FeedSource source() const {
    FeedSource made;
    made.streams = storage::feed_streams(std::array{fs::path(folder_ / "")}).value();
    made.instruments = {{Category::Linear, "BTCUSDT"}};
    made.settings.tickers = false;
    made.settings.warm_up_bars = 5;
    return made;
  }
  Heard play(FeedSource from) {
    Heard heard;
    auto player = FeedPlayer::open(std::move(from),
                                   [&](const std::string& what) { damages_.push_back(what); });
    EXPECT_TRUE(player.has_value()) << player.error().context;
    if (!player) return heard;
    const auto table = player.value()->learn();
    EXPECT_TRUE(table.has_value()) << table.error().context;
    EXPECT_TRUE(player.value()->begin(heard).has_value());
    while (player.value()->step()) {
    }
    counts_ = player.value()->counts();
    player.value()->stop();
    return heard;
  }
  Heard play() { return play(source()); }

  test::Folder folder_;
  std::vector<std::string> damages_;
  FeedCounts counts_;
};

TEST_F(FeedPlayerTest, PlaysARecordingWithoutAWarmUpFromItsBarsAlone) {
  describe();
  auto frames = closes(0, 4);
  frames.insert(frames.begin(), {kFeedStart, kAck});
  part("public-linear-0", frames);
  const Heard heard = play();
  EXPECT_THAT(heard.bars, ElementsAre("0", "1", "2", "3", "4"));
  EXPECT_THAT(heard.feed, ElementsAre("connecting", "live"));
  EXPECT_TRUE(damages_.empty());
  EXPECT_EQ(counts_.frames, 6U);
}

TEST_F(FeedPlayerTest, FillsTheWindowsWithRecordedAnswers) {
  part("rest", {{kFeedStart - 10s, kInstruments}, {kFeedStart - 9s, rest_klines(-6, -2)}});
  // The bar that was running at the start is confirmed like any other.
  part("public-linear-0", closes(-1, 2));
  EXPECT_THAT(play().bars, ElementsAre("w-6", "w-5", "w-4", "w-3", "w-2", "-1", "0", "1", "2"));
  EXPECT_EQ(counts_.unanswered, 0U);
}

TEST_F(FeedPlayerTest, FillsAHoleWithTheAnswerThatFilledItThen) {
  part("rest", {{kFeedStart - 10s, kInstruments}, {minute(4) + 500ms, rest_klines(2, 2)}});
  auto frames = closes(0, 1);
  const auto later = closes(3, 4, 2);
  frames.insert(frames.end(), later.begin(), later.end());
  part("public-linear-0", frames);
  const Heard heard = play();
  EXPECT_THAT(heard.bars, ElementsAre("0", "1", "b2", "3", "4"));
  EXPECT_THAT(heard.feed, ElementsAre("connecting", "live", "lost", "connecting", "live"));
}

TEST_F(FeedPlayerTest, LeavesAHoleThatNobodyFilled) {
  describe();
  auto frames = closes(0, 1);
  const auto later = closes(4, 6, 2);
  frames.insert(frames.end(), later.begin(), later.end());
  part("public-linear-0", frames);
  const Heard heard = play();
  EXPECT_THAT(heard.bars, ElementsAre("0", "1", "4", "5", "6"));
  EXPECT_THAT(heard.anomalies, ::testing::Contains(AnomalyKind::MissingBar));
  EXPECT_GT(counts_.unanswered, 0U);
}

TEST_F(FeedPlayerTest, BeginsInTheMiddleWithBarsOfTheRecordingAsWarmUp) {
  describe();
  part("public-linear-0", closes(0, 30), true);
  FeedSource span = source();
  span.from = minute(20);
  span.until = minute(23);
  EXPECT_THAT(play(span).bars,
              ElementsAre("w14", "w15", "w16", "w17", "w18", "w19", "20", "21", "22"));
}

TEST_F(FeedPlayerTest, PutsTwoRecordingsTogetherByReceiveTime) {
  describe();
  part("public-linear-0", closes(0, 2));
  part("public-linear-1", closes(2, 4));
  EXPECT_THAT(play().bars, ElementsAre("0", "1", "2", "3", "4"));
}

TEST_F(FeedPlayerTest, TakesTheInstrumentsFromAFileWhereTheRecordingHasNone) {
  part("public-linear-0", closes(0, 1));
  const auto refused = FeedPlayer::open(source(), [](const std::string&) {});
  ASSERT_TRUE(refused.has_error());
  EXPECT_THAT(refused.error().context, HasSubstr("replay.instruments"));
  FeedSource given = source();
  given.instrument_pages[Category::Linear] = {kInstruments};
  EXPECT_THAT(play(given).bars, ElementsAre("0", "1"));
}

TEST_F(FeedPlayerTest, RefusesAnInstrumentThatTheRecordingDoesNotKnow) {
  describe();
  part("public-linear-0", closes(0, 1));
  FeedSource other = source();
  other.instruments = {{Category::Linear, "ETHUSDT"}};
  auto player = FeedPlayer::open(other, [](const std::string&) {}).value();
  const auto table = player->learn();
  ASSERT_TRUE(table.has_error());
  EXPECT_THAT(table.error().context, HasSubstr("linear:ETHUSDT"));
}

// --- damaged recordings: told, and the rest is played

TEST_F(FeedPlayerTest, PlaysWhatComesBeforeACut) {
  describe();
  const fs::path packed = part("public-linear-0", closes(0, 9), true);
  fs::resize_file(packed, fs::file_size(packed) - 60);
  EXPECT_THAT(play().bars, ::testing::SizeIs(10)) << "the index is gone, its block is whole";
  ASSERT_FALSE(damages_.empty());
  EXPECT_THAT(damages_[0], HasSubstr(packed.filename().string()));
}

TEST_F(FeedPlayerTest, PlaysTheOtherBlocksWhereBitsFlipped) {
  describe();
  // More than a block of text: a thousand bars are about 300 kB.
  const fs::path packed = part("public-linear-0", closes(0, 9'999), true);
  std::fstream file(packed, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(fs::file_size(packed) / 2));
  const char was = static_cast<char>(file.peek());
  file.put(static_cast<char>(was ^ 0x10));
  file.close();
  const Heard heard = play();
  EXPECT_GT(heard.bars.size(), 3'000U);
  EXPECT_LT(heard.bars.size(), 10'000U);
  EXPECT_EQ(heard.bars.front(), "0");
  EXPECT_EQ(heard.bars.back(), "9999");
  ASSERT_EQ(damages_.size(), 1U);
  EXPECT_THAT(damages_[0], HasSubstr("are lost"));
  EXPECT_THAT(heard.anomalies, ::testing::Contains(AnomalyKind::MissingBar));
}

TEST_F(FeedPlayerTest, PlaysLinesAroundOneThatIsNoFrame) {
  describe();
  std::string text;
  for (int m = 0; m < 4; ++m) {
    if (m == 2) text += "{\"t\":17487\n";
    storage::append_frame_line(text, minute(m + 1), 1, "public-linear-0", kline(m));
  }
  write("public-linear-0", minute(1), text, false);
  EXPECT_THAT(play().bars, ElementsAre("0", "1", "2", "3"));
  ASSERT_EQ(damages_.size(), 1U);
  EXPECT_THAT(damages_[0], HasSubstr(":3: "));
}

TEST_F(FeedPlayerTest, TellsOfTimesThatGoBackAndHandsNoBarOnTwice) {
  describe();
  auto frames = closes(0, 5);
  std::swap(frames[2], frames[4]);
  part("public-linear-0", frames);
  const Heard heard = play();
  EXPECT_THAT(heard.bars, ElementsAre("0", "1", "4", "5"));
  EXPECT_THAT(heard.anomalies, ::testing::Contains(AnomalyKind::OutOfOrderBar));
  ASSERT_EQ(damages_.size(), 1U);
  EXPECT_THAT(damages_[0], HasSubstr("time goes back"));
}

TEST_F(FeedPlayerTest, SetsFramesOfAnotherSymbolThanTheirTopicAside) {
  describe();
  auto frames = closes(0, 3);
  std::string& mixed = frames[1].bytes;
  mixed.replace(mixed.find("\"interval\":\"1\""), 14, "\"interval\":\"5\"");
  frames.push_back({minute(5), kline(9, true, "ETHUSDT")});
  part("public-linear-0", frames);
  const Heard heard = play();
  EXPECT_THAT(heard.bars, ElementsAre("0", "2", "3"));
  EXPECT_THAT(heard.anomalies, ::testing::Contains(AnomalyKind::Malformed));
  EXPECT_EQ(counts_.others, 1U) << "of a topic that nobody asked for";
}

}  // namespace
}  // namespace proteus::replay

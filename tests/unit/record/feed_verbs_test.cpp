// What `proteus feed verify|info|cat|cut|merge` print and write, and the codes they end with.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "connectors/storage/feed_merge.hpp"
#include "connectors/storage/feed_pack.hpp"
#include "tests/support/folder.hpp"
#include "tools/app/json_view.hpp"
#include "tools/record/feed_content.hpp"
#include "tools/record/verbs.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kStart = 1'748'779'200;  // 2025-06-01T12:00:00Z, in seconds

Timestamp second(std::int64_t n) { return from_unix_ms((kStart + n) * 1000); }

std::string kline(std::int64_t minute, bool confirm, std::string_view symbol = "BTCUSDT") {
  return fmt::format(
      R"({{"topic":"kline.1.{}","type":"snapshot","ts":{},"data":[{{"start":{},"interval":"1","confirm":{}}}]}})",
      symbol, (kStart + 60 * minute + 60) * 1000, (kStart + 60 * minute) * 1000, confirm);
}
std::string book(std::int64_t update, std::string_view type, std::string_view symbol = "BTCUSDT") {
  return fmt::format(
      R"({{"topic":"orderbook.50.BTCUSDT","type":"{}","ts":1,"data":{{"s":"{}","b":[],"a":[],"u":{}}}}})",
      type, symbol, update);
}

struct Told {
  int code = -1;
  std::string out, err;
};

class FeedVerbs : public ::testing::Test {
 protected:
  /// Writes frames, one a second from `from` on, as a part of `feed`.
  fs::path part(const std::string& feed, std::string_view stream, std::int64_t from,
                const std::vector<std::string>& frames, bool packed = true) const {
    fs::create_directories(folder_ / feed);
    const fs::path path =
        folder_ / feed / fmt::format("{}-{:019}.jsonl", stream, to_unix_ns(second(from)));
    std::string text;
    for (std::size_t i = 0; i < frames.size(); ++i)
      storage::append_frame_line(text, second(from + static_cast<std::int64_t>(i)), 1, stream,
                                 frames[i]);
    std::ofstream(path, std::ios::binary) << text;
    if (!packed) return path;
    EXPECT_TRUE(storage::pack_feed_part(path, 3));
    return path.string() + ".zst";
  }
  [[nodiscard]] Told say(int (*verb)(const Options&), const std::vector<std::string>& sources,
                         Options options = {}) const {
    for (const std::string& source : sources) options.files.push_back(folder_ / source);
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    Told told;
    told.code = verb(options);
    std::fflush(stdout);
    told.out = ::testing::internal::GetCapturedStdout();
    told.err = ::testing::internal::GetCapturedStderr();
    return told;
  }
  test::Folder folder_;
};

TEST_F(FeedVerbs, VerifyCountsAWholeFeed) {
  part("s/feed", "public-linear-0", 0,
       {kline(0, false), kline(0, true), book(7, "snapshot"), book(8, "delta"), "pong"});
  part("s/feed", "public-linear-0", 60, {kline(1, true), kline(2, true), kline(2, true)}, false);
  const Told told = say(run_feed_verify, {"s"});
  EXPECT_EQ(told.code, kOk);
  EXPECT_THAT(told.out, HasSubstr("public-linear-0      8 frames"));
  EXPECT_THAT(told.out, HasSubstr("8 frames in 2 parts, 2 topics: every checksum holds"));
  EXPECT_THAT(told.out, Not(HasSubstr("hole")));
  Options json;
  json.json = true;
  const auto document = view::parse(say(run_feed_verify, {"s"}, json).out);
  EXPECT_TRUE(view::flag(document, "ok"));
  EXPECT_EQ(view::list(document, "topics").size(), 2U);
  EXPECT_EQ(view::number(view::list(document, "topics")[0], "closes"), 4.0);
}

TEST_F(FeedVerbs, VerifyTellsHolesThatTheFramesShow) {
  part("f", "public-linear-0", 0,
       {kline(0, true), kline(3, true), book(7, "snapshot"), book(9, "delta"), book(1, "delta"),
        book(2, "delta")});
  const Told told = say(run_feed_verify, {"f"});
  EXPECT_EQ(told.code, kOk) << "a hole is no damage";
  EXPECT_THAT(told.out, HasSubstr(".jsonl.zst:2: kline.1.BTCUSDT: no close was heard of the bars "
                                  "from 2025-06-01T12:01:00.000Z until 2025-06-01T12:03:00.000Z"));
  EXPECT_THAT(told.out,
              HasSubstr(".jsonl.zst:4: orderbook.50.BTCUSDT: the book jumps from update 7 to 9"));
}

TEST_F(FeedVerbs, VerifyTellsFramesOfMixedSymbolsAndEndsWithAnError) {
  part(
      "f", "public-linear-0", 0,
      {book(7, "snapshot", "ETHUSDT"), R"({"topic":"tickers.BTCUSDT","data":{"symbol":"SOLUSDT"}})",
       R"({"topic":"publicTrade.BTCUSDT","data":[{"s":"BTCUSDT"},{"s":"XRPUSDT"}]})",
       R"({"topic":"kline.5.BTCUSDT","data":[{"start":0,"interval":"1","confirm":true}]})"});
  const Told told = say(run_feed_verify, {"f"});
  EXPECT_EQ(told.code, kError);
  EXPECT_THAT(told.out, HasSubstr(":1: a frame of orderbook.50.BTCUSDT contradicts itself: its "
                                  "data are of ETHUSDT"));
  EXPECT_THAT(told.out, HasSubstr(":2: a frame of tickers.BTCUSDT"));
  EXPECT_THAT(told.out, HasSubstr("its data are of XRPUSDT"));
  EXPECT_THAT(told.out, HasSubstr(":4: a frame of kline.5.BTCUSDT contradicts itself: its bar is "
                                  "of interval 1"));
  EXPECT_THAT(told.out, HasSubstr(": 4 faults\n"));
}

TEST_F(FeedVerbs, InfoTellsPartsWithoutUnpackingThem) {
  part("f", "public-linear-0", 0, {"{}", "{}", "{}"});
  part("f", "rest", 5, {"{}"}, false);
  const Told told = say(run_feed_info, {"f"});
  EXPECT_EQ(told.code, kOk);
  EXPECT_THAT(told.out, HasSubstr("3 frames, "));
  EXPECT_THAT(told.out, HasSubstr("2025-06-01T12:00:00.000Z to 2025-06-01T12:00:02.000Z"));
  EXPECT_THAT(told.out, HasSubstr(", no index"));
  EXPECT_THAT(told.out, HasSubstr("4 frames in 2 parts"));
}

TEST_F(FeedVerbs, CatGivesTheLinesInTheOrderOfTimeAndOnlyThoseAskedFor) {
  part("a", "x", 0, {kline(0, true), kline(1, true), kline(2, true)});
  part("b", "y", 1, {kline(7, true, "ETHUSDT"), "\"odd\\n\""}, false);
  const auto line = [](std::int64_t at, std::string_view stream, std::string_view frame) {
    std::string text;
    storage::append_frame_line(text, second(at), 1, stream, frame);
    return text;
  };
  EXPECT_EQ(say(run_feed_cat, {"a", "b"}).out,
            line(0, "x", kline(0, true)) + line(1, "x", kline(1, true)) +
                line(1, "y", kline(7, true, "ETHUSDT")) + line(2, "x", kline(2, true)) +
                line(2, "y", "\"odd\\n\""));
  Options some;
  some.from = "2025-06-01T12:00:01Z";
  some.until = "2025-06-01T12:00:02Z";
  some.topics = {"*.ETHUSDT"};
  EXPECT_EQ(say(run_feed_cat, {"a", "b"}, some).out, line(1, "y", kline(7, true, "ETHUSDT")));
  some.from = "yesterday";
  EXPECT_EQ(say(run_feed_cat, {"a"}, some).code, kUsage);
}

TEST_F(FeedVerbs, CutKeepsStreamsApartAndMergeMakesOneRow) {
  part("a", "x", 0, {"[0]", "[1]", "[2]", "[3]"});
  part("b", "y", 1, {"[10]", "[11]"});
  Options options;
  options.from = "2025-06-01T12:00:01Z";
  options.until = "2025-06-01T12:00:03Z";
  options.out = (folder_ / "cut").string();
  const Told cut = say(run_feed_cut, {"a", "b"}, options);
  EXPECT_EQ(cut.code, kOk) << cut.err;
  EXPECT_THAT(cut.out, HasSubstr("4 frames in 2 parts"));
  EXPECT_EQ(say(run_feed_verify, {"cut"}).code, kOk);
  EXPECT_EQ(say(run_feed_cut, {"a"}, options).code, kError) << "there is a feed already";

  Options all;
  all.out = (folder_ / "merged").string();
  const Told merged = say(run_feed_merge, {"a", "b"}, all);
  EXPECT_EQ(merged.code, kOk) << merged.err;
  EXPECT_THAT(merged.out, HasSubstr("6 frames in 1 part,"));
  EXPECT_EQ(say(run_feed_cat, {"merged"}).out, say(run_feed_cat, {"a", "b"}).out);
  EXPECT_EQ(say(run_feed_verify, {"merged"}).code, kOk);
}

TEST_F(FeedVerbs, WhatIsUndamagedIsCopiedAndTheDamageIsTold) {
  const fs::path first = part("a", "x", 0, {"[0]", "[1]"});
  part("a", "x", 10, {"[2]"});
  std::fstream file(first, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(20);
  file.put('\x7f');
  file.close();
  Options options;
  options.out = (folder_ / "m").string();
  const Told told = say(run_feed_merge, {"a"}, options);
  EXPECT_EQ(told.code, kError);
  EXPECT_THAT(told.err, HasSubstr("damaged: " + first.string() + ": byte 0 (block 1 of 1)"));
  EXPECT_THAT(told.out, HasSubstr("1 frames in 1 part"));
  EXPECT_THAT(say(run_feed_cat, {"m"}).out, HasSubstr("[2]"));
}

TEST(TopicOf, IsReadWithoutParsing) {
  EXPECT_EQ(record::topic_of(kline(0, true)), "kline.1.BTCUSDT");
  EXPECT_EQ(record::topic_of("{}"), "");
  EXPECT_EQ(record::topic_of("{\"topic\":\"cut"), "cut");
  EXPECT_TRUE(record::topic_matches("kline.1.BTCUSDT", "kline.*"));
  EXPECT_TRUE(record::topic_matches("kline.1.BTCUSDT", "*.BTCUSDT"));
  EXPECT_FALSE(record::topic_matches("kline.1.BTCUSDT", "kline.1.BTC"));
}

}  // namespace
}  // namespace proteus::app

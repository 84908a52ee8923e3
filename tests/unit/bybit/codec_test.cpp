#include "connectors/bybit/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <limits>

#include "samples.hpp"

namespace proteus::bybit {
namespace {

using namespace literals;
using namespace test;
using testing::HasSubstr;

class CodecTest : public testing::Test {
 protected:
  template <class T>
  T read(std::string_view bytes) {
    const Result<Frame> frame = codec_.decode(bytes);
    if (!frame) {
      ADD_FAILURE() << frame.error().context;
      return T{};
    }
    if (const T* body = std::get_if<T>(&frame.value())) return *body;
    ADD_FAILURE() << "another kind of frame: index " << frame.value().index();
    return T{};
  }
  std::string refusal(std::string_view bytes) {
    const Result<Frame> frame = codec_.decode(bytes);
    return frame ? "" : frame.error().context;
  }
  static std::string with(std::string_view frame, std::string_view from, std::string_view to) {
    std::string text(frame);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  }

  InstrumentTable table_ = table();
  SymbolIndex linear_{table_, Category::Linear};
  Codec codec_{linear_};
};

TEST_F(CodecTest, ReadsAKlineExactly) {
  const auto frame = read<KlineFrame>(kKline);
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_EQ(frame.ts, from_unix_ms(1700000001441));
  const Kline& kline = frame.rows[0];
  EXPECT_FALSE(kline.confirmed);
  EXPECT_EQ(kline.bar.instrument, InstrumentId{0});
  EXPECT_EQ(kline.bar.interval, Interval::M1);
  EXPECT_EQ(kline.bar.open_time, from_unix_ms(1699999980000));
  EXPECT_EQ(kline.bar.close_time, from_unix_ms(1700000040000));
  EXPECT_EQ(kline.bar.open, "36500"_px);
  EXPECT_EQ(kline.bar.high, "36511"_px);
  EXPECT_EQ(kline.bar.low, "36499.9"_px);
  EXPECT_EQ(kline.bar.close, "36510.5"_px);
  EXPECT_EQ(kline.bar.volume, 0.329);
  EXPECT_EQ(kline.bar.turnover, 12011.9);
}

TEST_F(CodecTest, ReadsEveryIntervalOfTheVenue) {
  // Monday 2023-11-06, the first of a day, week and every hour; and the first of a month.
  const std::int64_t monday = 1699228800000, month = 1698796800000;
  const char* names[] = {"1",   "3",   "5",   "15", "30", "60", "120",
                         "240", "360", "720", "D",  "W",  "M"};
  for (std::size_t i = 0; i < std::size(names); ++i) {
    const std::int64_t start = i == 12 ? month : monday;
    const auto interval = static_cast<Interval>(i);
    const std::int64_t end = to_unix_ms(next_open(from_unix_ms(start), interval)) - 1;
    const auto frame = read<KlineFrame>(fmt::format(
        R"({{"topic":"kline.{0}.ETHUSDT","type":"snapshot","ts":{1},"data":[{{"start":{1},"end":{2},"interval":"{0}","open":"1","close":"1","high":"1","low":"1","volume":"0","turnover":"0","confirm":true,"timestamp":{1}}}]}})",
        names[i], start, end));
    ASSERT_EQ(frame.rows.size(), 1U) << names[i];
    EXPECT_EQ(frame.rows[0].bar.interval, interval) << names[i];
    EXPECT_EQ(frame.rows[0].bar.instrument, InstrumentId{1});
  }
}

TEST_F(CodecTest, ReadsDataThatStandsBeforeItsTopic) {
  const auto frame = read<KlineFrame>(
      R"({"data":[{"confirm":true,"start":1699999980000,"low":"1","volume":"0","high":"3","close":"2","open":"1"}],"ts":5,"type":"snapshot","topic":"kline.1.BTCUSDT"})");
  ASSERT_EQ(frame.rows.size(), 1U);
  EXPECT_EQ(frame.rows[0].bar.high, "3"_px);
  EXPECT_TRUE(frame.rows[0].confirmed);
  EXPECT_EQ(frame.ts, from_unix_ms(5));
}

TEST_F(CodecTest, TakesEmptyNullAndMissingForAbsent) {
  for (const char* turnover : {R"("turnover":"",)", R"("turnover":null,)", ""}) {
    const auto frame = read<KlineFrame>(with(kKline, R"("turnover":"12011.9",)", turnover));
    ASSERT_EQ(frame.rows.size(), 1U);
    EXPECT_EQ(frame.rows[0].bar.turnover, 0.0);
  }
  for (const char* close : {R"("close":"",)", R"("close":null,)", ""})
    EXPECT_THAT(refusal(with(kKline, R"("close":"36510.5",)", close)),
                HasSubstr("\"close\" is missing"));
}

TEST_F(CodecTest, IgnoresKeysItDoesNotKnow) {
  const std::string text =
      with(kKline, R"("confirm":false)",
           R"("closing":{"confirm":true,"close":["9"]},"o":1e9,"confirm":false)");
  EXPECT_EQ(read<KlineFrame>(text).rows[0].bar.close, "36510.5"_px);
}

TEST_F(CodecTest, RefusesPricesThatAreNoExactDecimal) {
  for (const char* bad :
       {R"("3.65e4")", R"("NaN")", R"("nan")", R"("Infinity")", R"("36500 ")", R"("+36500")",
        R"("0x10")", R"("36,500")", R"("1.0000000001")", R"("99999999999")", R"(".5")", R"("5.")",
        "3.65e4", "true", R"(["1"])", R"({"a":1})", R"("1\u0030")"})
    EXPECT_THAT(refusal(with(kKline, R"("36500")", bad)), HasSubstr("field \"open\"")) << bad;
}

TEST_F(CodecTest, TakesAPriceGivenAsNumberOnlyByItsOwnText) {
  // 36500.1 is no double, and does not become one.
  EXPECT_EQ(read<KlineFrame>(with(kKline, R"("36500")", "36500.1")).rows[0].bar.open,
            Price::from_raw(36'500'100'000'000));
}

TEST_F(CodecTest, LetsANegativePriceThroughToTheJudgeOfBars) {
  const auto frame = read<KlineFrame>(with(kKline, R"("36499.9")", R"("-1")"));
  EXPECT_EQ(frame.rows[0].bar.low, "-1"_px);
  EXPECT_NE(absurdity(frame.rows[0].bar), nullptr);
}

TEST_F(CodecTest, RefusesVolumesThatAreNotFinite) {
  for (const char* bad : {R"("NaN")", R"("inf")", R"("1e999")", R"("abc")"})
    EXPECT_THAT(refusal(with(kKline, R"("0.329")", bad)), HasSubstr("field \"volume\"")) << bad;
}

TEST_F(CodecTest, RefusesTimesThatDoNotFit) {
  EXPECT_THAT(refusal(with(kKline, R"("start":1699999980000)", R"("start":1699999980001)")),
              HasSubstr("field \"start\" does not lie on the interval"));
  EXPECT_THAT(refusal(with(kKline, "1700000039999", "1700000099999")), HasSubstr("field \"end\""));
  EXPECT_THAT(refusal(with(kKline, R"("start":1699999980000)", R"("start":-60000)")),
              HasSubstr("field \"start\""));
  EXPECT_THAT(refusal(with(kKline, R"("start":1699999980000)", R"("start":99999999999999999)")),
              HasSubstr("field \"start\""));
  EXPECT_THAT(refusal(with(kKline, R"("interval":"1")", R"("interval":"5")")),
              HasSubstr("field \"interval\""));
}

TEST_F(CodecTest, NamesTheFieldAndShowsTheFrame) {
  const std::string text = refusal(with(kKline, R"("36511")", R"("x")"));
  EXPECT_THAT(text, HasSubstr("kline frame: field \"high\" is not a decimal number: \"x\""));
  EXPECT_THAT(text, HasSubstr(R"({"topic":"kline.1.BTCUSDT")"));
  EXPECT_EQ(codec_.subject().kind, TopicKind::Kline);
  EXPECT_EQ(codec_.subject().instrument, InstrumentId{0});
}

TEST_F(CodecTest, ReadsWhatATickerHasAndNothingElse) {
  const auto full = read<TickerFrame>(kTickerSnapshot);
  EXPECT_TRUE(full.snapshot);
  EXPECT_EQ(full.values.last, "36510.50"_px);
  EXPECT_EQ(full.values.mark, "36511.2"_px);
  EXPECT_EQ(full.values.index, "36512.01"_px);
  EXPECT_EQ(full.values.funding_rate_e9, 100'000);
  EXPECT_EQ(full.values.next_funding, from_unix_ms(1700006400000));
  const auto delta = read<TickerFrame>(kTickerDelta);
  EXPECT_FALSE(delta.snapshot);
  EXPECT_EQ(delta.values.mark, "36511.3"_px);
  EXPECT_FALSE(delta.values.last || delta.values.index || delta.values.funding_rate_e9 ||
               delta.values.next_funding);
}

TEST_F(CodecTest, ReadsTheTickerOfADatedFuture) {
  const auto frame = read<TickerFrame>(
      R"({"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","lastPrice":"100","markPrice":"101","indexPrice":"102","deliveryTime":"2025-12-26T08:00:00Z","basis":"1","predictedDeliveryPrice":"","fundingRate":"","nextFundingTime":""},"cs":1,"ts":1})");
  EXPECT_EQ(frame.values.mark, "101"_px);
  EXPECT_FALSE(frame.values.funding_rate_e9.has_value());
  EXPECT_FALSE(frame.values.next_funding.has_value());
}

TEST_F(CodecTest, RoundsAFundingRateOfMoreThanNineDecimals) {
  const auto rate = [&](const char* text) {
    return read<TickerFrame>(with(kTickerSnapshot, R"("fundingRate":"0.0001")",
                                  fmt::format(R"("fundingRate":"{}")", text)))
        .values.funding_rate_e9;
  };
  EXPECT_EQ(rate("-0.00002167"), -21'670);
  EXPECT_EQ(rate("0.0000000014"), 1);
  EXPECT_EQ(rate("0.0000000015"), 2);
  EXPECT_EQ(rate("-0.0000000015"), -2);
  EXPECT_THAT(refusal(with(kTickerSnapshot, R"("fundingRate":"0.0001")",
                           R"("fundingRate":"0.000000001x")")),
              HasSubstr("fundingRate"));
}

TEST_F(CodecTest, ReadsBooksInEitherKeyOrder) {
  const auto snapshot = read<BookFrame>(kBookSnapshot);
  EXPECT_TRUE(snapshot.snapshot);
  EXPECT_EQ(snapshot.depth, 50);
  EXPECT_EQ(snapshot.update_id, 18521288);
  ASSERT_EQ(snapshot.bids.size(), 1U);
  EXPECT_EQ(snapshot.bids[0], (BookLevel{"36510.4"_px, "0.6"_qty}));
  EXPECT_EQ(snapshot.asks[0], (BookLevel{"36510.5"_px, "1.25"_qty}));
  const auto delta = read<BookFrame>(kBookDelta);  // "ts" before "type"
  EXPECT_FALSE(delta.snapshot);
  EXPECT_EQ(delta.bids[0].size, "0"_qty);
  EXPECT_TRUE(delta.asks.empty());
}

TEST_F(CodecTest, RefusesBookLevelsThatCannotBe) {
  EXPECT_THAT(refusal(with(kBookSnapshot, R"("0.600")", R"("-0.600")")), HasSubstr("field \"b\""));
  EXPECT_THAT(refusal(with(kBookSnapshot, R"("36510.50")", R"("0")")), HasSubstr("field \"a\""));
  EXPECT_THAT(refusal(with(kBookSnapshot, R"(["36510.50","1.250"])", R"(["36510.50"])")),
              HasSubstr("field \"a\""));
  EXPECT_THAT(refusal(with(kBookSnapshot, R"("u":18521288,)", "")), HasSubstr("field \"u\""));
}

TEST_F(CodecTest, ReadsTrades) {
  const auto frame = read<TradeFrame>(kTrade);
  ASSERT_EQ(frame.trades.size(), 1U);
  EXPECT_EQ(frame.trades[0].taker, Side::Buy);
  EXPECT_EQ(frame.trades[0].price, "36510.5"_px);
  EXPECT_EQ(frame.trades[0].size, "0.001"_qty);
  EXPECT_EQ(frame.trades[0].time, from_unix_ms(1700000000128));
  EXPECT_EQ(frame.trades[0].id.view(), "2f0c3a6e-0000-5000-9000-0000000000aa");
  EXPECT_FALSE(frame.trades[0].block);
}

TEST_F(CodecTest, ReadsAcknowledgementsOfAllShapes) {
  const auto linear = read<Ack>(
      R"({"success":true,"ret_msg":"","conn_id":"abc-1","req_id":"s-1","op":"subscribe"})");
  EXPECT_TRUE(linear.success);
  EXPECT_EQ(linear.req_id.view(), "s-1");
  EXPECT_EQ(linear.op.view(), "subscribe");
  const auto spot =
      read<Ack>(R"({"success":true,"ret_msg":"subscribe","conn_id":"abc-1","op":"subscribe"})");
  EXPECT_TRUE(spot.success);
  EXPECT_TRUE(spot.req_id.empty());
  EXPECT_EQ(
      read<Ack>(R"({"success":true,"ret_msg":"","req_id":17,"op":"subscribe"})").req_id.view(),
      "17");
  const auto refused = read<Ack>(
      R"({"success":false,"ret_msg":"error:handler not found,topic:X","conn_id":"a","req_id":"s-2","op":"subscribe"})");
  EXPECT_FALSE(refused.success);
  EXPECT_EQ(refused.message.view(), "error:handler not found,topic:X");
  EXPECT_TRUE(
      read<Ack>(
          R"({"success":true,"conn_id":"a","data":{"failTopics":[],"successTopics":["t"]},"type":"COMMAND_RESP"})")
          .success);
  EXPECT_FALSE(
      read<Ack>(
          R"({"success":true,"conn_id":"a","data":{"failTopics":["t"],"successTopics":[]},"type":"COMMAND_RESP"})")
          .success);
  EXPECT_TRUE(read<Ack>(R"({"retCode":0,"retMsg":"OK","op":"auth","connId":"a"})").success);
  EXPECT_FALSE(read<Ack>(R"({"reqId":"r","retCode":10004,"retMsg":"bad","op":"auth"})").success);
}

TEST_F(CodecTest, TellsPongsFromDataAndAcknowledgements) {
  for (const char* pong :
       {R"({"success":true,"ret_msg":"pong","conn_id":"abc","req_id":"7","op":"ping"})",
        R"({"req_id":"7","op":"pong","args":["1700000000123"],"conn_id":"abc"})"})
    EXPECT_EQ(read<Pong>(pong).req_id.view(), "7");
  read<Pong>(R"({"success":true,"ret_msg":"pong","conn_id":"abc","op":"ping"})");
  read<Pong>(R"({"success":true,"ret_msg":"pong","conn_id":"abc","req_id":"","op":"ping"})");
  read<Pong>(R"({"args":["1700000000123"],"op":"pong"})");
  read<Pong>(R"({"retCode":0,"retMsg":"OK","op":"pong","data":["1700000000123"],"connId":"abc"})");
}

TEST_F(CodecTest, PassesOnWhatItDoesNotKnow) {
  EXPECT_EQ(
      read<UnknownFrame>(R"({"topic":"priceLimit.BTCUSDT","data":{"symbol":"BTCUSDT"},"ts":1})")
          .what.view(),
      "priceLimit.BTCUSDT");
  EXPECT_EQ(read<UnknownFrame>(with(kKline, "kline.1.BTCUSDT", "kline.1.XRPUSDT")).what.view(),
            "kline.1.XRPUSDT");
  read<UnknownFrame>(R"({"topic":"kline.7.BTCUSDT","data":[]})");
  read<UnknownFrame>(R"({"topic":"kline.1.","data":[]})");
  read<UnknownFrame>("{}");
}

TEST_F(CodecTest, KeepsCategoriesApart) {
  const SymbolIndex spot(table_, Category::Spot);
  Codec codec(spot);
  const Result<Frame> frame = codec.decode(kKline);
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(std::get<KlineFrame>(frame.value()).rows[0].bar.instrument, InstrumentId{2});
}

TEST_F(CodecTest, RefusesEveryTruncationOfAFrame) {
  for (const std::string_view frame : {kKline, kTickerSnapshot, kBookSnapshot, kTrade})
    for (std::size_t size = 0; size < frame.size(); ++size)
      EXPECT_FALSE(codec_.decode(frame.substr(0, size)).has_value()) << frame.substr(0, size);
}

TEST_F(CodecTest, RefusesWhatFollowsAFrame) {
  for (const char* tail : {"x", "{}", "]", "}", ",", "\"a\""})
    EXPECT_FALSE(codec_.decode(std::string(kKline) + tail).has_value()) << tail;
  EXPECT_TRUE(codec_.decode(std::string(kKline) + " \n").has_value());
}

TEST_F(CodecTest, SurvivesBytesThatAreNoText) {
  for (const std::string& bytes :
       {std::string(1, '\0'), std::string("\xff\xfe{}"), std::string(300, '\x80'),
        std::string("\x1f\x8b\x08\x00\x00"), std::string("null"), std::string("[]"),
        std::string("\"text\""), std::string("12"), std::string("   "), std::string("{\"topic\":}"),
        std::string("{\"topic\":\"kline.1.BTCUSDT\",\"data\":7}"),
        std::string("{\"topic\":\"kline.1.BTCUSDT\",\"data\":[7]}"),
        std::string("{\"topic\":\"kline.1.BTCUSDT\",\"data\":[[]]}"),
        std::string("{\"topic\":\"kline.1.BTCUSDT\"}")}) {
    const std::string text = refusal(bytes);
    EXPECT_FALSE(text.empty()) << bytes;
  }
}

TEST_F(CodecTest, SurvivesDeepNesting) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  // In a field that is skipped, and in one that is read.
  codec_.decode(R"({"x":)" + deep + R"(,"topic":"kline.1.BTCUSDT","data":[]})").has_value();
  EXPECT_FALSE(codec_.decode(R"({"topic":"kline.1.BTCUSDT","data":)" + deep + "}").has_value());
  EXPECT_FALSE(codec_.decode(std::string(100'000, '[')).has_value());
  EXPECT_FALSE(codec_.decode(R"({"a":)" + std::string(100'000, '{')).has_value());
}

TEST_F(CodecTest, ReadsTenMegabytesAndRefusesMoreThanSixteen) {
  std::string frame(R"({"topic":"kline.1.BTCUSDT","pad":")");
  frame += std::string(std::size_t{10} << 20, 'a');
  frame +=
      R"(","data":[{"start":1699999980000,"open":"1","high":"1","low":"1","close":"1","volume":"0","confirm":true}]})";
  EXPECT_EQ(read<KlineFrame>(frame).rows.size(), 1U);
  EXPECT_THAT(refusal(std::string(Codec::kFrameBytesMax + 1, ' ')), HasSubstr("bytes (at most"));
  EXPECT_EQ(read<KlineFrame>(kKline).rows.size(), 1U);
}

TEST_F(CodecTest, ReadsThePublishedSamples) {
  const char* const dir = std::getenv("PROTEUS_DATA_DIR");
  const char* const source = std::getenv("PROTEUS_SOURCE_DIR");
  const std::string root = dir != nullptr      ? dir
                           : source != nullptr ? std::string(source) + "/../shared/data"
                                               : "../shared/data";
  std::ifstream file(root + "/feeds/bybit_v5_message_samples.jsonl");
  if (!file) GTEST_SKIP() << "no recorded samples at " << root;
  int frames = 0;
  for (std::string line; std::getline(file, line);) {
    const std::string head = R"("message":)";
    const std::size_t at = line.find(head);
    ASSERT_NE(at, std::string::npos);
    if (line.find(R"({"sample":"ws_)") != 0) continue;
    const std::string frame = line.substr(at + head.size(), line.size() - at - head.size() - 1);
    EXPECT_TRUE(codec_.decode(frame).has_value()) << frame;
    ++frames;
  }
  EXPECT_EQ(frames, 7);
}

}  // namespace
}  // namespace proteus::bybit

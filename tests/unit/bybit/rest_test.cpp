// REST bodies, and the start of a run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "connectors/bybit/bootstrap.hpp"
#include "connectors/bybit/rest_codec.hpp"
#include "harness.hpp"

namespace proteus::bybit {
namespace {

using namespace literals;
using namespace test;
using testing::HasSubstr;

constexpr std::string_view kLinearRow =
    R"({"symbol":"BTCUSDT","symbolId":5,"contractType":"LinearPerpetual","status":"Trading","baseCoin":"BTC","quoteCoin":"USDT","settleCoin":"USDT","launchTime":"1585526400000","deliveryTime":"0","deliveryFeeRate":"","priceScale":"2","leverageFilter":{"minLeverage":"1","maxLeverage":"100.00","leverageStep":"0.01"},"priceFilter":{"minPrice":"0.10","maxPrice":"1999999.80","tickSize":"0.10"},"lotSizeFilter":{"maxOrderQty":"1190.000","minOrderQty":"0.001","qtyStep":"0.001","postOnlyMaxOrderQty":"1190.000","maxMktOrderQty":"500.000","minNotionalValue":"5"},"unifiedMarginTrade":true,"fundingInterval":480,"upperFundingRate":"0.00375","preListingInfo":null,"isPreListing":false})";
constexpr std::string_view kSpotRow =
    R"({"symbol":"BTCUSDT","symbolId":7,"baseCoin":"BTC","quoteCoin":"USDT","innovation":"0","status":"Trading","marginTrading":"utaOnly","stTag":"0","lotSizeFilter":{"basePrecision":"0.000001","quotePrecision":"0.00000001","minOrderQty":"0.000048","maxOrderQty":"71.73956243","minOrderAmt":"1","maxOrderAmt":"4000000","maxLimitOrderQty":"83","maxMarketOrderQty":"41.5"},"priceFilter":{"tickSize":"0.01"},"riskParameters":{"priceLimitRatioX":"0.01"}})";

std::string page(std::string_view rows, std::string_view cursor = R"("")") {
  return fmt::format(
      R"({{"retCode":0,"retMsg":"OK","result":{{"category":"linear","list":[{}],"nextPageCursor":{}}},"retExtInfo":{{}},"time":1700000000123}})",
      rows, cursor);
}

class Rest : public testing::Test {
 protected:
  RestCheck check(int status, std::string body) {
    return codec_.check_answer(HttpResponse(status, std::move(body)));
  }
  RestCodec codec_;
};

TEST_F(Rest, JudgesTheStatusBeforeTheBody) {
  const std::string good = R"({"retCode":0,"retMsg":"OK","result":{},"time":5})";
  EXPECT_EQ(check(200, good).verdict, RestVerdict::Good);
  EXPECT_EQ(check(200, good).time, from_unix_ms(5));
  EXPECT_EQ(check(403, good).verdict, RestVerdict::Banned);
  EXPECT_EQ(check(429, "").verdict, RestVerdict::Limited);
  EXPECT_EQ(check(502, "<html>").verdict, RestVerdict::Failed);
  EXPECT_EQ(check(404, "<html>").verdict, RestVerdict::Refused);
  EXPECT_THAT(check(502, "<html>Bad Gateway").reason,
              HasSubstr("HTTP 502; the body begins with <html>Bad"));
}

TEST_F(Rest, JudgesTheReturnCode) {
  const auto code = [&](int c) {
    return check(200, fmt::format(R"({{"retMsg":"why","time":1,"retCode":{}}})", c)).verdict;
  };
  EXPECT_EQ(code(10006), RestVerdict::Limited);
  EXPECT_EQ(code(10016), RestVerdict::Failed);
  EXPECT_EQ(code(10000), RestVerdict::Failed);
  EXPECT_EQ(code(10001), RestVerdict::Refused);
  EXPECT_EQ(check(200, "<html>").verdict, RestVerdict::Failed);
  EXPECT_EQ(check(200, "{}").verdict, RestVerdict::Failed);
  EXPECT_EQ(check(200, R"({"retCode":0)").verdict, RestVerdict::Failed);
}

TEST_F(Rest, ReadsServerTime) {
  EXPECT_EQ(
      codec_
          .server_time(
              R"({"retCode":0,"result":{"timeSecond":"1700000000","timeNano":"1700000000123456789"},"time":1700000000123})")
          .value(),
      from_unix_ns(1700000000123456789));
  EXPECT_EQ(codec_.server_time(R"({"result":{"timeSecond":"1700000000"}})").value(),
            from_unix_ms(1700000000000));
  for (const char* bad : {R"({"result":{}})", R"({"result":{"timeNano":"-5"}})",
                          R"({"result":{"timeSecond":"99999999999999"}})", "{}", ""})
    EXPECT_FALSE(codec_.server_time(bad).has_value()) << bad;
}

TEST_F(Rest, ReadsALinearInstrument) {
  const auto got =
      codec_.instruments(page(kLinearRow, R"("first%3DBIOUSDT%26last")"), Category::Linear).value();
  EXPECT_EQ(got.next_cursor, "first%3DBIOUSDT%26last");
  ASSERT_EQ(got.rows.size(), 1U);
  EXPECT_EQ(got.rows[0].problem, "");
  const Instrument& i = got.rows[0].instrument;
  EXPECT_EQ(i.name(), "linear:BTCUSDT");
  EXPECT_EQ(i.status, InstrumentStatus::Trading);
  EXPECT_EQ(i.base_coin.view(), "BTC");
  EXPECT_EQ(i.tick_size, "0.1"_px);
  EXPECT_EQ(i.lot_step, "0.001"_qty);
  EXPECT_EQ(i.quantity_min, "0.001"_qty);
  EXPECT_EQ(i.quantity_max_limit, "1190"_qty);
  EXPECT_EQ(i.quantity_max_market, "500"_qty);
  EXPECT_EQ(i.notional_min, "5"_usdt);
  EXPECT_EQ(i.leverage_max_e9, 100 * kFixedScale);
  EXPECT_EQ(i.funding_interval, 8h);
  EXPECT_EQ(i.delivery_time, Timestamp{});
}

TEST_F(Rest, ReadsASpotInstrumentByItsOwnNames) {
  const auto got = codec_.instruments(page(kSpotRow, "null"), Category::Spot).value();
  EXPECT_EQ(got.next_cursor, "");
  const Instrument& i = got.rows.at(0).instrument;
  EXPECT_EQ(i.name(), "spot:BTCUSDT");
  EXPECT_EQ(i.lot_step, "0.000001"_qty);
  EXPECT_EQ(i.quantity_min, "0"_qty);
  EXPECT_EQ(i.quantity_max_limit, "83"_qty);
  EXPECT_EQ(i.quantity_max_market, "41.5"_qty);
  EXPECT_EQ(i.notional_min, "1"_usdt);
  EXPECT_EQ(i.leverage_max_e9, kFixedScale);
  EXPECT_EQ(i.funding_interval, Duration{0});
}

TEST_F(Rest, KeepsTheProblemOfOneInstrumentToItself) {
  const auto got =
      codec_
          .instruments(
              page(
                  std::string(kLinearRow) +
                  R"(,{"symbol":"TINYUSDT","status":"Trading","priceFilter":{"tickSize":"0.0000000001"},"lotSizeFilter":{"qtyStep":"1"}})"
                  R"(,{"symbol":"NEWUSDT","status":"SomethingNew","priceFilter":{"tickSize":"1"},"lotSizeFilter":{"qtyStep":"1","maxOrderQty":"99999999999"}})"),
              Category::Linear)
          .value();
  ASSERT_EQ(got.rows.size(), 3U);
  EXPECT_EQ(got.rows[0].problem, "");
  EXPECT_THAT(got.rows[1].problem, HasSubstr("priceFilter.tickSize"));
  EXPECT_EQ(got.rows[2].problem, "");
  EXPECT_EQ(got.rows[2].instrument.status, InstrumentStatus::Closed);
  EXPECT_EQ(got.rows[2].instrument.quantity_max_limit.raw(), INT64_MAX);
}

TEST_F(Rest, RefusesALeverageThatMarginCannotBeDividedBy) {
  std::string row{kLinearRow};
  row.replace(row.find("100.00"), 6, "0");
  const auto got = codec_.instruments(page(row), Category::Linear).value();
  EXPECT_EQ(got.rows.at(0).problem,
            "linear:BTCUSDT has a largest leverage of 0: it must be at least 1");
}

TEST_F(Rest, TurnsKlinesRound) {
  const auto got =
      codec_
          .klines(
              R"({"retCode":0,"retMsg":"OK","result":{"category":"linear","symbol":"BTCUSDT","list":[["1700000040000","36510.5","36512","36500","36505","12.001","438112.3"],["1699999980000","36500","36511","36499.9","36510.5","31.7","1157200.1"]]},"retExtInfo":{},"time":1700000051000})",
              InstrumentId{4}, Interval::M1)
          .value();
  EXPECT_EQ(got.server_time, from_unix_ms(1700000051000));
  ASSERT_EQ(got.bars.size(), 2U);
  EXPECT_EQ(got.bars[0].open_time, from_unix_ms(1699999980000));
  EXPECT_EQ(got.bars[0].close_time, from_unix_ms(1700000040000));
  EXPECT_EQ(got.bars[0].low, "36499.9"_px);
  EXPECT_EQ(got.bars[0].volume, 31.7);
  EXPECT_EQ(got.bars[0].turnover, 1157200.1);
  EXPECT_EQ(got.bars[1].instrument, InstrumentId{4});
}

TEST_F(Rest, RefusesKlineRowsThatCannotBeRead) {
  for (const char* row :
       {R"(["1700000040000","36510.5","36512","36500"])", R"([])", "{}", "1",
        R"(["1700000040000","NaN","1","1","1","1","1"])",
        R"(["1700000040001","1","1","1","1","1","1"])", R"(["","1","1","1","1","1","1"])"})
    EXPECT_FALSE(
        codec_
            .klines(fmt::format(R"({{"retCode":0,"result":{{"list":[{}]}},"time":1}})", row),
                    InstrumentId{0}, Interval::M1)
            .has_value())
        << row;
}

TEST_F(Rest, ReadsMarkKlinesTickersAndFunding) {
  const auto marks =
      codec_.mark_klines(R"({"result":{"list":[["60000","2","3","1","2"],["0","1","2","1","2"]]}})")
          .value();
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_EQ(marks[0].open_time, from_unix_ms(0));
  EXPECT_EQ(marks[1].high, "3"_px);
  const auto tickers =
      codec_
          .tickers(
              R"({"result":{"category":"linear","list":[{"symbol":"BTCUSDT","lastPrice":"1.5","markPrice":"1.6","indexPrice":"","fundingRate":"-0.0001","nextFundingTime":"1700006400000","bid1Price":"1"}]}})")
          .value();
  ASSERT_EQ(tickers.size(), 1U);
  EXPECT_EQ(tickers[0].symbol.view(), "BTCUSDT");
  EXPECT_EQ(tickers[0].values.mark, "1.6"_px);
  EXPECT_FALSE(tickers[0].values.index.has_value());
  EXPECT_EQ(tickers[0].values.funding_rate_e9, -100'000);
  const auto funding =
      codec_
          .funding_history(
              R"({"result":{"category":"linear","list":[{"symbol":"BTCUSDT","fundingRate":"0.0001","fundingRateTimestamp":"1709884800000"},{"symbol":"BTCUSDT","fundingRate":"0.00015","fundingRateTimestamp":"1709856000000"}]}})")
          .value();
  ASSERT_EQ(funding.size(), 2U);
  EXPECT_EQ(funding[0].time, from_unix_ms(1709856000000));
  EXPECT_EQ(funding[0].rate_e9, 150'000);
}

class Start : public testing::Test {
 protected:
  Start() : clock_(ClockMode::Steady, 1.0, [this] { return now_; }) {}
  void begin(std::vector<InstrumentName> names, int tries = 3) {
    bootstrap_ =
        std::make_unique<Bootstrap>(FeedSettings{}, std::move(names), io_, clock_, 1, tries);
    bootstrap_->start(now_);
  }
  void answer(std::size_t get, std::string body, int status = 200) {
    bootstrap_->on_response(io_.gets.at(get).first, HttpResponse(status, std::move(body)), now_);
  }
  void pass(Duration time) {
    for (const SteadyTime until = now_ + time; now_ < until;) bootstrap_->on_timer(now_ += 50ms);
  }
  /// Until the next request leaves; 20 minutes at most, for a ban is waited out.
  void wait_for(std::size_t get) {
    for (int step = 0; io_.gets.size() <= get && step < 24'000; ++step) pass(50ms);
  }
  static std::string time_body() {
    return R"({"retCode":0,"result":{"timeNano":"1700000000000000000"},"time":1700000000000})";
  }
  SteadyTime now_{5s};
  FakeIo io_;
  VenueClock clock_;
  std::unique_ptr<Bootstrap> bootstrap_;
};

TEST_F(Start, AsksTimeThenAllPagesThenGivesTheTableInConfigOrder) {
  begin({{Category::Spot, "BTCUSDT"}, {Category::Linear, "BTCUSDT"}});
  EXPECT_EQ(io_.gets[0].second, "/v5/market/time");
  now_ += 100ms;
  answer(0, time_body());
  EXPECT_EQ(clock_.at(now_), from_unix_ms(1700000000050));
  EXPECT_THAT(io_.gets[1].second, HasSubstr("category=linear"));
  std::string other(kLinearRow);
  other.replace(other.find("BTCUSDT"), 7, "ETHUSDT");
  answer(1, page(other, R"("next%3D2")"));
  EXPECT_THAT(io_.gets[2].second, HasSubstr("category=linear&limit=1000&cursor=next%3D2"));
  answer(2, page(kLinearRow));
  EXPECT_THAT(io_.gets[3].second, HasSubstr("category=spot"));
  EXPECT_FALSE(bootstrap_->done());
  answer(3, page(kSpotRow));
  ASSERT_TRUE(bootstrap_->done());
  const InstrumentTable& table = bootstrap_->result().value();
  ASSERT_EQ(table.size(), 2U);
  EXPECT_EQ(table[InstrumentId{0}].name(), "spot:BTCUSDT");
  EXPECT_EQ(table[InstrumentId{1}].name(), "linear:BTCUSDT");
}

TEST_F(Start, NamesTheNearestInstruments) {
  begin({{Category::Linear, "BTCUSD"}});
  answer(0, time_body());
  answer(1, page(kLinearRow));
  ASSERT_TRUE(bootstrap_->done());
  EXPECT_EQ(bootstrap_->result().error().code, ErrorCode::NotFound);
  EXPECT_THAT(bootstrap_->result().error().context,
              HasSubstr("does not trade linear:BTCUSD; nearest: linear:BTCUSDT"));
}

TEST_F(Start, RefusesAnInstrumentThatUnitsCannotHoldByName) {
  begin({{Category::Linear, "TINYUSDT"}});
  answer(0, time_body());
  answer(
      1,
      page(
          R"({"symbol":"TINYUSDT","status":"Trading","priceFilter":{"tickSize":"0.00000000001"},"lotSizeFilter":{"qtyStep":"1"}})"));
  ASSERT_TRUE(bootstrap_->done());
  EXPECT_EQ(bootstrap_->result().error().code, ErrorCode::OutOfRange);
  EXPECT_THAT(bootstrap_->result().error().context, HasSubstr("linear:TINYUSDT cannot be traded"));
}

TEST_F(Start, TriesAgainAndThenSaysWhatWasWrong) {
  begin({{Category::Linear, "BTCUSDT"}});
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_EQ(io_.gets.size(), i + 1);
    EXPECT_FALSE(bootstrap_->done());
    answer(i, "<html>503</html>", 503);
    if (i < 2) pass(3s);
  }
  ASSERT_TRUE(bootstrap_->done());
  EXPECT_EQ(bootstrap_->result().error().code, ErrorCode::Timeout);
  EXPECT_THAT(bootstrap_->result().error().context, HasSubstr("HTTP 503"));
}

TEST_F(Start, WaitsForAVenueThatIsAwayAndSaysEachTimeWhatItMet) {
  begin({{Category::Linear, "BTCUSDT"}}, 0);
  struct Met {
    int status;
    const char* told;
  };
  constexpr std::array kMet = {Met{0, "nobody listens"}, Met{503, "HTTP 503"}, Met{403, "403"},
                               Met{404, "404"}};
  std::size_t asked = 0;
  for (; asked < 40; ++asked) {
    wait_for(asked);
    ASSERT_EQ(io_.gets.size(), asked + 1) << "it is asked again";
    EXPECT_FALSE(bootstrap_->take_complaint()) << "nothing new is known yet";
    const Met& met = kMet.at(asked % kMet.size());
    if (met.status == 0)
      bootstrap_->on_response(io_.gets.at(asked).first,
                              error(ErrorCode::Io, "127.0.0.1:9: nobody listens"), now_);
    else
      answer(asked, "<html></html>", met.status);
    EXPECT_FALSE(bootstrap_->done());
    EXPECT_THAT(bootstrap_->take_complaint().value_or("(none)"), HasSubstr(met.told)) << asked;
  }
  wait_for(asked);
  answer(asked, time_body());
  answer(asked + 1, page(kLinearRow));
  ASSERT_TRUE(bootstrap_->done());
  EXPECT_EQ(bootstrap_->result().value().size(), 1U) << "as if it had been there at once";
}

TEST_F(Start, WhatAVenueDoesNotTradeIsNotWaitedFor) {
  begin({{Category::Linear, "BTCUSD"}}, 0);
  answer(0, time_body());
  answer(1, page(kLinearRow));
  ASSERT_TRUE(bootstrap_->done()) << "it has answered: to ask again would not help";
  EXPECT_EQ(bootstrap_->result().error().code, ErrorCode::NotFound);
}

TEST_F(Start, IsNotTrappedByACursorThatRepeats) {
  begin({{Category::Linear, "BTCUSDT"}});
  answer(0, time_body());
  answer(1, page(kLinearRow, R"("same")"));
  answer(2, page("", R"("same")"));
  EXPECT_TRUE(bootstrap_->done());
  begin({{Category::Linear, "BTCUSDT"}});
  answer(3, time_body());
  answer(4, page(kLinearRow, R"("same")"));
  answer(5, page(kLinearRow, R"("same")"));
  EXPECT_TRUE(bootstrap_->done());
}

TEST_F(Start, WantsAtLeastOneInstrument) {
  begin({});
  ASSERT_TRUE(bootstrap_->done());
  EXPECT_EQ(bootstrap_->result().error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace proteus::bybit

// Funding from before the run: asked for at the start, told between the bars of the warm-up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/bybit/bootstrap.hpp"
#include "harness.hpp"

namespace proteus::bybit {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 1'699'920'000'000;  // 2023-11-14T00:00:00Z

Timestamp hour(std::int64_t n) { return from_unix_ms(kDayMs + n * kHourMs); }

Bar hourly(std::int64_t n) {
  Bar bar;
  bar.interval = Interval::H1;
  bar.open_time = hour(n);
  bar.close_time = hour(n + 1);
  return bar;
}

/// Hours at which the tickers came that were out by `until`, and the funding times they named.
std::vector<std::pair<std::int64_t, std::int64_t>> told(PastFunding& past, const Bar& bar,
                                                        Timestamp until) {
  std::vector<std::pair<std::int64_t, std::int64_t>> out;
  const auto in_hours = [](Timestamp t) { return (to_unix_ms(t) - kDayMs) / kHourMs; };
  while (const auto next = past.next(bar, until)) {
    EXPECT_TRUE(next->first.funding_known);
    EXPECT_EQ(next->first.funding_rate_e9, 1'000 * in_hours(next->first.next_funding));
    EXPECT_TRUE(next->first.mark.is_zero() && next->first.last.is_zero());
    out.emplace_back(in_hours(next->second), in_hours(next->first.next_funding));
  }
  return out;
}

PastFunding every_eight_hours() {
  PastFunding past(Interval::H1, 1);
  std::vector<FundingRow> rows;
  for (std::int64_t h = -24; h <= 24; h += 8) rows.push_back({hour(h), 1'000 * h});
  past.put(InstrumentId{0}, std::move(rows));
  return past;
}

TEST(PastFunding, TellsTheNextRateAsSoonAsATimeHasPassed) {
  PastFunding past = every_eight_hours();
  using Told = std::pair<std::int64_t, std::int64_t>;
  // What was settled by the first bar's open, and what comes after it.
  EXPECT_THAT(told(past, hourly(5), hour(6)), ElementsAre(Told{-8, 0}, Told{0, 8}));
  EXPECT_THAT(told(past, hourly(6), hour(7)), IsEmpty());
  EXPECT_THAT(told(past, hourly(7), hour(8) - Duration{1}), IsEmpty());
  EXPECT_THAT(told(past, hourly(7), hour(8)), ElementsAre(Told{8, 16}));
  EXPECT_THAT(told(past, hourly(40), hour(41)), ElementsAre(Told{16, 24}));
  EXPECT_THAT(told(past, hourly(41), hour(42)), IsEmpty());
}

TEST(PastFunding, OfAYoungInstrumentBeginsWithItsFirstRate) {
  PastFunding past = every_eight_hours();
  using Told = std::pair<std::int64_t, std::int64_t>;
  EXPECT_THAT(told(past, hourly(-40), hour(-39)), ElementsAre(Told{-40, -24}));
}

TEST(PastFunding, IsToldBetweenBarsOfItsOwnLengthAlone) {
  PastFunding past = every_eight_hours();
  Bar minute = hourly(5);
  minute.interval = Interval::M1;
  EXPECT_THAT(told(past, minute, hour(24)), IsEmpty());
  PastFunding none;
  EXPECT_FALSE(none.next(hourly(5), hour(24)));
}

/// A venue that tells time and one instrument, and is asked for funding.
class FundingAtTheStart : public testing::Test {
 protected:
  FundingAtTheStart() : clock_(ClockMode::Steady, 1.0, [this] { return now_; }) {
    FeedSettings settings;
    settings.warm_up_bars = 1'609;
    bootstrap_ = std::make_unique<Bootstrap>(
        settings, std::vector{InstrumentName{Category::Linear, "BTCUSDT"}}, io_, clock_, 1, 0,
        Interval::H1);
    bootstrap_->start(now_);
    answer(fmt::format(R"({{"retCode":0,"result":{{"timeNano":"{}000000"}},"time":{}}})", kDayMs,
                       kDayMs));
    answer(
        R"({"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[{"symbol":"BTCUSDT","status":"Trading","baseCoin":"BTC","quoteCoin":"USDT","leverageFilter":{"maxLeverage":"100.00"},"priceFilter":{"tickSize":"0.10"},"lotSizeFilter":{"qtyStep":"0.001","minNotionalValue":"5"},"fundingInterval":480}],"nextPageCursor":""},"time":1700000000123})");
  }
  void answer(const std::string& body, int status = 200) {
    bootstrap_->on_response(io_.gets.back().first, HttpResponse(status, body), now_);
  }
  /// `count` settlements, the newest first, down from `last` hours.
  static std::string rows(std::int64_t last, int count) {
    std::string list;
    for (int i = 0; i < count; ++i)
      list += fmt::format(
          R"({}{{"symbol":"BTCUSDT","fundingRate":"0.0001","fundingRateTimestamp":"{}"}})",
          i > 0 ? "," : "", kDayMs + (last - 8 * i) * kHourMs);
    return fmt::format(
        R"({{"retCode":0,"retMsg":"OK","result":{{"category":"linear","list":[{}]}},"time":{}}})",
        list, kDayMs);
  }
  void wait_for(std::size_t gets) {
    for (int i = 0; i < 24'000 && io_.gets.size() < gets && !bootstrap_->done(); ++i)
      bootstrap_->on_timer(now_ += 50ms);
  }
  std::size_t rates(PastFunding past) {
    std::size_t count = 0;
    while (past.next(hourly(-3'000), hour(0))) ++count;
    return count;
  }
  SteadyTime now_{5s};
  FakeIo io_;
  VenueClock clock_;
  std::unique_ptr<Bootstrap> bootstrap_;
};

TEST_F(FundingAtTheStart, IsAskedForPageByPageOverTheWarmUp) {
  const std::int64_t from = kDayMs - (1'609 + 24) * kHourMs;
  EXPECT_EQ(io_.gets.back().second,
            fmt::format("/v5/market/funding/history?category=linear&symbol=BTCUSDT&startTime={}"
                        "&endTime={}&limit=200",
                        from, kDayMs));
  answer(rows(0, 200));
  EXPECT_FALSE(bootstrap_->done());
  EXPECT_THAT(io_.gets.back().second,
              HasSubstr(fmt::format("endTime={}", kDayMs - 199 * 8 * kHourMs - 1)));
  answer(rows(-1'600, 5));
  ASSERT_TRUE(bootstrap_->done());
  EXPECT_EQ(bootstrap_->result().value().size(), 1U);
  PastFunding past = bootstrap_->take_funding();
  EXPECT_FALSE(past.missing(InstrumentId{0}));
  EXPECT_EQ(rates(std::move(past)), 205U);
}

TEST_F(FundingAtTheStart, IsNotTrappedByAnAnswerThatRepeats) {
  answer(rows(0, 200));
  answer(rows(0, 200));
  ASSERT_TRUE(bootstrap_->done());
  EXPECT_EQ(rates(bootstrap_->take_funding()), 200U);
}

TEST_F(FundingAtTheStart, IsMissingAndNoErrorWhereTheVenueDoesNotAnswer) {
  const std::size_t asked = io_.gets.size();
  answer("<html>503</html>", 503);
  wait_for(asked + 1);
  ASSERT_EQ(io_.gets.size(), asked + 1) << "it is asked for once more";
  answer("{}");
  ASSERT_TRUE(bootstrap_->done());
  EXPECT_EQ(bootstrap_->result().value().size(), 1U);
  EXPECT_TRUE(bootstrap_->take_funding().missing(InstrumentId{0}));
}

TEST_F(FundingAtTheStart, IsMissingAtOnceWhereTheVenueRefuses) {
  answer(R"({"retCode":10001,"retMsg":"params error","result":{},"time":1700000000123})");
  ASSERT_TRUE(bootstrap_->done());
  EXPECT_TRUE(bootstrap_->take_funding().missing(InstrumentId{0}));
}

TEST(WarmUpFunding, ComesBetweenTheBarsThatItBelongsTo) {
  FeedSettings settings = Harness::plain();
  settings.warm_up_bars = 4;
  Harness h(settings, one(), kStartMs + 30'000);
  const auto minute = [](std::int64_t n) { return from_unix_ms(kStartMs + n * kMinuteMs); };
  PastFunding past(Interval::M1, 1);
  past.put(InstrumentId{0}, {{minute(-6), 1}, {minute(-5), 2}, {minute(-2), 3}, {minute(0), 4}});
  h.feed->start(h.now, std::move(past));
  h.answer(0, h.rows({-1, -2, -3, -4}));
  std::string order;
  for (const FakeSink::Entry& entry : h.sink.entries) {
    if (const auto* ticker = std::get_if<TickerUpdated>(&entry.body))
      order += fmt::format(" rate{}", ticker->funding_rate_e9);
    if (const auto* bar = std::get_if<BarClosed>(&entry.body))
      order += fmt::format(" bar{}", (to_unix_ms(bar->bar.open_time) - kStartMs) / kMinuteMs);
  }
  // The bar from -3 to -2 ends with a settlement: the one after it is told behind that bar.
  EXPECT_EQ(order, " rate2 rate3 bar-4 bar-3 rate4 bar-2 bar-1");
}

TEST(WarmUpFunding, ThatIsMissingIsSaidOfTheInstrument) {
  FeedSettings settings = Harness::plain();
  settings.warm_up_bars = 1;
  Harness h(settings, one(), kStartMs + 30'000);
  PastFunding past(Interval::M1, 1);
  past.miss(InstrumentId{0});
  h.feed->start(h.now, std::move(past));
  const auto told = h.sink.anomalies(AnomalyKind::RestFailed);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].has_instrument);
  EXPECT_THAT(std::string(told[0].detail.view()), HasSubstr("charged the assumed rate"));
}

}  // namespace
}  // namespace proteus::bybit

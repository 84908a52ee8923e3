// Subscribing, staying awake, reconnecting, and REST manners, through the feed's own doors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/bybit/backoff.hpp"
#include "connectors/bybit/subscription_plan.hpp"
#include "harness.hpp"

namespace proteus::bybit {
namespace {

using namespace test;
using testing::HasSubstr;

InstrumentTable many(int n, Category category = Category::Linear) {
  InstrumentTable t;
  for (int i = 0; i < n; ++i) t.add(instrument(category, fmt::format("COIN{:03}USDT", i))).value();
  return t;
}

TEST(SubscriptionPlan, OpensOneConnectionACategory) {
  const std::vector<StreamPlan> plans =
      plan_streams(table(), {Interval::M1, Interval::H1}, true, 50);
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(plans[0].name, "public:linear#0");
  EXPECT_EQ(plans[0].path, "/v5/public/linear");
  EXPECT_THAT(plans[0].topics,
              testing::ElementsAre("kline.1.BTCUSDT", "kline.60.BTCUSDT", "tickers.BTCUSDT",
                                   "orderbook.50.BTCUSDT", "kline.1.ETHUSDT", "kline.60.ETHUSDT",
                                   "tickers.ETHUSDT", "orderbook.50.ETHUSDT"));
  EXPECT_EQ(plans[1].path, "/v5/public/spot");
}

TEST(SubscriptionPlan, SplitsWhereTheArgumentsGrowTooLong) {
  const InstrumentTable table = many(700);
  const std::vector<StreamPlan> plans = plan_streams(table, {Interval::M1}, true, 0);
  ASSERT_GE(plans.size(), 2U);
  std::size_t topics = 0;
  for (const StreamPlan& plan : plans) {
    std::size_t chars = 0;
    for (const std::string& topic : plan.topics) chars += topic.size() + 3;
    EXPECT_LE(chars, kArgsCharsMax);
    topics += plan.topics.size();
  }
  EXPECT_EQ(topics, 1400U);
}

TEST(Subscriptions, GoOutInGroupsOfTenAtMost) {
  Harness h(Harness::plain(), many(23));
  h.start();
  h.feed->on_open(0, h.now);
  ASSERT_EQ(h.io.sent.size(), 3U);
  EXPECT_EQ(std::count(h.io.sent[0].second.begin(), h.io.sent[0].second.end(), '.'), 20);
  EXPECT_EQ(std::count(h.io.sent[2].second.begin(), h.io.sent[2].second.end(), '.'), 6);
  EXPECT_THAT(h.io.sent[0].second,
              HasSubstr(R"({"req_id":"s0-1","op":"subscribe","args":["kline.1.COIN000USDT",)"));
}

TEST(Subscriptions, AreLiveWhenEachGroupIsAcknowledged) {
  Harness h(Harness::plain(), many(23));
  h.start();
  h.feed->on_open(0, h.now);
  const auto ack = [&](const char* id) {
    h.frame(fmt::format(
        R"({{"success":true,"ret_msg":"subscribe","req_id":"{}","op":"subscribe"}})", id));
  };
  ack("s0-1");
  ack("s0-1");  // One acknowledgement confirms one request, however often it comes.
  ack("s0-3");
  EXPECT_FALSE(h.feed->live());
  ack("s0-2");
  EXPECT_TRUE(h.feed->live());
  EXPECT_EQ(h.sink.all<FeedChanged>().back().state, FeedState::Live);
}

TEST(Subscriptions, TakeDataBeforeTheAcknowledgement) {
  Harness h(Harness::plain(), one(), kStartMs + kMinuteMs + 5);
  h.start();
  h.feed->on_open(0, h.now);
  h.frame(h.bar(0, true));
  EXPECT_EQ(h.minutes().size(), 1U);
}

TEST(Subscriptions, FindTheBadTopicOfARefusedGroup) {
  Harness h(Harness::plain(), many(3));
  h.start();
  h.feed->on_open(0, h.now);
  h.frame(
      R"({"success":false,"ret_msg":"error:handler not found,topic:kline.1.COIN001USDT","req_id":"s0-1","op":"subscribe"})");
  ASSERT_EQ(h.io.sent.size(), 4U);  // One by one now.
  h.acknowledge(0, 1);
  EXPECT_EQ(h.count(AnomalyKind::SubscriptionRefused), 0U);
  EXPECT_TRUE(h.feed->live());
}

TEST(Subscriptions, LetARefusedInstrumentStandAside) {
  Harness h(Harness::plain(), many(2));
  h.start();
  h.feed->on_open(0, h.now);
  const auto refuse = [&](std::size_t sent) {
    h.frame(fmt::format(
        R"({{"success":false,"ret_msg":"error:handler not found,topic:X","req_id":"{}","op":"subscribe"}})",
        Harness::req_id(h.io.sent[sent].second)));
  };
  refuse(0);
  refuse(1);
  h.acknowledge(0, 2);
  const auto refused = h.sink.anomalies(AnomalyKind::SubscriptionRefused);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_TRUE(refused[0].has_instrument);
  EXPECT_EQ(refused[0].instrument, InstrumentId{0});
  EXPECT_THAT(std::string(refused[0].detail.view()), HasSubstr("kline.1.COIN000USDT"));
  EXPECT_TRUE(h.feed->live());
}

TEST(Subscriptions, TakeAlreadySubscribedForSuccess) {
  Harness h(Harness::plain(), one());
  h.start();
  h.feed->on_open(0, h.now);
  h.frame(
      R"({"success":false,"ret_msg":"error:already subscribed,topic:kline.1.BTCUSDT","req_id":"s0-1","op":"subscribe"})");
  EXPECT_TRUE(h.feed->live());
  EXPECT_EQ(h.count(AnomalyKind::SubscriptionRefused), 0U);
}

TEST(Subscriptions, AskAgainWhenNoAnswerComesAndThenConnectAnew) {
  Harness h(Harness::plain(), one());
  h.start();
  h.feed->on_open(0, h.now);
  h.pass(10050ms);
  EXPECT_EQ(h.io.sent.size(), 2U);
  EXPECT_TRUE(h.io.closes.empty());
  h.pass(21s);
  EXPECT_EQ(h.io.closes.size(), 1U);
}

FeedSettings awake() {
  FeedSettings s = Harness::plain();
  s.pong_deadline = 10s;
  s.silence_deadline = 35s;
  return s;
}

TEST(Heartbeat, PingsEveryTwentySeconds) {
  Harness h(awake(), one());
  h.start();
  h.connect();
  const std::size_t before = h.io.sent.size();
  h.pass(20s);
  ASSERT_EQ(h.io.sent.size(), before + 1);
  EXPECT_EQ(h.io.sent.back().second, R"({"req_id":"p0-1","op":"ping"})");
  h.frame(R"({"success":true,"ret_msg":"pong","conn_id":"abc","req_id":"p0-1","op":"ping"})");
  h.pass(20s);
  EXPECT_EQ(h.io.sent.size(), before + 2);
  EXPECT_TRUE(h.io.closes.empty());
}

TEST(Heartbeat, DropsAConnectionThatDoesNotAnswerThoughDataFlows) {
  Harness h(awake(), one());
  h.start();
  h.connect();
  for (int i = 0; i < 31; ++i) {
    h.pass(1s);
    if (h.io.closes.empty()) h.frame(h.bar(i / 60, false));
  }
  EXPECT_EQ(h.io.closes.size(), 1U);
  EXPECT_EQ(h.count(AnomalyKind::PongMissing), 1U);
  EXPECT_EQ(h.sink.anomalies(AnomalyKind::PongMissing).size(), 1U);
}

TEST(Heartbeat, DropsASilentConnection) {
  FeedSettings settings = awake();
  settings.ping_interval = 60s;
  Harness h(settings, one());
  h.start();
  h.connect();
  h.pass(34s);
  EXPECT_TRUE(h.io.closes.empty());
  h.pass(2s);
  EXPECT_EQ(h.io.closes.size(), 1U);
}

TEST(Backoff, GrowsToItsCapWithinItsJitter) {
  Backoff backoff(500ms, 30s, 1);
  Duration full = 500ms;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const Duration pause = backoff.pause(attempt);
    EXPECT_GE(pause, full / 2);
    EXPECT_LE(pause, full);
    full = std::min<Duration>(full * 2, 30s);
  }
  EXPECT_EQ(Backoff(1s, 2s, 5).pause(0), Backoff(1s, 2s, 5).pause(0));
}

TEST(Backoff, IsResetOnlyByAConnectionThatLasted) {
  Harness h(Harness::plain(), one());
  h.start();
  const auto wait_for_open = [&](std::size_t opens) {
    const SteadyTime from = h.now;
    while (h.io.opens.size() < opens) h.pass(50ms);
    return h.now - from;
  };
  const auto lose = [&] { h.feed->on_closed(0, error(ErrorCode::Io, "gone"), h.now); };
  for (std::size_t i = 1; i <= 6; ++i) {
    h.connect();
    h.pass(1s);  // Too short a life to count.
    lose();
    wait_for_open(i + 1);
  }
  lose();
  EXPECT_GE(wait_for_open(8), 14s);
  h.connect();
  h.pass(61s);
  lose();
  EXPECT_LE(wait_for_open(9), 600ms);
}

TEST(Connecting, IsGivenUpAfterItsDeadline) {
  Harness h(Harness::plain(), one());
  h.start();
  h.pass(21s);
  EXPECT_GE(h.io.closes.size(), 1U);
  EXPECT_GE(h.io.opens.size(), 2U);
  EXPECT_THAT(std::string(h.sink.all<FeedChanged>()[1].cause.view()),
              HasSubstr("connecting took too long"));
}

/// A hole in minute 0, so that REST is asked.
struct Hole {
  explicit Hole(FeedSettings settings = Harness::plain())
      : h(std::move(settings), one(), kStartMs + kMinuteMs - 1'000) {
    h.start();
    h.connect();
    h.frame(h.bar(0, false));
    h.now += 3s;
    h.frame(h.bar(1, false));
    EXPECT_EQ(h.io.gets.size(), 1U);
  }
  Harness h;
};

TEST(RestManners, StopForTenMinutesWhenBarred) {
  Hole hole;
  Harness& h = hole.h;
  h.answer(0, "access too frequent", 403);
  EXPECT_EQ(h.count(AnomalyKind::RateLimited), 1U);
  h.pass(9min + 55s);
  EXPECT_EQ(h.io.gets.size(), 1U);
  h.pass(10s);
  EXPECT_EQ(h.io.gets.size(), 2U);
}

TEST(RestManners, StopForTenMinutesWhenSomebodyElseIsBarred) {
  Hole hole;
  Harness& h = hole.h;
  h.feed->bar_http("HTTP 403 on a request of the account", h.now);
  EXPECT_EQ(h.count(AnomalyKind::RateLimited), 1U);
  h.answer(0, "", 502);  // It would be asked again after a pause.
  h.pass(9min + 55s);
  EXPECT_EQ(h.io.gets.size(), 1U);
  h.pass(10s);
  EXPECT_EQ(h.io.gets.size(), 2U);
}

TEST(RestManners, SlowDownWhenToldTo) {
  Hole hole;
  Harness& h = hole.h;
  h.answer(0, R"({"retCode":10006,"retMsg":"Too many visits!","result":{}})");
  EXPECT_EQ(h.count(AnomalyKind::RateLimited), 1U);
  EXPECT_EQ(h.count(AnomalyKind::RestFailed), 0U);
  h.await_gets(2);
  h.answer(1, "", 429);
  h.await_gets(3);
  h.answer(2, h.rows({0}));
  EXPECT_EQ(h.minutes().size(), 1U);
}

TEST(RestManners, AskAgainAfterErrorsOfEveryKind) {
  const std::vector<std::pair<int, std::string>> failures = {
      {502, "<html>Bad Gateway</html>"},
      {200, "<html>maintenance</html>"},
      {200, R"({"retCode":10016,"retMsg":"server error"})"},
      {200, R"({"retCode":0,"retMsg":"OK","result":{},"time":1})"},
      {200,
       R"({"retCode":0,"retMsg":"OK","result":{"list":[["x","1","1","1","1","1","1"]]},"time":1})"},
      {200, ""}};
  Hole hole;
  Harness& h = hole.h;
  for (std::size_t i = 0; i < failures.size(); ++i) {
    h.answer(i, failures[i].second, failures[i].first);
    EXPECT_EQ(h.count(AnomalyKind::RestFailed), i + 1) << failures[i].second;
    h.await_gets(i + 2);
  }
  h.feed->on_response(h.io.gets.back().first, error(ErrorCode::Timeout, "timed out"), h.now);
  h.await_gets(failures.size() + 2);
  h.answer(failures.size() + 1, h.rows({0}));
  EXPECT_EQ(h.minutes().size(), 1U);
}

TEST(RestManners, GiveUpOnAnAnswerThatDoesNotComeAndIgnoreItAfterwards) {
  Hole hole;
  Harness& h = hole.h;
  h.await_gets(2);
  EXPECT_EQ(h.count(AnomalyKind::RestFailed), 1U);
  h.answer(0, h.rows({0}));
  EXPECT_TRUE(h.minutes().empty());
  h.answer(1, h.rows({0}));
  EXPECT_EQ(h.minutes().size(), 1U);
}

TEST(RestManners, KeepToTheRateAndTheBoundInFlight) {
  FeedSettings settings = Harness::plain();
  settings.warm_up_bars = 10;
  settings.rest_rate = 5.0;
  settings.rest_in_flight_max = 3;
  settings.request_deadline = 120s;
  Harness h(settings, many(40));
  h.start();
  EXPECT_EQ(h.io.gets.size(), 3U);
  std::size_t answered = 0;
  const auto answer_all = [&] {
    while (answered < h.io.gets.size()) h.answer(answered++, h.rows({}));
  };
  answer_all();
  EXPECT_EQ(h.io.gets.size(), 5U);  // The burst.
  for (int second = 1; second <= 4; ++second) {
    for (int i = 0; i < 20; ++i) h.pass(50ms), answer_all();
    EXPECT_NEAR(static_cast<double>(h.io.gets.size()), 5.0 + 5.0 * second, 1.0);
  }
}

TEST(Clock, TicksOnceASecondAndReportsSkew) {
  FeedSettings settings = Harness::plain();
  settings.time_sync_interval = 60s;
  Harness h(settings, one());
  h.start();
  h.connect();
  h.pass(10s);
  EXPECT_EQ(h.sink.all<ClockTick>().size(), 10U);
  h.pass(50s);
  ASSERT_EQ(h.io.gets.size(), 1U);
  EXPECT_EQ(h.io.gets[0].second, "/v5/market/time");
  h.answer(0, fmt::format(R"({{"retCode":0,"result":{{"timeNano":"{}000000"}},"time":1}})",
                          kStartMs + 61'500));
  EXPECT_EQ(h.count(AnomalyKind::ClockSkew), 1U);
  EXPECT_EQ(h.clock.offset(), 1500ms);
}

TEST(Instruments, AreLookedAtEveryDay) {
  FeedSettings settings = Harness::plain();
  settings.instruments_refresh = 60s;
  Harness h(settings, many(2));
  h.start();
  h.connect();
  h.pass(61s);
  ASSERT_EQ(h.io.gets.size(), 1U);
  EXPECT_EQ(h.io.gets[0].second, "/v5/market/instruments-info?category=linear&limit=1000");
  const auto row = [](const char* symbol, const char* tick) {
    return fmt::format(
        R"({{"symbol":"{}","status":"Trading","priceFilter":{{"tickSize":"{}"}},"lotSizeFilter":{{"qtyStep":"0.001"}}}})",
        symbol, tick);
  };
  const auto page = [](const std::string& rows, const char* cursor) {
    return fmt::format(
        R"({{"retCode":0,"result":{{"category":"linear","list":[{}],"nextPageCursor":"{}"}},"time":1}})",
        rows, cursor);
  };
  h.answer(0, page(row("COIN001USDT", "0.2"), "a%3Db"));
  ASSERT_EQ(h.io.gets.size(), 2U);
  EXPECT_THAT(h.io.gets[1].second, HasSubstr("&cursor=a%3Db"));
  h.answer(1, page("", "a%3Dc"));  // An empty page ends it, whatever its cursor says.
  const auto changed = h.sink.all<InstrumentChanged>();
  ASSERT_EQ(changed.size(), 2U);
  EXPECT_EQ(changed[0].instrument.id, InstrumentId{0});
  EXPECT_EQ(changed[0].instrument.status, InstrumentStatus::Closed);
  EXPECT_EQ(changed[1].instrument.id, InstrumentId{1});
  EXPECT_EQ(changed[1].instrument.tick_size, Price::parse("0.2").value());
}

TEST(FeedSettingsCheck, NamesWhatIsWrong) {
  const auto refusal = [](FeedSettings settings) {
    SteadyTime now{0s};
    const InstrumentTable instruments = one();
    FakeIo io;
    FakeSink sink;
    VenueClock clock(ClockMode::Steady, 1.0, [&] { return now; });
    const auto made = PublicFeed::create(settings, instruments, io, clock, sink, 1);
    return made ? std::string() : made.error().context;
  };
  FeedSettings settings;
  EXPECT_EQ(refusal(settings), "");
  settings.intervals = {"1m", "7m"};
  EXPECT_THAT(refusal(settings), HasSubstr("\"7m\""));
  settings = FeedSettings{};
  settings.book_depth = 25;
  EXPECT_THAT(refusal(settings), HasSubstr("book_depth: 25"));
  settings = FeedSettings{};
  settings.clock = ClockMode::Frames;
  EXPECT_THAT(refusal(settings), HasSubstr("clock"));
}

TEST(Stop, IsFinal) {
  Hole hole;
  Harness& h = hole.h;
  h.feed->stop();
  EXPECT_EQ(h.io.closes.size(), 1U);
  const std::size_t events = h.sink.entries.size();
  h.answer(0, h.rows({0}));
  h.pass(60s);
  EXPECT_EQ(h.sink.entries.size(), events);
  EXPECT_EQ(h.io.opens.size(), 1U);
}

}  // namespace
}  // namespace proteus::bybit

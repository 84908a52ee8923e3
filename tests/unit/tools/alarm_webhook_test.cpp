// Alarms over HTTP: servers that take them, that refuse, that hang, that are not there.
#include "tools/app/alarm_webhook.hpp"
#include "tools/app/webhook_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/net/server.hpp"
#include "tools/app/alarms.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A server that answers as told and remembers what it heard.
class Hook {
 public:
  explicit Hook(net::Loop& loop) {
    net::ServerHandlers handlers;
    handlers.on_http = [this](const net::HttpRequest& request, const net::Responder& reply) {
      heard.push_back(request);
      if (hang) return kept.push_back(reply);
      reply.respond({status, status == 204 ? "" : "x"});
    };
    server = std::move(net::Server::create(loop, {}, handlers).value());
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server->port()) + path;
  }
  unsigned status = 200;
  bool hang = false;
  std::vector<net::HttpRequest> heard;
  std::vector<net::Responder> kept;
  std::unique_ptr<net::Server> server;
};

class AlarmWebhookTest : public ::testing::Test {
 protected:
  Delivery send(const std::string& url, Duration deadline = 20s) {
    AlarmWebhook way(loop_, net::parse_endpoint(url).value(), "", deadline, {"host", "paper", "s"});
    Alarm alarm;
    alarm.kind = AlarmKind::FeedLost;
    alarm.text = "lost";
    Delivery outcome{};
    way.send(alarm, [&](Delivery delivery, std::string word) {
      outcome = delivery;
      word_ = std::move(word);
      loop_.stop();
    });
    EXPECT_TRUE(loop_.run_for(30s)) << "its end was not told";
    return outcome;
  }
  net::Loop loop_;
  Hook hook_{loop_};
  std::string word_;
};

TEST_F(AlarmWebhookTest, PostsTheAlarmAsJsonToTheWholePath) {
  for (const std::string path : {"/", "/hook/token", "/hook/token/", "/hook?key=a/b", "/a?k=/"}) {
    hook_.heard.clear();
    EXPECT_EQ(send(hook_.url(path)), Delivery::Delivered) << path << ": " << word_;
    ASSERT_EQ(hook_.heard.size(), 1U) << path;
    const net::HttpRequest& request = hook_.heard[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, path);
    EXPECT_EQ(net::find_header(request.headers, "content-type"), "application/json");
    EXPECT_THAT(request.body, HasSubstr(R"("kind":"feed_lost")"));
  }
}

TEST_F(AlarmWebhookTest, AStatusSaysWhetherItMayGoBetterLater) {
  const std::vector<std::pair<unsigned, Delivery>> kExpected = {
      {200, Delivery::Delivered}, {204, Delivery::Delivered}, {302, Delivery::Hopeless},
      {400, Delivery::Hopeless},  {404, Delivery::Hopeless},  {408, Delivery::Failed},
      {429, Delivery::Failed},    {500, Delivery::Failed},    {503, Delivery::Failed}};
  for (const auto& [status, outcome] : kExpected) {
    hook_.status = status;
    EXPECT_EQ(send(hook_.url("/hook/token")), outcome) << status;
    EXPECT_THAT(word_,
                AllOf(HasSubstr("status " + std::to_string(status)), Not(HasSubstr("token"))));
  }
}

TEST_F(AlarmWebhookTest, OneThatHangsFailsAtTheDeadlineAndNamesNoToken) {
  hook_.hang = true;
  EXPECT_EQ(send(hook_.url("/hook/token?key=token"), 100ms), Delivery::Failed);
  EXPECT_EQ(word_, "no answer within 100 ms");
}

TEST_F(AlarmWebhookTest, OneThatRefusesFailsAndNamesNoToken) {
  const std::string url = hook_.url("/hook/token");
  hook_.server.reset();
  EXPECT_EQ(send(url), Delivery::Failed);
  EXPECT_THAT(word_, AllOf(HasSubstr("127.0.0.1"), Not(HasSubstr("token"))));
}

TEST(ShownWebhook, KeepsHostAndPortAndHidesTheRest) {
  EXPECT_EQ(shown_webhook("https://hooks.example.org/services/T0/B0/secret"),
            "https://hooks.example.org/***");
  EXPECT_EQ(shown_webhook("http://[::1]:8080?token=secret"), "http://[::1]:8080/***");
  EXPECT_EQ(shown_webhook("http://127.0.0.1:80"), "http://127.0.0.1:80");
  EXPECT_EQ(shown_webhook("http://127.0.0.1:80/"), "http://127.0.0.1:80");
  EXPECT_EQ(shown_webhook("https://user:secret@example.org/"), "***");
  EXPECT_EQ(shown_webhook("secret"), "***");
}

TEST(ShownWebhook, IsKnownAgainAsLeadingNowhere) {
  EXPECT_TRUE(is_hidden_webhook(shown_webhook("https://hooks.example.org/secret")));
  EXPECT_TRUE(is_hidden_webhook(shown_webhook("secret")));
  EXPECT_FALSE(is_hidden_webhook(shown_webhook("http://127.0.0.1:80/")));
}

/// A way that does as told.
class ObedientWay final : public AlarmWay {
 public:
  ObedientWay(net::Loop& loop, std::vector<std::string>& sent, Delivery& outcome)
      : loop_(loop), sent_(sent), outcome_(outcome) {}
  [[nodiscard]] std::string_view name() const override { return "told"; }
  void send(const Alarm& alarm, OnDone on_done) override {
    sent_.push_back(alarm.text);
    loop_.post([this, on_done = std::move(on_done)] { on_done(outcome_, "word"); });
  }

 private:
  net::Loop& loop_;
  std::vector<std::string>& sent_;
  Delivery& outcome_;
};

Alarm critical(std::string text) {
  Alarm alarm;
  alarm.kind = AlarmKind::Liquidation;
  alarm.severity = Severity::Critical;
  alarm.subject = text;
  alarm.text = std::move(text);
  return alarm;
}

TEST(Alarms, RaisingOneSendsNothingBeforeTheLoopTurns) {
  net::Loop loop;
  Alarms alarms(loop, {});
  std::vector<std::string> sent;
  Delivery outcome = Delivery::Delivered;
  alarms.add(std::make_unique<ObedientWay>(loop, sent, outcome));
  alarms.raise(critical("a"));
  alarms.raise(critical("b"));
  EXPECT_TRUE(sent.empty());
  alarms.finish(20s);
  EXPECT_EQ(sent, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(alarms.idle());
}

TEST(Alarms, AWayThatHangsDoesNotKeepTheOtherFromIt) {
  net::Loop loop;
  Hook hook(loop);
  hook.hang = true;
  AlarmSettings settings;
  settings.webhook = hook.url("/");
  Alarms alarms(loop, settings);
  for (auto& way : make_ways(loop, settings, "", {})) alarms.add(std::move(way));
  std::vector<std::string> sent;
  Delivery outcome = Delivery::Delivered;
  alarms.add(std::make_unique<ObedientWay>(loop, sent, outcome));
  for (const char* text : {"a", "b", "c"}) alarms.raise(critical(text));
  alarms.finish(300ms);
  EXPECT_EQ(sent.size(), 3U);
  const auto ways = alarms.ways();
  ASSERT_EQ(ways.size(), 2U);
  EXPECT_EQ(ways[0].waiting, 3U);
  EXPECT_EQ(ways[1].waiting, 0U);
}

TEST(Alarms, OneThatAnswers500AndThenRecoversGetsTheAlarmOnce) {
  net::Loop loop;
  Hook hook(loop);
  hook.status = 500;
  AlarmSettings settings;
  settings.webhook = hook.url("/hook");
  Alarms alarms(loop, settings);
  for (auto& way : make_ways(loop, settings, "", {})) alarms.add(std::move(way));
  alarms.raise(critical("a"));
  // The second attempt comes a second later.
  const net::Timer recovers = loop.every(10ms, [&] {
    if (hook.heard.size() == 1) hook.status = 200;
  });
  alarms.finish(20s);
  EXPECT_EQ(hook.heard.size(), 2U);
  const auto way = alarms.ways().at(0);
  EXPECT_EQ(way.counters.delivered, 1U);
  EXPECT_EQ(way.counters.attempts, 2U);
  EXPECT_EQ(way.failures_in_a_row, 0U);
}

TEST(Alarms, WhatFailsIsSeenInHowTheWayFares) {
  net::Loop loop;
  Alarms alarms(loop, {});
  std::vector<std::string> sent;
  Delivery outcome = Delivery::Hopeless;
  alarms.add(std::make_unique<ObedientWay>(loop, sent, outcome));
  alarms.raise(critical("a"));
  alarms.raise(critical("b"));
  alarms.finish(20s);
  const auto way = alarms.ways().at(0);
  EXPECT_EQ(way.counters.given_up, 2U);
  EXPECT_EQ(way.failures_in_a_row, 2U);
  EXPECT_EQ(way.last_word, "word");
}

}  // namespace
}  // namespace proteus::app

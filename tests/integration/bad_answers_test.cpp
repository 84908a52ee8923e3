// Exact bad REST answers, at the start of a daemon and in the middle of its session: the start says
// what the venue said; a session counts it, asks again and loses nothing.
#include <fmt/format.h>

#include "tests/integration/scripted_session.hpp"

namespace proteus::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const Overrides kShortPauses = {"feed.backoff_min=1ms", "feed.backoff_max=10ms",
                                "feed.ban_pause=100ms"};

std::string junk_that_looks_like_gzip() {
  std::string bytes = "\x1f\x8b\x08";
  for (int i = 0; i < 300; ++i) bytes += static_cast<char>(i * 37 + 11);
  return bytes;
}

struct BadAnswer {
  const char* name;
  net::HttpAnswer (*make)();
  const char* kind;  ///< of the anomaly that counts it
  const char* says;  ///< part of the sentence
};

const BadAnswer kBadAnswers[] = {
    {"Html403",
     [] {
       return net::HttpAnswer{403, "<html><body>Access too frequent</body></html>", "text/html"};
     },
     "rate_limited", "HTTP 403; the body begins with <html>"},
    {"Html502",
     [] {
       return net::HttpAnswer{502, "<html>Bad gateway</html>", "text/html"};
     },
     "rest_failed", "HTTP 502"},
    {"Status429",
     [] {
       return net::HttpAnswer{429, "", "text/plain"};
     },
     "rate_limited", "HTTP 429"},
    {"HtmlWithStatus200",
     [] {
       return net::HttpAnswer{200, "<html>Hello</html>", "text/html"};
     },
     "rest_failed", "it begins with <html>"},
    {"Empty",
     [] {
       return net::HttpAnswer{200, ""};
     },
     "rest_failed", "answer: "},
    {"NoEnvelope",
     [] {
       return net::HttpAnswer{200, R"({"list":[]})"};
     },
     "rest_failed", "\"retCode\" is missing"},
    {"ServerBusy",
     [] {
       return net::HttpAnswer{200, R"({"retCode":10016,"retMsg":"Server error"})"};
     },
     "rest_failed", "retCode 10016: Server error"},
    {"TooManyVisits",
     [] {
       return net::HttpAnswer{200, R"({"retCode":10006,"retMsg":"Too many visits!"})"};
     },
     "rate_limited", "retCode 10006: Too many visits!"},
    {"NoResult",
     [] {
       return net::HttpAnswer{200, R"({"retCode":0,"retMsg":"OK"})"};
     },
     "rest_failed", "\"result\" is missing"},
    {"WrongTypes",
     [] {
       return net::HttpAnswer{200, R"({"retCode":0,"result":{"list":{"a":1}}})"};
     },
     "rest_failed", ""},
    {"CodeThatIsText",
     [] {
       return net::HttpAnswer{200, R"({"retCode":"none"})"};
     },
     "rest_failed", "\"retCode\" is not a whole number"},
    {"Truncated",
     [] {
       return net::HttpAnswer{200, R"({"retCode":0,"result":{"list":[["17000)"};
     },
     "rest_failed", ""},
    {"GzipJunk",
     [] {
       return net::HttpAnswer{200, junk_that_looks_like_gzip()};
     },
     "rest_failed", "answer: "},
    {"HundredThousandLevels",
     [] {
       return net::HttpAnswer{200, std::string(100'000, '[')};
     },
     "rest_failed", "answer: "},
    {"LargerThanAnyAnswer",
     [] {
       return net::HttpAnswer{200, std::string(17U << 20U, ' ')};
     },
     "rest_failed", "larger than the bound"},
    {"MoreRowsThanAsked",
     [] {
       std::string rows = "[]";
       for (int i = 0; i < 6'000; ++i) rows += ",[]";
       return net::HttpAnswer{200, R"({"retCode":0,"result":{"list":[)" + rows + "]}}"};
     },
     "rest_failed", ""},
};

class BadAnswerTest : public ::testing::TestWithParam<BadAnswer> {};
INSTANTIATE_TEST_SUITE_P(All, BadAnswerTest, ::testing::ValuesIn(kBadAnswers),
                         [](const auto& each) { return each.param.name; });

TEST_P(BadAnswerTest, AtTheStartIsSaidAndNothingIsLeft) {
  const Folder folder;
  net::Loop loop;
  ScriptedVenue venue(loop);
  venue.instead = [](const std::string&) { return GetParam().make(); };
  const auto loaded = load("", ScriptedVenue::daemon() + in(folder) + venue.where() + kShortPauses);
  ASSERT_TRUE(loaded.has_value());
  const auto daemon = TradingDaemon::create(loop, loaded.value());
  ASSERT_TRUE(daemon.has_error());
  EXPECT_THAT(daemon.error().context, AllOf(HasSubstr("the venue cannot be asked at the start: "),
                                            HasSubstr(GetParam().says)));
  EXPECT_TRUE(entries(folder / "runs").empty());
  EXPECT_FALSE(std::filesystem::exists(folder / "socket"));
}

/// It asks again soon.
struct ImpatientSession : ScriptedSession {
  explicit ImpatientSession(const Overrides& more = {}) : ScriptedSession(kShortPauses + more) {}
};

TEST_P(BadAnswerTest, InASessionIsCountedAskedAgainAndNoBarIsLost) {
  ImpatientSession session;
  int bad = 0;
  session.venue.instead = [&](const std::string& target) -> std::optional<net::HttpAnswer> {
    if (!target.starts_with("/v5/market/kline") || bad > 0) return std::nullopt;
    ++bad;
    return GetParam().make();
  };
  session.venue.rows[ImpatientSession::bar(2)] = {.close = "107"};  // Its frame is lost.
  session.venue.close_bar(ImpatientSession::bar(3), {.close = "108"});
  ASSERT_TRUE(session.daemon.run_to_bars(4)) << session.daemon.status();

  EXPECT_EQ(bad, 1);
  const Log log = session.end();
  ASSERT_EQ(log.anomalies.size(), 1U);
  EXPECT_EQ(to_string(log.anomalies[0].kind), GetParam().kind);
  ASSERT_EQ(log.bars.size(), 4U);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(log.bars[i].bar.open_time, ImpatientSession::bar(i));
  EXPECT_EQ(log.bars[2].bar.close.to_string(), "107");
}

TEST(BadAnswers, AnAbsurdRowIsNotABarAndTheTrueOneComesLater) {
  ImpatientSession session({"feed.missing_bar_tries=50"});
  session.venue.rows[ImpatientSession::bar(2)] = {.low = "-1"};
  session.venue.close_bar(ImpatientSession::bar(3), {});
  ASSERT_TRUE(run_until(session.loop, [&] {
    return session.daemon.figure("anomalies.absurd_bar") > 0;
  })) << session.daemon.status();
  session.venue.rows[ImpatientSession::bar(2)] = {.close = "107"};
  ASSERT_TRUE(session.daemon.run_to_bars(4)) << session.daemon.status();
  const Log log = session.end();
  ASSERT_EQ(log.bars.size(), 4U);
  EXPECT_EQ(log.bars[2].bar.close.to_string(), "107");
}

TEST(BadAnswers, PagesThatRepeatTheirCursorDoNotHoldTheStart) {
  const Folder folder;
  net::Loop loop;
  ScriptedVenue venue(loop);
  venue.cursor = "first%3DBTCUSDT";
  const auto loaded = load("", ScriptedVenue::daemon() + in(folder) + venue.where() + kShortPauses);
  ASSERT_TRUE(loaded.has_value());
  const auto daemon = TradingDaemon::create(loop, loaded.value());
  EXPECT_TRUE(daemon.has_value()) << (daemon ? "" : daemon.error().context);
}

TEST(BadAnswers, ACursorThatNoRequestCanHoldIsRefused) {
  const Folder folder;
  net::Loop loop;
  ScriptedVenue venue(loop);
  venue.cursor = "a b";
  const auto loaded = load("", ScriptedVenue::daemon() + in(folder) + venue.where() + kShortPauses);
  ASSERT_TRUE(loaded.has_value());
  const auto daemon = TradingDaemon::create(loop, loaded.value());
  ASSERT_TRUE(daemon.has_error());
  EXPECT_THAT(daemon.error().context, HasSubstr("cannot stand in a request"));
}

const Overrides kRefresh = {"feed.instruments_refresh=60s"};

/// The next bar closes and the list of instruments is read again; true once `kind` was counted.
[[nodiscard]] bool refreshed(ImpatientSession& session, const std::string& kind) {
  session.venue.close_bar(ImpatientSession::bar(2), {});
  return session.daemon.run_to_bars(3) &&
         run_until(session.loop, [&] { return session.daemon.figure("anomalies." + kind) > 0; });
}

TEST(BadAnswers, AnImpossibleInstrumentInTheMiddleOfASessionIsCountedAndTheOldOneStands) {
  struct Case {
    void (*spoil)(ScriptedVenue&);
    const char* says;
  };
  for (const Case& each : {
           Case{[](ScriptedVenue& v) { v.tick = "0"; }, "has tick size 0"},
           Case{[](ScriptedVenue& v) { v.tick = "-0.1"; }, "has tick size -0.1"},
           Case{[](ScriptedVenue& v) { v.quantity_step = "0"; }, "lot step 0"},
           Case{[](ScriptedVenue& v) { v.quantity_step = "NaN"; }, "qtyStep"},
           Case{[](ScriptedVenue& v) { v.quantity_max = "0.0001"; }, "below its smallest"},
           Case{[](ScriptedVenue& v) { v.quantity_max = "-5"; }, "below its smallest"},
       }) {
    ImpatientSession session(kRefresh);
    each.spoil(session.venue);
    ASSERT_TRUE(refreshed(session, "malformed")) << each.says << session.daemon.status();
    session.venue.close_bar(ImpatientSession::bar(3), {});
    ASSERT_TRUE(session.daemon.run_to_bars(4)) << each.says;
    const Log log = session.end();
    ASSERT_FALSE(log.anomalies.empty());
    EXPECT_THAT(std::string(log.anomalies[0].detail.view()), HasSubstr(each.says));
    EXPECT_EQ(log.changed, 0U) << each.says;
  }
}

TEST(BadAnswers, AListWithoutAnEndClosesNoInstrument) {
  ImpatientSession session(kRefresh);
  session.venue.instead = [](const std::string& target) -> std::optional<net::HttpAnswer> {
    if (!target.starts_with("/v5/market/instruments-info")) return std::nullopt;
    return net::HttpAnswer{
        200, R"({"retCode":0,"result":{"nextPageCursor":"x","list":[{"symbol":"A"}]}})"};
  };
  ASSERT_TRUE(refreshed(session, "rest_failed")) << session.daemon.status();
  session.venue.close_bar(ImpatientSession::bar(3), {});
  ASSERT_TRUE(session.daemon.run_to_bars(4));
  const Log log = session.end();
  ASSERT_FALSE(log.anomalies.empty());
  EXPECT_THAT(std::string(log.anomalies[0].detail.view()), HasSubstr("has no end"));
  EXPECT_EQ(log.changed, 0U);
}

}  // namespace
}  // namespace proteus::app

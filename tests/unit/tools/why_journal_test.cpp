#include "tools/app/why_journal.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>

#include "connectors/storage/journal_db.hpp"
#include "connectors/storage/wal_journal.hpp"
#include "engine/core/json.hpp"
#include "tests/unit/tools/support.hpp"
#include "tools/app/session_folders.hpp"
#include "tools/app/settings.hpp"
#include "tools/app/status_view.hpp"
#include "tools/app/verbs.hpp"
#include "tools/app/why_json.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;
namespace bj = boost::json;

const InstrumentId kBtc{0};
constexpr std::int64_t kNoonMs = 1'748'779'200'000;  // 2025-06-01T12:00Z

Timestamp minute(int n) { return from_unix_ms(kNoonMs + 60'000 * n); }

DecisionRecord decision(int bar, std::uint64_t sequence, Outcome outcome) {
  DecisionRecord d;
  d.sequence = sequence;
  d.time = minute(bar + 1);
  d.bar_open = minute(bar);
  d.close = Price::from_raw(100'000'000'000'000);
  d.outcome = outcome;
  d.reason = "fast mean above slow mean: long";
  d.equity = Money::from_raw(10'000'000'000'000);
  d.observation.push_back(101.5);
  return d;
}

/// A session's folder as a daemon leaves it: bars of 12:00, 12:01 and 12:03 (12:02 is missing); the
/// second was ordered, sent and filled, and its position flattened later.
class WhyJournal : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "proteus-why-XXXXXX").string();
    runs_ = ::mkdtemp(name.data());
    folder_ = runs_ / "2025-06-01T12-00-00Z-paper";
    fs::create_directory(folder_);
    std::ofstream(folder_ / "session.json") << "{}\n";
    std::ofstream(folder_ / "config.resolved.toml") << load("", {}).value().resolved;
    write_log();
    ASSERT_TRUE(storage::rebuild_journal(folder_ / "session.wal", folder_ / "journal.sqlite"));
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(runs_, ignored);
  }

  void write_log() const {
    const SessionCode code = make_session_code(std::array<std::uint8_t, 13>{});
    auto log =
        storage::WalJournal::create(folder_ / "session.wal", {code, "0", "paper", minute(0)});
    ASSERT_TRUE(log.has_value());
    storage::WalJournal& out = *log.value();
    out.append(Event{1, Origin::Input, minute(0), minute(0), InstrumentChanged{bitcoin()}});
    out.append(decision(0, 2, Outcome::WarmingUp));
    Bar bar;
    bar.interval = Interval::M1;
    bar.open_time = minute(1);
    bar.close_time = minute(2);
    bar.open = bar.low = Price::from_raw(99'000'000'000'000);
    bar.high = bar.close = Price::from_raw(100'000'000'000'000);
    bar.volume = 12.5;
    const Timestamp received = minute(2) + std::chrono::milliseconds{120};
    out.append(Event{3, Origin::Input, received, received, BarClosed{bar, BarSource::Stream}});
    OrderRequest order;
    order.id = "order-1";
    order.reference = bar.close;
    order.quantity = Quantity::from_raw(2'000'000);
    order.decided_at = minute(2);
    DecisionRecord ordered = decision(1, 3, Outcome::Ordered);
    ordered.has_target = true;
    ordered.target = {1.0, 0.5};
    ordered.controls.push_back({Control::OrderValue,
                                true,
                                {2'500'000'000'000, Unit::Quote},
                                {101'560'000'000, Unit::Quote}});
    ordered.controls.push_back(
        {Control::Drawdown, false, {200'000'000, Unit::Ratio}, {250'000'000, Unit::Ratio}});
    ordered.controls.push_back(
        {Control::Leverage, true, {4'032'000, Unit::Ratio}, {INT64_MAX, Unit::Ratio}});
    ordered.orders.push_back({order.id, Side::Buy, false, order.quantity, true, Control::None});
    out.append(ordered);
    out.append(OrderIntent{3, order});
    Fill fill;
    fill.id = order.id;
    fill.execution = "x1";
    fill.quantity = order.quantity;
    fill.price = Price::from_raw(100'010'000'000'000);
    fill.fee = Money::from_raw(110'011'000);
    fill.time = minute(2);
    out.append(Event{4, Origin::Derived, minute(2), minute(3), fill});
    OrderUpdate update;
    update.id = order.id;
    update.state = OrderState::Filled;
    update.filled = order.quantity;
    out.append(Event{5, Origin::Derived, minute(2), minute(3), update});
    out.append(decision(3, 6, Outcome::Unchanged));
    out.append(EquityPoint{6, minute(4), Money::from_raw(10'001'500'000'000),
                           Money::from_raw(9'999'889'989'000), Money::from_raw(200'000'000'000),
                           7});
    DecisionRecord flatten = decision(1, 7, Outcome::Refused);
    flatten.reason = "flatten: closes the whole position";
    out.append(flatten);
    ASSERT_TRUE(out.flush());
  }

  /// The decisions of an answer.
  bj::array ask(const std::string& instrument, std::optional<Timestamp> time) {
    const auto document = why_from_journal(folder_, {instrument, time});
    EXPECT_TRUE(document.has_value()) << document.error().context;
    return bj::parse(document.value()).at("decisions").as_array();
  }
  std::string complaint(const std::string& instrument, std::optional<Timestamp> time) {
    const auto document = why_from_journal(folder_, {instrument, time});
    return document.has_error() ? document.error().context : "";
  }

  fs::path runs_;
  fs::path folder_;
};

TEST_F(WhyJournal, FindsTheBarThatOpensAtTheTime) {
  EXPECT_EQ(ask("linear:BTCUSDT", minute(1)).at(0).at("outcome").as_string(), "ordered");
}

TEST_F(WhyJournal, TellsEveryRecordOfABarInItsOrder) {
  const auto found = ask("linear:BTCUSDT", minute(1));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found.at(0).at("outcome").as_string(), "ordered");
  EXPECT_EQ(found.at(1).at("reason").as_string(), "flatten: closes the whole position");
}

TEST_F(WhyJournal, FindsTheBarThatHoldsTheTime) {
  const auto found = ask("linear:BTCUSDT", minute(1) + std::chrono::seconds{59});
  EXPECT_EQ(found.at(0).at("bar_open").as_string(), "2025-06-01T12:01:00.000Z");
}

TEST_F(WhyJournal, GivesTheLastBarWithoutATime) {
  EXPECT_EQ(ask("", std::nullopt).at(0).at("bar_open").as_string(), "2025-06-01T12:03:00.000Z");
}

TEST_F(WhyJournal, DoesNotPassTheBarBeforeAHoleForTheMissingOne) {
  EXPECT_EQ(complaint("linear:BTCUSDT", minute(2)),
            "session 2025-06-01T12-00-00Z-paper holds no decision on linear:BTCUSDT for the bar at "
            "2025-06-01T12:02:00.000Z; it holds 4 decisions, on bars that opened from "
            "2025-06-01T12:00:00.000Z to 2025-06-01T12:03:00.000Z");
}

TEST_F(WhyJournal, ListsTheInstrumentsWhenOneIsUnknown) {
  EXPECT_EQ(complaint("linear:ETHUSDT", std::nullopt),
            "session 2025-06-01T12-00-00Z-paper does not trade linear:ETHUSDT; it trades "
            "linear:BTCUSDT");
}

TEST_F(WhyJournal, TellsOrdersAndFillsThatFollowed) {
  const bj::value order = ask("linear:BTCUSDT", minute(1)).at(0).at("orders").at(0);
  EXPECT_EQ(order.at("state").as_string(), "filled");
  EXPECT_EQ(order.at("type").as_string(), "market");
  EXPECT_EQ(order.at("fills").at(0).at("price").as_string(), "100010");
  EXPECT_EQ(order.at("fills").at(0).at("fee").as_string(), "0.110011");
}

TEST_F(WhyJournal, TellsHowTheBarCameAndHowLate) {
  const bj::value bar = ask("linear:BTCUSDT", minute(1)).at(0).at("bar");
  EXPECT_EQ(bar.at("open").as_string(), "99000");
  EXPECT_EQ(bar.at("source").as_string(), "stream");
  EXPECT_EQ(bar.at("closed").as_string(), "2025-06-01T12:02:00.000Z");
  EXPECT_EQ(bar.at("received").as_string(), "2025-06-01T12:02:00.120Z");
  EXPECT_NEAR(bar.at("latency_ms").to_number<double>(), 120.0, 1e-6);
}

TEST_F(WhyJournal, TellsPositionAndBooksBehindTheFills) {
  const bj::value after = ask("linear:BTCUSDT", minute(1)).at(0).at("after");
  EXPECT_EQ(after.at("position").as_string(), "0.002");
  EXPECT_EQ(after.at("equity").as_string(), "10001.5");
  EXPECT_EQ(after.at("cash").as_string(), "9999.889989");
}

TEST_F(WhyJournal, SaysInOneSentenceWhatWasDoneOrWhyNothingWas) {
  const auto summary = [&](std::optional<Timestamp> time, std::size_t n) {
    return std::string(ask("linear:BTCUSDT", time).at(n).at("summary").as_string());
  };
  EXPECT_EQ(summary(minute(1), 0),
            "Ordered: buy 0.002, filled 0.002 at 100010 (fast mean above slow mean: long).");
  EXPECT_EQ(summary(minute(1), 1), "No order: refused (flatten: closes the whole position).");
  EXPECT_EQ(summary(minute(0), 0),
            "No order: windows are still filling (fast mean above slow mean: long).");
  EXPECT_THAT(summary(std::nullopt, 0),
              ::testing::StartsWith("No order: nothing to change, or less than"));
}

TEST(WhySummary, NamesTheControlThatRefused) {
  EXPECT_EQ(why_summary(R"({"outcome":"refused","reason":"long","controls":[
{"control":"kill","number":1,"passed":true},
{"control":"order_value","number":9,"passed":false,"limit":{"value":"2500","unit":"quote"},
"actual":{"value":"3000","unit":"quote"}}]})"),
            "No order: control 9 order_value refused it: it allows 2500 quote, this was 3000 quote "
            "(long).");
}

TEST_F(WhyJournal, TakesTheSessionAsTheFirstWord) {
  EXPECT_TRUE(means_session(runs_, folder_.string()));
  EXPECT_TRUE(means_session(runs_, folder_.filename().string()));
  EXPECT_TRUE(means_session(runs_, "2020-01-01T00-00-00Z-paper"));  // Its absence is told.
  for (const char* word : {"", "linear:BTCUSDT", "2025-06-01T12:34", "2025-06-01"})
    EXPECT_FALSE(means_session(runs_, word)) << word;
  Options options;
  options.instrument = folder_.string();
  options.time = "linear:BTCUSDT";
  options.files = {"2025-06-01T12:01"};
  options.json = true;
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run_why(options), kOk);
  std::fflush(stdout);
  const auto document = bj::parse(::testing::internal::GetCapturedStdout());
  EXPECT_EQ(document.at("decisions").as_array().size(), 2U);
}

TEST_F(WhyJournal, NamesTheFeaturesByTheSessionsSettings) {
  const bj::value seen = ask("linear:BTCUSDT", minute(1)).at(0).at("observation").at(0);
  EXPECT_EQ(seen.at("name").as_string(), "fast_mean");
  EXPECT_EQ(seen.at("value").to_number<double>(), 101.5);
}

TEST_F(WhyJournal, NumbersTheFeaturesWhereTheSettingsCannotBeRead) {
  std::ofstream(folder_ / "config.resolved.toml") << "[unknown]\nkey = 1\n";
  EXPECT_EQ(ask("linear:BTCUSDT", minute(1)).at(0).at("observation").at(0).at("name").as_string(),
            "x0");
}

TEST_F(WhyJournal, TellsLimitAndActualOfEachControl) {
  const bj::value word = ask("linear:BTCUSDT", minute(1)).at(0).at("controls").at(1);
  EXPECT_EQ(word.at("control").as_string(), "drawdown");
  EXPECT_EQ(word.at("number").as_int64(), 12);
  EXPECT_FALSE(word.at("passed").as_bool());
  EXPECT_EQ(word.at("limit").at("value").as_string(), "0.2");
  EXPECT_EQ(word.at("actual").at("value").as_string(), "0.25");
}

TEST_F(WhyJournal, SaysNoneWhereThereWasNothingToMeasure) {
  const bj::value word = ask("linear:BTCUSDT", minute(1)).at(0).at("controls").at(2);
  EXPECT_EQ(word.at("limit").at("value").as_string(), "0.004032");
  EXPECT_TRUE(word.at("actual").at("value").is_null());
  const std::string out =
      render_why(why_from_journal(folder_, {"linear:BTCUSDT", minute(1)}).value());
  EXPECT_THAT(out, ::testing::ContainsRegex("leverage +passed +0.4032 % +none"));
}

TEST_F(WhyJournal, ReadsASessionWhoseFolderCannotBeWritten) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write anywhere";
  ::chmod(folder_.c_str(), 0555);
  EXPECT_EQ(ask("", std::nullopt).size(), 1U);
  ::chmod(folder_.c_str(), 0755);
}

TEST_F(WhyJournal, LeavesTheSessionAsItWas) {
  const auto before = fs::last_write_time(folder_ / "journal.sqlite");
  ask("", std::nullopt);
  EXPECT_EQ(fs::last_write_time(folder_ / "journal.sqlite"), before);
}

TEST_F(WhyJournal, IsShownToPeopleWithItsVerdicts) {
  const std::string out =
      render_why(why_from_journal(folder_, {"linear:BTCUSDT", minute(1)}).value());
  EXPECT_NE(out.find("ORDERED: fast mean above slow mean: long"), std::string::npos) << out;
  EXPECT_NE(out.find("12  drawdown     REFUSED     20.0000 %    25.0000 %"), std::string::npos)
      << out;
  EXPECT_NE(out.find("filled 0.002 at 100010, taker, fee 0.110011"), std::string::npos) << out;
}

TEST_F(WhyJournal, AsksTheSessionThatTheDaemonNames) {
  const std::string name = folder_.filename().string();
  const auto relative = folder_of_daemon(
      fmt::format(R"({{"working_folder":"{}","folder":"{}"}})", runs_.string(), name));
  ASSERT_TRUE(relative.has_value());
  EXPECT_EQ(relative.value(), folder_);
  const auto absolute = folder_of_daemon(
      fmt::format(R"({{"working_folder":"/elsewhere","folder":"{}"}})", folder_.string()));
  ASSERT_TRUE(absolute.has_value());
  EXPECT_EQ(absolute.value(), folder_);
}

TEST_F(WhyJournal, DoesNotTakeAnotherSessionForTheDaemons) {
  EXPECT_EQ(folder_of_daemon(R"({"error":"starting"})").error().context, "starting");
  EXPECT_TRUE(
      folder_of_daemon(fmt::format(R"({{"working_folder":"{}","folder":"gone"}})", runs_.string()))
          .has_error());
}

TEST_F(WhyJournal, SaysWhichSessionAnswered) {
  const auto told = render_why(why_from_journal(folder_, {"", std::nullopt}).value());
  EXPECT_TRUE(told.starts_with("session 2025-06-01T12-00-00Z-paper   told by its journal")) << told;
}

TEST(WhyView, SaysWhenOurClockIsBehindTheBarsClose) {
  const auto shown = [](const char* time) {
    return render_why(
        fmt::format(R"({{"session":"S","source":"daemon","decisions":[{{"interval":"1m",
"bar_open":"2025-06-01T09:28:00.000Z","time":"2025-06-01T09:{}Z","sequence":7}}]}})",
                    time));
  };
  EXPECT_NE(shown("28:59.988123456")
                .find("decided   2025-06-01 09:28:59.988 UTC, event 7; the venue had "
                      "closed the bar, our clock is behind the venue's by 12 ms"),
            std::string::npos)
      << shown("28:59.988123456");
  EXPECT_EQ(shown("29:00.000").find("behind"), std::string::npos);
}

TEST(WhyView, TellsKellysOwnWeightsFromThoseThatGoOn) {
  // Kelly would hold nothing, and the floor holds the position all the same.
  const std::string shown = render_why(
      R"({"session":"S","source":"daemon","decisions":[{"interval":"1h","sizing":[
{"step":"volatility_target","factor":0.5,"weight":0.34},
{"step":"kelly_continuous","factor":-2,"weight":0},
{"step":"kelly_cap","factor":1,"weight":0.34},
{"step":"allocation","factor":0.25,"weight":0.085}]}]})");
  const auto row = [&](const std::string& step) {
    const std::size_t at = shown.find("    " + step);
    return shown.substr(at, shown.find('\n', at) - at);
  };
  EXPECT_NE(row("kelly_continuous").find("(0)"), std::string::npos) << shown;
  EXPECT_NE(row("kelly_cap").find(" 0.34 "), std::string::npos) << shown;
  EXPECT_NE(row("kelly_cap").find("never less than kelly_floor"), std::string::npos) << shown;
  EXPECT_NE(shown.find("in brackets: what Kelly alone would leave"), std::string::npos);
}

TEST_F(WhyJournal, FindsASessionByNameFolderOrAge) {
  const fs::path older = runs_ / "2025-05-01T00-00-00Z-paper";
  fs::create_directory(older);
  std::ofstream(older / "session.json") << "{}\n";
  EXPECT_EQ(find_session(runs_, "").value(), folder_);
  EXPECT_EQ(find_session(runs_, "2025-05-01T00-00-00Z-paper").value(), older);
  EXPECT_EQ(find_session("elsewhere", older.string()).value(), older);
}

TEST_F(WhyJournal, PassesOverANewerSessionThatNeverDecided) {
  const fs::path newer = runs_ / "2025-07-01T00-00-00Z-paper";
  fs::create_directory(newer);
  std::ofstream(newer / "session.json") << "{}\n";
  EXPECT_EQ(find_session(runs_, "").value(), folder_);
}

TEST_F(WhyJournal, ListsTheSessionsWhenOneIsUnknown) {
  EXPECT_EQ(
      find_session(runs_, "nope").error().context,
      "there is no session nope; below " + runs_.string() + " lie 2025-06-01T12-00-00Z-paper");
}

TEST_F(WhyJournal, ResumesASessionByFolderOrName) {
  const std::string name = folder_.filename().string();
  EXPECT_EQ(find_session_to_resume("elsewhere", folder_.string()).value(), folder_);
  EXPECT_EQ(find_session_to_resume(runs_, name).value(), folder_);
}

TEST_F(WhyJournal, ASessionToResumeThatIsNotThereIsToldWithThoseThatAre) {
  for (const char* name : {"2025-05-01T00-00-00Z-paper", "2025-07-01T00-00-00Z-replay"}) {
    fs::create_directory(runs_ / name);
    std::ofstream(runs_ / name / "session.json") << "{}\n";
  }
  fs::create_directory(runs_ / "2025-08-01T00-00-00Z-paper");  // No session: it names none.
  const auto found = find_session_to_resume(runs_, "/nonexist");
  ASSERT_TRUE(found.has_error());
  EXPECT_EQ(found.error().code, ErrorCode::NotFound);
  EXPECT_EQ(found.error().context,
            "there is no session folder /nonexist; sessions lie below " + runs_.string() +
                " (session.folder), the newest first: 2025-06-01T12-00-00Z-paper, "
                "2025-05-01T00-00-00Z-paper; name one of them, or start a new session without "
                "--resume");
}

TEST_F(WhyJournal, PaperDoesNotBeginWhereTheSessionToResumeIsNotThere) {
  Options options;
  options.resume = true;
  options.resume_folder = "/nonexist";
  options.overrides = {"session.folder=" + runs_.string()};
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_paper(options), kError);
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(said.starts_with("proteus: there is no session folder /nonexist; ")) << said;
}

TEST_F(WhyJournal, WithoutAnySessionToResumeANewOneIsAdvised) {
  EXPECT_EQ(find_session_to_resume(runs_ / "empty", "/nonexist").error().context,
            "there is no session folder /nonexist; sessions lie below " +
                (runs_ / "empty").string() +
                " (session.folder), where there is none yet: start without --resume");
}

TEST(WhyJson, NamesTheLogAndNotARateWhereItCannotBeWritten) {
  const auto told = [](std::int64_t limit) {
    DecisionRecord d = decision(0, 7, Outcome::Refused);
    d.controls.push_back(
        {Control::MessageRate, false, {limit, Unit::Count}, {limit + 1, Unit::Count}});
    DecisionOrder order;
    order.id = "x";
    order.refused_by = Control::MessageRate;
    d.orders.push_back(order);
    return bj::parse(why_document("daemon", "S", {facts_of(d, "linear:BTCUSDT", "1m", {})}))
        .at("decisions")
        .at(0);
  };
  const bj::value disk = told(0);
  EXPECT_EQ(disk.at("controls").at(0).at("control").as_string(), "backlog");
  EXPECT_EQ(disk.at("controls").at(0).at("number").as_int64(), 6) << "for which it speaks";
  EXPECT_EQ(disk.at("orders").at(0).at("refused_by").as_string(), "backlog");
  const bj::value rate = told(150);
  EXPECT_EQ(rate.at("controls").at(0).at("control").as_string(), "message_rate");
  EXPECT_EQ(rate.at("orders").at(0).at("refused_by").as_string(), "message_rate");
}

}  // namespace
}  // namespace proteus::app

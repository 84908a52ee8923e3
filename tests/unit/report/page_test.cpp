// report.html as a browser gets it: every tag closed, nothing from elsewhere, colours by variables,
// and the numbers of report.json.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "connectors/storage/journal_db.hpp"
#include "connectors/storage/wal_journal.hpp"
#include "tests/support/folder.hpp"
#include "tests/unit/report/support.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app::report {
namespace {

namespace bj = boost::json;
namespace fs = std::filesystem;

/// What is wrong with the tags of a page; empty: nothing.
std::string badly_nested(const std::string& page) {
  static const std::set<std::string> kVoid{"meta", "br", "hr", "img", "input"};
  std::vector<std::string> open;
  for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const std::size_t end = page.find('>', at);
    if (end == std::string::npos) return "a tag without an end: " + page.substr(at, 40);
    const std::string tag = page.substr(at + 1, end - at - 1);
    if (tag.starts_with('!') || tag.ends_with('/')) continue;
    const bool closes = tag.starts_with('/');
    const std::string name =
        tag.substr(closes ? 1 : 0, tag.find_first_of(" \n", 1) - (closes ? 1 : 0));
    if (kVoid.contains(name)) continue;
    if (!closes) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return fmt::format("</{}> closes {}", name, open.empty() ? "nothing" : open.back());
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back() + " is never closed";
}

double number_of(const bj::value& value) {
  return value.is_string() ? std::stod(std::string(value.as_string())) : value.to_number<double>();
}

/// Of "money.fees": the member of the member.
const bj::value& member_of(const bj::value& document, const std::string& key) {
  const bj::value* at = &document;
  std::stringstream parts(key);
  for (std::string part; std::getline(parts, part, '.');) at = &at->at(part);
  return *at;
}

TEST(ReportPage, ClosesEveryTag) {
  EXPECT_EQ(badly_nested(report_page(report_of(small_run()))), "");
  EXPECT_EQ(badly_nested("<p><b>x</p></b>"), "</p> closes b");
}

TEST(ReportPage, NeedsNothingFromElsewhere) {
  const std::string page = report_page(report_of(small_run()));
  for (const char* word :
       {"http:", "https:", "src=", "href=", "@import", "url(", "<script", "<link"})
    EXPECT_EQ(page.find(word), std::string::npos) << word;
}

TEST(ReportPage, ColoursAreVariables) {
  const std::string page = report_page(report_of(small_run()));
  const std::regex colour("#[0-9a-fA-F]{3,8}\\b|rgb\\(");
  for (std::sregex_iterator it(page.begin(), page.end(), colour), end; it != end; ++it) {
    const auto at = static_cast<std::size_t>(it->position());
    const std::size_t before = page.find_last_of(";{", at);
    EXPECT_EQ(page.substr(before + 1).find_first_not_of('\n'), page.substr(before + 1).find("--"))
        << "a colour outside of a variable: " << page.substr(before, 40);
  }
  EXPECT_NE(page.find("prefers-color-scheme:dark"), std::string::npos);
}

TEST(ReportPage, TellsTheNumbersOfTheDocument) {
  const Report made = report_of(small_run());
  const std::string page = report_page(made);
  const bj::value document = bj::parse(report_json(made));
  const std::regex datum("<data id=\"([^\"]+)\" value=\"([^\"]+)\">([^<]+)</data>");
  std::size_t seen = 0;
  for (std::sregex_iterator it(page.begin(), page.end(), datum), end; it != end; ++it, ++seen) {
    const std::smatch& found = *it;
    const double told = number_of(member_of(document, found[1]));
    EXPECT_DOUBLE_EQ(std::stod(found[2]), told) << found[1];
    // And what a person reads is that number, rounded.
    const std::string shown_text = found[3];
    const double scale =
        shown_text.find('%') != std::string::npos || std::string(found[1]).starts_with("months.")
            ? 100.0
            : 1.0;
    EXPECT_NEAR(std::abs(std::stod(shown_text)), std::abs(told) * scale, 0.0501)
        << found[1] << " " << shown_text;
  }
  EXPECT_GT(seen, 25U);
}

TEST(ReportPage, NamesNothingThatCouldBeMarkup) {
  report::Run run = small_run();
  run.reasons[0].reason = "<script>alert(1)</script>";
  run.name = "a<b";
  const std::string page = report_page(report_of(run));
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("a&lt;b"), std::string::npos);
}

TEST(ReportPage, StaysSmallHoweverLongTheRun) {
  report::Run run = small_run();
  const auto bar = run.decisions.back();
  const auto point = run.points.back();
  for (int i = 0; i < 100'000; ++i) {
    const double close = 95.0 + (i % 7);
    const std::uint64_t record = 100 + 10 * static_cast<std::uint64_t>(i);
    auto decision = bar;
    decision.record = record;
    decision.row.open = minute(4 + i);
    decision.row.close = price(close);
    run.decisions.push_back(decision);
    auto after = point;
    after.record = record + 1;
    run.points.push_back(after);
    if (i % 2 == 0) continue;
    const Side side = i % 4 == 1 ? Side::Buy : Side::Sell;
    run.fills.push_back({record + 2, fill(4 + i, side, 1.0, close, 0.0, 0.0)});
  }
  const std::string page = report_page(report_of(std::move(run)));
  EXPECT_LT(page.size(), 500'000U);
  EXPECT_EQ(badly_nested(page), "");
}

/// The small run as a session on the disk.
class ReportVerb : public ::testing::Test {
 protected:
  ReportVerb() {
    session_ = folder_ / "2025-06-01T12-00-00Z-paper";
    fs::create_directory(session_);
    std::ofstream(session_ / "session.json") << R"({"code":"abc","mode":"paper"})"
                                             << "\n";
    std::ofstream(session_ / "config.resolved.toml")
        << load("", {"engine.capital=1000", "engine.interval=1m"}).value().resolved;
    write_log(small_run());
    EXPECT_TRUE(storage::rebuild_journal(session_ / "session.wal", session_ / "journal.sqlite"));
  }

  void write_log(const report::Run& run) const {
    const SessionCode code = make_session_code(std::array<std::uint8_t, 13>{});
    auto log =
        storage::WalJournal::create(session_ / "session.wal", {code, "0", "paper", minute(0)});
    ASSERT_TRUE(log.has_value());
    storage::WalJournal& out = *log.value();
    std::uint64_t n = 1;
    const auto put = [&](EventBody body, Timestamp at) {
      out.append(Event{n++, Origin::Input, at, at, std::move(body)});
    };
    put(InstrumentChanged{coin("BTCUSDT")}, minute(0));
    for (std::size_t i = 0; i < 4; ++i) {
      const DecisionRow& row = run.decisions[i].row;
      DecisionRecord decision;
      decision.sequence = n;
      decision.time = row.time;
      decision.bar_open = row.open;
      decision.close = row.close;
      decision.outcome = row.outcome;
      out.append(decision);
      const PointRow& p = run.points[i].row;
      out.append(EquityPoint{n, p.time, p.equity, p.cash, p.gross, 0xfeed});
      if (i < 3) put(run.fills[i].row, run.fills[i].row.time);
      if (i == 0) put(run.funding[0].row, run.funding[0].row.time);
    }
    ASSERT_TRUE(out.flush());
  }

  static std::string text_of(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  int tell(Options options, std::string& said) const {
    if (options.session.empty()) options.session = session_.string();
    ::testing::internal::CaptureStdout();
    const int code = run_report(options);
    std::fflush(stdout);
    said = ::testing::internal::GetCapturedStdout();
    return code;
  }

  test::Folder folder_;
  fs::path session_;
};

TEST_F(ReportVerb, TellsOfASessionWhatWasWorkedOutByHand) {
  std::string said;
  ASSERT_EQ(tell({}, said), kOk);
  EXPECT_THAT(said, ::testing::HasSubstr("Earned 39.46 after all costs (3.95 %)"));
  const bj::value document = bj::parse(text_of(session_ / "report.json"));
  EXPECT_EQ(document.at("money").at("gross").as_string(), "40.3");
  EXPECT_EQ(document.at("money").at("final").as_string(), "1039.46");
  EXPECT_EQ(document.at("bars").to_number<int>(), 4);
  EXPECT_EQ(badly_nested(text_of(session_ / "report.html")), "");
  EXPECT_THAT(text_of(session_ / "report-equity.csv"),
              ::testing::HasSubstr("2025-06-01T12:02:00.000Z,1019.85,0.01985"));
  EXPECT_THAT(text_of(session_ / "report-trades.csv"),
              ::testing::HasSubstr("linear:BTCUSDT,2025-06-01T12:01:00.000Z,"));
}

TEST_F(ReportVerb, WritesWhereItIsToldTo) {
  Options options;
  options.out = (folder_ / "other.html").string();
  std::string said;
  ASSERT_EQ(tell(options, said), kOk);
  EXPECT_TRUE(fs::exists(folder_ / "other.json"));
  EXPECT_TRUE(fs::exists(folder_ / "other-trades.csv"));
  EXPECT_FALSE(fs::exists(session_ / "report.html"));
  options.out = (folder_ / "not" / "there.html").string();
  EXPECT_EQ(tell(options, said), kError);
}

TEST_F(ReportVerb, PrintsTheDocumentOrTheCurveAndWritesNothing) {
  Options options;
  options.json = true;
  std::string said;
  ASSERT_EQ(tell(options, said), kOk);
  EXPECT_EQ(bj::parse(said).at("schema").to_number<int>(), kReportSchema);
  options.json = false;
  options.csv = true;
  ASSERT_EQ(tell(options, said), kOk);
  EXPECT_TRUE(said.starts_with("close,equity,return,"));
  EXPECT_EQ(std::ranges::count(said, '\n'), 5);
  EXPECT_FALSE(fs::exists(session_ / "report.json"));
}

TEST_F(ReportVerb, NamesWhatMakesTablesThatAreNotThere) {
  fs::remove(session_ / "journal.sqlite");
  ::testing::internal::CaptureStderr();
  std::string said;
  EXPECT_EQ(tell({}, said), kError);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("journal rebuild"));
}

}  // namespace
}  // namespace proteus::app::report

// `proteus evaluate`, as people run it.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/integration/child.hpp"
#include "tests/integration/support.hpp"
#include "tests/unit/evaluate/support.hpp"
#include "tools/app/options.hpp"

namespace proteus::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string only_report(const test::Folder& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder / "runs"))
    if (entry.path().filename().string().starts_with("evaluate-")) return entry.path().string();
  return {};
}

TEST(Evaluation, WritesItsReportForPeopleAndForPrograms) {
  const test::Folder folder;
  const std::string plan = evaluate::write_plan(
      folder, "grid = [\"strategy.slow=20|40\", \"risk.sizing.no_trade_band=0.01|0.1\"]");
  const Ran ran = run_proteus({"evaluate", "--config", plan});
  ASSERT_EQ(ran.code, kOk) << ran.out << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("begins a new registry"), HasSubstr("best on validation"),
                             HasSubstr("buy_and_hold"), HasSubstr("report.html")));
  const std::string report = only_report(folder);
  const auto json = boost::json::parse(read_all(report + "/report.json")).as_object();
  EXPECT_EQ(json.at("accounts").as_array().size(), 5U);
  EXPECT_EQ(json.at("folds").as_array().size(), 2U);
  // Four points and five accounts: the chosen point is one of the four, if both folds agree.
  EXPECT_EQ(json.at("tried").at("lines").as_int64(), 2 * 4 + 5);
  EXPECT_GE(json.at("tried").at("configurations").as_int64(), 8);
  // The line of progress has the ratio of the table.
  const auto& judged = json.at("accounts").as_array().front().as_object();
  EXPECT_THAT(ran.out, HasSubstr(fmt::format(
                           " blocks: Sharpe ratio {:.2f}\n",
                           judged.at("figures").as_object().at("net_sharpe").as_double())));
  const std::string html = read_all(report + "/report.html");
  // Plain rules are chosen, and not trained.
  EXPECT_THAT(html, AllOf(HasSubstr("chosen on"), Not(HasSubstr("trained up to"))));
  EXPECT_THAT(html, AllOf(HasSubstr("<svg"), HasSubstr("prefers-color-scheme"),
                          HasSubstr("Equity after all costs"), HasSubstr("</html>")));
  EXPECT_THAT(html, AllOf(Not(HasSubstr("http:")), Not(HasSubstr("https:")),
                          Not(HasSubstr("<script")), Not(HasSubstr("nan"))));
  EXPECT_THAT(read_all(report + "/card.md"), AllOf(HasSubstr("## Where it does not work"),
                                                   HasSubstr("proteus evaluate --config")));
}

TEST(Evaluation, IsTheSameTwiceButForItsTime) {
  const test::Folder folder;
  const std::string plan = evaluate::write_plan(folder);
  const auto accounts = [&] {
    const Ran ran = run_proteus({"evaluate", "--config", plan, "--json"});
    EXPECT_EQ(ran.code, kOk) << ran.err;
    const auto json = boost::json::parse(ran.out).as_object();
    return boost::json::serialize(json.at("accounts"));
  };
  const std::string first = accounts();
  EXPECT_EQ(first, accounts());
}

TEST(Evaluation, RefusesADamagedRegistryBeforeItRunsAnything) {
  const test::Folder folder;
  const std::string plan = evaluate::write_plan(folder);
  std::ofstream(folder / "registry.jsonl") << "{}\n";
  const Ran ran = run_proteus({"evaluate", "--config", plan});
  EXPECT_EQ(ran.code, kError);
  EXPECT_THAT(ran.err, HasSubstr("registry.jsonl:1: the registry is damaged here"));
  EXPECT_EQ(ran.out, "");
}

TEST(Evaluation, SaysWhatIsWrongWithItsSettings) {
  const test::Folder folder;
  const std::string plan = evaluate::write_plan(folder);
  EXPECT_EQ(run_proteus({"evaluate"}).code, kUsage);
  EXPECT_EQ(run_proteus({"evaluate", "--config", (folder / "none.toml").string()}).code, kConfig);
  const Ran ran = run_proteus({"evaluate", "--config", plan, "--set", "evaluate.drwas=1"});
  EXPECT_EQ(ran.code, kConfig);
  EXPECT_THAT(ran.err, HasSubstr("drwas"));
  const Ran check = run_proteus({"evaluate", "--config", plan, "--check"});
  EXPECT_EQ(check.code, kOk);
  EXPECT_THAT(check.out, AllOf(HasSubstr("fold 2:"), HasSubstr("nothing was done")));
  EXPECT_FALSE(std::filesystem::exists(folder / "runs"));
}

TEST(Evaluation, ItsCheckNamesEveryFileThatIsMissingAndEndsAsAnError) {
  const test::Folder folder;
  const std::string plan = evaluate::write_plan(folder);
  const std::string btc = (folder / "bybit-linear_BTCUSDT_1h.csv").string();
  const std::string eth = (folder / "bybit-linear_ETHUSDT_1h.csv").string();
  std::filesystem::remove(btc);
  std::filesystem::remove(eth);
  std::filesystem::create_directory(eth);
  const Ran check = run_proteus({"evaluate", "--config", plan, "--check", "--set",
                                 "data.funding_folder=" + (folder / "none").string()});
  EXPECT_EQ(check.code, kError);
  EXPECT_THAT(check.err, AllOf(HasSubstr("data.files: " + btc + ": No such file"),
                               HasSubstr("data.files: " + eth + ": is a folder"),
                               HasSubstr("data.funding_folder: ")));
  EXPECT_THAT(check.out, Not(HasSubstr("fine")));
}

TEST(Evaluation, AnInterruptWhileItReadsBarsIsAcknowledged) {
  const test::Folder folder;
  const std::string plan = evaluate::write_plan(folder);
  const std::string btc = (folder / "bybit-linear_BTCUSDT_1h.csv").string();
  std::filesystem::remove(btc);
  ASSERT_EQ(::mkfifo(btc.c_str(), 0600), 0);
  Child child({"evaluate", "--config", plan});
  const int bars = ::open(btc.c_str(), O_WRONLY);  // until the child opens it to read
  ASSERT_GE(bars, 0);
  child.signal(SIGINT);
  EXPECT_TRUE(child.says("interrupted: ends after the step")) << child.err();
  ::close(bars);
  EXPECT_EQ(child.wait(), kError);
}

TEST(Evaluation, RefusesACheckpointThatIsNone) {
  const test::Folder folder;
  std::ofstream(folder / "x.safetensors") << "not one";
  const Ran ran = run_proteus({"evaluate", (folder / "x.safetensors").string()});
  EXPECT_EQ(ran.code, kError);
  EXPECT_THAT(ran.err, HasSubstr("x.safetensors"));
}

}  // namespace
}  // namespace proteus::app

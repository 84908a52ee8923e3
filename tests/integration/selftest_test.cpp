// `proteus risk selftest`, as people run it.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/integration/child.hpp"
#include "tests/integration/support.hpp"
#include "tools/app/options.hpp"

namespace proteus::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Ran selftest(const Folder& folder, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"risk", "selftest", "--set",
                                 "session.folder=" + (folder / "runs")};
  words.insert(words.end(), more.begin(), more.end());
  return run_proteus(words);
}

TEST(RiskSelftest, PrintsALineAControlAndTheirCount) {
  const Folder folder;
  const Ran ran = selftest(folder);
  EXPECT_EQ(ran.code, kOk) << ran.out << ran.err;
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 32) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr(" 4 order value           pass"));
  EXPECT_THAT(ran.out, HasSubstr("\n31 key permissions       pass"));
  EXPECT_THAT(ran.out,
              HasSubstr("\n31 passed, 0 failed, 0 not built; simulated accounts by seed 2025\n"));
}

TEST(RiskSelftest, LeavesItsResultAndNothingElse) {
  const Folder folder;
  const Ran ran = selftest(folder, {"--json"});
  ASSERT_EQ(ran.code, kOk) << ran.err;
  EXPECT_THAT(entries(folder.path()), ElementsAre("runs"));
  EXPECT_THAT(entries(folder / "runs"), ElementsAre("risk-selftest.json", "risk-selftest.key"));
  // What was printed, and a signature as the last member.
  const std::string stored = read_all(folder / "runs/risk-selftest.json");
  const std::string printed = ran.out.substr(0, ran.out.rfind('}'));
  EXPECT_THAT(stored, StartsWith(printed + R"(,"signature":")"));
  EXPECT_EQ(stored.size(), printed.size() + std::string(R"(,"signature":""})").size() + 64 + 1);
  const auto json = boost::json::parse(ran.out);
  EXPECT_EQ(json.at("failed").as_int64(), 0);
  EXPECT_EQ(json.at("controls").as_array().size(), 31U);
  EXPECT_EQ(json.at_pointer("/controls/3/refusal/control").as_string(), "order_value");
}

TEST(RiskSelftest, ReadsTheSettingsThatItIsGiven) {
  const Folder folder;
  const Ran ran = selftest(folder, {"--set", "risk.limits.order_value_max=0.125"});
  EXPECT_EQ(ran.code, kOk) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("refused by 4 order value, limit 1250 USDT, actual 1250.1 USDT"));
}

TEST(RiskSelftest, RefusesSettingsThatAreWrong) {
  const Folder folder;
  const Ran ran = selftest(folder, {"--set", "risk.limits.order_value_max=0"});
  EXPECT_EQ(ran.code, kConfig);
  EXPECT_THAT(entries(folder.path()), IsEmpty());
}

TEST(RiskSelftest, RefusesTheProfileOfResearch) {
  const Folder folder;
  const Ran ran = selftest(folder, {"--set", "risk.limits.profile=research"});
  EXPECT_EQ(ran.code, kConfig);
  EXPECT_THAT(ran.err, HasSubstr("only reported"));
  EXPECT_THAT(entries(folder.path()), IsEmpty());
}

}  // namespace
}  // namespace proteus::app

// `proteus verify learning`, as people run it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/integration/child.hpp"
#include "tools/app/options.hpp"

namespace proteus::app {
namespace {

using ::testing::HasSubstr;

TEST(VerifyLearning, PassesWhatIsBuiltAndListsWhatIsNot) {
  const Ran ran = run_proteus({"verify", "learning", "--only", "KA-3,KA-7,KA-11"});
  EXPECT_EQ(ran.code, kOk) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("KA-11"));
  EXPECT_THAT(ran.out, HasSubstr("\n7 passed, 0 failed, 3 not built\n"));
}

TEST(VerifyLearning, IsNoPassWhereNothingIsBuilt) {
  EXPECT_EQ(run_proteus({"verify", "learning", "--only", "KA-7"}).code, kError);
}

TEST(VerifyLearning, PosesAVariantAndPrintsOneDocument) {
  const Ran ran = run_proteus(
      {"verify", "learning", "--only", "KA-2", "--arms", "2", "--pulls", "2", "--json"});
  // One of two arms is tried: 1/2, and then 2/3 after a win, 1/2 after a loss. Nothing is demanded.
  EXPECT_EQ(ran.code, kError) << ran.err;
  const auto json = boost::json::parse(ran.out);
  EXPECT_NEAR(json.at_pointer("/answers/0/checks/0/value").to_number<double>(), 13.0 / 12.0, 1e-12);
  EXPECT_EQ(json.at_pointer("/answers/0/checks/0/verdict").as_string(), "shown");
}

TEST(VerifyLearning, RefusesUnknownIdsAndSizes) {
  const Ran unknown = run_proteus({"verify", "learning", "--only", "KA-99"});
  EXPECT_EQ(unknown.code, kUsage);
  EXPECT_THAT(unknown.err, HasSubstr("KA-1 to KA-16"));
  const Ran large = run_proteus({"verify", "learning", "--only", "KA-4", "--arms", "90"});
  EXPECT_EQ(large.code, kUsage);
  EXPECT_THAT(large.err, HasSubstr("KA-4: "));
  EXPECT_EQ(run_proteus({"verify", "learning", "--seeds", "0"}).code, kUsage);
}

}  // namespace
}  // namespace proteus::app

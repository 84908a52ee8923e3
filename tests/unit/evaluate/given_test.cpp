#include "tools/evaluate/given.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/evaluate/support.hpp"
#include "tools/evaluate/trained_until.hpp"

namespace proteus::app::evaluate {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

inference::Checkpoint trained_on(const std::string& data) {
  inference::Checkpoint checkpoint;
  checkpoint.kind = "market_policy";
  checkpoint.schema = "schema";
  checkpoint.action_map = "short, flat, long";
  checkpoint.code_version = "test";
  checkpoint.run_config = data.empty() ? "" : "[train]\nseed = 1\n[data]\n" + data;
  return checkpoint;
}

class Given : public ::testing::Test {
 protected:
  std::string save(const std::string& name, const std::string& data) {
    const std::string file = (folder_ / name).string();
    const auto saved = inference::save_checkpoint(file, trained_on(data));
    EXPECT_TRUE(saved) << saved.error().context;
    return file;
  }
  test::Folder folder_;
  std::string klines_ = write_klines(folder_, "BTCUSDT", 1'000);
};

TEST_F(Given, HasSeenUpToTheEndOfItsValidationWhereItHadOne) {
  const auto seen = [](const std::string& data) { return seen_by(trained_on(data), "x").value(); };
  EXPECT_EQ(seen("files = [\"a\"]\nto = \"2024-01-05\"\n").until, parse_time("2024-01-05").value());
  EXPECT_EQ(seen("files = [\"a\"]\nto = \"2024-01-05\"\nvalidation_from = \"2024-01-06\"\n"
                 "validation_to = \"2024-01-09\"\n")
                .until,
            parse_time("2024-01-09").value());
  EXPECT_FALSE(
      seen("files = [\"a\"]\nto = \"2024-01-05\"\nvalidation_from = \"2024-01-06\"\n").until);
  EXPECT_FALSE(seen("synthetic = [\"bull\"]\n").real);
  EXPECT_EQ(seen_by(trained_on(""), "x").error().code, ErrorCode::Unsupported);
}

TEST_F(Given, IsRefusedOnABlockThatItHasSeen) {
  const std::string file = save("a.safetensors", "files = [\"a\"]\nto = \"2024-01-20\"\n");
  EXPECT_TRUE(check_unseen(file, parse_time("2024-01-20").value()));
  const auto refused = check_unseen(file, parse_time("2024-01-19T23:00:00Z").value());
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, ErrorCode::Refused);
  EXPECT_THAT(refused.error().context,
              AllOf(HasSubstr("bars up to 2024-01-20"), HasSubstr("from 2024-01-19T23")));
  EXPECT_TRUE(check_unseen(save("s.safetensors", "synthetic = [\"bull\"]\n"), Timestamp{}));
  EXPECT_TRUE(check_unseen(save("end.safetensors", "files = [\"a\"]\n"), hour(9'999)).has_error());
}

TEST_F(Given, ANoteIsMadeWhereItMayHaveSeenWhatIsPlayed) {
  const std::string past = save("past.safetensors", "files = [\"a\"]\nto = \"2024-01-20\"\n");
  const std::string all = save("all.safetensors", "files = [\"a\"]\n");
  const std::string made = save("made.safetensors", "synthetic = [\"bull\"]\n");
  const Timestamp from = parse_time("2024-01-20").value();
  EXPECT_EQ(seen_note({past, made, (folder_ / "none.safetensors").string()}, from), std::nullopt);
  EXPECT_THAT(seen_note({past}, from - std::chrono::hours{1}).value_or(""),
              AllOf(HasSubstr(past), HasSubstr("bars up to 2024-01-20"), HasSubstr("proves")));
  EXPECT_THAT(seen_note({made, all}, from).value_or(""),
              AllOf(HasSubstr(all), HasSubstr("the end of its files")));
}

TEST_F(Given, IsJudgedBehindTheLastBarThatAnyOfThemHasSeen) {
  const std::string data = "files = [\"" + klines_ + "\"]\n";
  const std::string a = save("a.safetensors", data + "to = \"2024-01-20\"\n");
  const std::string b = save("b.safetensors", data + "to = \"2024-01-25\"\n");
  const auto plan = plan_for_checkpoints({a, b}, "", {"evaluate.warm_up_bars=50"});
  ASSERT_TRUE(plan) << plan.error().context;
  ASSERT_EQ(plan.value().folds.size(), 1U);
  EXPECT_EQ(plan.value().folds[0].test_from, parse_time("2024-01-25").value());
  EXPECT_EQ(plan.value().folds[0].test_to, hour(1'000));
  EXPECT_THAT(plan.value().data.files, ElementsAre(klines_));
  EXPECT_THAT(plan.value().candidates[0].settings.checkpoints, ElementsAre(a, b));
}

TEST_F(Given, ThatHasSeenTheFilesToTheirEndIsRefused) {
  const std::string data = "files = [\"" + klines_ + "\"]\n";
  EXPECT_EQ(plan_for_checkpoints({save("a.safetensors", data)}, "", {}).error().code,
            ErrorCode::Refused);
  const auto late =
      plan_for_checkpoints({save("b.safetensors", data + "to = \"2025-01-01\"\n")}, "", {});
  EXPECT_EQ(late.error().code, ErrorCode::Refused);
  EXPECT_THAT(late.error().context, HasSubstr("nothing is left to judge them on"));
}

}  // namespace
}  // namespace proteus::app::evaluate

// The verb's table and verdict, over answers made for the test.
#include "tools/app/verify/verify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace proteus::app::verify {
namespace {

using evaluation::Check;
using evaluation::KnownAnswer;
using evaluation::Parameters;
using ::testing::HasSubstr;

KnownAnswer answer(std::string_view id, std::vector<Check> checks) {
  return {id, "made up", [checks = std::move(checks)](const Parameters&) {
            return Result<std::vector<Check>>{checks};
          }};
}

const std::vector<KnownAnswer>& list() {
  static const std::vector<KnownAnswer> all{
      answer("KA-1", {Check::within("right", 1.0, 1.0, 0.1), Check::shown("seen", 2.0)}),
      answer("KA-2", {Check::at_most("wrong", 3.0, 2.5)}),
      answer("KA-10", {Check::not_built("later")}),
      {"KA-11", "picky", [](const Parameters& p) -> Result<std::vector<Check>> {
         return error(ErrorCode::OutOfRange, std::to_string(*p.arms) + " arms are too many");
       }}};
  return all;
}

std::vector<Outcome> outcomes_of(const std::vector<std::string>& ids) {
  return run(choose(list(), ids).value(), {}, [](const Outcome&) {}).value();
}

TEST(VerifyLearning, ChoosesByIdInTheOrderOfTheList) {
  const auto chosen = choose(list(), std::vector<std::string>{"ka-10", "KA-1"}).value();
  ASSERT_EQ(chosen.size(), 2U);
  EXPECT_EQ(chosen[0]->id, "KA-1");
  EXPECT_EQ(chosen[1]->id, "KA-10");
  EXPECT_EQ(choose(list(), {}).value().size(), 4U);
  const auto wrong = choose(list(), std::vector<std::string>{"KA-3"});
  ASSERT_TRUE(wrong.has_error());
  EXPECT_EQ(wrong.error().code, ErrorCode::NotFound);
}

TEST(VerifyLearning, CountsWhatIsNotBuiltAsNoPass) {
  const Counts all = count_of(outcomes_of({"KA-1", "KA-2", "KA-10"}));
  EXPECT_EQ(text_of(all), "1 passed, 1 failed, 1 not built, 1 shown");
  EXPECT_FALSE(is_pass(all));
  EXPECT_TRUE(is_pass(count_of(outcomes_of({"KA-1", "KA-10"}))));
  EXPECT_FALSE(is_pass(count_of(outcomes_of({"KA-10"}))));
}

TEST(VerifyLearning, TellsOfEachAnswerAsItEnds) {
  std::vector<std::string_view> told;
  const auto chosen = choose(list(), {}).value();
  const auto ended =
      run(chosen, {.arms = 9}, [&](const Outcome& outcome) { told.push_back(outcome.id); });
  EXPECT_THAT(told, ::testing::ElementsAre("KA-1", "KA-2", "KA-10"));
  ASSERT_TRUE(ended.has_error());
  EXPECT_EQ(ended.error().context, "KA-11: 9 arms are too many");
}

TEST(VerifyLearning, PrintsValueDemandAndVerdict) {
  const auto outcomes = outcomes_of({"KA-2", "KA-10"});
  EXPECT_THAT(text_of(outcomes[0]), HasSubstr("KA-2   made up: wrong"));
  EXPECT_THAT(text_of(outcomes[0]), HasSubstr(" 3.0000  <= 2.5000              FAIL"));
  EXPECT_THAT(text_of(outcomes[1]), ::testing::EndsWith(" not built\n"));
}

TEST(VerifyLearning, WritesADocumentForPrograms) {
  const auto json = boost::json::parse(json_of(outcomes_of({"KA-1", "KA-10"}), {.seed = 5}));
  EXPECT_EQ(json.at("seed").as_int64(), 5);
  EXPECT_EQ(json.at("passed").as_int64(), 1);
  EXPECT_EQ(json.at_pointer("/answers/0/checks/0/value").to_number<double>(), 1.0);
  EXPECT_EQ(json.at_pointer("/answers/0/checks/0/low").to_number<double>(), 0.9);
  EXPECT_EQ(json.at_pointer("/answers/1/checks/0/verdict").as_string(), "not built");
  EXPECT_FALSE(json.at_pointer("/answers/1/checks/0").as_object().contains("value"));
}

}  // namespace
}  // namespace proteus::app::verify

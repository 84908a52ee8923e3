#include "tools/app/selftest/record.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace proteus::app::selftest {
namespace {

const Subject kSubject{"00000000000000aa", "00000000000000bb"};
const Timestamp kTime = parse_time("2025-06-01T12:00:00Z").value();

std::vector<Line> lines_with(Grade second) {
  std::vector<Line> lines(3);
  lines[2].grade = Grade::Pass;
  lines[0].control = Control::OrderValue;
  lines[0].grade = Grade::Pass;
  lines[1].control = Control::Drawdown;
  lines[1].grade = second;
  lines[2].control = Control::KeyPermissions;
  return lines;
}

class SelftestRecord : public ::testing::Test {
 protected:
  SelftestRecord() {
    std::string name = (std::filesystem::temp_directory_path() / "proteus-record-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~SelftestRecord() override { std::filesystem::remove_all(folder_); }

  void store_result(Grade second = Grade::Pass) {
    ASSERT_TRUE(store(folder_ / "runs", record_json(kSubject, "0.1.0", kTime, lines_with(second)))
                    .has_value());
  }
  void write(std::string_view text) {
    std::filesystem::create_directories(folder_ / "runs");
    std::ofstream(record_path(folder_ / "runs")) << text;
  }
  std::string read() {
    std::ifstream in(record_path(folder_ / "runs"));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::optional<Error> complaint(const Subject& subject = kSubject) const {
    const auto fresh = selftest_is_fresh(folder_ / "runs", subject);
    return fresh.has_error() ? std::optional{fresh.error()} : std::nullopt;
  }
  std::filesystem::path folder_;
};

TEST_F(SelftestRecord, OfThisSubjectWithoutAFailureIsFresh) {
  store_result();
  EXPECT_FALSE(complaint().has_value());
}

TEST_F(SelftestRecord, ThatIsNotThereIsNotFound) {
  ASSERT_TRUE(complaint().has_value());
  EXPECT_EQ(complaint()->code, ErrorCode::NotFound);
  EXPECT_NE(complaint()->context.find("proteus risk selftest"), std::string::npos);
}

TEST_F(SelftestRecord, OfAnotherBinaryIsRefused) {
  store_result();
  const auto said = complaint({"00000000000000ac", kSubject.config});
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->code, ErrorCode::Refused);
  EXPECT_NE(said->context.find("another build"), std::string::npos);
}

TEST_F(SelftestRecord, OfOtherSettingsIsRefused) {
  store_result();
  const auto said = complaint({kSubject.binary, "00000000000000bc"});
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->code, ErrorCode::Refused);
  EXPECT_NE(said->context.find("other settings"), std::string::npos);
}

TEST_F(SelftestRecord, WithAFailureIsRefused) {
  store_result(Grade::Fail);
  ASSERT_TRUE(complaint().has_value());
  EXPECT_EQ(complaint()->code, ErrorCode::Refused);
  EXPECT_NE(complaint()->context.find("1 controls failed"), std::string::npos);
}

TEST_F(SelftestRecord, WithAControlThatIsNotBuiltIsRefused) {
  store_result(Grade::NotBuilt);
  ASSERT_TRUE(complaint().has_value());
  EXPECT_EQ(complaint()->code, ErrorCode::Refused);
  EXPECT_NE(complaint()->context.find("1 controls are not built"), std::string::npos);
}

TEST_F(SelftestRecord, IsReplacedByTheNextOne) {
  store_result(Grade::Fail);
  store_result(Grade::Pass);
  EXPECT_FALSE(complaint().has_value());
}

TEST_F(SelftestRecord, OfSomethingElseIsCorrupt) {
  for (const char* text : {"", "{", "[1]", "{}", R"({"binary":"00000000000000aa"})",
                           R"({"binary":"00000000000000aa","config":"00000000000000bb"})",
                           R"({"binary":1,"config":2,"failed":0})"}) {
    write(text);
    ASSERT_TRUE(complaint().has_value()) << text;
    EXPECT_EQ(complaint()->code, ErrorCode::Corrupt) << text;
  }
}

TEST_F(SelftestRecord, WhoseLinesDoNotAgreeWithItsCountsIsCorrupt) {
  store_result(Grade::Fail);
  std::string text = read();
  const std::string count = "\"failed\":1";
  text.replace(text.find(count), count.size(), "\"failed\":0");
  write(text);
  ASSERT_TRUE(complaint().has_value());
  EXPECT_EQ(complaint()->code, ErrorCode::Corrupt);
  // Nor is one without a single line that passed.
  write(record_json(kSubject, "0.1.0", kTime, {}));
  ASSERT_TRUE(complaint().has_value());
  EXPECT_EQ(complaint()->code, ErrorCode::Corrupt);
}

TEST(RunningBinary, IsTheSameTwice) {
  const auto hash = running_binary();
  ASSERT_TRUE(hash.has_value());
  EXPECT_EQ(hash.value().size(), 16U);
  EXPECT_EQ(hash.value(), running_binary().value());
}

}  // namespace
}  // namespace proteus::app::selftest

#include "tools/app/selftest/record.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "models/inference/sha256.hpp"

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

TEST_F(SelftestRecord, ThatWasEditedIsCorrupt) {
  store_result(Grade::Fail);
  std::string text = read();
  const std::string count = "\"failed\":1";
  text.replace(text.find(count), count.size(), "\"failed\":0");
  write(text);
  ASSERT_TRUE(complaint().has_value());
  EXPECT_EQ(complaint()->code, ErrorCode::Corrupt);
  EXPECT_NE(complaint()->context.find("signature"), std::string::npos);
}

TEST_F(SelftestRecord, ThatIsNotSignedIsCorrupt) {
  store_result();
  write(record_json(kSubject, "0.1.0", kTime, lines_with(Grade::Pass)));
  ASSERT_TRUE(complaint().has_value());
  EXPECT_EQ(complaint()->code, ErrorCode::Corrupt);
}

TEST_F(SelftestRecord, FromAnotherFolderIsCorrupt) {
  ASSERT_TRUE(
      store(folder_ / "elsewhere", record_json(kSubject, "0.1.0", kTime, lines_with(Grade::Pass)))
          .has_value());
  store_result();
  std::filesystem::copy_file(record_path(folder_ / "elsewhere"), record_path(folder_ / "runs"),
                             std::filesystem::copy_options::overwrite_existing);
  ASSERT_TRUE(complaint().has_value());
  EXPECT_EQ(complaint()->code, ErrorCode::Corrupt);
}

TEST_F(SelftestRecord, WhoseKeyOthersMayReadIsRefused) {
  store_result();
  std::filesystem::permissions(record_key_path(folder_ / "runs"),
                               std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  ASSERT_TRUE(complaint().has_value());
  EXPECT_EQ(complaint()->code, ErrorCode::Refused);
}

TEST_F(SelftestRecord, IsSignedByHmacSha256OfTheRecord) {
  store_result();
  const std::string json = record_json(kSubject, "0.1.0", kTime, lines_with(Grade::Pass));
  std::ifstream in(record_key_path(folder_ / "runs"));
  const std::string key{std::istreambuf_iterator<char>(in), {}};
  // RFC 2104 by hand, over the project's other SHA-256.
  const auto padded = [&](char with) {
    std::string block(64, with);
    for (std::size_t i = 0; i < key.size(); ++i) block[i] = static_cast<char>(block[i] ^ key[i]);
    return block;
  };
  const auto raw = [](const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
      bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
  };
  ASSERT_EQ(key.size(), 64U);
  const std::string inner = raw(inference::sha256(padded(0x36) + json));
  const std::string mac = inference::sha256(padded(0x5c) + inner);
  EXPECT_NE(read().find("\"signature\":\"" + mac + "\"}"), std::string::npos);
}

TEST(RunningBinary, IsTheSha256OfTheProgramsFile) {
  const auto hash = running_binary();
  ASSERT_TRUE(hash.has_value());
  // By coreutils.
  const std::string command = fmt::format("sha256sum /proc/{}/exe", static_cast<long>(::getpid()));
  FILE* const pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::array<char, 65> hex{};
  EXPECT_EQ(std::fread(hex.data(), 1, 64, pipe), 64U);
  EXPECT_EQ(::pclose(pipe), 0);
  EXPECT_EQ(hash.value(), hex.data());
}

}  // namespace
}  // namespace proteus::app::selftest

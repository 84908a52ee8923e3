#include "connectors/storage/session.hpp"

#include <fmt/format.h>

#include "tests/unit/storage/support.hpp"

namespace proteus::storage {
namespace {

using namespace test;

SessionStart a_start() {
  SessionStart start;
  start.code = "0123456789abc";
  start.start = from_unix_ms(1'748'538'300'000);
  start.mode = "paper";
  start.version = "0.1.0";
  start.config_toml = "[risk]\nprofile = \"paper\"\n";
  start.config_hash = "00000000deadbeef";
  return start;
}

TEST(Session, MakesItsFolderWithSettingsAndDescription) {
  Folder root;
  const auto session = Session::create(root / "runs", a_start());
  ASSERT_TRUE(session.has_value()) << session.error().context;
  EXPECT_EQ(session.value().folder(), root / "runs" / "2025-05-29T17-05-00Z-paper");
  EXPECT_EQ(read_all(session.value().config_path()), a_start().config_toml);
  EXPECT_TRUE(std::filesystem::is_directory(session.value().feed_folder()));
  const std::string json = read_all(session.value().folder() / "session.json");
  EXPECT_TRUE(json.starts_with(
      R"({"code":"0123456789abc","start":"2025-05-29T17:05:00.000Z","mode":"paper",)"
      R"("version":"0.1.0","config_hash":"00000000deadbeef","kernel":"Linux )"))
      << json;
}

TEST(Session, ItsFolderIsClosedToOthers) {
  Folder root;
  const auto session = Session::create(root.path(), a_start());
  EXPECT_EQ(std::filesystem::status(session.value().folder()).permissions(),
            std::filesystem::perms::owner_all);
}

TEST(Session, ASecondOfTheSameSecondGetsAnotherFolder) {
  Folder root;
  const auto first = Session::create(root.path(), a_start());
  const auto second = Session::create(root.path(), a_start());
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second.value().folder(), first.value().folder().string() + "-2");
}

TEST(Session, AFolderInUseIsRefusedWithItsHolder) {
  Folder root;
  const auto session = Session::create(root.path(), a_start());
  const auto second = Session::open(session.value().folder());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::Busy);
  EXPECT_EQ(second.error().context,
            fmt::format("{} is in use by process {}: stop that one first, or start a new session",
                        session.value().folder().string(), ::getpid()));
}

TEST(Session, AFolderThatWasLeftCanBeOpenedAgain) {
  Folder root;
  std::filesystem::path folder;
  {
    const auto session = Session::create(root.path(), a_start());
    folder = session.value().folder();
  }
  EXPECT_TRUE(Session::open(folder).has_value());
}

TEST(Session, AFullDiskIsNoReasonToRefuseAFolder) {
  Folder root;
  std::filesystem::path folder;
  {
    const auto session = Session::create(root.path(), a_start());
    folder = session.value().folder();
  }
  const std::string before = read_all(folder / "lock");
  ASSERT_FALSE(before.empty());
  const FileSizeLimit disk{0};
  EXPECT_TRUE(Session::open(folder).has_value());
  EXPECT_EQ(read_all(folder / "lock"), before);
}

TEST(Session, ALongerNumberOfAnEarlierHolderLeavesNoDigit) {
  Folder root;
  std::filesystem::path folder;
  {
    const auto session = Session::create(root.path(), a_start());
    folder = session.value().folder();
  }
  write_bytes(folder / "lock", "99999999999999");
  ASSERT_TRUE(Session::open(folder).has_value());
  EXPECT_EQ(read_all(folder / "lock"), std::to_string(::getpid()));
}

TEST(Session, RestartsAreAddedToTheirFileAndTheDescriptionStays) {
  Folder root;
  const auto session = Session::create(root.path(), a_start());
  const auto description = session.value().folder() / "session.json";
  const std::string before = read_all(description);
  EXPECT_EQ(session.value().restarts(), 0U);
  ASSERT_TRUE(session.value().note_restart(from_unix_ms(1'748'538'360'000), "0.2.0"));
  ASSERT_TRUE(session.value().note_restart(from_unix_ms(1'748'538'420'000), "0.3.0"));
  const std::string lines = read_all(session.value().restarts_path());
  EXPECT_TRUE(lines.starts_with(fmt::format(
      R"({{"time":"2025-05-29T17:06:00.000Z","version":"0.2.0","pid":{},"kernel":"Linux )",
      ::getpid())))
      << lines;
  EXPECT_EQ(session.value().restarts(), 2U);
  EXPECT_EQ(read_all(description), before);
}

TEST(Session, AFolderThatIsNoSessionIsNotTouched) {
  Folder root;
  const auto opened = Session::open(root.path());
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::NotFound);
  EXPECT_TRUE(std::filesystem::is_empty(root.path()));
}

}  // namespace
}  // namespace proteus::storage

// The override file: what it asks for, what it is refused, and what the engine is told when it
// changes.
#include "tools/app/override_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/tools/support.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

std::string parse_complaint(std::string_view text) {
  const auto read = parse_overrides(text, "lift.toml", one_instrument());
  return read ? std::string{} : read.error().context;
}

const Timestamp kNoon = parse_time("2025-06-01T12:00:00Z").value();

constexpr std::string_view kGood = R"([rebased]
control = "price_collar"
instrument = "linear:BTCUSDT"
reason = "the index is being rebased"
expires = "2025-06-01T12:00:00Z"
[slow]
control = 14
reason = "seen and accepted"
expires = "2025-06-01T13:00:00Z"
)";

TEST(OverrideFile, AsksForEachSection) {
  const auto read = parse_overrides(kGood, "lift.toml", one_instrument());
  ASSERT_TRUE(read.has_value()) << read.error().context;
  ASSERT_EQ(read.value().size(), 2U);
  const OverrideChanged& first = read.value()[0];
  EXPECT_EQ(first.control, Control::PriceCollar);
  EXPECT_TRUE(first.has_instrument);
  EXPECT_EQ(first.reason.view(), "the index is being rebased");
  EXPECT_EQ(first.expires, kNoon);
  EXPECT_EQ(read.value()[1].control, Control::Leverage);
  EXPECT_FALSE(read.value()[1].has_instrument);
}

TEST(OverrideFile, RefusesByNameWhatMayNeverBeLifted) {
  constexpr std::string_view rest = "\nreason = \"x\"\nexpires = \"2025-06-01T12:00:00Z\"\n";
  EXPECT_EQ(parse_complaint("[a]\ncontrol = \"kill\"" + std::string{rest}),
            "lift.toml:1: control kill (15) cannot be lifted: a person's own stop is taken back by "
            "resume and by nothing else");
  EXPECT_NE(parse_complaint("[a]\ncontrol = 27" + std::string{rest}).find("model_output (27)"),
            std::string::npos);
  EXPECT_NE(parse_complaint("[a]\ncontrol = \"prize_collar\"" + std::string{rest}).find("no name"),
            std::string::npos);
}

TEST(OverrideFile, TellsEveryMistakeWithItsLine) {
  EXPECT_EQ(
      parse_complaint("[a]\ncontrol = \"stage\"\nwhy = \"x\"\ninstrument = \"linear:ETHUSDT\"\n"),
      "lift.toml:3: why: unknown key, known: control, instrument, reason, expires\n"
      "lift.toml:1: instrument linear:ETHUSDT is not traded in this run: leave it out for "
      "all, or name one that is\n"
      "lift.toml:1: reason is missing: an override is written down with its reason\n"
      "lift.toml:1: expires is missing or no UTC time: write 2025-06-01T12:00:00Z");
  EXPECT_NE(parse_complaint("[a\n"), "");
  EXPECT_NE(parse_complaint("control = \"stage\"\n"), "");
}

TEST(OverrideChanges, GrantWhatIsNewAndTakeBackWhatLeft) {
  const auto wanted = parse_overrides(kGood, "lift.toml", one_instrument()).value();
  auto changes = override_changes(wanted, {}, kNoon - 1s);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_TRUE(changes[0].active);
  EXPECT_TRUE(override_changes(wanted, wanted, kNoon - 1s).empty());
  changes = override_changes({}, wanted, kNoon);  // The first has expired by itself.
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_FALSE(changes[0].active);
  EXPECT_EQ(changes[0].control, Control::Leverage);
  EXPECT_EQ(override_changes(wanted, {}, kNoon).size(), 1U);
}

TEST(OverrideFile, IsReadAgainWhenItWasWritten) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "overrides_test.toml";
  std::filesystem::remove(path);
  OverrideFile file{path};
  EXPECT_TRUE(file.changed());
  EXPECT_TRUE(file.read(one_instrument()).value().empty());
  EXPECT_FALSE(file.changed());
  std::ofstream(path) << kGood;
  EXPECT_TRUE(file.changed());
  EXPECT_EQ(file.read(one_instrument()).value().size(), 2U);
  EXPECT_FALSE(file.changed());
  std::filesystem::remove(path);
  EXPECT_TRUE(file.changed());
  EXPECT_FALSE(OverrideFile{""}.changed());
}

}  // namespace
}  // namespace proteus::app

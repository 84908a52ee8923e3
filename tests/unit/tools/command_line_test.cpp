#include "tools/app/command_line.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tools/app/options.hpp"

namespace proteus::app {
namespace {

int ran_with = 0;
Options seen;

void declare_walk(CLI::App& app, Options& options) {
  add_config(app, options);
  add_run_for(app, options);
}
int run_walk(const Options& options) {
  seen = options;
  return ++ran_with, 7;
}
int run_into_a_wall(const Options&) { throw std::runtime_error("cannot write to file"); }

int run_tell(const Options&) { return 9; }

constexpr Verb kVerbs[] = {{"version", "tells", no_options, run_tell},
                           {"walk", "walks", declare_walk, run_walk},
                           {"status", "tells", no_options, run_walk},
                           {"config check", "checks", no_options, run_walk},
                           {"crash", "meets an exception", no_options, run_into_a_wall}};

TEST(CommandLine, RunsTheVerbAndReturnsItsCode) {
  EXPECT_EQ(dispatch(kVerbs, "p", {"walk"}), 7);
  EXPECT_EQ(dispatch(kVerbs, "p", {"config", "check"}), 7);
}

TEST(CommandLine, TakesVersionAsAnOption) {
  EXPECT_EQ(dispatch(kVerbs, "p", {"--version"}), 9);
  EXPECT_EQ(dispatch(kVerbs, "p", {"version"}), 9);
}

TEST(CommandLine, HandsOverTheOptions) {
  dispatch(kVerbs, "p",
           {"walk", "--set", "a.b=1", "--set", "c.d=2", "--for", "90", "--config", "f"});
  EXPECT_EQ(seen.overrides, (std::vector<std::string>{"a.b=1", "c.d=2"}));
  EXPECT_EQ(seen.run_for, std::chrono::seconds{90});
  EXPECT_EQ(seen.config, "f");
}

TEST(CommandLine, AnExceptionOfAVerbIsAnErrorInASentence) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(dispatch(kVerbs, "p", {"crash"}), kError);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "proteus: cannot write to file\n");
}

TEST(CommandLine, WithoutAVerbIsAUsageError) { EXPECT_EQ(dispatch(kVerbs, "p", {}), kUsage); }

TEST(CommandLine, HelpIsNoError) {
  EXPECT_EQ(dispatch(kVerbs, "p", {"help"}), kOk);
  EXPECT_EQ(dispatch(kVerbs, "p", {"--help"}), kOk);
  EXPECT_EQ(dispatch(kVerbs, "p", {"walk", "--help"}), kOk);
  EXPECT_EQ(dispatch(kVerbs, "p", {"help", "config", "check"}), kOk);
}

TEST(CommandLine, RefusesWhatTheVerbDoesNotTake) {
  const int before = ran_with;
  EXPECT_EQ(dispatch(kVerbs, "p", {"walk", "--bogus"}), kUsage);
  EXPECT_EQ(dispatch(kVerbs, "p", {"walk", "extra"}), kUsage);
  EXPECT_EQ(dispatch(kVerbs, "p", {"status", "--for", "3"}), kUsage);
  EXPECT_EQ(dispatch(kVerbs, "p", {"walk", "--for", "-3"}), kUsage);
  EXPECT_EQ(dispatch(kVerbs, "p", {"walk", "--for"}), kUsage);
  EXPECT_EQ(ran_with, before);
}

TEST(CommandLine, RefusesAnUnknownVerb) { EXPECT_EQ(dispatch(kVerbs, "p", {"fly"}), kUsage); }

TEST(UnknownVerb, NamesTheNearest) {
  EXPECT_EQ(unknown_verb(kVerbs, {"stauts"}),
            "there is no verb \"stauts\", did you mean: proteus status");
  EXPECT_EQ(unknown_verb(kVerbs, {"confg", "check"}),
            "there is no verb \"confg\", did you mean: proteus config check");
}

TEST(UnknownVerb, ListsTheSecondWords) {
  EXPECT_EQ(unknown_verb(kVerbs, {"config"}),
            "\"config\" needs a second word: proteus config check");
}

TEST(UnknownVerb, PointsToHelpWhenNothingIsNear) {
  EXPECT_EQ(unknown_verb(kVerbs, {"zzzzzzzz"}),
            "there is no verb \"zzzzzzzz\"; proteus help lists them all");
}

TEST(Overview, HasALineForEveryVerb) {
  const std::string out = overview(kVerbs);
  for (const Verb& verb : kVerbs)
    EXPECT_NE(out.find(std::string("proteus ") + verb.name), std::string::npos);
}

TEST(RunFor, TakesSecondsAndUnits) {
  using namespace std::chrono_literals;
  EXPECT_EQ(parse_run_for("3").value(), 3s);
  EXPECT_EQ(parse_run_for("1.5").value(), 1500ms);
  EXPECT_EQ(parse_run_for("2m").value(), 120s);
}

TEST(RunFor, RefusesWhatIsNoLengthOfTime) {
  for (const char* text : {"", "0", "-3", "abc", "nan", "inf", "1e99", "3 s", "0s", "-1m", "400d"})
    EXPECT_TRUE(parse_run_for(text).has_error()) << text;
}

}  // namespace
}  // namespace proteus::app

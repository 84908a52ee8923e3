#include "tools/app/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>

#include "tools/app/options.hpp"
#include "tools/app/verb_table.hpp"

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

struct Said {
  int code;
  std::string out, err;
};
Said say(std::span<const Verb> verbs, const std::vector<std::string>& words) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int code = dispatch(verbs, "p", words);
  std::string out = ::testing::internal::GetCapturedStdout();
  return {code, std::move(out), ::testing::internal::GetCapturedStderr()};
}

std::vector<std::string> words_of(const Verb& verb) {
  std::istringstream in(verb.name);
  return {std::istream_iterator<std::string>(in), {}};
}

TEST(CommandLine, EveryVerbHasItsHelpInEverySpelling) {
  for (const Verb& verb : all_verbs()) {
    std::vector<std::string> after = words_of(verb), before = after, short_one = after;
    after.emplace_back("--help");
    short_one.emplace_back("-h");
    before.insert(before.begin(), "help");
    for (const auto& words : {after, short_one, before}) {
      const Said said = say(all_verbs(), words);
      EXPECT_EQ(said.code, kOk) << verb.name;
      EXPECT_THAT(said.out, ::testing::HasSubstr(std::string("Usage: proteus ") + verb.name));
      EXPECT_THAT(said.out, ::testing::HasSubstr(verb.summary));
      EXPECT_EQ(said.err, "") << verb.name;
    }
  }
}

TEST(CommandLine, AFirstWordOfSeveralVerbsHasTheirHelp) {
  std::set<std::string> families;
  for (const Verb& verb : all_verbs())
    if (const auto words = words_of(verb); words.size() == 2) families.insert(words[0]);
  ASSERT_GE(families.size(), 5U);
  for (const std::string& family : families) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{family, "--help"}, {family, "-h"}, {"help", family}}) {
      const Said said = say(all_verbs(), words);
      EXPECT_EQ(said.code, kOk) << family;
      EXPECT_EQ(said.err, "") << family;
      for (const Verb& verb : all_verbs())
        EXPECT_EQ(said.out.find(verb.summary) != std::string::npos,
                  std::string_view(verb.name).starts_with(family + " "))
            << family << ": " << verb.name;
    }
    const Said bare = say(all_verbs(), {family});
    EXPECT_EQ(bare.code, kUsage) << "nothing was done";
    EXPECT_EQ(bare.out, "");
    EXPECT_THAT(bare.err, ::testing::HasSubstr("needs a second word")) << family;
  }
}

TEST(CommandLine, HelpOfWhatIsNoVerbIsAUsageError) {
  EXPECT_EQ(say(kVerbs, {"fly", "--help"}).code, kUsage);
  EXPECT_EQ(say(kVerbs, {"config", "fly", "--help"}).code, kUsage);
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

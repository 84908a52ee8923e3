#include "config/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <random>

#include "config/value_text.hpp"

namespace proteus::config {

enum class Marks : std::uint8_t { Bars, Ticker };
enum class Width : std::uint8_t { Narrow, Wide };

}  // namespace proteus::config

template <>
struct proteus::EnumNames<proteus::config::Marks> {
  static constexpr std::array<std::string_view, 2> names = {"bars", "ticker"};
};

template <>
struct proteus::EnumNames<proteus::config::Width> {
  static constexpr std::array<std::string_view, 2> names = {"narrow", "wide"};
};

namespace proteus::config {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

struct Engine {
  bool enabled = true;
  std::int64_t depth = 50;
  double half_spread_bps = 1.0;
  std::string host = "localhost";
  Duration timeout = 5s;
  std::vector<std::string> instruments = {"linear:BTCUSDT"};
  Marks marks = Marks::Bars;
  std::optional<double> stop_bps;
  std::optional<Duration> age_max = 1min;
  std::uint16_t port = 8080;
  friend bool operator==(const Engine&, const Engine&) = default;
  static constexpr auto settings() {
    using E = Engine;
    return std::tuple{
        setting("enabled", &E::enabled, "whether it runs"),
        setting("depth", &E::depth, "levels of the book", 1, 1000),
        setting("half_spread_bps", &E::half_spread_bps, "half of the quoted spread, in 1/100 %",
                0.0, 1000.0),
        setting("host", &E::host, "where the server is"),
        setting("timeout", &E::timeout, "longest wait for an answer", 0.1, 60.0),
        setting("instruments", &E::instruments, "what is traded"),
        setting("marks", &E::marks, "where marks come from"),
        setting("stop_bps", &E::stop_bps, "distance of the stop, in 1/100 %", 1.0, 500.0),
        setting("age_max", &E::age_max, "oldest ticker that is used"),
        setting("port", &E::port, "the server's port")};
  }
};

struct Limits {
  double drawdown_max = 0.2;
  static constexpr auto settings() {
    return std::tuple{setting("drawdown_max", &Limits::drawdown_max,
                              "drawdown that halts, as a fraction", 0.001, 0.99)};
  }
};

struct Read {
  Engine engine;
  Limits limits;
  std::vector<std::string> errors;
  std::string show, resolved, hash;
};
Read read(std::string_view text, const std::vector<std::string>& overrides = {}) {
  Read out;
  Reader reader = Reader::from_text(text, "a.toml", overrides);
  reader.section("engine", out.engine);
  reader.section("risk.limits", out.limits);
  const auto ok = reader.finish();
  EXPECT_EQ(ok.has_value(), reader.errors().empty());
  out.errors = reader.errors();
  out.show = reader.show();
  out.resolved = reader.resolved();
  out.hash = reader.hash();
  return out;
}
std::vector<std::string> errors_of(std::string_view text,
                                   const std::vector<std::string>& overrides = {}) {
  return read(text, overrides).errors;
}

TEST(ConfigReader, FillsEveryKindOfSetting) {
  const Read got = read(R"([engine]
enabled = false
depth = 200
half_spread_bps = 2
host = "example.org"
timeout = "250ms"
instruments = ["spot:ETHUSDT", "linear:BTCUSDT"]
marks = "ticker"
stop_bps = 12.5
age_max = "off"
port = 443
[risk.limits]
drawdown_max = 0.1
)");
  EXPECT_THAT(got.errors, ElementsAre());
  Engine expected;
  expected.enabled = false;
  expected.depth = 200;
  expected.half_spread_bps = 2.0;
  expected.host = "example.org";
  expected.timeout = 250ms;
  expected.instruments = {"spot:ETHUSDT", "linear:BTCUSDT"};
  expected.marks = Marks::Ticker;
  expected.stop_bps = 12.5;
  expected.age_max = std::nullopt;
  expected.port = 443;
  EXPECT_EQ(got.engine, expected);
  EXPECT_EQ(got.limits.drawdown_max, 0.1);
}

TEST(ConfigReader, AnEmptyFileLeavesTheDefaults) {
  const Read got = read("");
  EXPECT_THAT(got.errors, ElementsAre());
  EXPECT_EQ(got.engine, Engine{});
}

TEST(ConfigReader, AMisspeltKeyIsToldWithTheNearest) {
  EXPECT_THAT(errors_of("[engine]\nhost = \"a\"\ntimeuot = \"1s\"\n"),
              ElementsAre("a.toml:3: engine.timeuot: unknown key, did you mean timeout?"));
}

TEST(ConfigReader, AKeyInTheWrongSectionIsToldWhereItBelongs) {
  EXPECT_THAT(errors_of("[engine]\ndrawdown_max = 0.1\n"),
              ElementsAre("a.toml:2: engine.drawdown_max: unknown key here, it belongs to "
                          "[risk.limits]"));
}

TEST(ConfigReader, AKeyLikeNoOtherIsToldToGo) {
  EXPECT_THAT(
      errors_of("[engine]\nxyzzy_plugh = 1\n"),
      ElementsAre("a.toml:2: engine.xyzzy_plugh: unknown key, remove it; [engine] has enabled, "
                  "depth, half_spread_bps, host, timeout, instruments, marks, stop_bps, "
                  "age_max, port"));
}

TEST(ConfigReader, UnknownSectionsAreToldOnceEach) {
  EXPECT_THAT(
      errors_of("[engin]\na = 1\nb = 2\n[risk]\nc = 1\n[risk.limits]\n[weather]\n[x.y]\nz=1\n"),
      ElementsAre("a.toml:1: [engin]: unknown section, did you mean [engine]?",
                  "a.toml:4: [risk]: unknown section, did you mean [risk.limits]?",
                  "a.toml:7: [weather]: unknown section, remove it; there are [engine], "
                  "[risk.limits]",
                  "a.toml:8: [x.y]: unknown section, remove it; there are [engine], "
                  "[risk.limits]"));
}

TEST(ConfigReader, AKeyAboveTheFirstSectionIsRefused) {
  EXPECT_THAT(errors_of("speed = 1\nengine = 2\n"),
              ElementsAre("a.toml:1: speed: stands above the first section, move it into one",
                          "a.toml:2: engine: is a section, write [engine]"));
}

TEST(ConfigReader, EveryWrongTypeIsToldWithWhatToGive) {
  EXPECT_THAT(errors_of(R"([engine]
enabled = 1
depth = 5.0
half_spread_bps = "wide"
host = 7
timeout = 5
instruments = "linear:BTCUSDT"
marks = ["bars"]
stop_bps = true
age_max = 2025-05-29
[engine.port]
)"),
              ElementsAre("a.toml:2: engine.enabled: 1 is an integer, give true or false",
                          "a.toml:3: engine.depth: 5.0 is a number, give an integer",
                          "a.toml:4: engine.half_spread_bps: \"wide\" is text, give a number",
                          "a.toml:5: engine.host: 7 is an integer, give text in quotes",
                          "a.toml:6: engine.timeout: 5 is an integer, give a duration such as "
                          "\"250ms\", \"5s\", \"1m\" or \"24h\"",
                          "a.toml:7: engine.instruments: \"linear:BTCUSDT\" is text, give a list "
                          "of texts such as [\"a\", \"b\"]",
                          "a.toml:8: engine.marks: [\"bars\"] is a list, give one of \"bars\", "
                          "\"ticker\"",
                          "a.toml:9: engine.stop_bps: true is a boolean, give a number, or \"off\"",
                          "a.toml:10: engine.age_max: is a date or time, give a duration such as "
                          "\"250ms\", \"5s\", \"1m\" or \"24h\", or \"off\"",
                          "a.toml:11: engine.port: is a table, give an integer"));
}

TEST(ConfigReader, EveryValueOutOfRangeIsToldWithTheRange) {
  EXPECT_THAT(
      errors_of(R"([engine]
depth = 0
half_spread_bps = -0.5
timeout = "2m"
marks = "book"
stop_bps = nan
age_max = "5 parsecs"
port = 70000
)"),
      ElementsAre("a.toml:2: engine.depth: 0 is out of range, give 1 to 1000 (levels of the book)",
                  "a.toml:3: engine.half_spread_bps: -0.5 is out of range, give 0 to 1000 (half of "
                  "the quoted spread, in 1/100 %)",
                  "a.toml:4: engine.timeout: \"2m\" is out of range, give 100ms to 1m (longest "
                  "wait for an answer)",
                  "a.toml:5: engine.marks: \"book\" is not known, give one of \"bars\", \"ticker\"",
                  "a.toml:6: engine.stop_bps: nan is not finite, give a number, or \"off\"",
                  "a.toml:7: engine.age_max: \"5 parsecs\" is no duration, give a duration such as "
                  "\"250ms\", \"5s\", \"1m\" or \"24h\", or \"off\"",
                  "a.toml:8: engine.port: 70000 is out of range, give 0 to 65535 (the server's "
                  "port)"));
}

TEST(ConfigReader, WhatIsWrongKeepsItsDefault) {
  EXPECT_EQ(read("[engine]\ndepth = 0\n").engine.depth, 50);
}

TEST(ConfigReader, BrokenSyntaxIsToldWithLineAndColumn) {
  const auto errors = errors_of("[engine]\ndepth = = 3\n");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0], testing::StartsWith("a.toml:2:9: "));
}

TEST(ConfigReader, AKeyGivenTwiceIsRefusedWhereItStands) {
  const std::string given_twice = ": it is given twice, keep one";
  EXPECT_THAT(
      errors_of("[engine]\ndepth = 3\ndepth = 4\n"),
      ElementsAre("a.toml:3:9: Error while parsing key-value pair: cannot redefine existing "
                  "integer 'depth'" +
                  given_twice));
  EXPECT_THAT(errors_of("[engine]\n[engine]\n"),
              ElementsAre("a.toml:2:1: Error while parsing table header: cannot redefine existing "
                          "table 'engine'" +
                          given_twice));
}

TEST(ConfigReader, TheCommandLineWinsOverTheFile) {
  const Read got = read("[engine]\ndepth = 200\nhost = \"a\"\n",
                        {"engine.depth=300", "engine.marks=ticker", "engine.timeout=1.5s",
                         "engine.instruments=spot:A,linear:B", "engine.stop_bps=7",
                         "engine.age_max=off", "engine.enabled=false", "engine.host=b=c"});
  EXPECT_THAT(got.errors, ElementsAre());
  EXPECT_EQ(got.engine.depth, 300);
  EXPECT_EQ(got.engine.marks, Marks::Ticker);
  EXPECT_EQ(got.engine.timeout, 1500ms);
  EXPECT_THAT(got.engine.instruments, ElementsAre("spot:A", "linear:B"));
  EXPECT_EQ(got.engine.stop_bps, 7.0);
  EXPECT_EQ(got.engine.age_max, std::nullopt);
  EXPECT_FALSE(got.engine.enabled);
  EXPECT_EQ(got.engine.host, "b=c");
}

TEST(ConfigReader, WhatIsWrongOnTheCommandLineIsToldAsSuch) {
  EXPECT_THAT(
      errors_of("", {"engine.depth=many", "engine.dept=3", "engin.depth=3", "depth",
                     "risk.limits.drawdown_max=2", "engine.port=1", "engine.port=2"}),
      ElementsAre("command line: depth: is no setting, write section.key=value",
                  "command line: engine.port: is given twice, keep one",
                  "command line: engine.depth: \"many\" is text, give an integer",
                  "command line: risk.limits.drawdown_max: 2.0 is out of range, give 0.001 "
                  "to 0.99 (drawdown that halts, as a fraction)",
                  "command line: engine.dept: unknown key, did you mean engine.depth?",
                  "command line: engin.depth: unknown section, did you mean engine.depth?"));
}

TEST(ConfigReader, AKeyOfTheCommandLineIsSuggestedAsItIsWrittenThere) {
  EXPECT_THAT(
      errors_of("", {"engine.drawdown_max=1", "engin.xyzzy=3"}),
      ElementsAre(
          "command line: engine.drawdown_max: unknown key, did you mean risk.limits.drawdown_max?",
          "command line: engin.xyzzy: unknown section, did you mean [engine]?"));
}

TEST(ConfigReader, AnAssignmentWithoutASectionIsToldWhereItBelongs) {
  EXPECT_THAT(errors_of("", {"engine=5", "depth=3", "drawdwon_max=1", "xyzzy_plugh=1"}),
              ElementsAre("command line: engine: is a section, write engine.key=value",
                          "command line: depth: has no section, write section.key=value; did you "
                          "mean engine.depth?",
                          "command line: drawdwon_max: has no section, write section.key=value; "
                          "did you mean risk.limits.drawdown_max?",
                          "command line: xyzzy_plugh: has no section, write section.key=value"));
}

TEST(ConfigReader, ANumberThatNoTypeHoldsIsOutOfRange) {
  EXPECT_THAT(
      errors_of("", {"engine.half_spread_bps=1e400", "engine.depth=99999999999999999999",
                     "engine.timeout=x"}),
      ElementsAre("command line: engine.depth: 99999999999999999999 is out of range, give 1 to "
                  "1000 (levels of the book)",
                  "command line: engine.half_spread_bps: 1e400 is out of range, give 0 to 1000 "
                  "(half of the quoted spread, in 1/100 %)",
                  testing::HasSubstr("is no duration")));
}

TEST(ConfigReader, ADerivedDefaultIsResolvedAndAGivenKeyIsKnown) {
  Engine engine;
  Reader reader = Reader::from_text("[engine]\ndepth = 0\n", "a.toml", {"engine.port=1"});
  reader.section("engine", engine);
  EXPECT_TRUE(reader.given("engine", "depth"));  // out of range, and given all the same
  EXPECT_TRUE(reader.given("engine", "port"));
  EXPECT_FALSE(reader.given("engine", "instruments"));
  reader.derive("engine", "instruments", std::vector<std::string>{"spot:A"});
  EXPECT_THAT(reader.resolved(), testing::HasSubstr("instruments = [\"spot:A\"]\n"));
}

TEST(ConfigReader, AllComplaintsComeTogetherInTheOrderOfTheFile) {
  const auto errors = errors_of(
      "[risk.limits]\ndrawdown_max = 5\n[engine]\nhots = 1\ndepth = 0\n"
      "[wether]\nx = 1\n",
      {"engine.marks=x"});
  ASSERT_EQ(errors.size(), 5U);
  EXPECT_THAT(errors[0], testing::StartsWith("a.toml:2: risk.limits.drawdown_max:"));
  EXPECT_THAT(errors[1], testing::StartsWith("a.toml:4: engine.hots:"));
  EXPECT_THAT(errors[2], testing::StartsWith("a.toml:5: engine.depth:"));
  EXPECT_THAT(errors[3], testing::StartsWith("a.toml:6: [wether]:"));
  EXPECT_THAT(errors[4], testing::StartsWith("command line: engine.marks:"));
}

TEST(ConfigReader, ACallersComplaintNamesTheLineOfTheValue) {
  Engine engine;
  Reader reader = Reader::from_text("[engine]\n\nhost = \"\"\n", "a.toml");
  reader.section("engine", engine);
  reader.reject("engine", "host", "is empty, name a host");
  reader.reject("engine", "depth", "is odd, give an even one");
  const auto ok = reader.finish();
  ASSERT_FALSE(ok.has_value());
  EXPECT_EQ(ok.error().context,
            "default: engine.depth: is odd, give an even one\n"
            "a.toml:3: engine.host: is empty, name a host");
}

TEST(ConfigReader, ShowsWhereEveryValueComesFrom) {
  const Read got = read("[engine]\ndepth = 200\n", {"risk.limits.drawdown_max=0.5"});
  EXPECT_THAT(got.show, testing::HasSubstr("[engine]\nenabled = true  # default: whether it runs\n"
                                           "depth = 200  # a.toml:2: levels of the book\n"));
  EXPECT_THAT(got.show, testing::HasSubstr("[risk.limits]\ndrawdown_max = 0.5  # --set: drawdown"));
}

TEST(ConfigReader, ResolvedTextIsWhatItPromises) {
  EXPECT_EQ(read("").resolved, R"([engine]
enabled = true
depth = 50
half_spread_bps = 1.0
host = "localhost"
timeout = "5s"
instruments = ["linear:BTCUSDT"]
marks = "bars"
stop_bps = "off"
age_max = "1m"
port = 8080

[risk.limits]
drawdown_max = 0.2
)");
}

TEST(ConfigReader, ReadingTheResolvedTextGivesTheSameSettings) {
  std::mt19937_64 bits{31};
  SCOPED_TRACE("seed 31");
  for (int round = 0; round < 200; ++round) {
    Read first = read("");
    Engine e;
    e.enabled = bits() % 2 == 0;
    e.depth = static_cast<std::int64_t>(1 + bits() % 1000);
    e.half_spread_bps = static_cast<double>(bits() % 1'000'000'007) / 1'000'007.0;
    for (std::uint64_t n = bits() % 12; n > 0; --n) {
      constexpr std::string_view kLetters = "ab\"\\\n\t\x01\x7f#='[]{} ";
      e.host += kLetters[bits() % kLetters.size()];
    }
    e.timeout = Duration{static_cast<std::int64_t>(100'000'000 + bits() % 59'000'000'000)};
    e.instruments.assign(bits() % 3, e.host);
    e.marks = static_cast<Marks>(bits() % 2);
    if (bits() % 2 == 0) e.stop_bps = 1.0 + static_cast<double>(bits() % 499'000) / 1e3;
    e.age_max.reset();
    Reader writer = Reader::from_text("", "");
    writer.section("engine", e);
    const std::string text = writer.resolved();
    const Read back = read(text);
    ASSERT_THAT(back.errors, ElementsAre()) << text;
    ASSERT_EQ(back.engine, e) << text;
    ASSERT_TRUE(back.resolved.starts_with(text));
  }
}

TEST(ConfigReader, TheHashFollowsTheValuesAndNotWhereTheyStand) {
  const std::string defaults = read("").hash;
  EXPECT_EQ(defaults.size(), 16U);
  EXPECT_EQ(read("# a word\n[engine]\ndepth = 50\n").hash, defaults);
  EXPECT_NE(read("[engine]\ndepth = 51\n").hash, defaults);
}

TEST(ConfigReader, AFileThatIsNotThereIsTold) {
  const auto reader = Reader::open("/nowhere/paper.toml");
  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().code, ErrorCode::NotFound);
  EXPECT_EQ(reader.error().context,
            "/nowhere/paper.toml: there is no such file, give another with --config");
}

TEST(ConfigReader, AFolderIsNoFile) {
  const auto reader = Reader::open(std::filesystem::temp_directory_path());
  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().code, ErrorCode::Refused);
}

TEST(ConfigReader, BytesThatAreNoTextAreAnErrorAndNoCrash) {
  std::mt19937_64 bits{5};
  for (int round = 0; round < 2000; ++round) {
    std::string text = "[engine]\ndepth = 3\n";
    for (std::uint64_t n = bits() % 20; n > 0; --n)
      text.insert(bits() % text.size(), 1, static_cast<char>(bits() % 256));
    const auto first = errors_of(text);
    ASSERT_EQ(first, errors_of(text));
  }
}

TEST(ConfigTable, ListsEverySettingForTheManual) {
  EXPECT_EQ(markdown_table<Limits>("risk.limits"),
            "### `[risk.limits]`\n\n| key | value | default | range | meaning |\n"
            "|---|---|---|---|---|\n"
            "| `drawdown_max` | a number | `0.2` | 0.001 to 0.99 | drawdown that halts, as a "
            "fraction |\n");
}

TEST(DurationText, IsReadAndWrittenExactly) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("0.000000001s"), 1ns);
  EXPECT_EQ(parse_duration("-2s"), -2s);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("9223372036854775807ns"), Duration::max());
  EXPECT_EQ(parse_duration("9223372036854775807us"), std::nullopt);
  for (const char* bad :
       {"", "5", "s", "5 s", "5S", "1e3s", "0.5ns", "300000d", "1.s", "--1s", "1s2", "5m5s"})
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(2min), "2m");
  EXPECT_EQ(format_duration(48h), "2d");
  EXPECT_EQ(format_duration(1500us), "1500us");
  EXPECT_EQ(format_duration(-1500ms), "-1500ms");
  EXPECT_EQ(format_duration(0s), "0s");
}

TEST(Nearest, CountsASwapAsOneMistake) {
  EXPECT_EQ(nearest("drawdwon_max", {"drawdown_max", "drawdown_halt"}), "drawdown_max");
  EXPECT_EQ(nearest("xy", {"ab", "abc"}), std::nullopt);
  EXPECT_EQ(nearest("volatility_trget", {"volatility_span", "volatility_target"}),
            "volatility_target");
}

/// A choice decides the defaults and ranges of the rest.
struct Profiled {
  Width profile = Width::Narrow;
  double most = 1.0;
  double least = 0.5;
  static Profiled of(Width profile) {
    Profiled p;
    p.profile = profile;
    if (profile == Width::Wide) p.most = 50.0;
    return p;
  }
  static constexpr auto settings(Width profile) {
    const double top = profile == Width::Wide ? 100.0 : 10.0;
    return std::tuple{setting("profile", &Profiled::profile, "how wide"),
                      setting("most", &Profiled::most, "upper limit", 0.0, top),
                      setting("least", &Profiled::least, "lower limit", 0.0, 1.0)};
  }
  static constexpr auto settings() { return settings(Width::Narrow); }
};
struct ReadProfiled {
  Profiled settings;
  std::vector<std::string> errors;
  std::string show, resolved, hash;
};
ReadProfiled read_profiled(std::string_view text, const std::vector<std::string>& overrides = {}) {
  ReadProfiled out;
  Reader reader = Reader::from_text(text, "a.toml", overrides);
  reader.section("limits", out.settings);
  (void)reader.finish();
  out.errors = reader.errors();
  out.show = reader.show();
  out.resolved = reader.resolved();
  out.hash = reader.hash();
  return out;
}

TEST(ConfigProfile, SetsTheDefaultsOfWhatIsNotGivenAndSaysSo) {
  const ReadProfiled got = read_profiled("[limits]\nleast = 0.25\nprofile = \"wide\"\n");
  EXPECT_THAT(got.errors, ElementsAre());
  EXPECT_EQ(got.settings.profile, Width::Wide);
  EXPECT_EQ(got.settings.most, 50.0);
  EXPECT_EQ(got.settings.least, 0.25);
  EXPECT_EQ(got.show,
            "[limits]\nprofile = \"wide\"  # a.toml:3: how wide\n"
            "most = 50.0  # profile wide: upper limit\n"
            "least = 0.25  # a.toml:2: lower limit\n\n");
}

TEST(ConfigProfile, LetsGivenKeysWinWithinItsWiderRanges) {
  EXPECT_EQ(read_profiled("[limits]\nmost = 80\nprofile = \"wide\"\n").settings.most, 80.0);
  EXPECT_THAT(
      read_profiled("[limits]\nmost = 80\n").errors,
      ElementsAre("a.toml:2: limits.most: 80.0 is out of range, give 0 to 10 (upper limit)"));
  EXPECT_THAT(
      read_profiled("[limits]\nmost = 101\n", {"limits.profile=wide"}).errors,
      ElementsAre("a.toml:2: limits.most: 101.0 is out of range, give 0 to 100 (upper limit)"));
  EXPECT_EQ(
      read_profiled("[limits]\nprofile = \"wide\"\n", {"limits.profile=narrow"}).settings.most,
      1.0);
}

TEST(ConfigProfile, IsPartOfWhatIsHashedAndReadsBackToItself) {
  const ReadProfiled wide = read_profiled("[limits]\nprofile = \"wide\"\n");
  const ReadProfiled same_numbers = read_profiled("[limits]\nmost = 10\n");
  EXPECT_NE(wide.hash, read_profiled("").hash);
  EXPECT_NE(wide.hash, same_numbers.hash);
  EXPECT_EQ(read_profiled(wide.resolved).resolved, wide.resolved);
}

TEST(ConfigProfile, ThatIsNotKnownIsToldOnceAndLeavesTheUsualOne) {
  const ReadProfiled got = read_profiled("[limits]\nprofile = \"huge\"\n");
  EXPECT_THAT(got.errors,
              ElementsAre("a.toml:2: limits.profile: \"huge\" is not known, give one of "
                          "\"narrow\", \"wide\""));
  EXPECT_EQ(got.settings.most, 1.0);
}

}  // namespace
}  // namespace proteus::config

#include <gtest/gtest.h>

#include "tools/app/why_journal.hpp"

namespace proteus::app {
namespace {

constexpr std::int64_t kNoon34 = 1'748'781'240'000;  // date -u -d 2025-06-01T12:34 +%s

TEST(WhenText, TakesEverySpellingOfOneInstant) {
  for (const char* text :
       {"2025-06-01T12:34", "2025-06-01T12:34Z", "2025-06-01 12:34", "2025-06-01T12:34:00Z",
        "2025-06-01t12:34:00z", "2025-06-01T12:34:00.000Z", "2025-06-01T12:34:00.123456789Z",
        "2025-06-01T14:34:00+02:00", "2025-06-01T07:04:00-05:30", "2025-06-01T14:34+0200",
        "1748781240000"}) {
    const auto time = parse_when(text);
    ASSERT_TRUE(time.has_value()) << text;
    EXPECT_EQ(to_unix_ms(time.value()), kNoon34) << text;
  }
}

TEST(WhenText, RefusesWhatIsNoTime) {
  for (const char* text : {"", "12:34", "2025-13-01", "2025-06-01T25:00", "2025-06-01T12:34.x",
                           "2025-06-01T12:34+99:00", "yesterday", "2025-06-01T12:34:00.Z"})
    EXPECT_TRUE(parse_when(text).has_error()) << text;
}

TEST(WhyWords, TellAnInstrumentFromATime) {
  const auto both = read_why_words({"linear:BTCUSDT", "2025-06-01T12:34"});
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both.value().instrument, "linear:BTCUSDT");
  EXPECT_TRUE(both.value().time.has_value());
  const auto time = read_why_words({"2025-06-01T12:34", ""});
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(time.value().instrument, "");
  EXPECT_TRUE(time.value().time.has_value());
}

TEST(WhyWords, SayOfAWordThatIsNoTimeHowATimeIsWritten) {
  for (const auto& words : {std::vector<std::string>{"linear:BTCUSDT", "yesterday"},
                            std::vector<std::string>{"yesterday", "linear:BTCUSDT"}}) {
    const auto read = read_why_words(words);
    ASSERT_TRUE(read.has_error());
    EXPECT_TRUE(
        read.error().context.starts_with("\"yesterday\" is no time: write 2025-06-01T12:34 (UTC)"))
        << read.error().context;
  }
}

TEST(WhyWords, RefuseTwoOfAKind) {
  EXPECT_TRUE(read_why_words({"linear:A", "linear:B"}).has_error());
  EXPECT_TRUE(read_why_words({"2025-06-01", "2025-06-02"}).has_error());
}

}  // namespace
}  // namespace proteus::app

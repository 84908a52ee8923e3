#include "tools/app/text.hpp"

#include <gtest/gtest.h>

#include "tools/app/screen.hpp"

namespace proteus::app {
namespace {

TEST(FixedText, RoundsHalfAwayFromZero) {
  EXPECT_EQ(fixed("1.005", 2), "1.01");
  EXPECT_EQ(fixed("-1.005", 2), "-1.01");
  EXPECT_EQ(fixed("1.004999999", 2), "1.00");
  EXPECT_EQ(fixed("12", 3), "12.000");
  EXPECT_EQ(fixed("0.5", 0), "1");
}

TEST(FixedText, NeverSaysMinusZero) {
  EXPECT_EQ(fixed("-0.004", 2), "0.00");
  EXPECT_EQ(fixed("-0", 2), "0.00");
  EXPECT_EQ(signed_fixed("-0.0001", 2), "0.00");
  EXPECT_EQ(negated("0"), "0");
  EXPECT_EQ(negated("-0.0"), "0.0");
  EXPECT_EQ(percent(-0.00001), "0.00 %");
}

TEST(FixedText, HoldsTheWholeRangeOfAnAmount) {
  EXPECT_EQ(fixed("9223372036.854775807", 2), "9223372036.85");
  EXPECT_EQ(fixed("-9223372036.854775808", 9), "-9223372036.854775808");
}

TEST(FixedText, ShowsWhatIsNoNumberAsItIs) { EXPECT_EQ(fixed("n/a", 2), "n/a"); }

TEST(SignedText, TellsGainFromLoss) {
  EXPECT_EQ(signed_fixed("0.129", 2), "+0.13");
  EXPECT_EQ(signed_fixed("-0.129", 2), "-0.13");
  EXPECT_EQ(negated("0.18"), "-0.18");
  EXPECT_EQ(negated("-0.18"), "0.18");
}

TEST(StepDecimals, AreThoseThatTheStepNeeds) {
  EXPECT_EQ(decimals_of("0.001"), 3);
  EXPECT_EQ(decimals_of("5"), 0);
  EXPECT_EQ(decimals_of("0.50"), 1);
  EXPECT_EQ(decimals_of("10.0"), 0);
}

TEST(PercentText, HasNoExponent) {
  EXPECT_EQ(percent(8e-6), "0.00 %");
  EXPECT_EQ(percent(0.2), "20.00 %");
  EXPECT_EQ(percent(0.0001, 4), "0.0100 %");
}

TEST(PlainNumber, KeepsSignificantDigitsWithoutExponent) {
  EXPECT_EQ(plain_number(106418.4821, 8), "106418.48");
  EXPECT_EQ(plain_number(0.000028199703), "0.0000281997");
  EXPECT_EQ(plain_number(1.0), "1");
  EXPECT_EQ(plain_number(-2.5), "-2.5");
  EXPECT_EQ(plain_number(0.0), "0");
}

TEST(AgeText, UsesTheUnitThatFits) {
  EXPECT_EQ(age_text(0.04), "0.0 s");
  EXPECT_EQ(age_text(9.96), "10 s");
  EXPECT_EQ(age_text(250), "4 min 10 s");
  EXPECT_EQ(age_text(3 * 3600 + 5 * 60), "3 h 05 min");
  EXPECT_EQ(age_text(2 * 86'400 + 4 * 3600), "2 d 4 h");
  EXPECT_EQ(age_text(-1), "0.0 s");
}

TEST(BytesText, UsesTheUnitThatFits) {
  EXPECT_EQ(bytes_text(812), "812 B");
  EXPECT_EQ(bytes_text(4198.4), "4.1 KiB");
  EXPECT_EQ(bytes_text(23.0 * 1024 * 1024), "23.0 MiB");
}

TEST(Columns, CountGlyphsAndNoEscapeCodes) {
  EXPECT_EQ(columns_of("█▀█"), 3U);
  EXPECT_EQ(columns_of("\x1b[1;31mab\x1b[0m"), 2U);
}

TEST(Clip, CutsToTheWidthAndMarksIt) {
  EXPECT_EQ(clip("abcdef", 6), "abcdef");
  EXPECT_EQ(clip("abcdefg", 6), "abcd..");
}

TEST(Clip, LeavesNoColourOpen) {
  EXPECT_EQ(clip("\x1b[31mabcdefgh\x1b[0m", 6), "\x1b[31mabcd..\x1b[0m");
}

TEST(Clip, WorksLineByLine) { EXPECT_EQ(clip_lines("abcdefg\nxy\n", 6), "abcd..\nxy\n"); }

TEST(Fit, DropsTheLastLinesOfTheLeastImportantFirst) {
  const std::vector<Block> page = {{"a\nb\n", 0}, {"\n", 9}, {"c\nd\n", 5}, {"e\nf\n", 2}};
  EXPECT_EQ(fit(page, 7), "a\nb\n\nc\nd\ne\nf\n");
  EXPECT_EQ(fit(page, 6), "a\nb\nc\nd\ne\nf\n");
  EXPECT_EQ(fit(page, 5), "a\nb\nc\ne\nf\n");
  EXPECT_EQ(fit(page, 3), "a\nb\ne\n");
  EXPECT_EQ(fit(page, 1), "a\n");
}

TEST(Fit, KeepsAllWithoutALimit) { EXPECT_EQ(fit({{"a\n", 0}, {"b", 1}}, 0), "a\nb"); }

TEST(TextTable, LinesUpNumbersAtTheirRightEdge) {
  const std::string out = table({{"name", Align::Left}, {"n", Align::Right}, {"why", Align::Left}},
                                {{"a", "1.50", "x"}, {"long", "10.25", ""}});
  EXPECT_EQ(out,
            "name     n  why\n"
            "a     1.50  x\n"
            "long 10.25\n");
}

TEST(Banner, SpellsTheModeOnATerminalWithoutUnicode) {
  EXPECT_EQ(banner("PAPER", {}).first, "=== P A P E R ===");
  EXPECT_EQ(banner("PAPER", {}).second, "");
}

TEST(Banner, HasTwoRowsOfOneWidthForEveryMode) {
  Style style;
  style.unicode = true;
  for (const char* mode : {"PAPER", "LIVE", "REPLAY", "DEMO", "TRAIN"}) {
    const auto [top, bottom] = banner(mode, style);
    EXPECT_FALSE(top.starts_with("===")) << mode;
    EXPECT_EQ(columns_of(top), columns_of(bottom)) << mode;
  }
}

TEST(Painted, HasNoEscapeCodeWithoutColour) { EXPECT_EQ(painted({}, "1;31", "x"), "x"); }

TEST(Redraw, ClearsBehindEveryLineAndBelowTheLast) {
  EXPECT_EQ(redraw("a\nb\n", 10), "\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J");
}

TEST(Redraw, SaysThatThereIsMoreThanTheTerminalShows) {
  EXPECT_EQ(redraw("a\nb\nc\n", 2),
            "\x1b[Ha\x1b[K\r\n... more lines than the terminal has; a pipe shows all\x1b[K\x1b[J");
}

}  // namespace
}  // namespace proteus::app

// What a person reads: numbers with sensible decimals, ages, percentages, tables that line up and
// lines that end where the screen does. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace proteus::app {

/// How a view may be painted.
struct Style {
  bool color = false;       ///< escape codes for colour; never in a pipe
  bool unicode = false;     ///< the terminal shows UTF-8
  std::size_t width = 120;  ///< columns; longer lines are cut
};

/// Decimal text ("1234.5678") with exactly `places` decimals (0 to 9), rounded half away from zero.
/// Zero has no sign. What is no decimal comes back as it is.
std::string fixed(std::string_view decimal, int places);
/// The same with a sign: "+1.20", "-0.18", and "0.00".
std::string signed_fixed(std::string_view decimal, int places);
/// Negated decimal text; zero has no sign.
std::string negated(std::string_view decimal);
/// Number of decimals in "0.001" (3), "5" (0), "0.50" (1): those of a tick or a lot.
int decimals_of(std::string_view step);
/// A fraction as a percentage with two decimals: 0.2 is "20.00 %"; never "-0.00 %".
std::string percent(double fraction, int places = 2);
/// A number for people: `digits` significant digits, no exponent between 1e-6 and 1e12.
std::string plain_number(double value, int digits = 6);
/// "0.3 s", "12 s", "4 min 10 s", "3 h 05 min", "2 d 4 h".
std::string age_text(double seconds);
/// "812 B", "4.1 KiB", "23.0 MiB".
std::string bytes_text(double bytes);

/// Columns that `text` takes: UTF-8 sequences count once, escape codes not at all.
std::size_t columns_of(std::string_view text);
/// At most `width` columns; what is cut is replaced by "..". Escape codes stay whole and are
/// closed.
std::string clip(std::string_view text, std::size_t width);
/// Every line of `text` clipped.
std::string clip_lines(std::string_view text, std::size_t width);

/// A part of a page; a greater rank is dropped earlier where a terminal is too low.
struct Block {
  std::string text;  ///< whole lines
  int rank = 0;
};
std::size_t lines_of(std::string_view text);
/// The blocks one below the other in at most `rows` lines: last lines of the block with the
/// greatest rank go first. 0: all.
std::string fit(std::vector<Block> blocks, std::size_t rows);

enum class Align : unsigned char { Left, Right };
struct Column {
  std::string title;
  Align align = Align::Left;
};
/// Columns as wide as their widest cell, one blank between numbers, two before text; each line ends
/// with a newline and has no blanks at its end.
std::string table(const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& rows, std::string_view indent = "");

/// `text` in an SGR code ("1;31") where the style has colour.
std::string painted(const Style& style, std::string_view code, std::string_view text);
/// Letters two lines high where the terminal can; else "=== P A P E R ===" on one line, and the
/// second line is empty.
std::pair<std::string, std::string> banner(std::string_view word, const Style& style);

}  // namespace proteus::app

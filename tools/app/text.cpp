#include "tools/app/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/core/fixed.hpp"
#include "engine/core/json.hpp"

namespace proteus::app {
namespace {

bool all_zero(std::string_view number) {
  return number.find_first_of("123456789") == std::string_view::npos;
}

/// Length of the escape code that starts `text` (0: none does).
std::size_t escape_length(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const std::size_t end = text.find_first_of("ABCDEFGHJKmsuhl", 2);
  return end == std::string_view::npos ? text.size() : end + 1;
}

/// Length of what takes one column at the start of `text`.
std::size_t glyph_length(std::string_view text) {
  const std::size_t length = json::utf8_length(text);
  return length == 0 ? 1 : length;
}

struct Letter {
  char letter;
  std::string_view top;
  std::string_view bottom;
};
constexpr std::array<Letter, 13> kLetters = {{{'A', "▄▀█", "█▀█"},
                                              {'D', "█▀▄", "█▄▀"},
                                              {'E', "█▀▀", "██▄"},
                                              {'I', "█", "█"},
                                              {'L', "█  ", "█▄▄"},
                                              {'M', "█▀▄▀█", "█ ▀ █"},
                                              {'N', "█▄ █", "█ ▀█"},
                                              {'O', "█▀█", "█▄█"},
                                              {'P', "█▀█", "█▀▀"},
                                              {'R', "█▀█", "█▀▄"},
                                              {'T', "▀█▀", " █ "},
                                              {'V', "█ █", "▀▄▀"},
                                              {'Y', "█▄█", " █ "}}};

const Letter* letter_of(char c) {
  const auto it = std::ranges::find(kLetters, c, &Letter::letter);
  return it == kLetters.end() ? nullptr : &*it;
}

}  // namespace

std::string fixed(std::string_view decimal, int places) {
  const auto raw = parse_fixed(decimal);
  if (raw.has_error()) return std::string(decimal);
  places = std::clamp(places, 0, 9);
  std::int64_t unit = 1;
  for (int i = places; i < 9; ++i) unit *= 10;
  const auto cut = static_cast<std::int64_t>(divide(raw.value(), unit, Rounding::Near));
  const std::int64_t ones = kFixedScale / unit;
  const std::uint64_t size =
      cut < 0 ? 0U - static_cast<std::uint64_t>(cut) : static_cast<std::uint64_t>(cut);
  const auto scale = static_cast<std::uint64_t>(ones);
  std::string out = fmt::format("{}{}", cut < 0 ? "-" : "", size / scale);
  if (places > 0) out += fmt::format(".{:0{}}", size % scale, places);
  return out;
}

std::string signed_fixed(std::string_view decimal, int places) {
  std::string out = fixed(decimal, places);
  return out.starts_with('-') || all_zero(out) ? out : "+" + out;
}

std::string negated(std::string_view decimal) {
  if (all_zero(decimal)) return std::string(decimal.starts_with('-') ? decimal.substr(1) : decimal);
  return decimal.starts_with('-') ? std::string(decimal.substr(1)) : "-" + std::string(decimal);
}

int decimals_of(std::string_view step) {
  const std::size_t dot = step.find('.');
  if (dot == std::string_view::npos) return 0;
  const std::size_t last = step.find_last_not_of('0');
  return last <= dot ? 0 : static_cast<int>(last - dot);
}

std::string percent(double fraction, int places) {
  std::string out = fmt::format("{:.{}f} %", fraction * 100.0, places);
  return all_zero(out) && out.starts_with('-') ? out.substr(1) : out;
}

std::string plain_number(double value, int digits) {
  if (value == 0.0) return "0";
  const double size = std::abs(value);
  if (!std::isfinite(value) || size < 1e-6 || size >= 1e12)
    return fmt::format("{:.{}g}", value, digits);
  const int before = static_cast<int>(std::floor(std::log10(size))) + 1;
  std::string out = fmt::format("{:.{}f}", value, std::clamp(digits - before, 0, 12));
  if (out.find('.') != std::string::npos) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
  }
  return out;
}

std::string age_text(double seconds) {
  if (seconds < 0.0) seconds = 0.0;
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long long>(seconds + 0.5);
  if (whole < 120) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  if (whole < 172'800) return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
  return fmt::format("{} d {} h", whole / 86'400, whole / 3600 % 24);
}

std::string bytes_text(double bytes) {
  if (bytes < 1024.0) return fmt::format("{:.0f} B", bytes);
  if (bytes < 1024.0 * 1024.0) return fmt::format("{:.1f} KiB", bytes / 1024.0);
  if (bytes < 1024.0 * 1024.0 * 1024.0) return fmt::format("{:.1f} MiB", bytes / 1048576.0);
  return fmt::format("{:.1f} GiB", bytes / 1073741824.0);
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    if (const std::size_t escape = escape_length(text); escape > 0) {
      text.remove_prefix(escape);
      continue;
    }
    ++columns;
    text.remove_prefix(glyph_length(text));
  }
  return columns;
}

std::string clip(std::string_view text, std::size_t width) {
  if (columns_of(text) <= width) return std::string(text);
  const std::string_view mark = width >= 4 ? ".." : "";
  std::string out;
  bool painted_now = false;
  for (std::size_t columns = 0; !text.empty() && columns < width - mark.size();) {
    const std::size_t escape = escape_length(text);
    const std::size_t length = escape > 0 ? escape : glyph_length(text);
    if (escape > 0)
      painted_now = text.substr(0, escape) != "\x1b[0m";
    else
      ++columns;
    out += text.substr(0, length);
    text.remove_prefix(length);
  }
  out += mark;
  if (painted_now) out += "\x1b[0m";
  return out;
}

std::string clip_lines(std::string_view text, std::size_t width) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += clip(text.substr(0, end), width);
    if (end == std::string_view::npos) break;
    out += '\n';
    text.remove_prefix(end + 1);
  }
  return out;
}

std::size_t lines_of(std::string_view text) {
  const auto ends = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  return ends + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

std::string fit(std::vector<Block> blocks, std::size_t rows) {
  std::size_t lines = 0;
  for (const Block& block : blocks) lines += lines_of(block.text);
  for (; rows > 0 && lines > rows; --lines) {
    Block* least = nullptr;
    for (Block& block : blocks)
      if (!block.text.empty() && (least == nullptr || block.rank >= least->rank)) least = &block;
    std::string& text = least->text;
    const std::size_t before =
        text.size() < 2 ? std::string::npos : text.rfind('\n', text.size() - 2);
    text.resize(before == std::string::npos ? 0 : before + 1);
  }
  std::string page;
  for (const Block& block : blocks) page += block.text;
  return page;
}

std::string table(const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& rows, std::string_view indent) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::size_t width = columns_of(columns[c].title);
    for (const auto& row : rows) width = std::max(width, columns_of(row[c]));
    widths.push_back(width);
  }
  const auto line = [&](const auto& cell) {
    std::string out{indent};
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::string& text = cell(c);
      const std::string pad(widths[c] - columns_of(text), ' ');
      const bool left = columns[c].align == Align::Left;
      if (c > 0) out += left ? "  " : " ";
      out += left ? text + pad : pad + text;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out + '\n';
  };
  std::string out = line([&](std::size_t c) -> const std::string& { return columns[c].title; });
  for (const auto& row : rows)
    out += line([&](std::size_t c) -> const std::string& { return row[c]; });
  return out;
}

std::string painted(const Style& style, std::string_view code, std::string_view text) {
  return style.color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::pair<std::string, std::string> banner(std::string_view word, const Style& style) {
  const bool known =
      style.unicode && std::ranges::all_of(word, [](char c) { return letter_of(c) != nullptr; });
  if (!known) return {fmt::format("=== {} ===", fmt::join(word, " ")), ""};
  std::string top, bottom;
  for (const char c : word) {
    top += std::string(top.empty() ? "" : " ") + std::string(letter_of(c)->top);
    bottom += std::string(bottom.empty() ? "" : " ") + std::string(letter_of(c)->bottom);
  }
  return {top, bottom};
}

}  // namespace proteus::app

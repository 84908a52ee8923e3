#include "connectors/sim/text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace proteus::sim {
namespace {

constexpr std::uint64_t kUnit = 1'000'000'000;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void append_int(std::string& out, std::int64_t value) {
  const fmt::format_int text(value);
  out.append(text.data(), text.size());
}

void append_decimal(std::string& out, Int128 raw) { append_decimal(out, raw, 0); }

void append_decimal(std::string& out, Int128 raw, int decimals) {
  if (raw < 0) {
    out += '-';
    raw = -raw;
  }
  const fmt::format_int whole(static_cast<std::uint64_t>(raw / kUnit));
  out.append(whole.data(), whole.size());
  auto part = static_cast<std::uint64_t>(raw % kUnit);
  if (part == 0 && decimals == 0) return;
  std::array<char, 10> text{'.'};
  for (std::size_t i = 9; i > 0; --i, part /= 10) text[i] = static_cast<char>('0' + part % 10);
  std::size_t used = 10;
  while (used > static_cast<std::size_t>(decimals) + 1 && text[used - 1] == '0') --used;
  if (used > 1) out.append(text.data(), used);
}

std::string decimal_text(Int128 raw) {
  std::string out;
  append_decimal(out, raw);
  return out;
}

int decimals_of(std::int64_t step_raw) {
  int decimals = 9;
  for (; decimals > 0 && step_raw % 10 == 0; --decimals) step_raw /= 10;
  return decimals;
}

Int128 exact_e9(double value) {
  if (!(value > 0.0) || value >= 1e28) return 0;
  // Below 2^50 the product is off by less than a quarter of a unit, so rounding finds the decimal.
  const double scaled = value * 1e9;
  if (scaled < 1125899906842624.0) return static_cast<Int128>(std::llround(scaled));
  std::array<char, 400> text{};
  const auto [end, ec] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (ec != std::errc{}) return 0;
  Int128 raw = 0;
  int places = -1;
  for (const char* p = text.data(); p != end && places < 9; ++p) {
    if (*p == '.') {
      places = 0;
      continue;
    }
    raw = raw * 10 + (*p - '0');
    if (places >= 0) ++places;
  }
  for (int i = std::max(places, 0); i < 9; ++i) raw *= 10;
  return raw;
}

void append_json(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

Query::Query(std::string_view text) {
  while (!text.empty()) {
    const std::size_t amp = text.find('&');
    const std::string_view pair = text.substr(0, amp);
    const std::size_t eq = pair.find('=');
    if (eq != std::string_view::npos && eq + 1 < pair.size())
      pairs_.emplace_back(percent_decoded(pair.substr(0, eq)),
                          percent_decoded(pair.substr(eq + 1)));
    text = amp == std::string_view::npos ? std::string_view{} : text.substr(amp + 1);
  }
}

const std::string* Query::find(std::string_view key) const {
  for (const auto& [name, value] : pairs_)
    if (name == key) return &value;
  return nullptr;
}

}  // namespace proteus::sim

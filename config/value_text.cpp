#include "config/value_text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "engine/core/json.hpp"

namespace proteus::config {
namespace {

struct TimeUnit {
  std::string_view name;
  std::int64_t ns;
};
constexpr std::array<TimeUnit, 7> kUnits = {{{"d", 86'400'000'000'000},
                                             {"h", 3'600'000'000'000},
                                             {"m", 60'000'000'000},
                                             {"s", 1'000'000'000},
                                             {"ms", 1'000'000},
                                             {"us", 1'000},
                                             {"ns", 1}}};

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A number as it is written, but larger or smaller than its type can hold.
template <class T>
bool beyond(std::string_view text) {
  T value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc::result_out_of_range && end == text.data() + text.size();
}

std::string in_quotes(std::string_view text) { return json::to_json(text); }

// A double that TOML reads back as a float, not as an integer.
std::string float_text(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string bound_text(const Slot& slot, double bound) {
  if (slot.kind != Kind::Time) return fmt::format("{}", bound);
  return format_duration(Duration{static_cast<std::int64_t>(std::llround(bound * 1e9))});
}

const char* type_name(const Value& value) {
  constexpr std::array kNames = {"a boolean", "an integer", "a number",
                                 "text",      "a duration", "a list"};
  return kNames[value.index()];
}

Checked wrong_type(const Slot& slot, const Value& given) {
  return {std::nullopt,
          fmt::format("{} is {}, give {}", toml_text(given), type_name(given), wanted(slot))};
}

Checked out_of_range(const Slot& slot, std::string_view text) {
  const std::string range = range_text(slot);
  return {std::nullopt, fmt::format("{} is out of range, give {} ({})", text,
                                    range.empty() ? wanted(slot) : range, slot.meaning)};
}

Checked in_range(const Slot& slot, Value value) {
  double amount = 0.0;
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    amount = static_cast<double>(*integer);
  else if (const auto* real = std::get_if<double>(&value))
    amount = *real;
  else if (const auto* time = std::get_if<Duration>(&value))
    amount = static_cast<double>(time->count()) / 1e9;
  else
    return {std::move(value), ""};
  if (!std::isfinite(amount))
    return {std::nullopt, fmt::format("{} is not finite, give {}", amount, wanted(slot))};
  if (amount >= slot.min && amount <= slot.max) return {std::move(value), ""};
  return out_of_range(slot, toml_text(value));
}

Checked from_words(const Slot& slot, const std::string& text) {
  if (slot.kind == Kind::Time) {
    if (const auto duration = parse_duration(text)) return in_range(slot, *duration);
    return {std::nullopt, fmt::format("{} is no duration, give {}", in_quotes(text), wanted(slot))};
  }
  if (slot.kind == Kind::Choice) {
    if (std::find(slot.choices.begin(), slot.choices.end(), text) != slot.choices.end())
      return {text, ""};
    return {std::nullopt, fmt::format("{} is not known, give {}", in_quotes(text), wanted(slot))};
  }
  if (slot.kind == Kind::Text) return {text, ""};
  return wrong_type(slot, text);
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

// Levenshtein with swaps of neighbours ("optimal string alignment"): what fingers do wrong.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min(
          {d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const std::size_t at = text.find_first_not_of("-0123456789.");
  if (at == std::string_view::npos) return std::nullopt;
  // In units of 1e-9 of the unit. Whole numbers may be larger than an exact decimal can be.
  Int128 amount = 0;
  if (const auto whole = number<std::int64_t>(text.substr(0, at)))
    amount = Int128{*whole} * kFixedScale;
  else if (const auto decimal = parse_fixed(text.substr(0, at)))
    amount = decimal.value();
  else
    return std::nullopt;
  for (const TimeUnit& unit : kUnits) {
    if (text.substr(at) != unit.name) continue;
    // Beyond this no duration lies, and the product would not fit.
    const Int128 most =
        Int128{std::numeric_limits<std::int64_t>::max()} * kFixedScale / unit.ns + 1;
    if (amount > most || amount < -most) return std::nullopt;
    const Int128 ns = amount * unit.ns;
    if (ns % kFixedScale != 0 || !fits(ns / kFixedScale)) return std::nullopt;
    return Duration{static_cast<std::int64_t>(ns / kFixedScale)};
  }
  return std::nullopt;
}

std::string format_duration(Duration duration) {
  const std::int64_t ns = duration.count();
  if (ns == 0) return "0s";
  for (const TimeUnit& unit : kUnits)
    if (ns % unit.ns == 0) return fmt::format("{}{}", ns / unit.ns, unit.name);
  return fmt::format("{}ns", ns);
}

std::string toml_text(const std::optional<Value>& value) {
  if (!value) return "\"off\"";
  return std::visit(
      [](const auto& v) -> std::string {
        using T = std::remove_cvref_t<decltype(v)>;
        if constexpr (std::is_same_v<T, double>) return float_text(v);
        if constexpr (std::is_same_v<T, Duration>) return in_quotes(format_duration(v));
        if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          std::string list = "[";
          for (const std::string& text : v) list += (list.size() > 1 ? ", " : "") + in_quotes(text);
          return list + "]";
        }
        if constexpr (!std::is_same_v<T, Duration>) return json::to_json(v);
      },
      *value);
}

std::string wanted(const Slot& slot) {
  std::string text;
  switch (slot.kind) {
    case Kind::Bool:
      text = "true or false";
      break;
    case Kind::Integer:
      text = "an integer";
      break;
    case Kind::Number:
      text = "a number";
      break;
    case Kind::Text:
      text = "text in quotes";
      break;
    case Kind::Time:
      text = "a duration such as \"250ms\", \"5s\", \"1m\" or \"24h\"";
      break;
    case Kind::TextList:
      text = "a list of texts such as [\"a\", \"b\"]";
      break;
    case Kind::Choice:
      text = "one of";
      for (const std::string_view choice : slot.choices)
        text += (text.size() > 6 ? ", " : " ") + in_quotes(choice);
      break;
  }
  return slot.optional ? text + ", or \"off\"" : text;
}

std::string range_text(const Slot& slot) {
  const bool counts =
      slot.kind == Kind::Integer || slot.kind == Kind::Number || slot.kind == Kind::Time;
  if (!counts) return "";
  // The bounds of the type itself are nothing to tell.
  const bool below = std::isfinite(slot.min) && std::abs(slot.min) < 9e18;
  const bool above = std::isfinite(slot.max) && std::abs(slot.max) < 9e18;
  if (below && above)
    return fmt::format("{} to {}", bound_text(slot, slot.min), bound_text(slot, slot.max));
  if (below) return fmt::format("at least {}", bound_text(slot, slot.min));
  if (above) return fmt::format("at most {}", bound_text(slot, slot.max));
  return "";
}

Checked check_value(const Slot& slot, const Value& given) {
  if (const auto* text = std::get_if<std::string>(&given)) {
    if (slot.optional && *text == "off") return {std::nullopt, ""};
    return from_words(slot, *text);
  }
  if (const auto* integer = std::get_if<std::int64_t>(&given)) {
    if (slot.kind == Kind::Number) return in_range(slot, static_cast<double>(*integer));
    if (slot.kind == Kind::Integer) return in_range(slot, *integer);
  }
  if (std::holds_alternative<double>(given) && slot.kind == Kind::Number)
    return in_range(slot, given);
  const bool same =
      (std::holds_alternative<bool>(given) && slot.kind == Kind::Bool) ||
      (std::holds_alternative<std::vector<std::string>>(given) && slot.kind == Kind::TextList);
  if (same) return {given, ""};
  return wrong_type(slot, given);
}

Checked check_text(const Slot& slot, std::string_view text) {
  if (slot.optional && text == "off") return {std::nullopt, ""};
  if (slot.kind == Kind::TextList) return {split(text), ""};
  if (slot.kind == Kind::Bool && (text == "true" || text == "false")) return {text == "true", ""};
  if (slot.kind == Kind::Integer)
    if (const auto integer = number<std::int64_t>(text)) return in_range(slot, *integer);
  if (slot.kind == Kind::Number)
    if (const auto real = number<double>(text)) return in_range(slot, *real);
  if ((slot.kind == Kind::Integer && beyond<std::int64_t>(text)) ||
      (slot.kind == Kind::Number && beyond<double>(text)))
    return out_of_range(slot, text);
  return from_words(slot, std::string(text));
}

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 64;  // No name is longer, and the comparison is quadratic.
  if (word.size() > kLongest) return std::nullopt;
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance || distance >= candidate.size()) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace proteus::config

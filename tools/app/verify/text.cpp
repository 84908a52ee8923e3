// The table for people and the document for programs.
#include <fmt/format.h>

#include <algorithm>

#include "tools/app/json_object.hpp"
#include "tools/app/verify/verify.hpp"

namespace proteus::app::verify {
namespace {

using evaluation::Check;
using evaluation::Grade;

std::string number(const std::optional<double>& value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "";
}

std::string demand(const Check& check) {
  if (check.low && check.high)
    return number(check.low, check.digits) + " to " + number(check.high, check.digits);
  if (check.low) return ">= " + number(check.low, check.digits);
  if (check.high) return "<= " + number(check.high, check.digits);
  return "";
}

std::string row(std::string_view id, std::string_view what, std::string_view value,
                std::string_view demand, std::string_view verdict, std::string_view seconds) {
  std::string out = fmt::format("{:<6} {:<66} {:>11}  {:<22} {:<9} {:>7}", id, what, value, demand,
                                verdict, seconds);
  return out.substr(0, out.find_last_not_of(' ') + 1) + "\n";
}

JsonObject json_of(const Check& check) {
  JsonObject json;
  json.add("what", check.what);
  if (check.value) json.add("value", *check.value);
  if (check.low) json.add("low", *check.low);
  if (check.high) json.add("high", *check.high);
  return json.add("verdict", to_string(check.grade()));
}

}  // namespace

std::string heading() { return row("id", "what", "value", "demand", "verdict", "seconds"); }

std::string text_of(const Outcome& outcome) {
  std::string out;
  for (std::size_t i = 0; i < outcome.checks.size(); ++i) {
    const Check& check = outcome.checks[i];
    const bool ran = std::ranges::any_of(
        outcome.checks, [](const Check& c) { return c.grade() != Grade::NotBuilt; });
    out += row(outcome.id,
               i == 0 ? fmt::format("{}: {}", outcome.title, check.what) : "  " + check.what,
               number(check.value, check.digits), demand(check), to_string(check.grade()),
               i == 0 && ran ? fmt::format("{:.2f}", outcome.seconds) : "");
  }
  return out;
}

std::string text_of(const Counts& counts) {
  std::string out = fmt::format("{} passed, {} failed, {} not built", counts.passed, counts.failed,
                                counts.not_built);
  if (counts.shown > 0) out += fmt::format(", {} shown", counts.shown);
  return out;
}

std::string json_of(std::span<const Outcome> outcomes, const evaluation::Parameters& parameters) {
  const Counts counts = count_of(outcomes);
  JsonList answers;
  for (const Outcome& outcome : outcomes) {
    JsonList checks;
    for (const Check& check : outcome.checks) checks.add(json_of(check));
    answers.add(JsonObject{}
                    .add("id", outcome.id)
                    .add("title", outcome.title)
                    .add("seconds", outcome.seconds)
                    .add_raw("checks", checks.text()));
  }
  return JsonObject{}
      .add("seed", parameters.seed)
      .add("seeds", parameters.seeds)
      .add("passed", counts.passed)
      .add("failed", counts.failed)
      .add("not_built", counts.not_built)
      .add("shown", counts.shown)
      .add_raw("answers", answers.text())
      .text();
}

}  // namespace proteus::app::verify

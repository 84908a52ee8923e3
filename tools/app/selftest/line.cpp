#include "tools/app/selftest/line.hpp"

#include <fmt/format.h>

#include "engine/core/fixed.hpp"
#include "tools/app/json_object.hpp"

namespace proteus::app::selftest {
namespace {

std::string name_of(Control control) {
  std::string name{to_string(control)};
  for (char& letter : name)
    if (letter == '_') letter = ' ';
  return name;
}

JsonObject json_of(const Measure& measure) {
  return JsonObject{}
      .add("raw", measure.raw)
      .add("unit", to_string(measure.unit))
      .add("text", measure_text(measure));
}

}  // namespace

std::string_view to_string(Grade grade) {
  constexpr std::string_view kNames[] = {"pass", "FAIL", "not built"};
  return kNames[static_cast<std::size_t>(grade)];
}

std::string measure_text(const Measure& measure) {
  if (measure.raw == INT64_MAX) return "nothing to measure";
  switch (measure.unit) {
    case Unit::Quote:
      return format_fixed(measure.raw) + " USDT";
    case Unit::Base:
    case Unit::Price:
    case Unit::Ratio:
      return format_fixed(measure.raw);
    case Unit::Nanoseconds:
      return format_fixed(measure.raw) + " s";
    case Unit::Count:
      break;
  }
  return fmt::format("{}", measure.raw);
}

std::string text_of(const Line& line) {
  std::string out = fmt::format("{:>2} {:<21} {:<9} ", static_cast<int>(line.control),
                                name_of(line.control), to_string(line.grade));
  if (line.grade == Grade::Fail) out += fmt::format("{}; tried: ", line.failed);
  out += line.done;
  if (line.refusal)
    out += fmt::format(": refused by {} {}, limit {}, actual {}",
                       static_cast<int>(line.refusal->control), name_of(line.refusal->control),
                       measure_text(line.refusal->limit), measure_text(line.refusal->actual));
  if (!line.inside.empty()) out += "; " + line.inside;
  if (!line.reduction.empty()) out += "; " + line.reduction;
  if (line.grade != Grade::NotBuilt) out += fmt::format("; {:.1f} ms", line.took_ms);
  return out;
}

std::string json_of(const Line& line) {
  JsonObject json;
  json.add("number", static_cast<int>(line.control))
      .add("control", to_string(line.control))
      .add("result", to_string(line.grade))
      .add("done", line.done);
  if (line.refusal)
    json.add("refusal", JsonObject{}
                            .add("number", static_cast<int>(line.refusal->control))
                            .add("control", to_string(line.refusal->control))
                            .add("limit", json_of(line.refusal->limit))
                            .add("actual", json_of(line.refusal->actual)));
  if (!line.inside.empty()) json.add("inside", line.inside);
  if (!line.reduction.empty()) json.add("reduction", line.reduction);
  if (!line.failed.empty()) json.add("failed", line.failed);
  return json.add("took_ms", line.took_ms).text();
}

}  // namespace proteus::app::selftest

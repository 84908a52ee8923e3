#include "tools/app/findings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/app/json_object.hpp"

namespace proteus::app {
namespace {

std::string_view name_of(Health health) {
  switch (health) {
    case Health::Ok:
      return "ok";
    case Health::Warn:
      return "warn";
    case Health::Fail:
      return "fail";
  }
  return "";
}

std::string_view colour_of(Health health) {
  return health == Health::Ok ? "1;32" : health == Health::Warn ? "1;33" : "1;31";
}

/// The document holds one line a text: what others said may have more.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

}  // namespace

std::string render_finding(const Finding& finding, const Style& style) {
  const std::string verdict =
      painted(style, colour_of(finding.health), fmt::format("{:<4}", name_of(finding.health)));
  std::string out = fmt::format("{}  {:<15} {}\n", verdict, finding.topic, one_line(finding.what));
  if (!finding.advice.empty())
    out += fmt::format("{:<4}  {:<15} -> {}\n", "", "", one_line(finding.advice));
  return out;
}

std::string render_verdict(const std::vector<Finding>& findings, const Style& style) {
  const auto count = [&](Health health) {
    return std::ranges::count(findings, health, &Finding::health);
  };
  const Health worst = count(Health::Fail) > 0   ? Health::Fail
                       : count(Health::Warn) > 0 ? Health::Warn
                                                 : Health::Ok;
  return painted(style, colour_of(worst),
                 fmt::format("{} checks: {} ok, {} to look at, {} failed.", findings.size(),
                             count(Health::Ok), count(Health::Warn), count(Health::Fail))) +
         "\n";
}

std::string findings_json(const std::vector<Finding>& findings) {
  JsonList checks;
  for (const Finding& finding : findings)
    checks.add(JsonObject{}
                   .add("health", name_of(finding.health))
                   .add("topic", finding.topic)
                   .add("what", finding.what)
                   .add("advice", finding.advice));
  return JsonObject{}
      .add("schema", 1)
      .add("healthy", healthy(findings))
      .add_raw("checks", checks.text())
      .text();
}

bool healthy(const std::vector<Finding>& findings) {
  return std::ranges::none_of(findings, [](const Finding& f) { return f.health == Health::Fail; });
}

}  // namespace proteus::app

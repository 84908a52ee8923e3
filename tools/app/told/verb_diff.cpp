// `proteus diff A B`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/app/json_object.hpp"
#include "tools/app/session_folders.hpp"
#include "tools/app/told/session_diff.hpp"
#include "tools/app/told/verbs.hpp"

namespace proteus::app {
namespace {

using told::SessionDiff;

constexpr std::size_t kShownOfDiff = 12;

void print_sides(const std::vector<told::FieldDifference>& fields) {
  for (std::size_t i = 0; i < std::min(fields.size(), kShownOfDiff); ++i)
    fmt::print("    {:<28} A {}\n    {:<28} B {}\n", fields[i].name, fields[i].then, "",
               fields[i].now);
  if (fields.size() > kShownOfDiff) fmt::print("    and {} more\n", fields.size() - kShownOfDiff);
}

void print_diff(const SessionDiff& diff) {
  for (const std::string& note : diff.notes) fmt::print("note: {}\n", note);
  if (!diff.settings.empty()) fmt::print("settings that differ:\n");
  print_sides(diff.settings);
  if (!diff.programs.empty()) fmt::print("programs that differ:\n");
  print_sides(diff.programs);
  if (diff.difference) {
    const told::Difference& d = *diff.difference;
    fmt::print("{} decisions, orders and fills are the same; then record {} of A ({}) at {}{}:\n",
               diff.compared, d.record, d.kind, format_time(d.time),
               d.bar_open ? ", bar of " + format_time(*d.bar_open) : "");
    print_sides(d.fields);
    if (d.fields.empty()) fmt::print("    A {}\n    B {}\n", d.then, d.now);
    fmt::print("    they part at: {}; cause: {}\n", to_string(d.place), to_string(diff.cause));
  } else if (diff.compared == 0) {
    fmt::print("nothing of them can be compared: they have no bars in common\n");
  } else if (diff.one_ends_first) {
    fmt::print("{} decisions, orders and fills are the same, then one of them ends\n",
               diff.compared);
  } else {
    fmt::print("all {} decisions, orders and fills are the same\n", diff.compared);
  }
  fmt::print("{:<10}A {}, B {}\n", "profit", diff.profit_a.to_string(), diff.profit_b.to_string());
  for_each_field(diff.split, [](const char* name, const Money& part) {
    fmt::print("  {:<10}{}\n", std::string_view(name) == "whole" ? "B - A" : name,
               part.to_string());
  });
}

std::string json_of_diff(const SessionDiff& diff) {
  JsonObject out;
  out.add("same", diff.same())
      .add("compared", diff.compared)
      .add("cause", to_string(diff.cause))
      .add("settings", diff.settings)
      .add("programs", diff.programs)
      .add("profit_a", diff.profit_a)
      .add("profit_b", diff.profit_b)
      .add("split", diff.split)
      .add("notes", diff.notes);
  if (!diff.difference) return out.add_raw("difference", "null").text();
  const told::Difference& d = *diff.difference;
  JsonObject first;
  first.add("record", d.record).add("time", d.time).add("kind", d.kind);
  if (d.bar_open) first.add("bar_open", *d.bar_open);
  first.add("place", to_string(d.place)).add("a", d.then).add("b", d.now).add("fields", d.fields);
  return out.add("difference", first).text();
}

}  // namespace

void declare_diff(CLI::App& app, Options& options) {
  add_socket(app, options);
  add_json(app, options);
  app.add_option("SESSION", options.files, "two sessions: folders, or names beside the socket")
      ->required()
      ->expected(2)
      ->type_name("");
}

int run_diff(const Options& options) {
  const auto a = find_session(runs_beside(options.socket), options.files[0]);
  if (a.has_error()) return fail(a.error(), kError);
  const auto b = find_session(runs_beside(options.socket), options.files[1]);
  if (b.has_error()) return fail(b.error(), kError);
  const auto diff = told::diff_sessions(a.value(), b.value());
  if (diff.has_error()) return fail(diff.error(), kError);
  if (options.json)
    fmt::print("{}\n", json_of_diff(diff.value()));
  else
    print_diff(diff.value());
  return diff.value().same() ? kOk : kError;
}

}  // namespace proteus::app

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <fstream>
#include <string_view>

#include "engine/core/json.hpp"
#include "tests/bench/measure.hpp"

namespace proteus::bench {
namespace {

std::string first_line(const char* path, std::string_view beginning) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(beginning)) return line;
  return "unknown";
}

std::string processor() {
  const std::string line = first_line("/proc/cpuinfo", "model name");
  const std::size_t colon = line.find(": ");
  return colon == std::string::npos ? line : line.substr(colon + 2);
}

std::string_view mark(const Figure& figure) {
  if (!figure.goal) return "";
  return figure.took.median <= *figure.goal ? "PASS" : "BELOW";
}

double ratio(const Figure& figure) { return figure.took.median / figure.reference_took.median; }

void append_list(std::string& out, std::string_view name, const std::vector<std::string>& list) {
  out += fmt::format("\"{}\":[", name);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ',';
    json::append_text(out, list[i]);
  }
  out += ']';
}

void append_figure(std::string& out, const Figure& f) {
  out += "{\"name\":";
  json::append_text(out, f.name);
  out += fmt::format(
      ",\"median_ns\":{:.2f},\"best_ns\":{:.2f},\"wall_ns\":{:.2f},\"per_second\":{:.0f}",
      f.took.median, f.took.best, f.took.wall, 1e9 / f.took.median);
  if (!f.reference.empty()) {
    out += ",\"reference\":";
    json::append_text(out, f.reference);
    out +=
        fmt::format(",\"reference_median_ns\":{:.2f},\"reference_best_ns\":{:.2f},\"ratio\":{:.3f}",
                    f.reference_took.median, f.reference_took.best, ratio(f));
  }
  if (f.goal) out += fmt::format(",\"goal_ns\":{:.2f},\"mark\":\"{}\"", *f.goal, mark(f));
  out += '}';
}

}  // namespace

Spread spread(std::vector<Took> rounds) {
  const auto middle = rounds.begin() + static_cast<std::ptrdiff_t>(rounds.size() / 2);
  std::ranges::nth_element(rounds, middle, {}, &Took::wall);
  Spread spread{.wall = middle->wall};
  std::ranges::nth_element(rounds, middle, {}, &Took::thread);
  spread.median = middle->thread;
  spread.best = std::ranges::min(rounds, {}, &Took::thread).thread;
  return spread;
}

double thread_nanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::vector<std::string> machine_lines() {
  return {"processor  " + processor(), "load       " + first_line("/proc/loadavg", ""),
          fmt::format("compiler   g++ {}", __VERSION__),
          fmt::format("build      {}{}", PROTEUS_BUILD_TYPE,
                      std::string_view(PROTEUS_BUILD_SANITIZE).empty()
                          ? std::string()
                          : fmt::format(", sanitizers {}", PROTEUS_BUILD_SANITIZE))};
}

void print_text(const Report& report) {
  for (const std::string& line : machine_lines()) fmt::print("{}\n", line);
  fmt::print("\n{:<44}{:>9}{:>9}{:>9}{:>12}   {:<34}{:>9}{:>7}{:>9}\n", "nanoseconds an item",
             "median", "best", "wall", "a second", "reference in the same rounds", "median",
             "ratio", "goal");
  for (const Figure& f : report.figures) {
    fmt::print("{:<44}{:>9.1f}{:>9.1f}{:>9.1f}{:>12.0f}   ", f.name, f.took.median, f.took.best,
               f.took.wall, 1e9 / f.took.median);
    if (f.reference.empty())
      fmt::print("{:<34}{:>9}{:>7}", "", "", "");
    else
      fmt::print("{:<34}{:>9.1f}{:>7.2f}", f.reference, f.reference_took.median, ratio(f));
    if (f.goal) fmt::print("{:>9.1f}  {}", *f.goal, mark(f));
    fmt::print("\n");
  }
  fmt::print("\n");
  for (const std::string& fact : report.facts) fmt::print("{}\n", fact);
  fmt::print("hash of all results {:016x}\n", report.hash);
  for (const std::string& sentence : report.broken) fmt::print("BROKEN: {}\n", sentence);
}

void print_json(const Report& report) {
  std::string out = "{";
  append_list(out, "machine", machine_lines());
  out += ",\"figures\":[";
  for (std::size_t i = 0; i < report.figures.size(); ++i) {
    if (i > 0) out += ',';
    append_figure(out, report.figures[i]);
  }
  out += "],";
  append_list(out, "facts", report.facts);
  out += ',';
  append_list(out, "broken", report.broken);
  fmt::print("{},\"hash\":\"{:016x}\"}}\n", out, report.hash);
}

}  // namespace proteus::bench

#include "tools/train/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace proteus::app::train {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWindow = 60s;

struct Shown {
  std::string_view figure;
  std::string_view label;
};
// In this order; a trainer has some of them.
constexpr std::array<Shown, 17> kShown{{{"trial_return", "return"},
                                        {"return/query", "return"},
                                        {"return/support", "before"},
                                        {"reward", "reward"},
                                        {"loss/query", "query"},
                                        {"loss/support", "support"},
                                        {"gain/adaptation", "gain"},
                                        {"loss/surrogate", "surrogate"},
                                        {"loss/policy", "policy"},
                                        {"loss/value", "value"},
                                        {"entropy", "entropy"},
                                        {"kl", "kl"},
                                        {"clip_fraction", "clip"},
                                        {"explained_variance", "explained"},
                                        {"deviation", "deviation"},
                                        {"gradient_norm", "gradient"},
                                        {"gradient/norm", "gradient"}}};

struct Flag {
  std::string_view figure;
  std::string_view raised;
};
constexpr std::array<Flag, 3> kFlags{
    {{"collapse/entropy", "the policy has collapsed: it hardly chooses between actions any more"},
     {"collapse/turnover", "the policy has collapsed: it hardly ever changes its action"},
     {"collapse/exposure", "the policy has collapsed: one action takes nearly every step"}}};

/// Nobody reads it any more: no reason to end a training.
void write(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

double value_of(std::span<const runs::Scalar> figures, std::string_view name) {
  const auto found = std::ranges::find(figures, name, &runs::Scalar::name);
  return found == figures.end() ? std::nan("") : found->value;
}

}  // namespace

void Speed::add(Duration now, std::int64_t steps) {
  points_.push_back({now, steps});
  while (points_.size() > 2 && now - points_[1].at >= kWindow) points_.pop_front();
}

std::optional<double> Speed::rate() const {
  if (points_.size() < 3) return std::nullopt;
  const Duration passed = points_.back().at - points_.front().at;
  const auto steps = static_cast<double>(points_.back().steps - points_.front().steps);
  if (passed < 2s || steps <= 0.0) return std::nullopt;
  return steps / std::chrono::duration<double>(passed).count();
}

std::optional<Duration> Speed::left(std::int64_t total) const {
  const auto steps_a_second = rate();
  if (!steps_a_second) return std::nullopt;
  const double seconds =
      static_cast<double>(std::max<std::int64_t>(0, total - points_.back().steps)) /
      *steps_a_second;
  return Duration{std::llround(std::min(seconds, 1e9) * 1e9)};
}

std::string grouped(std::int64_t number) {
  std::string out = fmt::format("{}", number);
  for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
    out.insert(static_cast<std::size_t>(at), 1, ' ');
  return out;
}

std::string where_text(const Where& w) {
  const double share =
      w.total > 0 ? static_cast<double>(w.steps) / static_cast<double>(w.total) : 1.0;
  std::string out = fmt::format("{} of {} {} ({:.1f} %)", grouped(w.steps), grouped(w.total),
                                w.unit, 100.0 * std::min(share, 1.0));
  if (!w.rate) return out + ", speed not known yet";
  out += *w.rate < 100.0 ? fmt::format(", {:.3g} a second", *w.rate)
                         : fmt::format(", {} a second", grouped(std::llround(*w.rate)));
  if (w.left)
    out += fmt::format(", {} left", age_text(std::chrono::duration<double>(*w.left).count()));
  return out;
}

std::string figures_text(std::span<const runs::Scalar> figures) {
  std::string out;
  for (const Shown& shown : kShown) {
    const double value = value_of(figures, shown.figure);
    if (std::isnan(value)) continue;
    out += fmt::format("{}{} {:.4g}", out.empty() ? "" : "  ", shown.label, value);
  }
  return out;
}

double Events::change(std::string_view name, double value) {
  const auto found = std::ranges::find(before_, name, &runs::Scalar::name);
  if (found == before_.end()) {
    before_.push_back({std::string(name), value});
    return value;
  }
  const double difference = value - found->value;
  found->value = value;
  return difference;
}

std::vector<std::string> Events::of(std::span<const runs::Scalar> figures, std::int64_t steps) {
  std::vector<std::string> lines;
  const std::string at = fmt::format("at {}: ", grouped(steps));
  for (const Flag& flag : kFlags) {
    const double value = value_of(figures, flag.figure);
    if (std::isnan(value)) continue;
    if (const double by = change(flag.figure, value); by > 0.0)
      lines.push_back(at + std::string(flag.raised));
    else if (by < 0.0)
      lines.push_back(at + fmt::format("{} is over", flag.figure));
  }
  std::string validation;
  for (const runs::Scalar& figure : figures) {
    // One trainer counts those of the iteration, the other all of them.
    if ((figure.name == "skipped" && figure.value > 0.0) ||
        (figure.name == "updates/skipped" && change(figure.name, figure.value) > 0.0))
      lines.push_back(at + "an update was left out: its numbers were not finite");
    if (figure.name.starts_with("validation/") && !std::isnan(figure.value))
      validation += fmt::format("  {} {:.5g}", figure.name.substr(11), figure.value);
  }
  if (!validation.empty()) lines.push_back(at + "validation" + validation);
  return lines;
}

void Progress::show(Duration now, const Where& where, std::span<const runs::Scalar> figures) {
  const Duration pause = terminal_ ? Duration{200ms} : Duration{10s};
  if (last_ && now - *last_ < pause) return;
  last_ = now;
  const std::string line = where_text(where) + "  " + figures_text(figures);
  if (!terminal_) {
    write(fmt::format("{}\n", line));
  } else {
    // A line that wraps could not be drawn over.
    write(fmt::format("\r{}\x1b[K", clip(line, style_.width > 1 ? style_.width - 1 : 1)));
    drawn_ = true;
  }
}

void Progress::say(const std::string& line) {
  write(fmt::format("{}{}\n", drawn_ ? "\r\x1b[K" : "", line));
  drawn_ = false;
}

void Progress::end() {
  if (drawn_) write("\n");
  drawn_ = false;
}

}  // namespace proteus::app::train

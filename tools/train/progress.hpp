// How far a training is, for a person: on a terminal one line that is drawn anew, elsewhere a plain
// line now and then; and lines that stay, for what does not happen all the time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/time.hpp"
#include "models/runs/scalars.hpp"
#include "tools/app/text.hpp"

namespace proteus::app::train {

/// How fast it goes, over the last minute of its own clock, with all that a step costs: saving and
/// validation too. Times are of any clock that only grows.
class Speed {
 public:
  void add(Duration now, std::int64_t steps);
  /// Steps a second; nothing before two seconds and two iterations have passed.
  [[nodiscard]] std::optional<double> rate() const;
  /// Until `total`, at this rate.
  [[nodiscard]] std::optional<Duration> left(std::int64_t total) const;

 private:
  struct Point {
    Duration at{};
    std::int64_t steps = 0;
  };
  std::deque<Point> points_;
};

struct Where {
  std::string_view unit = "steps";
  std::int64_t steps = 0;
  std::int64_t total = 0;
  std::optional<double> rate;
  std::optional<Duration> left;
};

/// "12 345 678".
std::string grouped(std::int64_t number);
/// Share, steps, speed and time left.
std::string where_text(const Where& where);
/// The figures that matter, those first that people look for first.
std::string figures_text(std::span<const runs::Scalar> figures);

/// What changed from one iteration to the next and deserves a line that stays: a policy that
/// collapses or recovers, updates that were left out, a validation.
class Events {
 public:
  [[nodiscard]] std::vector<std::string> of(std::span<const runs::Scalar> figures,
                                            std::int64_t steps);

 private:
  double change(std::string_view name, double value);
  std::vector<runs::Scalar> before_;
};

/// Writes to standard output.
class Progress {
 public:
  Progress(const Style& style, bool terminal) : style_(style), terminal_(terminal) {}
  /// Drawn at most five times a second on a terminal, and every ten seconds elsewhere.
  void show(Duration now, const Where& where, std::span<const runs::Scalar> figures);
  /// A line that stays.
  void say(const std::string& line);
  /// Nothing more is drawn over.
  void end();

 private:
  Style style_;
  bool terminal_;
  bool drawn_ = false;
  std::optional<Duration> last_;
};

}  // namespace proteus::app::train

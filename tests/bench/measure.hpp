// Medians, a hash that keeps results alive, and the list of figures a run prints. A figure is
// nanoseconds an item and stands beside a reference measured in the same rounds, turn by turn, so
// that a busy machine slows both. Time is the thread's own processor time, user and system, so that
// what others do on the same core does not count; the wall clock's median stands next to it.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace proteus::bench {

/// How much is measured. The tiny size is for a test: it runs every line and proves nothing.
struct Size {
  int rounds = 15;
  int frames = 5'000;    ///< decoded a round
  int bars = 200'000;    ///< through the engine a round, all instruments together
  int logged = 100'000;  ///< the same with the log on
  bool tiny = false;
};

/// Nanoseconds of one stretch, or an item of it.
struct Took {
  double thread = 0.0;  ///< processor time of this thread
  double wall = 0.0;
  friend Took operator/(Took took, double items) {
    return {took.thread / items, took.wall / items};
  }
};

/// Nanoseconds an item over the rounds: thread time, but for `wall`.
struct Spread {
  double median = 0.0;
  double best = 0.0;
  double wall = 0.0;  ///< median
};

struct Figure {
  std::string name;
  Spread took;
  std::string reference;  ///< what was measured beside it; empty: nothing
  Spread reference_took;
  std::optional<double> goal;  ///< nanoseconds an item at most
};

/// The outcome of a run. `broken` are the sentences that make the program fail: never about time.
struct Report {
  std::vector<Figure> figures;
  std::vector<std::string> facts;  ///< orders, fills, hashes: what happened while time was taken
  std::vector<std::string> broken;
  std::uint64_t hash = 14695981039346656037ULL;

  void mix(std::uint64_t value) { hash = (hash ^ value) * 1099511628211ULL; }
  void mix(double value) { mix(std::bit_cast<std::uint64_t>(value)); }
  void require(bool holds, std::string sentence) {
    if (!holds) broken.push_back(std::move(sentence));
  }
};

Spread spread(std::vector<Took> rounds);

/// Processor time that this thread has used.
double thread_nanoseconds();

/// One call of `run` by the wall clock, for what is too short to ask the kernel about.
template <class F>
double wall_of(F&& run) {
  const auto begin = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
}

template <class F>
Took time_of(F&& run) {
  const double begin = thread_nanoseconds();
  const double wall = wall_of(run);
  return {thread_nanoseconds() - begin, wall};
}

/// Calls every `run` once a round, in turn; each returns what an item took. One round more
/// comes first and is forgotten: it warms caches and page tables.
template <class... F>
std::array<Spread, sizeof...(F)> take_turns(int rounds, F&&... runs) {
  std::array<std::vector<Took>, sizeof...(F)> times;
  for (int round = -1; round < rounds; ++round) {
    std::size_t i = 0;
    const auto note = [&](Took took) {
      if (round >= 0) times[i].push_back(took);
      ++i;
    };
    (note(runs()), ...);
  }
  std::array<Spread, sizeof...(F)> spreads;
  for (std::size_t i = 0; i < times.size(); ++i) spreads[i] = spread(std::move(times[i]));
  return spreads;
}

void measure_codec(const Size& size, Report& report);
void measure_features(const Size& size, Report& report);
void measure_training(const Size& size, Report& report);
void measure_engine(const Size& size, Report& report);
/// `folder`: where logs are written; they are removed again.
void measure_log(const Size& size, const std::string& folder, Report& report);
void measure_heap(const Size& size, const std::string& folder, Report& report);

/// What was measured on: processor, load, compiler, build.
std::vector<std::string> machine_lines();
void print_text(const Report& report);
void print_json(const Report& report);

}  // namespace proteus::bench

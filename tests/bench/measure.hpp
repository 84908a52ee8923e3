// Medians, a hash that keeps results alive, and the list of figures a run prints. A figure is
// nanoseconds an item and stands beside a reference measured in the same rounds, turn by turn, so
// that a busy machine slows both.
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

/// Nanoseconds an item over the rounds.
struct Spread {
  double median = 0.0;
  double best = 0.0;
};

struct Figure {
  std::string name;
  Spread took;
  std::string reference;  ///< what was measured beside it; empty: nothing
  Spread reference_took;
  std::optional<double> goal;  ///< nanoseconds an item at most
  std::string note;
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

Spread spread(std::vector<double> nanoseconds);

/// Nanoseconds of one call of `run`.
template <class F>
double time_of(F&& run) {
  const auto begin = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
}

/// Calls every `run` once a round, in turn; each returns its nanoseconds an item. One round more
/// comes first and is forgotten: it warms caches and page tables.
template <class... F>
std::array<Spread, sizeof...(F)> take_turns(int rounds, F&&... runs) {
  std::array<std::vector<double>, sizeof...(F)> times;
  for (int round = -1; round < rounds; ++round) {
    std::size_t i = 0;
    const auto note = [&](double nanoseconds) {
      if (round >= 0) times[i].push_back(nanoseconds);
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
void measure_engine(const Size& size, Report& report);
/// `folder`: where logs are written; they are removed again.
void measure_log(const Size& size, const std::string& folder, Report& report);
void measure_heap(const Size& size, const std::string& folder, Report& report);

/// What was measured on: processor, load, compiler, build.
std::vector<std::string> machine_lines();
void print_text(const Report& report);
void print_json(const Report& report);

}  // namespace proteus::bench

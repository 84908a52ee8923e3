// Draws trials from series: every stretch that fits the period and has its regime told is a
// candidate, and a seed decides which comes next. Equal groups can be asked for, so that a rare
// regime or a short series is met as often as the others.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/settings.hpp"
#include "engine/market/random.hpp"
#include "models/training/task.hpp"

namespace proteus::training {

/// What a stretch of bars [from, to] was, seen from its end: bull or bear where the drift is more
/// than one standard error from 0 (|sum of log returns| > deviation x sqrt(n)), else
/// high_volatility where the deviation of its log returns is above `usual` times 1.5, else
/// sideways. It knows the whole stretch: for sampling and reports, not for agents.
RegimeLabel regime_of(std::span<const Bar> bars, double usual);
/// Population deviation of the close-to-close log returns; 0 for fewer than two bars.
double log_deviation(std::span<const Bar> bars);

/// None: each candidate alike. Series: first the series, each alike, then a candidate of it;
/// Interval and Regime likewise.
enum class Balance : std::uint8_t { None, Series, Interval, Regime };

struct SamplerSettings {
  std::int64_t episode_bars = 200;
  std::int64_t episodes = 3;
  bool repeat_bars = false;
  std::int64_t spacing = 50;
  Balance balance = Balance::Series;

  static constexpr auto settings() {
    using S = SamplerSettings;
    return std::tuple{
        setting("episode_bars", &S::episode_bars, "steps of an episode", 1, 1'000'000),
        setting("episodes", &S::episodes, "episodes of a trial", 1, 1'000),
        setting("repeat_bars", &S::repeat_bars,
                "true: each episode of a trial sees the same bars again, and may know what comes; "
                "false: the market goes on"),
        setting("spacing", &S::spacing, "bars between the starts that trials may have", 1,
                1'000'000),
        setting("balance", &S::balance,
                "what is drawn alike: none (every start), series, interval or regime")};
  }
};

/// Only trials whose bars open at `from` or later and close at `to` or earlier: the split between
/// training, validation and test. The features look back from there; nothing looks ahead.
struct Period {
  std::optional<Timestamp> from{};
  std::optional<Timestamp> to{};
};
inline bool is_open(const Period& period) { return !period.from && !period.to; }

class TaskSampler {
 public:
  /// `only`: candidates of this regime and no other; empty: all. Errors: NotFound, where no trial
  /// fits into any series.
  static Result<TaskSampler> create(std::vector<std::shared_ptr<const Series>> series,
                                    const SamplerSettings& settings, const Period& period,
                                    std::string_view only, std::uint64_t seed);

  Task next() { return draw(random_); }
  /// The same with the caller's random numbers.
  Task draw(market::Random& random) const;
  /// From here on next() gives what a sampler made with this seed gives.
  void seed(std::uint64_t seed) { random_ = market::Random{seed, "tasks"}; }
  /// Which tasks come next (engine/core/archive.hpp).
  template <class Archive>
  void archive(Archive& a) {
    a(random_);
  }
  [[nodiscard]] std::size_t candidates() const { return candidates_.size(); }
  [[nodiscard]] std::size_t groups() const { return groups_.size(); }
  [[nodiscard]] std::span<const std::shared_ptr<const Series>> series() const { return series_; }
  /// Candidate i, in the order of series and starts: for going through all of them once.
  [[nodiscard]] Task candidate(std::size_t i) const;

 private:
  struct Candidate {
    std::size_t series = 0;
    std::size_t start = 0;
    RegimeLabel regime;
  };

  TaskSampler(std::vector<std::shared_ptr<const Series>> series, const SamplerSettings& settings,
              std::uint64_t seed)
      : series_(std::move(series)), settings_(settings), random_(seed, "tasks") {}
  void add_candidates(std::size_t series, const Period& period, std::string_view only);
  void group();

  std::vector<std::shared_ptr<const Series>> series_;
  SamplerSettings settings_;
  market::Random random_;
  std::vector<Candidate> candidates_;
  std::vector<std::vector<std::size_t>> groups_;  // of candidates
};

}  // namespace proteus::training

template <>
struct proteus::EnumNames<proteus::training::Balance> {
  static constexpr std::array<std::string_view, 4> names{"none", "series", "interval", "regime"};
};

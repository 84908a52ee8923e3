// Settings of the forecast strategy: which checkpoints forecast, how they adapt, and from which
// forecast on something is held.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/core/settings.hpp"

namespace proteus::strategies {

/// What is held where a feature or a forecast is no number.
enum class BadForecast : std::uint8_t { Flat, Hold };

struct ForecastSettings {
  std::vector<std::string> checkpoints{};
  std::vector<std::string> content{};
  std::optional<std::int64_t> window{};
  std::optional<std::int64_t> adaptation_steps{};
  double threshold = 0.1;
  std::optional<double> exit{};
  std::optional<double> full{};
  std::optional<double> stop{};
  std::optional<double> target{};
  std::int64_t decide_every = 1;
  BadForecast bad_output = BadForecast::Flat;

  static constexpr auto settings() {
    using F = ForecastSettings;
    return std::tuple{
        setting("checkpoints", &F::checkpoints,
                "files of the forecasters that trade; several: the mean of their forecasts counts"),
        setting("content", &F::content,
                "content hashes that these files must have, in order; empty: as they are found"),
        setting("window", &F::window,
                "last bars with a known label that they adapt on; off: as many as in training", 1,
                10'000),
        setting("adaptation_steps", &F::adaptation_steps,
                "inner steps at every decision, 0: the base forecasts; off: as many as in training",
                0, 100),
        setting("threshold", &F::threshold,
                "a forecast beyond it, in usual returns over the horizon, opens a position", 0.0,
                100.0),
        setting("exit", &F::exit,
                "what is held is given up when the forecast for it falls below this, in the same "
                "unit; negative: only when it has turned so far; off: below threshold",
                -100.0, 100.0),
        setting("full", &F::full,
                "forecast that is a full weight, smaller ones in proportion; off: every position "
                "is full",
                1e-6, 100.0),
        setting("stop", &F::stop,
                "what is held is given up when a bar closes this share of its average entry price "
                "against it, until the forecast has changed its sign; off: never",
                1e-6, 1.0),
        setting("target", &F::target, "the same with a close so far in its favour; off: never",
                1e-6, 100.0),
        setting("decide_every", &F::decide_every,
                "bars between two decisions, counted from the epoch; in between what is held stays",
                1, 10'000),
        setting("bad_output", &F::bad_output,
                "what is held where a feature or a forecast is no number: flat, or hold what is "
                "held")};
  }
};

}  // namespace proteus::strategies

template <>
struct proteus::EnumNames<proteus::strategies::BadForecast> {
  static constexpr std::array<std::string_view, 2> names = {"flat", "hold"};
};

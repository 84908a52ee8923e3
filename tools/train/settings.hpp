// What `proteus train` can be told that every model shares: the run, and what it trains on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"
#include "engine/runtime/settings.hpp"
#include "models/runs/run_settings.hpp"
#include "strategies/features/kind.hpp"

namespace proteus::app::train {

/// Section [train], beside the keys of the model's own trainer.
struct TrainSettings {
  std::string model = "rl2";
  std::string name;
  std::int64_t seed = 1;
  std::int64_t save_every = 50;
  std::int64_t keep = 3;
  std::string best_figure;
  runs::Better better = runs::Better::Auto;

  static constexpr auto settings() {
    using T = TrainSettings;
    return std::tuple{
        setting("model", &T::model,
                "what learns: market_policy (RL² by the gradient of the net return), rl2, ppo (the "
                "same "
                "without a memory), maml_forecast or maml_policy"),
        setting("name", &T::name, "of the run, for its folder; empty: the model's"),
        setting("seed", &T::seed, "of everything random in the run", 0, 1e15),
        setting("save_every", &T::save_every,
                "iterations between two checkpoints, from which a run can be resumed", 1, 1e9),
        setting("keep", &T::keep, "checkpoints that are kept, the latest", 1, 10'000),
        setting("best_figure", &T::best_figure,
                "figure by which best.safetensors is chosen; empty: the first whose name begins "
                "with validation/"),
        setting("better", &T::better,
                "which of its values is better: higher, lower, or auto (lower for a loss or an "
                "error)")};
  }
};

/// Section [data].
struct DataSettings {
  std::vector<std::string> files;
  std::string folder;
  std::string pattern = "*";
  std::string funding_folder;
  std::vector<std::string> synthetic;
  std::int64_t synthetic_bars = 5'000;
  std::int64_t synthetic_seeds = 1;
  std::int64_t synthetic_seed = 1;
  Interval synthetic_interval = Interval::H1;
  std::string synthetic_instrument = "linear:SIM000USDT";
  features::Kind features = features::Kind::Practitioner;
  std::int64_t bars_min = 500;
  Duration gap_max{0};
  std::string from;
  std::string to;
  std::string validation_from;
  std::string validation_to;
  Duration embargo{0};

  static constexpr auto settings() {
    using D = DataSettings;
    return std::tuple{
        setting("files", &D::files,
                "kline files (<exchange>-<category>_<SYMBOL>_<interval>[_<suffix>].csv[.gz|.zst])"),
        setting("folder", &D::folder, "folder of kline files, of which pattern chooses"),
        setting("pattern", &D::pattern,
                "names in folder, with * and ?: bybit-linear_*_1h.csv.gz; those without a bar in "
                "the periods, or without bars_min of them in one piece, are left out"),
        setting("funding_folder", &D::funding_folder,
                "folder of funding files; empty: rates are not known and are assumed"),
        setting("synthetic", &D::synthetic,
                "generated markets by their kinds: bull, bear, high_volatility, sideways, "
                "bull_trend, bear_trend, high_volatility_range, low_volatility_range, breakout, "
                "reversal, crisis, switching, jumps, clusters, driftless; of an instrument of its "
                "own: switching@linear:BTCUSDT"),
        setting("synthetic_bars", &D::synthetic_bars, "of a generated market", 2, 10'000'000),
        setting("synthetic_seeds", &D::synthetic_seeds, "generated markets of each kind", 1,
                10'000),
        setting("synthetic_seed", &D::synthetic_seed, "of the first; the next ones follow", 0,
                1e15),
        setting("synthetic_interval", &D::synthetic_interval, "of their bars"),
        setting("synthetic_instrument", &D::synthetic_instrument,
                "whose lots, ticks and prices they have"),
        setting("features", &D::features,
                "what is seen of a bar: none, chapter, practitioner, trend or market"),
        setting("bars_min", &D::bars_min, "a stretch between two holes of fewer bars is left out",
                2, 10'000'000),
        setting("gap_max", &D::gap_max,
                "a market that closes: time without bars that is no hole, at most; a weekend has "
                "2d, one with holidays 4d. Features practitioner cannot be had then",
                0.0, 30.0 * 86400.0),
        setting("from", &D::from,
                "training: bars open then (2025-06-01, 2025-06-01T00:00:00Z) or later; empty: from "
                "the first"),
        setting("to", &D::to,
                "training: bars close then or earlier; empty: embargo before the validation, or "
                "the last"),
        setting("validation_from", &D::validation_from,
                "validation: bars open then or later; empty: no validation"),
        setting("validation_to", &D::validation_to,
                "validation: bars close then or earlier; empty: the last. No later bar is read"),
        setting("embargo", &D::embargo,
                "time between the end of training and the start of validation that neither sees",
                0.0, 1e9)};
  }
};

}  // namespace proteus::app::train

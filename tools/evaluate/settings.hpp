// What `proteus evaluate` can be told: what is judged, over which bars, in which folds, and where
// the weights come from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::app::evaluate {

/// Section [evaluate].
struct EvaluateSettings {
  std::string name;
  std::string trading;
  std::vector<std::string> set;
  std::string judged = "policy";
  std::string folder = "runs";
  std::string registry = "runs/registry.jsonl";
  std::vector<std::string> count_runs;
  std::int64_t warm_up_bars = 1'000;
  std::int64_t draws = 10'000;
  std::int64_t seed = 1;
  std::int64_t noise_markets = 4;
  std::int64_t regime_bars = 168;
  std::int64_t overfitting_blocks = 10;
  std::vector<std::string> baselines = {"flat", "buy_and_hold", "sma_cross", "trend"};
  std::vector<std::string> adaptation = {"off: policy.adapt=off", "0 steps: policy.adapt=recurrent",
                                         "1 step: policy.adapt=both, policy.adapt_steps=1",
                                         "2 steps: policy.adapt=both, policy.adapt_steps=2",
                                         "5 steps: policy.adapt=both, policy.adapt_steps=5"};
  std::vector<std::string> grid;

  static constexpr auto settings() {
    using E = EvaluateSettings;
    return std::tuple{
        setting("name", &E::name, "of the evaluation, for its folder; empty: what is judged"),
        setting("trading", &E::trading,
                "TOML file of the trading settings that are judged; empty: defaults"),
        setting("set", &E::set, "settings on top of that file, for all: \"section.key=value\""),
        setting("judged", &E::judged, "the candidate that the report is about"),
        setting("folder", &E::folder, "where the folders of evaluations are made"),
        setting("registry", &E::registry,
                "file that counts every configuration ever evaluated; made where it is not there"),
        setting("count_runs", &E::count_runs,
                "folders of trainings that were looked at before: their configurations count as "
                "tried"),
        setting("warm_up_bars", &E::warm_up_bars,
                "bars before each block that fill windows and memories", 0, 1'000'000),
        setting("draws", &E::draws, "of the stationary bootstrap", 100, 1'000'000),
        setting("seed", &E::seed, "of the bootstrap and of the generated markets", 0, 1e15),
        setting("noise_markets", &E::noise_markets,
                "driftless markets that what is judged is run on; 0: none", 0, 1'000),
        setting("regime_bars", &E::regime_bars,
                "bars whose regime is told at once, for the table of regimes", 2, 100'000),
        setting("overfitting_blocks", &E::overfitting_blocks,
                "blocks that the probability of overfitting is counted over; even", 2, 20),
        setting("baselines", &E::baselines,
                "plain rules beside the candidates: flat, buy_and_hold, sma_cross, trend"),
        setting("adaptation", &E::adaptation,
                "ways to adapt whose gain over the first is told, each with its settings: "
                "\"5 steps: policy.adapt=both, policy.adapt_steps=5\"; empty: not told"),
        setting("grid", &E::grid,
                "choices made on validation alone: \"risk.sizing.no_trade_band=0.01|0.05\"")};
  }
};

/// Section [data].
struct BarSettings {
  std::vector<std::string> files;
  std::string funding_folder;

  static constexpr auto settings() {
    using B = BarSettings;
    return std::tuple{
        setting("files", &B::files,
                "kline files (<exchange>-<category>_<SYMBOL>_<interval>.csv[.gz|.zst]), one for "
                "each instrument, in the order in which they are traded"),
        setting("funding_folder", &B::funding_folder,
                "folder of funding files; empty: rates are not known and are assumed")};
  }
};

/// Section [folds].
struct FoldSettings {
  std::vector<std::string> tests;
  std::string train_from;
  Duration validation = std::chrono::hours{24 * 60};
  Duration embargo = std::chrono::hours{48};

  static constexpr auto settings() {
    using F = FoldSettings;
    return std::tuple{
        setting("tests", &F::tests,
                "blocks that are judged, in order: \"2023-01-01/2023-07-01\", the end not in it"),
        setting("train_from", &F::train_from,
                "where training begins in every fold; empty: with the files"),
        setting("validation", &F::validation,
                "the last part of what lies before a block: choices are made on it", 0.0, 1e9),
        setting("embargo", &F::embargo,
                "left out between training and validation, and between validation and the block",
                0.0, 1e8)};
  }
};

/// Section [train].
struct ChildSettings {
  std::int64_t jobs = 2;
  std::string folder;

  static constexpr auto settings() {
    using C = ChildSettings;
    return std::tuple{
        setting("jobs", &C::jobs, "trainings that run at the same time", 1, 256),
        setting("folder", &C::folder,
                "where runs that this evaluation trains are kept; empty: evaluate.folder")};
  }
};

/// Section [candidate.NAME].
struct CandidateSettings {
  std::vector<std::string> set;
  std::string train;
  std::vector<std::string> train_set;
  std::vector<std::string> checkpoints;
  std::string weights = "best.safetensors";
  std::int64_t seeds = 5;

  static constexpr auto settings() {
    using C = CandidateSettings;
    return std::tuple{
        setting("set", &C::set, "trading settings of this candidate: \"section.key=value\""),
        setting("train", &C::train,
                "TOML file for proteus train: each fold and seed is trained from it"),
        setting("train_set", &C::train_set, "settings on top of that file"),
        setting("checkpoints", &C::checkpoints,
                "checkpoints that are there already, together one policy: "
                "\"runs/x-fold{fold}-seed{seed}/best.safetensors\""),
        setting("weights", &C::weights,
                "which file of a training is used: best.safetensors or model.safetensors"),
        setting("seeds", &C::seeds, "trainings or checkpoints a fold, with the seeds 1, 2, ...", 1,
                1'000)};
  }
};

}  // namespace proteus::app::evaluate

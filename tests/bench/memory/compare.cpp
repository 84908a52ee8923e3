#include "tests/bench/memory/compare.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "models/evaluation/bootstrap.hpp"
#include "models/learners/fixed_trials.hpp"
#include "models/learners/rl2_trainer.hpp"
#include "tests/bench/seed_interval.hpp"
#include "tools/train/data.hpp"

namespace proteus::bench {
namespace {

using app::train::DataSettings;
using evaluation::Trial;

struct Markets {
  runs::Data training;
  learners::UnseenTrials unseen;
};

Result<runs::Data> load(const DataSettings& settings) {
  app::train::Periods periods;
  for (const auto& [text, time] : {std::pair{&settings.from, &periods.training.from},
                                   std::pair{&settings.to, &periods.training.to}}) {
    if (text->empty()) continue;
    const auto given = parse_time(*text);
    if (!given) return error(ErrorCode::Malformed, *text + " is no UTC time like 2021-07-01");
    *time = given.value();
  }
  BOOST_OUTCOME_TRY(auto loaded, app::train::load_data(settings, periods));
  return std::move(loaded.data);
}

Result<Markets> markets_of(const MemoryBench& bench) {
  DataSettings training;
  if (bench.klines.empty()) {
    training.synthetic = {"bull_trend", "bear_trend", "high_volatility_range", "switching"};
    training.synthetic_seeds = 4;
    training.synthetic_bars = bench.bars;
  } else {
    training.files = bench.klines;
    training.funding_folder = bench.funding;
    training.to = bench.train_to;
  }
  DataSettings unseen = training;
  if (bench.klines.empty()) {
    unseen.synthetic = {"switching"};
    unseen.synthetic_seed = 1'001;
    unseen.synthetic_seeds = 16;
  } else {
    const auto ends = parse_time(bench.train_to);
    if (!ends) return error(ErrorCode::Malformed, bench.train_to + " is no UTC time");
    unseen.from = format_time(ends.value() + std::chrono::hours{48});
    unseen.to = bench.until;
  }
  Markets markets;
  BOOST_OUTCOME_TRY(markets.training, load(training));
  BOOST_OUTCOME_TRY(auto test, load(unseen));
  markets.unseen = {std::move(test.series), test.training, 4'096, false};
  return markets;
}

learners::Rl2Settings settings_of(const MemoryBench& bench, policy::CoreKind core) {
  learners::Rl2Settings s;
  s.policy = {.encoder = bench.hidden, .core = {.kind = core, .hidden = bench.hidden}};
  s.sampler.episode_bars = bench.episode_bars;
  s.sampler.episodes = 3;
  s.ppo.rollout_steps = 3 * bench.episode_bars;
  s.environments = bench.environments;
  s.steps = bench.steps;
  s.validate_every = 0;
  return s;
}

Result<std::vector<Trial>> trained_and_played(const MemoryBench& bench, const Markets& markets,
                                              policy::CoreKind core, std::uint64_t seed) {
  const auto settings = settings_of(bench, core);
  BOOST_OUTCOME_TRY(auto trainer, learners::make_rl2_trainer(settings, markets.training, seed));
  runs::Scalars figures;
  while (trainer->steps() < trainer->total_steps()) {
    figures.clear();
    BOOST_OUTCOME_TRY(trainer->iterate(figures));
  }
  BOOST_OUTCOME_TRY(
      const auto agent,
      learners::load_agent(trainer->model(), markets.unseen.series.front()->schema()));
  return learners::play_unseen(agent, markets.unseen, settings.risk);
}

/// What a stretch was, by the rule of training::regime_of.
int regime(std::span<const double> market, double usual) {
  const auto n = static_cast<double>(market.size());
  double sum = 0.0;
  double squares = 0.0;
  for (const double r : market) sum += std::log1p(r);
  for (const double r : market) squares += std::pow(std::log1p(r) - sum / n, 2.0);
  const double deviation = std::sqrt(squares / n);
  if (sum > deviation * std::sqrt(n)) return 1;
  if (sum < -deviation * std::sqrt(n)) return -1;
  return deviation > 1.5 * usual ? 2 : 0;
}

double deviation_of(std::span<const double> returns) {
  double squares = 0.0;
  for (const double r : returns) squares += r * r;
  return std::sqrt(squares / static_cast<double>(returns.size()));
}

/// Net returns of the trials' stretches that are of another regime than the one before: stretch by
/// stretch, in the order of the trials.
std::vector<double> behind_changes(std::span<const Trial> trials, std::size_t stretch) {
  std::vector<double> chosen;
  for (const Trial& trial : trials) {
    std::vector<double> market;
    std::vector<double> net;
    for (const auto& episode : trial)
      for (const auto& step : episode) {
        market.push_back(step.market);
        net.push_back(step.net);
      }
    const double usual = deviation_of(market);
    std::optional<int> before;
    for (std::size_t from = 0; from + stretch <= market.size(); from += stretch) {
      const int now = regime(std::span(market).subspan(from, stretch), usual);
      if (before && *before != now)
        chosen.insert(chosen.end(), net.begin() + static_cast<std::ptrdiff_t>(from),
                      net.begin() + static_cast<std::ptrdiff_t>(from + stretch));
      before = now;
    }
  }
  return chosen;
}

/// 0 where nothing was ever held.
double ratio(std::span<const double> returns) {
  const double sharpe = evaluation::sharpe_ratio(returns);
  return std::isfinite(sharpe) ? sharpe : 0.0;
}

struct Pair {
  double rl2 = 0.0;
  double ppo = 0.0;
};

/// Means over seeds, and the interval of the difference.
std::string over_seeds(std::span<const Pair> pairs) {
  std::vector<double> gains;
  Pair mean;
  for (const Pair& p : pairs) {
    mean.rl2 += p.rl2 / static_cast<double>(pairs.size());
    mean.ppo += p.ppo / static_cast<double>(pairs.size());
    gains.push_back(p.rl2 - p.ppo);
  }
  const SeedInterval gain = seed_interval(gains);
  return fmt::format("{:.2f} | {:.2f} | {:+.2f} | {:+.2f} to {:+.2f}", mean.rl2, mean.ppo,
                     gain.mean, gain.low, gain.high);
}

}  // namespace

Result<void> print_comparison(const MemoryBench& bench) {
  BOOST_OUTCOME_TRY(const Markets markets, markets_of(bench));
  const double year = std::sqrt(bars_per_year(markets.unseen.series.front()->interval()));
  const auto stretch = static_cast<std::size_t>(bench.episode_bars / 2);
  fmt::print(
      "Net Sharpe ratio a year of RL² (GRU) and of the same without a memory (PPO): {} steps each, "
      "{} series in training, {} in the test; paired difference with its 95 % interval\n\n"
      "| seed | RL² | PPO | difference | interval |\n|---|---|---|---|---|\n",
      bench.steps, markets.training.series.size(), markets.unseen.series.size());
  std::vector<Pair> all;
  std::vector<Pair> changed;
  for (std::int64_t i = 1; i <= bench.seeds; ++i) {
    const auto seed = static_cast<std::uint64_t>(i);
    BOOST_OUTCOME_TRY(const auto rl2,
                      trained_and_played(bench, markets, policy::CoreKind::Gru, seed));
    BOOST_OUTCOME_TRY(const auto ppo,
                      trained_and_played(bench, markets, policy::CoreKind::Memoryless, seed));
    const auto with = evaluation::mean_returns(rl2);
    const auto without = evaluation::mean_returns(ppo);
    all.push_back({year * ratio(with), year * ratio(without)});
    changed.push_back(
        {year * ratio(behind_changes(rl2, stretch)), year * ratio(behind_changes(ppo, stretch))});
    fmt::print("| {} | {:.2f} | {:.2f} | {:+.2f} |", seed, all.back().rl2, all.back().ppo,
               all.back().rl2 - all.back().ppo);
    if (with.size() == without.size()) {
      BOOST_OUTCOME_TRY(const auto gain,
                        evaluation::bootstrap_difference(with, without, ratio,
                                                         {.draws = bench.draws, .seed = seed}));
      fmt::print(" {:+.2f} to {:+.2f} |\n", year * gain.low, year * gain.high);
    } else {
      fmt::print(" an account was ruined |\n");
    }
    std::fflush(stdout);
  }
  fmt::print("| all, by seeds | {} |\n| behind a change of regime, by seeds | {} |\n",
             over_seeds(all), over_seeds(changed));
  return success();
}

}  // namespace proteus::bench

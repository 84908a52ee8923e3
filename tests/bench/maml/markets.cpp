#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "connectors/klines/describe.hpp"
#include "connectors/klines/file_name.hpp"
#include "connectors/klines/kline_reader.hpp"
#include "models/evaluation/bootstrap.hpp"
#include "models/maml/forecast_trading.hpp"
#include "models/training/synthetic.hpp"
#include "tests/bench/maml/tables.hpp"
#include "tests/bench/seed_interval.hpp"

namespace proteus::bench {
namespace {

using maml::ForecastBar;
using maml::ForecastRows;
using maml::Learner;
using SeriesList = std::vector<std::shared_ptr<const training::Series>>;

constexpr std::array<std::int64_t, 4> kSteps{0, 1, 2, 5};
constexpr double kTestShare = 0.3;

/// The longest stretch without a hole, of bars that close by `until`.
Result<std::shared_ptr<const training::Series>> read_series(const std::filesystem::path& path,
                                                            std::optional<Timestamp> until) {
  BOOST_OUTCOME_TRY(const klines::KlineFileName name, klines::parse_kline_file_name(path));
  BOOST_OUTCOME_TRY(std::vector<Bar> bars, klines::read_klines(path, {}, name.interval));
  if (until) std::erase_if(bars, [&](const Bar& bar) { return bar.close_time > *until; });
  const auto runs = training::contiguous_runs(bars);
  if (runs.empty()) return error(ErrorCode::NotFound, path.string() + " has no bar");
  const auto longest =
      std::ranges::max_element(runs, {}, [](const auto& run) { return run.size(); });
  klines::StepFinder steps;
  for (const Bar& bar : *longest) steps.see(bar);
  return training::Series::create({.name = path.filename().string(),
                                   .instrument = derived_description(name.instrument, steps),
                                   .interval = name.interval,
                                   .bars = {longest->begin(), longest->end()},
                                   .funding = {},
                                   .features = features::Kind::Chapter});
}

Result<SeriesList> all_series(const MamlBench& bench) {
  SeriesList series;
  for (const auto& path : bench.klines) {
    BOOST_OUTCOME_TRY(auto one, read_series(path, bench.until));
    series.push_back(std::move(one));
  }
  for (std::uint64_t i = 0; series.size() < 8 && bench.klines.empty(); ++i) {
    BOOST_OUTCOME_TRY(auto one,
                      training::synthetic_series({.bars = bench.bars}, 100 * bench.seed + i));
    series.push_back(std::move(one));
  }
  return series;
}

/// Net returns of an account that trades every series alike, bar by bar of the test stretch; the
/// shortest decides how many.
Result<std::vector<double>> test_returns(Learner<float>& learner,
                                         const std::vector<ForecastRows>& rows,
                                         std::int64_t steps) {
  std::vector<double> mean;
  maml::ForecastRule rule;
  rule.adaptation_steps = steps;
  for (const ForecastRows& r : rows) {
    const std::size_t bars = r.series().size();
    const auto from =
        static_cast<std::size_t>((1.0 - kTestShare) * static_cast<double>(bars)) + r.horizon();
    BOOST_OUTCOME_TRY(const std::vector<ForecastBar> traded,
                      maml::trade_forecasts(learner, r, from, bars, rule, {}));
    if (mean.empty()) mean.resize(traded.size());
    mean.resize(std::min(mean.size(), traded.size()));
    for (std::size_t i = 0; i < mean.size(); ++i)
      mean[i] += traded[i].position_return / static_cast<double>(rows.size());
  }
  return mean;
}

/// Trained on what closes before the test stretch of any series begins.
Result<Learner<float>> trained(const SeriesList& series, const features::FeatureScaling& scaling,
                               const training::Period& period, const MamlBench& bench,
                               std::uint64_t seed) {
  BOOST_OUTCOME_TRY(maml::ForecastTasks tasks,
                    maml::ForecastTasks::create(series, {}, scaling, period, {}, seed));
  BOOST_OUTCOME_TRY(maml::Mlp net,
                    maml::Mlp::create(tasks.columns(), {64, 64}, 1, maml::Activation::Relu));
  BOOST_OUTCOME_TRY(Learner<float> learner,
                    Learner<float>::create({.anneal_steps = bench.market_steps}, net, seed));
  maml::TaskBatch<float> batch;
  for (std::int64_t i = 0; i < bench.market_steps; ++i) {
    tasks.next(batch);
    BOOST_OUTCOME_TRY(learner.step(batch));
  }
  return learner;
}

/// 0 where nothing was ever held.
double ratio(std::span<const double> returns) {
  const double sharpe = evaluation::sharpe_ratio(returns);
  return std::isfinite(sharpe) ? sharpe : 0.0;
}

training::Period before_the_test(const SeriesList& series) {
  training::Period period;
  for (const auto& s : series) {
    const auto last = static_cast<std::size_t>((1.0 - kTestShare) * static_cast<double>(s->size()));
    const Timestamp close = s->bars()[last].close_time;
    if (!period.to || close < *period.to) period.to = close;
  }
  return period;
}

}  // namespace

Result<void> print_gain_on_markets(const MamlBench& bench) {
  BOOST_OUTCOME_TRY(const SeriesList series, all_series(bench));
  const training::Period period = before_the_test(series);
  BOOST_OUTCOME_TRY(const features::FeatureScaling scaling,
                    maml::fit_forecast_scaling(series, period));
  std::vector<ForecastRows> rows;
  for (const auto& s : series) rows.emplace_back(s, scaling, 5);
  const double bars_a_year =
      365.0 * 24.0 * 3600e9 /
      static_cast<double>(
          (series[0]->bars()[1].open_time - series[0]->bars()[0].open_time).count());
  fmt::print(
      "Net Sharpe ratio a year on the last {:.0f} % of {} series, by inner steps at every bar; "
      "paired difference of 5 and 0 steps with its 95 % interval\n\n"
      "| seed | 0 steps | 1 | 2 | 5 | 5 less 0 | interval |\n|---|---|---|---|---|---|---|\n",
      100.0 * kTestShare, series.size());
  const double year = std::sqrt(bars_a_year);
  std::vector<double> gains;
  for (std::int64_t i = 0; i < bench.market_seeds; ++i) {
    const std::uint64_t seed = bench.seed + static_cast<std::uint64_t>(i);
    BOOST_OUTCOME_TRY(Learner<float> learner, trained(series, scaling, period, bench, seed));
    std::vector<std::vector<double>> returns;
    fmt::print("| {} |", seed);
    for (const std::int64_t steps : kSteps) {
      BOOST_OUTCOME_TRY(auto one, test_returns(learner, rows, steps));
      const double sharpe = ratio(one);
      fmt::print(" {:.2f} |", year * sharpe);
      returns.push_back(std::move(one));
    }
    BOOST_OUTCOME_TRY(const evaluation::BootstrapResult gain,
                      evaluation::bootstrap_difference(returns.back(), returns.front(), ratio,
                                                       {.draws = 2'000, .seed = seed}));
    gains.push_back(year * gain.estimate);
    fmt::print(" {:+.2f} | {:+.2f} to {:+.2f} |\n", year * gain.estimate, year * gain.low,
               year * gain.high);
  }
  const SeedInterval all = seed_interval(gains);
  fmt::print("| all, by seeds | | | | | {:+.2f} | {:+.2f} to {:+.2f} |\n", all.mean, all.low,
             all.high);
  return success();
}

}  // namespace proteus::bench

// KA-16, the half that needs no learner: a rule that follows the last ten bars, and the same rule
// with the next bar in sight, which shows that looking ahead would be found.
#include "models/evaluation/known_answers/noise_market.hpp"

#include <fmt/format.h>

#include <cmath>

#include "models/evaluation/bootstrap.hpp"
#include "models/evaluation/moments.hpp"
#include "models/training/synthetic.hpp"

namespace proteus::evaluation {

using training::MarketEnv;
using training::Series;
using training::StepInfo;

Result<std::shared_ptr<const Series>> noise_series(std::size_t bars, std::uint64_t seed) {
  return training::synthetic_series({.kind = training::SyntheticKind::Driftless,
                                     .interval = Interval::M15,
                                     .bars = bars,
                                     .features = features::Kind::Chapter},
                                    seed);
}

MarketEnv::Settings noise_settings(bool paid) {
  MarketEnv::Settings settings;
  settings.venue.impact_bps = 0.0;
  if (!paid) settings.venue.linear_taker_fee_bps = settings.venue.half_spread_bps = 0.0;
  settings.actions = {.set = training::ActionSet::Target, .exposure_max = 1.0};
  return settings;
}

double noise_cost() {
  const matching::VenueSettings venue = noise_settings(true).venue;
  return (venue.linear_taker_fee_bps + venue.half_spread_bps) / 1e4;
}

void NoiseRun::add(const StepInfo& info) {
  const double before = info.capital / (1.0 + info.step_return);
  const double paid = (info.fees - last_.fees) + (info.slippage - last_.slippage);
  const double funding = info.funding - last_.funding;
  gross_.push_back(info.step_return + (paid + funding) / before);
  net_ += info.step_return;
  funding_ += funding / before;
  turnover_ += (info.turnover - last_.turnover) / before;
  last_ = info;
}

double NoiseRun::gross_sharpe() const { return sharpe_ratio(gross_); }

double NoiseRun::gross() const {
  double sum = 0.0;
  for (const double r : gross_) sum += r;
  return sum;
}

Result<std::vector<Check>> noise_checks(const std::string& what,
                                        const std::vector<NoiseRun>& runs) {
  std::vector<double> ratios;
  double net = 0.0;
  double lost = 0.0;
  double turnover = 0.0;
  for (const NoiseRun& run : runs) {
    ratios.push_back(run.gross_sharpe());
    net += run.net() / static_cast<double>(runs.size());
    lost += run.gross() - run.funding() - run.net();
    turnover += run.turnover();
  }
  if (!(turnover > 0.0))
    return error(
        ErrorCode::OutOfRange,
        fmt::format("{}: nothing was traded on the noise market, so nothing is shown", what));
  BOOST_OUTCOME_TRY(const Moments moments, moments_of(ratios));
  const double standard_error = moments.deviation / std::sqrt(moments.count);
  return std::vector<Check>{
      Check::within(what + ", gross Sharpe ratio a bar", moments.mean, 0.0, 2.0 * standard_error),
      Check::at_most(what + ", net result", net, 0.0),
      Check::within(what + ", lost over turnover x cost", lost / (turnover * noise_cost()), 1.0,
                    0.01)};
}

Result<NoiseRun> run_rule(const std::shared_ptr<const Series>& series,
                          const std::function<int(std::size_t bar)>& wish) {
  BOOST_OUTCOME_TRY(auto observation, features::PolicyObservation::create(
                                          series->schema(), features::TimeShare::Episode));
  BOOST_OUTCOME_TRY(MarketEnv env,
                    MarketEnv::create(noise_settings(true), std::move(observation), 1));
  const std::size_t start = series->first_ready();
  BOOST_OUTCOME_TRY(
      env.reset(0, {.series = series, .start = start, .episode_bars = series->size()}));
  NoiseRun run;
  while (env.trial_over()[0] == 0) {
    const training::Action action{.choice = wish(env.infos()[0].bar) + 1};
    env.step({&action, 1});
    run.add(env.infos()[0]);
  }
  return run;
}

Result<std::vector<Check>> noise_market(const Parameters& p) {
  constexpr std::size_t kBars = 3'000;
  constexpr std::size_t kLookBack = 10;
  std::vector<NoiseRun> rule;
  double seen = 0.0;
  for (int i = 0; i < kNoiseMarkets; ++i) {
    BOOST_OUTCOME_TRY(const auto series, noise_series(kBars, p.seed + static_cast<unsigned>(i)));
    const auto trend = [&](std::size_t from, std::size_t to) {
      return series->bars()[to].close > series->bars()[from].close ? 1 : -1;
    };
    BOOST_OUTCOME_TRY(rule.emplace_back(), run_rule(series, [&](std::size_t bar) {
                        return trend(bar - kLookBack, bar);
                      }));
    BOOST_OUTCOME_TRY(const NoiseRun ahead, run_rule(series, [&](std::size_t bar) {
                        return trend(bar, std::min(bar + 1, series->size() - 1));
                      }));
    seen += ahead.gross_sharpe() / kNoiseMarkets;
  }
  BOOST_OUTCOME_TRY(auto checks, noise_checks("trend rule", rule));
  checks.push_back(
      Check::at_least("with the next bar in sight, gross Sharpe ratio a bar", seen, 0.3));
  checks.push_back(Check::not_built("PPO, gross Sharpe ratio a bar"));
  return checks;
}

}  // namespace proteus::evaluation

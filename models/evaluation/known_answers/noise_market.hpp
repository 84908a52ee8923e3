// KA-16: markets on which nothing can be earned, and what an agent's run over one comes to before
// and after costs. A gross result that is not chance means that something looked ahead.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/evaluation/known_answers/known_answer.hpp"
#include "models/training/market_env.hpp"

namespace proteus::evaluation {

inline constexpr int kNoiseMarkets = 20;

/// A driftless market (SyntheticKind::Driftless) of 15-minute bars with the chapter's features.
Result<std::shared_ptr<const training::Series>> noise_series(std::size_t bars, std::uint64_t seed);
/// Targets of all equity, none or minus all equity; `paid`: taker fee and half spread of the venue,
/// no impact. Otherwise trading is free. Funding falls due in either case.
training::MarketEnv::Settings noise_settings(bool paid);
/// Fee and half spread of noise_settings(true), as a fraction of what is traded.
double noise_cost();

/// One run over one market, from the books after each step.
class NoiseRun {
 public:
  void add(const training::StepInfo& info);
  /// Of a step's gross return: what the prices alone brought.
  [[nodiscard]] double gross_sharpe() const;
  [[nodiscard]] double gross() const;  ///< sum of gross step returns; likewise the next two
  [[nodiscard]] double net() const { return net_; }
  [[nodiscard]] double funding() const { return funding_; }
  [[nodiscard]] double turnover() const { return turnover_; }  ///< sum of traded value / equity

 private:
  std::vector<double> gross_;
  training::StepInfo last_;
  double net_ = 0.0;
  double funding_ = 0.0;
  double turnover_ = 0.0;
};

/// The demands of KA-16 on the runs of one agent, named `what`: the mean of their gross Sharpe
/// ratios within two standard errors of 0 over the runs, net results below 0 by turnover x cost.
/// Errors: OutOfRange, where nothing was traded.
Result<std::vector<Check>> noise_checks(const std::string& what, const std::vector<NoiseRun>& runs);

/// Trades `series` from its first ready bar to its end: `wish` says a target of -1, 0 or 1 at bar
/// i.
Result<NoiseRun> run_rule(const std::shared_ptr<const training::Series>& series,
                          const std::function<int(std::size_t bar)>& wish);

}  // namespace proteus::evaluation

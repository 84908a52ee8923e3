// The hidden-drift market as agents trade it: the paths, observations and actions of DriftEnv, and
// what they pay through bars, orders, fills and the ledger of training::MarketEnv.
#pragma once

#include <memory>

#include "models/learners/known_answers/drift_env.hpp"
#include "models/training/market_env.hpp"

namespace proteus::learners {

class MarketDriftEnv : public DriftEnv {
 public:
  /// As DriftEnv; a step pays the net return of the account, whose position is all of its equity,
  /// none, or minus all of it. Errors: those of the market's environment.
  static Result<std::unique_ptr<MarketDriftEnv>> create(std::size_t size,
                                                        const evaluation::DriftMarket& market,
                                                        double cost);
  void reset(std::uint64_t seed) override;
  void step(std::span<const std::int32_t> actions) override;

 private:
  MarketDriftEnv(std::size_t size, const evaluation::DriftMarket& market, double cost,
                 training::MarketEnv env);
  void trade_path(std::size_t i);

  training::MarketEnv env_;
  std::vector<training::Action> said_;
};

}  // namespace proteus::learners

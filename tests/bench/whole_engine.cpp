#include "tests/bench/whole_engine.hpp"

#include <fmt/format.h>

#include "models/inference/policy_file.hpp"
#include "risk/venue_costs.hpp"
#include "tests/bench/daemon/must.hpp"

namespace proteus::bench {

SessionCode bench_code() { return make_session_code({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}); }

Models shipped_models(inference::KernelChoice kernel) {
  Models models;
  for (int seed = 1; seed <= 5; ++seed)
    models.push_back(must(inference::read_policy_file(
        fmt::format("{}/models/shipped/policy-1h/seed-{}.safetensors", PROTEUS_SOURCES, seed),
        kernel)));
  return models;
}

risk::SizingSettings sizing_of(const strategies::MarketSettings& market) {
  risk::SizingSettings sizing;
  sizing.no_trade_band = 0.05;
  sizing.kelly_floor = 1.0;
  sizing.volatility_target = market.volatility_target;
  sizing.volatility_scale_max = market.volatility_scale_max;
  sizing.volatility_span = market.volatility_span;
  return sizing;
}

WholeEngine::WholeEngine(InstrumentTable table, const Models& models,
                         const risk::SizingSettings& sizing, Interval interval, Timestamp start,
                         Journal& journal)
    : table_(std::move(table)),
      settings_{.interval = interval},
      capital_(Money::from_raw(to_fixed_raw(settings_.capital))),
      parts_{{},
             models,
             std::make_shared<strategies::PolicyDesk>(),
             nullptr,
             std::make_shared<features::MarketBoard>()},
      gate_(sizing, {}, table_, interval, risk::venue_costs(venue_settings_), capital_),
      venue_(venue_settings_, interval, capital_, table_) {
  strategies::StrategySettings rule;
  if (!models.empty()) {
    rule.name = strategies::StrategyKind::Policy;
    rule.features = models.front().spec.features;
  }
  std::vector<std::unique_ptr<Strategy>> strategies;
  for (const Instrument& instrument : table_)
    strategies.push_back(must(strategies::make_strategy(rule, instrument, interval, &parts_)));
  engine_ = std::make_unique<Engine>(settings_, table_, bench_code(), std::move(strategies), gate_,
                                     venue_, journal);
  for (const Instrument& instrument : table_)
    engine_->on_input(InstrumentChanged{instrument}, start, start);
}

}  // namespace proteus::bench

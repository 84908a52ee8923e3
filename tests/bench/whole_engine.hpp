// The engine with everything that trades behind it, as `proteus replay` wires it, without a session
// on disk: ledger, gate, features, strategy, sizing, paper venue, and any journal.
#pragma once

#include <memory>
#include <vector>

#include "connectors/paper/paper_venue.hpp"
#include "engine/runtime/engine.hpp"
#include "models/inference/kernels.hpp"
#include "risk/gate.hpp"
#include "strategies/make_strategy.hpp"

namespace proteus::bench {

using Models = std::vector<strategies::PolicyModel>;

/// The networks that are shipped.
Models shipped_models(inference::KernelChoice kernel);
/// As config/policy.toml has them, and as a checkpoint decides the rest (tools/app/policy_files).
risk::SizingSettings sizing_of(const strategies::MarketSettings& market);
SessionCode bench_code();

class WholeEngine {
 public:
  /// No models: sma_cross trades. `start`: when the engine is told of its instruments.
  WholeEngine(InstrumentTable table, const Models& models, const risk::SizingSettings& sizing,
              Interval interval, Timestamp start, Journal& journal);
  WholeEngine(const WholeEngine&) = delete;
  WholeEngine& operator=(const WholeEngine&) = delete;

  Engine& operator*() { return *engine_; }
  Engine* operator->() { return engine_.get(); }

 private:
  InstrumentTable table_;
  EngineSettings settings_;
  Money capital_;
  matching::VenueSettings venue_settings_;
  strategies::PolicyParts parts_;
  risk::Gate gate_;
  paper::PaperVenue venue_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace proteus::bench

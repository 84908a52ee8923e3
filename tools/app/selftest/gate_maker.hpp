// Which gate the self-test tries. The program tries its own; a test tries gates that are broken on
// purpose, to see that the lines tell.
#pragma once

#include <functional>
#include <memory>

#include "engine/core/instrument.hpp"
#include "engine/ports/risk_gate.hpp"
#include "risk/settings.hpp"

namespace proteus::app::selftest {

/// What a risk::Gate is made of.
struct GateParts {
  const risk::SizingSettings& sizing;
  const risk::LimitSettings& limits;
  const InstrumentTable& instruments;
  Interval interval;
  risk::Costs costs;
  Money capital;
};

using GateMaker = std::function<std::unique_ptr<RiskGate>(const GateParts&)>;

/// The gate that trades.
std::unique_ptr<RiskGate> real_gate(const GateParts& parts);

}  // namespace proteus::app::selftest

// The venue's public REST paths over the simulated market.
#pragma once

#include <string_view>

#include "connectors/sim/faults.hpp"
#include "connectors/sim/market.hpp"
#include "connectors/sim/sim_io.hpp"

namespace proteus::sim {

class Rest {
 public:
  Rest(Market& market, FaultCounts& counts);
  /// `target`: path and query. Faults of HTTP are done here.
  HttpReply answer(std::string_view method, std::string_view target, Timestamp now);
  FaultDice& dice() { return dice_; }

 private:
  [[nodiscard]] std::optional<HttpReply> fault(Timestamp now);
  Market& market_;
  FaultDice dice_;
};

}  // namespace proteus::sim

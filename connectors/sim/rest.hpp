// The venue's REST: public paths over the simulated market, and the way to the signed ones.
#pragma once

#include <string_view>

#include "connectors/sim/faults.hpp"
#include "connectors/sim/market.hpp"
#include "connectors/sim/private/private_rest.hpp"
#include "connectors/sim/sim_io.hpp"

namespace proteus::sim {

class Rest {
 public:
  /// All outlive it.
  Rest(Market& market, PrivateRest& signed_paths, FaultCounts& counts);
  /// Faults of HTTP are done here.
  HttpReply answer(const HttpCall& call, Timestamp now);
  FaultDice& dice() { return dice_; }

 private:
  [[nodiscard]] std::optional<HttpReply> fault(Timestamp now);
  Market& market_;
  PrivateRest& signed_;
  FaultDice dice_;
};

}  // namespace proteus::sim

// Position mode and leverage as the start set them: who changes them behind our back is told of,
// and they are set back. An order of the wrong mode is refused by the venue, so that nothing is
// risked meanwhile; leverage alone moves margin, never a position.
#pragma once

#include <vector>

#include "connectors/live/gateway_parts.hpp"
#include "connectors/live/reconciler.hpp"
#include "connectors/live/rest_lane.hpp"

namespace proteus::live {

class SettingsKeeper {
 public:
  SettingsKeeper(GatewayParts& parts, RestLane& rest)
      : parts_(parts), rest_(rest), kept_(parts.instruments.size()) {}

  void see(const PositionRow& row, SteadyTime now);
  /// The venue refuses an order of ours for its position mode.
  void mode_refused(InstrumentId id, SteadyTime now);

 private:
  struct Kept {
    bool asking = false;
    SteadyTime not_before{};
    std::int64_t leverage_e9 = 0;  ///< that was found
    int tries = 0;                 ///< at setting that back
  };
  void set(InstrumentId id, const char* path, std::string body, std::string what, SteadyTime now);

  GatewayParts& parts_;
  RestLane& rest_;
  std::vector<Kept> kept_;
};

}  // namespace proteus::live

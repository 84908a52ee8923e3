// Control 17: no position is ever without a stop that rests at the venue. Opening orders carry one;
// what the position rows then say is verified, and set where it is missing. A stop that cannot be
// set closes everything.
#pragma once

#include <optional>
#include <vector>

#include "connectors/live/account_rows.hpp"
#include "connectors/live/rest_lane.hpp"

namespace proteus::live {

class StopKeeper {
 public:
  StopKeeper(GatewayParts& parts, RestLane& rest)
      : parts_(parts), rest_(rest), kept_(parts.instruments.size()) {}

  void see(const PositionRow& row, SteadyTime now);
  /// Tries again what was not set: no position waits for its next row.
  void on_timer(SteadyTime now);
  /// True: every position that was seen has its stop.
  [[nodiscard]] bool all_protected() const;
  [[nodiscard]] Price stop_of(InstrumentId id) const { return kept_[id.index].stop; }
  /// Where the stop of such a position belongs.
  [[nodiscard]] Price wanted(const Instrument& instrument, const PositionRow& row) const;

 private:
  struct Kept {
    Quantity quantity;
    Price stop;
    int tries = 0;
    bool asking = false;
    SteadyTime not_before{};
    std::optional<PositionRow> naked;      ///< the last row, where it told of no stop that protects
    std::optional<SteadyTime> flat_since;  ///< in our books
    std::optional<SteadyTime> naked_since;  ///< until a row tells of a stop, or of no position
  };
  void set(InstrumentId id, Price stop);
  void give_up(InstrumentId id, SteadyTime now);

  GatewayParts& parts_;
  RestLane& rest_;
  std::vector<Kept> kept_;
};

}  // namespace proteus::live

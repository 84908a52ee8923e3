// Control 17 for coins: a spot holding has no stop of its own at the venue, so that a conditional
// order for all of it rests there, and is replaced when the holding changes. The new one is placed
// before the old one is cancelled: neither binds coins before it fires, and the holding is never
// without one.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/live/gateway_parts.hpp"
#include "connectors/live/reconciler.hpp"
#include "connectors/live/rest_lane.hpp"

namespace proteus::live {

class SpotStops {
 public:
  SpotStops(GatewayParts& parts, RestLane& rest)
      : parts_(parts), rest_(rest), kept_(parts.instruments.size()) {}

  /// The venue's open orders tell which stops there are; leftovers of other sessions serve as long
  /// as they are right.
  void see(const Reconciler::Seen& seen);
  /// A row of the private stream; those of other orders are passed over.
  void hear(const OrderRow& row);
  void on_timer(SteadyTime now);
  [[nodiscard]] bool all_protected() const;
  /// What rests at the venue is what the holdings want, and nothing is on its way.
  [[nodiscard]] bool settled() const;
  /// True once: nobody knows whether a stop rests there, which a look would tell.
  [[nodiscard]] bool take_question() { return std::exchange(question_, false); }

 private:
  struct Resting {
    std::string link_id;
    Quantity quantity;
    Price trigger;
    bool confirmed = false;  ///< a row has told that it rests; until then it is accepted only
  };
  struct Kept {
    bool known = false;  ///< a look has told what rests there
    std::vector<Resting> resting;
    bool asking = false;
    SteadyTime not_before{};
    SteadyTime changed{};     ///< the last time we asked for a change
    bool asked_rows = false;  ///< a look is to confirm what no row has
    std::optional<SteadyTime> naked_since;
    bool naked = false;
  };
  void keep(const Instrument& instrument, SteadyTime now);
  void place(const Instrument& instrument, Quantity quantity, Price trigger);
  void cancel(const Instrument& instrument, const std::string& link_id);
  /// Where it fires; zero: nobody knows a price.
  [[nodiscard]] Price trigger_for(const Instrument& instrument) const;
  [[nodiscard]] bool right(const Instrument& instrument, const Resting& resting,
                           Quantity wanted) const;
  /// What a stop can be for: whole lots that are worth the venue's least order.
  [[nodiscard]] Quantity protectable(const Instrument& instrument) const;

  GatewayParts& parts_;
  RestLane& rest_;
  std::vector<Kept> kept_;
  std::uint64_t last_number_ = 0;
  bool question_ = false;
};

}  // namespace proteus::live

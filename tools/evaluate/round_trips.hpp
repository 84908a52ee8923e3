// Fills as round trips: from nothing held to nothing held, or to the other side. A fill that turns
// a position ends one and begins the next, its fee shared by quantity.
#pragma once

#include <vector>

#include "engine/core/event.hpp"
#include "models/evaluation/track.hpp"

namespace proteus::app::evaluate {

class RoundTrips {
 public:
  explicit RoundTrips(std::size_t instruments) : open_(instruments) {}

  /// In order of time.
  void add(const Fill& fill);
  void add(const FundingSettled& funding);
  /// Ends what is still open, at `price`, without a cost.
  void cut(InstrumentId instrument, double price, Timestamp at);

  [[nodiscard]] const std::vector<evaluation::RoundTrip>& closed() const { return closed_; }

 private:
  struct Open {
    std::int64_t quantity = 0;  ///< signed, units of 1e-9: zero is zero
    double paid = 0.0;          ///< quote: what was bought less what was sold, costs included
    double size = 0.0;
    Timestamp since{};
  };
  void end(std::size_t instrument, Timestamp at, bool cut);
  void trade(std::size_t instrument, std::int64_t quantity, double price, double fee, Timestamp at);

  std::vector<Open> open_;
  std::vector<evaluation::RoundTrip> closed_;
};

}  // namespace proteus::app::evaluate

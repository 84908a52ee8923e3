// Where frames go wrong: the dice of one connection and the line behind them. Every connection has
// its own seeded stream of draws and its own orders, so a fault on one leaves the others alone.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "connectors/sim/fault_kinds.hpp"
#include "connectors/sim/random.hpp"
#include "connectors/sim/settings.hpp"
#include "connectors/sim/sim_io.hpp"

namespace proteus::sim {

class FaultDice {
 public:
  FaultDice(std::uint64_t seed, FaultCounts& counts) : draws_(seed), counts_(counts) {}
  /// True if the fault is to be done now; it is then counted. Orders come before chance; a chance
  /// of zero draws nothing.
  bool strikes(FaultKind kind, double chance);
  void order(FaultKind kind, std::int64_t count);
  [[nodiscard]] bool ordered() const { return orders_left_ > 0; }
  void count(FaultKind kind) { ++counts_[static_cast<std::size_t>(kind)]; }
  Draws& draws() { return draws_; }

 private:
  Draws draws_;
  FaultCounts& counts_;
  std::array<std::int64_t, kFaultKinds> orders_{};
  std::int64_t orders_left_ = 0;
};

/// The way of data frames to one connection. Answers to commands do not pass here.
class FaultyLine {
 public:
  FaultyLine(ConnId conn, SimIo& io, const SimFaults& faults, FaultDice dice);

  /// `confirm`: the closing frame of a candle.
  void data(const std::shared_ptr<const std::string>& frame, bool confirm, Timestamp now);
  /// Sends the delayed frames that are due.
  void release(Timestamp now);
  /// An answer that leaves at `due`; it meets no fault of frames.
  void later(std::string text, Timestamp due);
  [[nodiscard]] std::optional<Timestamp> next_release() const;
  [[nodiscard]] FaultDice& dice() { return dice_; }
  [[nodiscard]] std::uint64_t frames() const { return frames_; }

 private:
  using Frame = std::shared_ptr<const std::string>;
  struct Parcel {
    Frame frame;
    FrameKind kind = FrameKind::Text;
  };
  void send(const Parcel& parcel);
  [[nodiscard]] Parcel spoiled(const Frame& frame);
  void faulty(const Frame& frame, bool confirm, Timestamp now);

  ConnId conn_;
  SimIo& io_;
  const SimFaults& faults_;
  FaultDice dice_;
  bool chances_ = false;  ///< some chance of a frame fault is above zero
  std::optional<Parcel> held_;
  std::multimap<Timestamp, Parcel> delayed_;
  std::uint64_t frames_ = 0;
};

}  // namespace proteus::sim

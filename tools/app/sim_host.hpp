// The simulated exchange on a socket: SimExchange behind a net::Server on one loop.
#pragma once

#include <memory>
#include <string>

#include "connectors/net/loop.hpp"
#include "connectors/sim/exchange.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {

/// When a generated market has to begin so that the exchange's clock starts at `sim.start`, or at
/// `now` where that is empty, with `sim.history_bars` minutes of past behind it. A full minute.
Timestamp generated_market_start(const sim::SimSettings& settings, Timestamp now);

/// Lets a generated market that nobody gave a start begin at `now` to the millisecond where its
/// time is real time (speed 1, not paced): clients sign with their own clocks, and a venue that is
/// up to a minute behind refuses them.
void start_by_the_clock(SimSettings& settings, Timestamp now);

class SimHost {
 public:
  /// Reads or generates the market and listens when it returns. `start` is the venue time at which
  /// a generated market begins its history (a full minute). Errors: those of the source, the
  /// exchange and the server.
  static Result<std::unique_ptr<SimHost>> create(net::Loop& loop, const SimSettings& settings,
                                                 Timestamp start);
  ~SimHost();
  SimHost(const SimHost&) = delete;
  SimHost& operator=(const SimHost&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const sim::SimExchange& exchange() const;
  /// Orders a fault now, as POST /sim/fault does. Errors: those of SimExchange::inject.
  Result<void> inject(const sim::FaultOrder& order);

 private:
  struct Impl;
  explicit SimHost(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proteus::app

// The simulated exchange on a socket: SimExchange behind a net::Server on one loop.
#pragma once

#include <memory>
#include <string>

#include "connectors/net/loop.hpp"
#include "connectors/sim/exchange.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {

/// A full minute two days ago, so that a generated market has a past.
Timestamp generated_market_start();

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

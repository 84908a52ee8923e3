// A day of venue time in one process without sockets, clocks or threads of its own making: the
// simulated exchange with faults, a network with latency between it and the real feed, and behind
// that the whole of what trades (app::Trading: session on disk, log, gate, paper venue, engine),
// with an auditor before the log. Everything that is drawn comes from one seed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "connectors/bybit/public_feed.hpp"
#include "connectors/bybit/venue_clock.hpp"
#include "connectors/sim/exchange.hpp"
#include "connectors/sim/random.hpp"
#include "connectors/sim/synthetic_source.hpp"
#include "tests/simulation/audit.hpp"
#include "tools/app/selftest/network.hpp"
#include "tools/app/trading.hpp"

namespace proteus::simulation {

using app::selftest::Network;

/// One seed's faults: every kind has a chance above zero, each in a range of its own.
sim::SimFaults draw_faults(std::uint64_t seed);

class Day {
 public:
  /// A new session below `folder`; returns when the instruments are known and the feed has begun.
  Day(std::uint64_t seed, const std::filesystem::path& folder);
  ~Day();
  Day(const Day&) = delete;
  Day& operator=(const Day&) = delete;

  /// Lets `minutes` of venue time pass, or less, where the auditor complains. Then tells the engine
  /// to stop.
  void run(int minutes);

  [[nodiscard]] const Audit& audit() const { return *audit_; }
  [[nodiscard]] const Engine& engine() const { return trading_->engine(); }
  [[nodiscard]] const sim::SimExchange& exchange() const { return *exchange_; }
  [[nodiscard]] const InstrumentTable& instruments() const { return trading_->instruments(); }
  /// What went wrong before or beside the trading; empty: nothing.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  /// Between feed and engine: the audit's look after each input.
  class Door final : public EventSink {
   public:
    explicit Door(Day& day) : day_(day) {}
    void on_input(EventBody body, Timestamp happened, Timestamp received) override;

   private:
    Day& day_;
  };
  void learn_instruments(const app::Settings& settings);
  void disturb();

  std::uint64_t seed_;
  sim::Draws draws_;
  std::optional<sim::SyntheticSource> source_;
  Network network_;
  std::unique_ptr<sim::SimExchange> exchange_;
  std::optional<bybit::VenueClock> clock_;
  std::unique_ptr<app::Trading> trading_;
  Audit* audit_ = nullptr;  ///< `trading_` owns it
  Door door_{*this};
  std::unique_ptr<bybit::PublicFeed> feed_;
  InstrumentTable table_;
  std::string failure_;
  bool disk_full_ = false;
};

}  // namespace proteus::simulation

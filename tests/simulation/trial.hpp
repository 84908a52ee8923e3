// One seed, told from beginning to end: the simulated exchange, a network that loses and delays,
// the real feed, and behind that the whole of what trades on paper (app::Trading with its log on a
// simulated disk), which may die inside any write of its log and goes on from what is left. Checked
// after each event; at the end the log is read again and told again by a second engine.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "connectors/bybit/public_feed.hpp"
#include "connectors/bybit/venue_clock.hpp"
#include "connectors/sim/exchange.hpp"
#include "connectors/sim/synthetic_source.hpp"
#include "tests/simulation/planted.hpp"
#include "tests/simulation/scenario.hpp"
#include "tests/simulation/witness.hpp"
#include "tools/app/selftest/network.hpp"
#include "tools/app/trading.hpp"

namespace proteus::simulation {

using app::selftest::Network;

/// What was done to one run, or to many.
struct Tally {
  std::uint64_t seeds = 0;
  sim::FaultCounts faults{};
  SimulatedDisk::Done disk;
  std::uint64_t full_disks = 0;
  std::uint64_t clock_jumps = 0;
  std::uint64_t commands = 0;
  std::uint64_t deaths = 0;
  std::uint64_t resumes = 0;
  std::uint64_t rotations = 0;
  Audit::Seen seen;
  std::uint64_t records_told_again = 0;
  std::uint64_t bars_compared = 0;  ///< with the run without faults
  void add(const Tally& other);
};

struct Verdict {
  std::string complaint;  ///< the first thing that was not so; empty: all was well
  std::uint64_t digest = 0;
  std::uint64_t ledger_hash = 0;
  SaidOfBars said;
  std::map<std::uint32_t, Timestamp> gaps;
  Tally tally;
};

class Trial {
 public:
  Trial(Scenario scenario, std::filesystem::path folder, Planted planted = Planted::Nothing);
  ~Trial();
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  Verdict run();

 private:
  /// Between feed and engine.
  class Door final : public EventSink {
   public:
    explicit Door(Trial& trial) : trial_(trial) {}
    void on_input(EventBody body, Timestamp happened, Timestamp received) override;

   private:
    Trial& trial_;
  };
  [[nodiscard]] bool fine() const { return failure_.empty() && witness_->complaint().empty(); }
  std::unique_ptr<Witness> new_witness();
  /// Begins the session, or goes on with it. Errors: what the program would end with.
  Result<void> start();
  Result<void> begin_session(const InstrumentTable& table, Timestamp now);
  Result<void> resume_session();
  Result<InstrumentTable> learn_instruments();
  void start_feed();
  void every(Duration period, std::function<void()> fn);
  void disturb();
  void jump();
  void bury();
  void end();
  void check_log();

  Scenario scenario_;
  std::filesystem::path folder_;
  Planted planted_;
  sim::Draws draws_;
  app::Loaded loaded_;
  std::optional<sim::SyntheticSource> source_;
  Network network_;
  std::unique_ptr<sim::SimExchange> exchange_;
  SimulatedDisk disk_;
  std::optional<std::filesystem::path> session_;
  std::string failure_;
  Tally tally_;
  std::size_t life_ = 0;

  // A process.
  std::unique_ptr<Witness> witness_;
  std::optional<bybit::VenueClock> clock_;
  std::unique_ptr<app::Trading> trading_;
  Door door_{*this};
  std::unique_ptr<bybit::PublicFeed> feed_;
};

/// Runs a seed in a folder of its own, which goes again; for some seeds the run without faults is
/// made as well, and what strategies said to the same bars is compared.
Verdict try_seed(std::uint64_t seed, Planted planted = Planted::Nothing);

}  // namespace proteus::simulation

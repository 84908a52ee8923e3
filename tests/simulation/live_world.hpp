// A live daemon without sockets, clocks or threads of its own making: the simulated exchange with
// an account, a network with latency, and the whole of what trades live (app::Trading with its log
// on disk, public feed, account gateway). It can be killed at any moment and started again from its
// log. Everything that is drawn comes from one seed.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connectors/sim/synthetic_source.hpp"
#include "tests/simulation/audit.hpp"
#include "tools/app/selftest/network.hpp"
#include "tools/app/trading.hpp"

namespace proteus::simulation {

using app::selftest::Network;

struct LiveSetup {
  std::uint64_t seed = 1;
  std::filesystem::path folder;
  sim::SimFaults faults{};
  std::vector<std::string> overrides;  ///< of the daemon's settings
  std::vector<std::string> instruments = {"linear:BTCUSDT", "linear:ETHUSDT"};
  std::function<void(sim::SimSettings&)> tune = [](sim::SimSettings&) {};
  bool audit = false;  ///< of the first daemon: an auditor before its log
  bool paper = false;  ///< the same daemon on paper, over the same market
};

/// Every fault of an account's requests, lists and streams, each with a chance that is drawn.
sim::SimFaults draw_account_faults(std::uint64_t seed);

/// The account at the venue, all of one moment; read by a parser of its own.
struct VenueBooks {
  std::map<std::string, Quantity> positions;  ///< signed, by symbol; flat ones are not there
  std::map<std::string, Price> stops;         ///< of positions
  Money wallet;
  Money cost;                             ///< signed, of all positions
  std::vector<std::string> open;          ///< link ids of open orders, stops apart
  std::map<std::string, Quantity> coins;  ///< by coin
  std::map<std::string, Quantity>
      conditional;  ///< quantities of open conditional orders, by link id
  std::map<std::string, std::string> leverage;  ///< of positions, by symbol
};

/// What happened on the account since the beginning, asked by signed requests.
struct VenueHistory {
  std::vector<std::string> links;              ///< link ids of all orders
  std::map<std::string, Quantity> executions;  ///< by execution id, trades alone
  std::set<std::string> stops_fired;           ///< order ids of stop-losses that traded
};

class LiveWorld {
 public:
  explicit LiveWorld(LiveSetup setup);
  ~LiveWorld();
  LiveWorld(const LiveWorld&) = delete;
  LiveWorld& operator=(const LiveWorld&) = delete;

  /// Starts a daemon: with a new session the first time, else with the log of the one before.
  /// Errors: what the program would end with.
  Result<void> start();
  /// kill -9: what the kernel has of the log is all that is left.
  void kill();
  /// The same at the moment when the daemon sends something of which `when` says so: before it
  /// leaves, or right after. Happens in the next run().
  void kill_at(std::function<bool(std::string_view)> when, bool leaves);
  [[nodiscard]] bool killed() const { return !running(); }
  /// Tells the engine to stop, waits for what is open, and ends in good order.
  Result<void> end();
  [[nodiscard]] bool running() const { return trading_ != nullptr; }

  void run(Duration time);
  /// Runs until it holds, or `longest`; whether it holds.
  bool run_until(const std::function<bool()>& holds, Duration longest);

  [[nodiscard]] Engine& engine() { return trading_->engine(); }
  /// Null: nobody audits.
  [[nodiscard]] const Audit* audit() const { return audit_.get(); }
  /// What of the heap went with the last daemon that ended or was killed, bytes; the auditor and
  /// the venue are none of it.
  [[nodiscard]] double daemon_bytes() const { return daemon_bytes_; }
  [[nodiscard]] live::AccountGateway& gateway() { return *gateway_; }
  [[nodiscard]] live::GatewayStatus status() const { return gateway_->status(network_.now()); }
  [[nodiscard]] const InstrumentTable& instruments() const { return trading_->instruments(); }
  [[nodiscard]] sim::SimExchange& exchange() { return *exchange_; }
  [[nodiscard]] Network& network() { return network_; }
  [[nodiscard]] app::Trading& trading() { return *trading_; }
  /// Nothing of ours is open or in doubt, and the venue's books were found equal to ours.
  [[nodiscard]] bool settled() const;
  void command(OperatorAction action, const char* cause = "test");

  /// By the venue's word now, without faults or limits.
  VenueBooks venue();
  /// Takes time, in which the daemon goes on.
  VenueHistory history();
  /// A signed request of the owner's, by hand.
  std::string signed_call(bool post, const std::string& path, const std::string& text);
  /// What differs between the venue's books and ours; empty: nothing, to the unit.
  std::string difference();

 private:
  /// Before the engine: the audit's look after each input.
  class Door final : public EventSink {
   public:
    explicit Door(LiveWorld& world) : world_(world) {}
    void on_input(EventBody body, Timestamp happened, Timestamp received) override;

   private:
    LiveWorld& world_;
  };
  void every(Duration period, std::function<void()> fn);
  Result<InstrumentTable> learn_instruments();
  Result<void> open_account();
  /// The daemon's objects go, and what they weighed is noted.
  void bury();

  LiveSetup setup_;
  std::optional<sim::SyntheticSource> source_;
  Network network_;
  std::unique_ptr<sim::SimExchange> exchange_;
  app::Loaded loaded_;
  std::unique_ptr<live::Signing> signing_;
  void keep_log_as_it_is();

  bool dying_ = false;  ///< killed inside a call; the rest of it does not count
  std::optional<std::filesystem::path> session_;  ///< of the daemon that lived before

  std::unique_ptr<Audit> audit_;  ///< of the first daemon; what it has seen stays
  bool audited_ = false;          ///< it looks on
  double daemon_bytes_ = 0.0;

  // A daemon.
  std::optional<bybit::VenueClock> clock_;
  std::unique_ptr<app::Trading> trading_;
  Door door_{*this};
  std::unique_ptr<live::AccountGateway> gateway_;
  std::unique_ptr<bybit::PublicFeed> feed_;
};

}  // namespace proteus::simulation

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
#include "tools/app/trading.hpp"

namespace proteus::simulation {

/// The wire between exchange and feed, on simulated real time. Frames of a connection keep their
/// order; requests and answers take their time.
class Network final : public sim::SimIo, public bybit::FeedIo {
 public:
  using OnAnswer =
      std::function<void(bybit::RequestId, Result<bybit::HttpResponse>, bybit::SteadyTime)>;

  Network(std::uint64_t seed) : draws_(seed) {}

  sim::SimExchange* exchange = nullptr;
  bybit::PublicFeed* feed = nullptr;
  bybit::VenueClock* clock = nullptr;
  OnAnswer on_answer;

  [[nodiscard]] bybit::SteadyTime now() const { return now_; }
  /// Runs `fn` every `period` from now on.
  void every(Duration period, std::function<void()> fn);
  /// Moves time to `until` and does all that falls due on the way, in order.
  void run_to(bybit::SteadyTime until);
  /// After every input of the exchange.
  void advance();

  // What the feed asks for.
  void open(bybit::StreamId stream, std::string_view path) override;
  void send(bybit::StreamId stream, std::string text) override;
  void close(bybit::StreamId stream) override;
  void set_reading(bybit::StreamId stream, bool reading) override;
  void get(bybit::RequestId request, std::string target) override;
  // What the exchange does.
  void send(sim::ConnId conn, std::shared_ptr<const std::string> frame,
            sim::FrameKind kind) override;
  void ping(sim::ConnId conn, std::string_view payload) override;
  void drop(sim::ConnId conn) override;
  void mute(sim::ConnId conn, bool muted) override;

 private:
  struct Connection {
    bybit::StreamId stream = 0;
    bool open = false;
    bool muted = false;
    bybit::SteadyTime last_frame{};  ///< when the last frame under way arrives
  };
  void later(Duration wait, std::function<void()> fn) { at(now_ + wait, std::move(fn)); }
  void at(bybit::SteadyTime time, std::function<void()> fn);
  /// The stream's connection of now; null: it has none, or it is another one.
  Connection* current(sim::ConnId conn);
  void deliver(sim::ConnId conn, const std::string& frame);
  void flush(bybit::StreamId stream);
  [[nodiscard]] Duration latency();

  struct Stream {
    sim::ConnId conn = 0;  ///< zero: none
    bool reading = true;
    std::vector<std::string> unread;
  };
  sim::Draws draws_;
  bybit::SteadyTime now_{std::chrono::hours{1}};
  std::map<std::pair<bybit::SteadyTime, std::uint64_t>, std::function<void()>> tasks_;
  std::uint64_t tasks_made_ = 0;
  std::uint64_t wake_ = 0;  ///< number of the last wish of the exchange to be called
  std::map<sim::ConnId, Connection> connections_;
  std::map<bybit::StreamId, Stream> streams_;
  sim::ConnId last_conn_ = 0;
};

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

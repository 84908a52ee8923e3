// What the integration tests share: a simulated exchange and a paper daemon on one loop, the
// session they leave, and the market as its source has it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/net/loop.hpp"
#include "connectors/storage/wal_reader.hpp"
#include "engine/core/event.hpp"
#include "tests/session_query.hpp"
#include "tools/app/daemon.hpp"
#include "tools/app/sim_host.hpp"

namespace proteus::app {

using namespace std::chrono_literals;

/// A folder of its own that goes away with all that is in it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::string read_all(const std::filesystem::path& path);
void write_all(const std::filesystem::path& path, std::string_view text);
/// Names of what lies in a folder, sorted; empty where there is none.
std::vector<std::string> entries(const std::filesystem::path& folder);

/// Turns the loop until `done`. `longest` of real time only bounds a failure.
[[nodiscard]] bool run_until(net::Loop& loop, const std::function<bool()>& done,
                             Duration longest = 60s);

using Overrides = std::vector<std::string>;
/// Both; of a key that stands in both, b's value.
Overrides operator+(Overrides a, const Overrides& b);

/// Venue time at which the generated market of all these tests begins.
inline constexpr Timestamp kMarketStart{std::chrono::sys_days{std::chrono::June / 2 / 2025}};

/// A simulated exchange on loopback, paced by its reader unless told otherwise.
class Exchange {
 public:
  explicit Exchange(net::Loop& loop, const Overrides& more = {});
  [[nodiscard]] SimHost& host() { return *host_; }
  [[nodiscard]] std::string address() const;
  /// Settings with which a daemon finds it.
  [[nodiscard]] Overrides where() const;
  /// What the source has, generated anew: it shares nothing with what went over the wire.
  [[nodiscard]] std::optional<Bar> bar(const Instrument& instrument, Timestamp open) const;

 private:
  SimSettings settings_;
  std::unique_ptr<SimHost> host_;
  std::unique_ptr<sim::MarketSource> again_;
};

/// Settings of a daemon for a paced exchange: the stream's own time, quick to come back.
Overrides paced();
/// The socket and the session folder of a daemon below `folder`.
Overrides in(const Folder& folder);

/// One figure of the status JSON; "anomalies.duplicate_bar" for a nested one. Zero if it is not
/// there.
std::int64_t figure(const std::string& status_json, const std::string& path);
std::string word(const std::string& status_json, const std::string& path);

/// A daemon that runs, and how far it has come.
class Daemon {
 public:
  Daemon(net::Loop& loop, const Overrides& overrides);
  [[nodiscard]] std::int64_t figure(const std::string& path) const {
    return app::figure(daemon_->status_json(), path);
  }
  /// Turns the loop until `bars` closed bars, all instruments together, were decided.
  [[nodiscard]] bool run_to_bars(std::int64_t bars, Duration longest = 60s);
  void stop() { EXPECT_TRUE(daemon_->stop("the test ends").has_value()); }
  [[nodiscard]] std::string status() const { return daemon_->status_json(); }
  [[nodiscard]] std::uint16_t metrics_port() const { return daemon_->metrics_port(); }
  [[nodiscard]] std::filesystem::path folder() const { return daemon_->folder(); }

 private:
  net::Loop& loop_;
  std::unique_ptr<TradingDaemon> daemon_;
};

/// A session log, read whole.
struct Log {
  std::vector<Instrument> instruments;
  std::vector<BarClosed> bars;
  std::vector<FeedAnomaly> anomalies;
  std::vector<FeedChanged> feed;
  std::vector<TickerUpdated> tickers;
  std::vector<BookUpdated> books;
  std::vector<DecisionRecord> decisions;
  std::vector<EquityPoint> equity;
  std::size_t changed = 0;  ///< instruments told anew, after the first telling
  std::size_t fills = 0;
  std::size_t orders = 0;  ///< that left, or were about to
  storage::WalReader::Tail tail;
  std::string failure;  ///< empty: read to its end
};
Log read_log(const std::filesystem::path& session_folder);

/// Every instrument's bars came once, in order, without a hole, and are the source's; every bar has
/// its decision, in the same order. Else the first thing that is not so, in words.
std::string complaint(const Log& log, const Exchange& exchange);

using test::query;

}  // namespace proteus::app

// The daemon: feed -> engine -> venue, with a session on disk and an operator's socket. On paper
// the venue lives in this process; live, orders go to an account. One loop, one thread; storage has
// its own.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "connectors/live/account_io.hpp"
#include "connectors/net/loop.hpp"
#include "engine/core/instrument.hpp"
#include "engine/core/order_id.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {

class TradingDaemon {
 public:
  /// Makes the session, learns the instruments from the venue (this runs the loop) and wires
  /// everything. Errors say what could not be reached or read; nothing is left running.
  /// `code` stands in every order id and so in the ledger's hash: who wants a run again gives the
  /// same; else it is drawn. `resume`: the folder of the session that goes on, instead of a new
  /// one. `patient`: a venue that is away is asked for as long as it takes; else a few times.
  /// `signing`: orders go to the account that it signs for; null: paper.
  static Result<std::unique_ptr<TradingDaemon>> create(
      net::Loop& loop, const Loaded& loaded, std::optional<SessionCode> code = {},
      const std::optional<std::filesystem::path>& resume = {}, bool patient = false,
      std::unique_ptr<live::Signing> signing = {});
  ~TradingDaemon();
  TradingDaemon(const TradingDaemon&) = delete;
  TradingDaemon& operator=(const TradingDaemon&) = delete;

  /// Begins to trade; returns at once. The loop does the rest.
  void start();
  /// Ends the feed and closes the log and the tables. Once. Errors: Io, what of the log was lost.
  Result<void> stop(const std::string& cause);
  /// The state as one line of JSON: what `proteus status --json` prints.
  [[nodiscard]] std::string status_json() const;
  [[nodiscard]] std::string folder() const;
  /// Where /metrics is served; 0: it is not.
  [[nodiscard]] std::uint16_t metrics_port() const;
  [[nodiscard]] const InstrumentTable& instruments() const;
  /// Orders leave this process.
  [[nodiscard]] bool live() const;

 private:
  struct Impl;
  explicit TradingDaemon(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proteus::app

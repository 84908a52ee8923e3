// The simulated exchange: Bybit's v5 REST and websocket protocols over a MarketSource, with
// accounts that trade on it, in simulated time, without sockets, clocks or threads. A server feeds
// it what clients send and what its steady clock reads; it answers through SimIo.
//
// One thread. After EVERY input call advance() and call it again when the time it returned has
// passed or at the next input, whichever is first. The same calls in the same order give the same
// bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "connectors/sim/fault_kinds.hpp"
#include "connectors/sim/market_source.hpp"
#include "connectors/sim/settings.hpp"
#include "connectors/sim/sim_io.hpp"
#include "engine/core/result.hpp"

namespace proteus::sim {

class SimExchange {
 public:
  /// `source` and `io` outlive the exchange. Errors: Malformed or OutOfRange for a start that is no
  /// time or outside the market, for a push interval that is not whole milliseconds, for accounts
  /// that cannot be read; those of an instrument that cannot be traded on.
  static Result<std::unique_ptr<SimExchange>> create(SimSettings settings, MarketSource& source,
                                                     SimIo& io);
  ~SimExchange();
  SimExchange(const SimExchange&) = delete;
  SimExchange& operator=(const SimExchange&) = delete;

  /// A websocket handshake for `target` (path and query). 101: accept it, and the connection
  /// exists; else refuse it with this status (404: no such path; 403, 503: a fault).
  [[nodiscard]] int on_connect(ConnId conn, std::string_view target);
  /// One text message of a client. Answers through SimIo before it returns.
  void on_text(ConnId conn, std::string_view text);
  /// A control pong with the payload of the ping it answers.
  void on_pong(ConnId conn, std::string_view payload);
  /// The connection is gone, whoever ended it.
  void on_closed(ConnId conn);
  /// One HTTP request; `target` is path and query as on the request line. Besides the venue's
  /// paths: GET /sim/status, POST /sim/fault?kind=drop[&conn=N][&count=N][&value=N], and what an
  /// account's owner does by another device: POST /sim/trade, /sim/leverage, /sim/position-mode,
  /// GET /sim/account. `headers` and `body` matter to signed paths; orders take effect now, and are
  /// told on private streams by the next advance(), after this answer.
  [[nodiscard]] HttpReply on_http(std::string_view method, std::string_view target,
                                  const HttpHeaders& headers = {}, std::string_view body = {});

  /// Moves simulated time as far as it may go by `steady_now` (any origin, never going back) and
  /// sends what falls due. Returns the real time after which it wants to be called again if nothing
  /// comes in before: 0 at once, Duration::max() never.
  Duration advance(Duration steady_now);

  /// Orders a fault now. Errors: NotFound for a connection that is not open, OutOfRange for a count
  /// outside 1 to a million or a clock offset beyond a day.
  Result<void> inject(const FaultOrder& order);

  /// Simulated time, clock offset not added.
  [[nodiscard]] Timestamp now() const;
  /// The source has ended and everything was sent. Time stands still in paced mode and goes on
  /// without bars otherwise.
  [[nodiscard]] bool finished() const;
  [[nodiscard]] const FaultCounts& fault_counts() const;
  /// Data frames handed to SimIo since the start.
  [[nodiscard]] std::uint64_t frames_sent() const;
  /// One line for the log: instruments, base interval, start, speed, pushes, seed.
  [[nodiscard]] std::string describe() const;
  /// "drop=2 omit_confirm=1", only what was done; "none" if nothing was.
  [[nodiscard]] std::string describe_faults() const;

 private:
  class Impl;
  explicit SimExchange(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proteus::sim

// A live session's account, in one piece: the key, its sockets and the gateway over them.
#pragma once

#include <filesystem>
#include <memory>

#include "connectors/live/account_gateway.hpp"
#include "tools/app/net_account_io.hpp"
#include "tools/app/settings.hpp"
#include "tools/app/trading.hpp"

namespace proteus::app {

class LiveAccount {
 public:
  /// Over a venue that was built; nothing is asked yet. All outlive it. Errors: addresses that
  /// cannot be read, or a plain connection to somewhere else than this machine.
  static Result<std::unique_ptr<LiveAccount>> create(net::Loop& loop, const Loaded& loaded,
                                                     Trading& trading, bybit::VenueClock& clock,
                                                     storage::FeedRecorder* recorder,
                                                     std::unique_ptr<live::Signing> signing);
  ~LiveAccount();
  LiveAccount(const LiveAccount&) = delete;
  LiveAccount& operator=(const LiveAccount&) = delete;

  /// Turns the loop until the venue has told what the key may, and the account is set as we need
  /// it. Errors: Refused, with what to do; Stopped.
  Result<live::AccountFacts> prepare();
  void start();
  void on_timer();
  /// After the engine was told to stop: turns the loop until nothing of ours is open, or for
  /// `longest`.
  void settle(Duration longest);
  void stop();
  [[nodiscard]] live::AccountGateway& gateway() { return *gateway_; }
  /// Called when the venue bars this address from HTTP (403).
  void on_barred(std::function<void()> barred) { io_->on_barred(std::move(barred)); }
  [[nodiscard]] live::GatewayStatus status() const;

 private:
  LiveAccount(net::Loop& loop, const Settings& settings, Trading& trading)
      : loop_(loop), settings_(settings), trading_(trading) {}

  net::Loop& loop_;
  const Settings& settings_;
  Trading& trading_;
  std::unique_ptr<live::Signing> signing_;
  std::unique_ptr<live::AccountGateway> gateway_;
  std::unique_ptr<NetAccountIo> io_;
};

/// What the venue said of a key that it does not take, in words of what to do; any other error as
/// it is.
Error explained(const Error& refusal, const Settings& settings);

/// No plain text to anywhere but this machine, and no way to change that. Errors: Refused.
Result<void> check_private_endpoint(const net::Endpoint& endpoint, const char* key);

}  // namespace proteus::app

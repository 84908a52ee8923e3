// The guard as a process: its own sockets and key, the daemon's heartbeat, the alarms. One loop.
#pragma once

#include <memory>
#include <string>

#include "connectors/live/guard.hpp"
#include "connectors/net/loop.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {

class GuardProcess {
 public:
  /// Learns the instruments from the venue and asks what the key may; turns the loop. `patient`: a
  /// venue that does not answer is asked for as long as it takes; else HTTP that is barred (403) is
  /// not waited for, and nothing is learned. Errors: Refused, with what to do; Stopped; what could
  /// not be reached.
  static Result<std::unique_ptr<GuardProcess>> create(net::Loop& loop, const Loaded& loaded,
                                                      std::unique_ptr<live::Signing> signing,
                                                      bool patient);
  ~GuardProcess();
  GuardProcess(const GuardProcess&) = delete;
  GuardProcess& operator=(const GuardProcess&) = delete;

  /// Watches; returns at once, the loop does the rest.
  void watch();
  /// Acts now and stops the loop when a query has confirmed it.
  void fire(const std::string& cause);
  /// The last words: alarms that wait are delivered, a moment at most.
  void end();
  [[nodiscard]] live::GuardStatus status() const;
  /// HTTP was barred when this one was made and is not any more: another one would see the account.
  [[nodiscard]] bool can_look_now() const;

 private:
  struct Impl;
  explicit GuardProcess(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proteus::app

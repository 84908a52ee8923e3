// What a service manager wants to hear (sd_notify): ready, alive, stopping. The protocol is a text
// datagram to the socket that NOTIFY_SOCKET names; systemd documents it as stable and meant to be
// spoken without its library, which would map five compression and cipher libraries into the
// daemon for these few lines. Without that variable every call does nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "connectors/storage/file.hpp"
#include "engine/core/time.hpp"

namespace proteus::app {

class ServiceNotify {
 public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and takes them out of the environment, so
  /// that no program that is started from here speaks in our name.
  static ServiceNotify from_environment();
  /// `address`: a path, or '@' and an abstract name; empty: nobody listens. `watchdog`: zero: off.
  ServiceNotify(std::string address, Duration watchdog);

  /// Says `text` ("READY=1", lines parted by newlines). Never waits; what the manager does not take
  /// is lost. False: it was not taken.
  bool say(std::string_view text);  // NOLINT(modernize-use-nodiscard): most need not know

  [[nodiscard]] bool listened() const { return socket_.open(); }
  /// Within which the manager wants to hear "WATCHDOG=1"; zero: not at all.
  [[nodiscard]] Duration watchdog() const { return watchdog_; }

 private:
  std::string address_;
  Duration watchdog_;
  storage::Descriptor socket_;
};

/// `text` as one line, which a status has to be.
std::string one_line(std::string_view text);

}  // namespace proteus::app

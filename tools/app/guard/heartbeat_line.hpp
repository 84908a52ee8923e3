// Asks a daemon how it is, over its operator socket, without ever waiting for the answer.
#pragma once

#include <optional>
#include <string>

#include "connectors/net/local_client.hpp"
#include "tools/app/guard/pulse_text.hpp"

namespace proteus::app {

class HeartbeatLine {
 public:
  enum class Daemon : std::uint8_t {
    Answered,
    Silent,  ///< nobody answers, and a socket stands there or the process that answered lives
    Gone     ///< neither
  };
  struct Heard {
    Daemon daemon = Daemon::Gone;
    live::Pulse pulse;      ///< where it answered
    std::string complaint;  ///< what answers is no daemon of ours
  };

  explicit HeartbeatLine(std::string socket) : socket_(std::move(socket)) {}

  /// Asks; a question that has not been answered yet goes on and counts as silence.
  std::optional<Heard> ask();
  /// An answer that has come since.
  std::optional<Heard> listen();
  [[nodiscard]] const std::string& session() const { return session_; }

 private:
  [[nodiscard]] Heard nobody() const;

  std::string socket_;
  std::optional<net::LocalClient> open_;
  std::string session_;
  long pid_ = 0;  ///< of the daemon that answered last; 0: none has
};

}  // namespace proteus::app

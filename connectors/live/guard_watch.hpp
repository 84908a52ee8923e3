// Is the live daemon well? From its answers and its silences to one verdict. Pure: times are handed
// in.
#pragma once

#include <string>

#include "connectors/live/guard_settings.hpp"
#include "connectors/live/request_bucket.hpp"

namespace proteus::live {

/// What a daemon tells of itself.
struct Pulse {
  bool live = false;   ///< it trades on an account; false: on paper, which needs no guard
  bool ready = false;  ///< it has begun; false: it is still starting
  bool stopping = false;
  bool reconciled = false;
  bool private_live = false;
  Duration loop_delay{0};  ///< 99th percentile of the last minute
};

enum class Heartbeat : std::uint8_t {
  None,  ///< no live daemon has been there yet
  Well,
  Doubtful,  ///< it answers and is not as it has to be
  Silent,    ///< it does not answer, and patience is not over
  Ended,     ///< it was stopped in good order
  Missed     ///< to be acted on, until it is well again
};
std::string_view to_string(Heartbeat heartbeat);

class GuardWatch {
 public:
  explicit GuardWatch(const GuardSettings& settings) : settings_(settings) {}

  void answered(const Pulse& pulse, SteadyTime now);
  /// Nobody answered, though a daemon is or was there: its socket stands, or its process lives.
  void silent(SteadyTime now);
  /// No socket and no process: none has begun, or it has ended and cleared up behind itself.
  void gone(SteadyTime now);

  [[nodiscard]] Heartbeat judge(SteadyTime now);
  /// Why it is not well, a sentence; empty: it is.
  [[nodiscard]] const std::string& cause() const { return cause_; }

 private:
  /// What is wrong with an answer; empty: nothing.
  [[nodiscard]] std::string complaint(const Pulse& pulse) const;

  GuardSettings settings_;
  Heartbeat heartbeat_ = Heartbeat::None;
  std::string cause_;
  std::string complaint_;        ///< of the last answer
  bool on_duty_ = false;         ///< one has begun since the last that ended in good order
  bool ready_ = false;           ///< the last answer came from a daemon that had begun
  SteadyTime silent_since_{};    ///< epoch: it answers
  SteadyTime doubtful_since_{};  ///< epoch: it is as it has to be
};

}  // namespace proteus::live

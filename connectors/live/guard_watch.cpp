#include "connectors/live/guard_watch.hpp"

#include <fmt/format.h>

namespace proteus::live {
namespace {

double in_seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

std::string_view to_string(Heartbeat heartbeat) {
  constexpr std::array<std::string_view, 6> kWords = {"none",   "well",  "doubtful",
                                                      "silent", "ended", "missed"};
  return kWords[static_cast<std::size_t>(heartbeat)];
}

std::string GuardWatch::complaint(const Pulse& pulse) const {
  if (!pulse.ready) return "the daemon is still starting";
  if (pulse.loop_delay > settings_.loop_delay_max)
    return fmt::format("the daemon's loop hangs: timers are {:.1f} s late",
                       in_seconds(pulse.loop_delay));
  if (pulse.stopping) return "the daemon is stopping";
  if (!pulse.private_live) return "the daemon has no private stream";
  if (!pulse.reconciled) return "the daemon's books are not known to be the venue's";
  return "";
}

void GuardWatch::answered(const Pulse& pulse, SteadyTime now) {
  silent_since_ = {};
  if (!pulse.live) {
    // Paper has no account. A live daemon that was missed stays missed, whoever sits there now.
    if (heartbeat_ != Heartbeat::Missed) heartbeat_ = Heartbeat::None;
    doubtful_since_ = {};
    complaint_.clear();
    return;
  }
  ready_ = pulse.ready;
  on_duty_ = on_duty_ || ready_;
  complaint_ = complaint(pulse);
  if (complaint_.empty()) {
    doubtful_since_ = {};
    heartbeat_ = Heartbeat::Well;
    return;
  }
  if (doubtful_since_ == SteadyTime{}) doubtful_since_ = now;
  // One that answers again may put its house in order itself; one that starts has not yet begun to.
  if (heartbeat_ != Heartbeat::Missed || (pulse.ready && now - doubtful_since_ < settings_.doubt))
    heartbeat_ = Heartbeat::Doubtful;
}

void GuardWatch::silent(SteadyTime now) {
  if (silent_since_ == SteadyTime{}) silent_since_ = now;
  if (heartbeat_ != Heartbeat::Missed) heartbeat_ = Heartbeat::Silent;
}

void GuardWatch::gone(SteadyTime now) {
  if (heartbeat_ == Heartbeat::None || heartbeat_ == Heartbeat::Ended ||
      heartbeat_ == Heartbeat::Missed)
    return;
  // One that never got to begin has not put in order what the one before it left.
  if (on_duty_ && !ready_) return silent(now);
  heartbeat_ = on_duty_ ? Heartbeat::Ended : Heartbeat::None;
  on_duty_ = false;
  silent_since_ = doubtful_since_ = {};
  complaint_.clear();
}

Heartbeat GuardWatch::judge(SteadyTime now) {
  cause_ = complaint_;
  if (silent_since_ != SteadyTime{}) {
    const Duration silence = now - silent_since_;
    cause_ = fmt::format("the daemon has not answered for {:.1f} s", in_seconds(silence));
    if (silence >= settings_.patience) heartbeat_ = Heartbeat::Missed;
  }
  if (doubtful_since_ != SteadyTime{} && now - doubtful_since_ >= settings_.doubt) {
    cause_ =
        fmt::format("{} for {:.1f} s", complaint_.empty() ? "the daemon was not well" : complaint_,
                    in_seconds(now - doubtful_since_));
    heartbeat_ = Heartbeat::Missed;
  }
  if (heartbeat_ == Heartbeat::Well || heartbeat_ == Heartbeat::None ||
      heartbeat_ == Heartbeat::Ended)
    cause_.clear();
  return heartbeat_;
}

}  // namespace proteus::live

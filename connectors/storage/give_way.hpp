// A thread that has time gives way to the event loop, which has none.
#pragma once

#include <sched.h>
#include <sys/resource.h>

namespace proteus::storage {

/// This thread alone: it never takes a core from another by waking up, and gets the smaller share
/// of one that both want. What the system refuses stays as it was.
inline void give_way() {
  constexpr int kNice = 10;
  const sched_param none{};
  static_cast<void>(::sched_setscheduler(0, SCHED_BATCH, &none));
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, kNice));  // 0: on Linux the calling thread
}

}  // namespace proteus::storage

// A thread that has time gives way to the event loop, which has none.
#pragma once

#include <sched.h>

namespace proteus::storage {

/// This thread alone never takes a core from another by waking up. Its share stays whole: on a busy
/// machine the log still has to reach the disk. What the system refuses stays as it was.
inline void give_way() {
  const sched_param none{};
  static_cast<void>(::sched_setscheduler(0, SCHED_BATCH, &none));
}

}  // namespace proteus::storage

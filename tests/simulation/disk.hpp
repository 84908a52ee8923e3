// The disk under a session's log, simulated: it is full for a while, takes half of a write, or the
// process dies inside one. It stands in for pwrite(2), which of all this program's writes only the
// log's are made with on the thread of the event loop; the log's own code is what users run.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "connectors/sim/random.hpp"

namespace proteus::simulation {

/// How a process dies at its disk.
struct Tear {
  std::uint64_t write = 0;  ///< at this write of the log, counted from the arming on; from 1
  double share = 0.0;       ///< of its bytes that still reach the disk, [0, 1]
};

class SimulatedDisk {
 public:
  /// From now on all pwrite(2) of the calling thread are this disk's; one at a time.
  explicit SimulatedDisk(std::uint64_t seed);
  ~SimulatedDisk();
  SimulatedDisk(const SimulatedDisk&) = delete;
  SimulatedDisk& operator=(const SimulatedDisk&) = delete;

  /// While it is full a write fails with ENOSPC, some after a part of it was taken.
  void set_full(bool full) { full_ = full; }
  [[nodiscard]] bool full() const { return full_; }
  /// The process will die at this write.
  void arm(const Tear& tear);
  void disarm() { tear_.reset(); }
  /// kill -9 now: nothing that is written from here on reaches the disk.
  void die() { dead_ = true; }
  [[nodiscard]] bool dead() const { return dead_; }
  /// A new process.
  void live_again();

  struct Done {
    std::uint64_t writes = 0;
    std::uint64_t refused = 0;  ///< for want of room
    std::uint64_t halved = 0;   ///< of them, after a part was taken
    std::uint64_t torn = 0;     ///< deaths that left a part of a write behind
    std::uint64_t lost = 0;     ///< after a death: they never happened
  };
  [[nodiscard]] const Done& done() const { return done_; }

  /// What pwrite(2) does.
  ssize_t write(int fd, const void* bytes, std::size_t size, off_t offset);

 private:
  sim::Draws draws_;
  bool full_ = false;
  bool half_taken_ = false;  ///< the write that was halved fails when it goes on
  bool dead_ = false;
  std::optional<Tear> tear_;
  Done done_;
};

}  // namespace proteus::simulation

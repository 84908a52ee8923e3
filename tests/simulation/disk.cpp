#include "tests/simulation/disk.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace proteus::simulation {
namespace {

/// Of this thread; null: the real one.
thread_local SimulatedDisk* mounted_disk = nullptr;

ssize_t really_write(int fd, const void* bytes, std::size_t size, off_t offset) {
  return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}

}  // namespace

SimulatedDisk::SimulatedDisk(std::uint64_t seed) : draws_(sim::mix(seed, "disk")) {
  mounted_disk = this;
}

SimulatedDisk::~SimulatedDisk() { mounted_disk = nullptr; }

void SimulatedDisk::arm(const Tear& tear) { tear_ = tear; }

void SimulatedDisk::live_again() {
  dead_ = false;
  half_taken_ = false;
  tear_.reset();
}

ssize_t SimulatedDisk::write(int fd, const void* bytes, std::size_t size, off_t offset) {
  if (dead_) {
    ++done_.lost;
    return static_cast<ssize_t>(size);  // To nobody: who asks is not there any more.
  }
  if (full_ && size > 0) {
    const bool half = !half_taken_ && size > 1 && draws_.unit() < 0.5;
    half_taken_ = half;
    if (half) {
      ++done_.halved;
      return really_write(fd, bytes, size / 2, offset);
    }
    ++done_.refused;
    errno = ENOSPC;
    return -1;
  }
  half_taken_ = false;
  ++done_.writes;
  if (tear_ && --tear_->write == 0) {
    dead_ = true;
    const auto kept = static_cast<std::size_t>(tear_->share * static_cast<double>(size));
    if (kept > 0 && kept < size) ++done_.torn;
    if (kept > 0) static_cast<void>(really_write(fd, bytes, std::min(kept, size), offset));
    return static_cast<ssize_t>(size);
  }
  return really_write(fd, bytes, size, offset);
}

}  // namespace proteus::simulation

extern "C" ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  using proteus::simulation::mounted_disk;
  if (mounted_disk != nullptr) return mounted_disk->write(fd, bytes, size, offset);
  return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}

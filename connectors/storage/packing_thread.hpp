// Packs closed parts of a feed beside the loop that records, for who has no session log (a
// session's storage thread does this and more). Nothing is ever dropped: what cannot be packed
// stays as it is, is told, and is tried again.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace proteus::storage {

class PackingThread {
 public:
  /// Takes in what an earlier process left unpacked in `folder`: make it before a recorder.
  PackingThread(const std::filesystem::path& folder, int level);
  /// Packs what is left and ends the thread.
  ~PackingThread();
  PackingThread(const PackingThread&) = delete;
  PackingThread& operator=(const PackingThread&) = delete;

  /// Hands over a closed part. Any thread; does not wait.
  void pack(std::filesystem::path part);
  /// Waits until everything handed over is packed, or one could not be.
  void drain();
  [[nodiscard]] std::uint64_t packed() const { return packed_; }
  /// In words; empty: none so far.
  [[nodiscard]] std::string last_error() const;

 private:
  void run();
  const int level_;
  std::atomic<std::uint64_t> packed_{0};
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<std::filesystem::path> parts_;
  std::string last_error_;
  bool failing_ = false;  ///< the first of the parts could not be packed
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace proteus::storage

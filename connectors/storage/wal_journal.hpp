// The session log as the engine writes it. Invariant: the file is at every instant a prefix of the
// stream of records that were appended; what a failed write left out is written first by the next.
// Thread: the event loop; `committed_bytes` may be read by any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "connectors/storage/file.hpp"
#include "connectors/storage/wal_format.hpp"
#include "engine/ports/journal.hpp"

namespace proteus::storage {

class WalJournal final : public Journal {
 public:
  /// A new log; refuses (Busy) to touch one that exists. `commit_every_bytes`: 0 in paper and live,
  /// where commit must mean "in the kernel"; replays of files may let many bars share one write.
  static Result<std::unique_ptr<WalJournal>> create(const std::filesystem::path& path,
                                                    const WalHeader& header,
                                                    std::size_t commit_every_bytes = 0);
  /// Goes on at the end of an existing log. Corrupt: it has a torn tail (see recover_tail) or
  /// worse.
  static Result<std::unique_ptr<WalJournal>> resume(const std::filesystem::path& path,
                                                    std::size_t commit_every_bytes = 0);
  ~WalJournal() override;

  void append(const Event& event) override { add(event); }
  void append(const DecisionRecord& decision) override { add(decision); }
  void append(const OrderIntent& intent) override { add(intent); }
  void append(const CancelIntent& intent) override { add(intent); }
  void append(const EquityPoint& point) override { add(point); }
  [[nodiscard]] bool commit() override { return buffer_.size() < commit_every_bytes_ || flush(); }
  /// commit, also where commits are gathered. The end of a run and an assertion's handler call it.
  [[nodiscard]] bool flush() noexcept;

  /// Bytes of the file that hold whole, committed records. Any thread.
  [[nodiscard]] std::uint64_t committed_bytes() const {
    return committed_.load(std::memory_order_acquire);
  }
  [[nodiscard]] std::uint64_t records() const { return next_number_; }
  [[nodiscard]] std::size_t pending_bytes() const { return buffer_.size() - written_; }
  [[nodiscard]] std::uint64_t failed_commits() const { return failed_commits_; }
  /// errno of the last failed write; 0: none failed since the last success.
  [[nodiscard]] int last_errno() const { return last_errno_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  WalJournal(std::filesystem::path path, Descriptor file, std::size_t commit_every_bytes)
      : path_(std::move(path)), file_(std::move(file)), commit_every_bytes_(commit_every_bytes) {}
  template <class T>
  void add(const T& record) {
    encode_record(record, next_number_, buffer_);
    ++next_number_;
  }

  std::filesystem::path path_;
  Descriptor file_;
  std::size_t commit_every_bytes_;
  ByteBuffer buffer_;
  std::size_t written_ = 0;  // of buffer_, by a write that stopped half-way
  std::uint64_t next_number_ = 0;
  std::uint64_t failed_commits_ = 0;
  int last_errno_ = 0;
  std::atomic<std::uint64_t> committed_{0};
};

}  // namespace proteus::storage

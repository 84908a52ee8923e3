// The session log as the engine writes it. Invariant: its segments are at every instant a prefix of
// the stream of records that were appended; what a failed write left out is written first by the
// next. Thread: the event loop; `committed_bytes` and `event_time` may be read by any thread.
//
// Behind the records there may be room: zeros that the storage thread had allocated ahead, so that
// a commit finds its pages in memory and its blocks on the disk (storage_thread.hpp). The journal
// writes by place and needs none of it.
//
// The file being written is session.wal. A rotation begins a new one with a snapshot:
//   1. session.wal.next gets its header and the snapshot
//   2. session.wal becomes log/<segment>.wal: from here on the rotation counts
//   3. session.wal.next becomes session.wal
// Whoever opens the session next finds by the names how far that came (log_recovery.hpp).
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "connectors/storage/file.hpp"
#include "connectors/storage/settings.hpp"
#include "connectors/storage/wal_format.hpp"
#include "engine/ports/journal.hpp"

namespace proteus::storage {

class LastSegment;

struct WalOptions {
  /// 0 in paper and live, where commit must mean "in the kernel"; replays of files may let many
  /// bars share one write.
  std::size_t commit_every_bytes = 0;
  std::uint64_t part_bytes = 256U << 20U;  ///< of a segment, when a rotation is due
  Duration part_age = std::chrono::hours{24};
  std::size_t pending_max = 64U << 20U;
};
/// A replay gathers its writes and is never rotated: nobody resumes it.
WalOptions wal_options(const StorageSettings& settings, std::string_view mode);

class WalJournal final : public Journal {
 public:
  /// A new log; refuses (Busy) to touch one that exists.
  static Result<std::unique_ptr<WalJournal>> create(const std::filesystem::path& path,
                                                    const WalHeader& header,
                                                    const WalOptions& options);
  static Result<std::unique_ptr<WalJournal>> create(const std::filesystem::path& path,
                                                    const WalHeader& header,
                                                    std::size_t commit_every_bytes = 0) {
    return create(path, header, WalOptions{.commit_every_bytes = commit_every_bytes});
  }
  /// Goes on where `last` ends; what it has not read yet is checked first. A torn tail is cut off
  /// and kept aside. Errors: Corrupt, where whole records follow a bad one; Io.
  static Result<std::unique_ptr<WalJournal>> resume(LastSegment& last,
                                                    const WalOptions& options = {});
  ~WalJournal() override;

  void append(const Event& event) override {
    last_time_ = event.ts_recv;
    if (!first_time_) first_time_ = event.ts_recv;
    add(event);
  }
  void append(const DecisionRecord& decision) override { add(decision); }
  void append(const OrderIntent& intent) override { add(intent); }
  void append(const CancelIntent& intent) override { add(intent); }
  void append(const EquityPoint& point) override { add(point); }
  [[nodiscard]] bool commit() override {
    return buffer_.size() < options_.commit_every_bytes || flush();
  }
  /// commit, also where commits are gathered. The end of a run and an assertion's handler call it.
  [[nodiscard]] bool flush() noexcept;
  /// The last flush of a run. Io: how many records of the log are lost with this process, and why.
  Result<void> finish();

  /// True when the segment has grown to its size or age (in engine time) and the disk takes writes.
  /// Costs a few comparisons.
  [[nodiscard]] bool rotation_due() const;
  /// Begins a new segment with `snapshot`, which must hold all that was appended. One open, one
  /// write, two renames; no sync. On an error the log goes on in the old segment and nothing is
  /// lost; a rotation is due again after a while. Errors: Io; OutOfRange, a snapshot beyond
  /// kSnapshotMax.
  Result<void> rotate(const Snapshot& snapshot);

  /// Bytes of the log, over all segments, that hold whole, committed records. Any thread.
  [[nodiscard]] std::uint64_t committed_bytes() const {
    return committed_.load(std::memory_order_acquire);
  }
  /// Engine time of the last committed event; the epoch before the first. Any thread.
  [[nodiscard]] Timestamp event_time() const {
    return from_unix_ns(event_time_.load(std::memory_order_relaxed));
  }
  [[nodiscard]] std::uint64_t records() const { return next_number_; }
  /// Any thread; as new as a `committed_bytes` that was read before.
  [[nodiscard]] std::uint32_t segment() const { return segment_.load(std::memory_order_acquire); }
  /// The last write stopped half-way: behind what is committed lies a piece of a record. Any
  /// thread.
  [[nodiscard]] bool half_written() const { return half_written_.load(std::memory_order_acquire); }
  [[nodiscard]] std::size_t pending_bytes() const { return buffer_.size() - written_; }
  /// Records that no write has taken to the kernel as a whole.
  [[nodiscard]] std::uint64_t pending_records() const { return next_number_ - committed_number_; }
  /// More waits for the disk than may: the session must end, memory would only grow.
  [[nodiscard]] bool overflowing() const { return pending_bytes() > options_.pending_max; }
  [[nodiscard]] std::uint64_t failed_commits() const { return failed_commits_; }
  [[nodiscard]] std::uint64_t failed_rotations() const { return failed_rotations_; }
  /// errno of the last failed write; 0: none failed since the last success.
  [[nodiscard]] int last_errno() const { return last_errno_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  WalJournal(std::filesystem::path path, Descriptor file, const WalOptions& options)
      : path_(std::move(path)), file_(std::move(file)), options_(options) {}
  template <class T>
  void add(const T& record) {
    encode_record(record, next_number_, buffer_);
    ++next_number_;
  }
  Result<void> rename_next();
  Result<void> do_rotate(const Snapshot& snapshot);
  [[nodiscard]] std::uint64_t segment_bytes() const;
  void set_header(const WalHeader& header) {
    header_ = header;
    segment_.store(header.segment, std::memory_order_release);
  }

  std::filesystem::path path_;
  Descriptor file_;
  WalOptions options_;
  WalHeader header_;
  ByteBuffer buffer_;
  std::size_t written_ = 0;  // of buffer_, by a write that stopped half-way
  std::uint64_t next_number_ = 0;
  std::uint64_t committed_number_ = 0;
  std::uint64_t failed_commits_ = 0;
  std::uint64_t failed_rotations_ = 0;
  int last_errno_ = 0;
  std::uint64_t overhead_ = 0;  // header and snapshot: what a new segment begins with
  std::uint64_t retry_at_ = 0;  // of segment_bytes, after a rotation failed
  std::optional<Timestamp> retry_after_;
  bool unnamed_ = false;  // the segment still has the name session.wal.next
  std::optional<Timestamp> first_time_;
  Timestamp last_time_{};
  std::atomic<std::uint64_t> committed_{0};
  std::atomic<std::int64_t> event_time_{0};
  std::atomic<std::uint32_t> segment_{0};
  std::atomic<bool> half_written_{false};
};

}  // namespace proteus::storage

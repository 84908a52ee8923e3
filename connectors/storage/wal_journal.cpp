#include "connectors/storage/wal_journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "connectors/storage/log_recovery.hpp"

namespace proteus::storage {
namespace {

// After a rotation that failed, the next attempt waits for this much more of the log or of time.
constexpr std::uint64_t kRetryBytes = 1U << 20U;
constexpr Duration kRetryTime = std::chrono::minutes{1};

std::string_view text_of(const ByteBuffer& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The name of a segment that is closed. Its folder is made with the first of them.
Result<void> move_to_closed(const std::filesystem::path& wal, std::uint32_t segment) {
  const auto closed = closed_segment(wal, segment);
  if (::rename(wal.c_str(), closed.c_str()) == 0) return success();
  if (errno != ENOENT) return io_error("rename", wal, errno);
  if (::mkdir(closed.parent_path().c_str(), 0750) != 0 && errno != EEXIST)
    return io_error("make the folder", closed.parent_path(), errno);
  if (::rename(wal.c_str(), closed.c_str()) != 0) return io_error("rename", wal, errno);
  return success();
}

}  // namespace

WalOptions wal_options(const StorageSettings& settings, std::string_view mode) {
  WalOptions options;
  options.pending_max = static_cast<std::size_t>(settings.log_pending_max);
  if (mode == "replay") {
    options.commit_every_bytes = static_cast<std::size_t>(settings.commit_every_bytes);
    options.part_bytes = std::numeric_limits<std::uint64_t>::max();
    options.part_age = Duration::max();
  } else {
    options.part_bytes = static_cast<std::uint64_t>(settings.log_part_bytes);
    options.part_age = settings.log_part_age;
  }
  return options;
}

Result<std::unique_ptr<WalJournal>> WalJournal::create(const std::filesystem::path& path,
                                                       const WalHeader& header,
                                                       const WalOptions& options) {
  auto file = open_file(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!file) {
    if (file.error().code == ErrorCode::Busy)
      return error(ErrorCode::Busy, fmt::format("{} exists already: a session log is never written "
                                                "over, start a new session",
                                                path.string()));
    return file.error();
  }
  std::unique_ptr<WalJournal> journal{new WalJournal{path, std::move(file).value(), options}};
  journal->set_header(header);
  encode_header(header, journal->buffer_);
  journal->overhead_ = journal->buffer_.size();
  if (!journal->flush()) return io_error("write", path, journal->last_errno_);
  return journal;
}

Result<std::unique_ptr<WalJournal>> WalJournal::resume(LastSegment& last,
                                                       const WalOptions& options) {
  BOOST_OUTCOME_TRY(last.cut_tail());
  const std::filesystem::path& path = last.path();
  BOOST_OUTCOME_TRY(Descriptor file, open_file(path, O_WRONLY));
  std::unique_ptr<WalJournal> journal{new WalJournal{path, std::move(file), options}};
  journal->set_header(last.header());
  journal->overhead_ = last.overhead();
  journal->next_number_ = journal->committed_number_ = last.tail().number;
  journal->first_time_ = last.first_time();
  journal->last_time_ = last.last_time().value_or(Timestamp{});
  journal->committed_.store(last.header().first_byte + last.tail().offset,
                            std::memory_order_release);
  journal->event_time_.store(to_unix_ns(journal->last_time_), std::memory_order_relaxed);
  return journal;
}

WalJournal::~WalJournal() { static_cast<void>(flush()); }

bool WalJournal::flush() noexcept {
  while (written_ < buffer_.size()) {
    const ssize_t n = ::pwrite(file_.get(), buffer_.data() + written_, buffer_.size() - written_,
                               static_cast<off_t>(segment_bytes() + written_));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      last_errno_ = n < 0 ? errno : ENOSPC;
      ++failed_commits_;
      half_written_.store(written_ > 0, std::memory_order_release);
      return false;
    }
    written_ += static_cast<std::size_t>(n);
  }
  const std::uint64_t committed = committed_.load(std::memory_order_relaxed) + buffer_.size();
  buffer_.clear();
  written_ = 0;
  last_errno_ = 0;
  half_written_.store(false, std::memory_order_release);
  committed_number_ = next_number_;
  event_time_.store(to_unix_ns(last_time_), std::memory_order_relaxed);
  committed_.store(committed, std::memory_order_release);
  return true;
}

Result<void> WalJournal::finish() {
  if (flush()) return success();
  return error(ErrorCode::Io,
               fmt::format("the last {} records of the log ({} bytes) could not be written to {} "
                           "and are lost: {}",
                           pending_records(), pending_bytes(), path_.string(),
                           std::generic_category().message(last_errno_)));
}

std::uint64_t WalJournal::segment_bytes() const {
  return committed_.load(std::memory_order_relaxed) - header_.first_byte;
}

bool WalJournal::rotation_due() const {
  if (last_errno_ != 0 || !first_time_) return false;
  const std::uint64_t bytes = segment_bytes() - overhead_;
  const bool due = bytes >= options_.part_bytes || last_time_ - *first_time_ >= options_.part_age;
  if (!due || !retry_after_) return due;
  return bytes >= retry_at_ || last_time_ >= *retry_after_;
}

// A rotation whose last step failed left the segment without its name.
Result<void> WalJournal::rename_next() {
  const std::filesystem::path next = next_segment(path_);
  if (::rename(next.c_str(), path_.c_str()) != 0) return io_error("rename", next, errno);
  unnamed_ = false;
  return success();
}

Result<void> WalJournal::rotate(const Snapshot& snapshot) {
  auto done = do_rotate(snapshot);
  if (done) return success();
  ++failed_rotations_;
  retry_at_ = segment_bytes() - overhead_ + kRetryBytes;
  retry_after_ = last_time_ + kRetryTime;
  return done.error();
}

Result<void> WalJournal::do_rotate(const Snapshot& snapshot) {
  if (!flush()) return io_error("write", path_, last_errno_);
  if (unnamed_) {
    BOOST_OUTCOME_TRY(rename_next());
  }
  if (binary::encoded_size(snapshot) > kSnapshotMax)
    return error(ErrorCode::OutOfRange,
                 fmt::format("a snapshot of {} bytes does not fit into the log: {} are the most",
                             snapshot.state.size(), kSnapshotMax));
  WalHeader header = header_;
  ++header.segment;
  header.first_record = next_number_;
  header.first_byte = committed_.load(std::memory_order_relaxed);
  header.begun = snapshot.time;
  ByteBuffer bytes;
  encode_header(header, bytes);
  encode_record(snapshot, next_number_, bytes);

  const std::filesystem::path next = next_segment(path_);
  BOOST_OUTCOME_TRY(Descriptor file, open_file(next, O_WRONLY | O_CREAT | O_TRUNC));
  auto ready = write_all(file, text_of(bytes), next);
  if (ready) ready = move_to_closed(path_, header_.segment);
  if (!ready) {
    // What stays behind is known to be no segment yet, by its name, if even this fails.
    ::unlink(next.c_str());
    return ready.error();
  }
  file_ = std::move(file);
  set_header(header);
  overhead_ = bytes.size();
  committed_number_ = ++next_number_;
  first_time_ = last_time_ = snapshot.time;
  retry_after_.reset();
  unnamed_ = true;
  const auto named = rename_next();
  committed_.store(header.first_byte + bytes.size(), std::memory_order_release);
  if (!named) ++failed_rotations_;  // The next rotation tries the name again.
  return success();
}

}  // namespace proteus::storage

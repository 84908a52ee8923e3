#include "connectors/storage/wal_journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "connectors/storage/wal_reader.hpp"

namespace proteus::storage {

Result<std::unique_ptr<WalJournal>> WalJournal::create(const std::filesystem::path& path,
                                                       const WalHeader& header,
                                                       std::size_t commit_every_bytes) {
  auto file = open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
  if (!file) {
    if (file.error().code == ErrorCode::Busy)
      return error(ErrorCode::Busy, fmt::format("{} exists already: a session log is never written "
                                                "over, start a new session",
                                                path.string()));
    return file.error();
  }
  std::unique_ptr<WalJournal> journal{
      new WalJournal{path, std::move(file).value(), commit_every_bytes}};
  encode_header(header, journal->buffer_);
  if (!journal->flush()) return io_error("write", path, journal->last_errno_);
  return journal;
}

Result<std::unique_ptr<WalJournal>> WalJournal::resume(const std::filesystem::path& path,
                                                       std::size_t commit_every_bytes) {
  BOOST_OUTCOME_TRY(WalReader reader, WalReader::open(path));
  for (;;) {
    BOOST_OUTCOME_TRY(const WalRecord* const record, reader.next());
    if (record == nullptr) break;
  }
  if (reader.tail().torn)
    return error(ErrorCode::Corrupt,
                 fmt::format("{} ends inside record {} at byte {}: cut the torn tail off first",
                             path.string(), reader.tail().number, reader.tail().offset));
  BOOST_OUTCOME_TRY(Descriptor file, open_file(path, O_WRONLY | O_APPEND));
  std::unique_ptr<WalJournal> journal{new WalJournal{path, std::move(file), commit_every_bytes}};
  journal->next_number_ = reader.tail().number;
  journal->committed_.store(reader.tail().offset, std::memory_order_release);
  return journal;
}

WalJournal::~WalJournal() { static_cast<void>(flush()); }

bool WalJournal::flush() noexcept {
  while (written_ < buffer_.size()) {
    const ssize_t n = ::write(file_.get(), buffer_.data() + written_, buffer_.size() - written_);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      last_errno_ = n < 0 ? errno : ENOSPC;
      ++failed_commits_;
      return false;
    }
    written_ += static_cast<std::size_t>(n);
  }
  const std::uint64_t committed = committed_.load(std::memory_order_relaxed) + buffer_.size();
  buffer_.clear();
  written_ = 0;
  last_errno_ = 0;
  committed_.store(committed, std::memory_order_release);
  return true;
}

}  // namespace proteus::storage

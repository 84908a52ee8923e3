#include "connectors/storage/log_recovery.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "connectors/storage/session_log.hpp"

namespace proteus::storage {
namespace fs = std::filesystem;
namespace {

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Result<void> rename_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return io_error("rename", from, errno);
  return sync_folder(to.parent_path());
}

// True if a write was interrupted before the file had its header: it ends inside of it, or empty
// pages stand where it should be. A header that is there and wrong is damage.
Result<bool> header_never_written(const fs::path& path) {
  BOOST_OUTCOME_TRY(const Descriptor file, open_file(path, O_RDONLY));
  BOOST_OUTCOME_TRY(const std::uint64_t size, size_of(file, path));
  std::array<char, kWalHeaderSize> bytes{};
  const ssize_t n = ::pread(file.get(), bytes.data(), bytes.size(), 0);
  if (n < 0) return io_error("read", path, errno);
  std::uint32_t description = 0;
  std::memcpy(&description, bytes.data() + 12, sizeof description);
  // A length that none has is damage, whatever the size of the file.
  if (description > kDescriptionMax) return false;
  return size < kWalHeaderSize + description || std::ranges::count(bytes, '\0') == n;
}

// A segment counts only with what it began with: header and, after the first, a snapshot. Both are
// written before the rename that makes it count, but a loss of power may take them.
Result<bool> begins_whole(const fs::path& path) {
  auto reader = WalReader::open(path);
  if (!reader) {
    BOOST_OUTCOME_TRY(const bool never_written, header_never_written(path));
    if (never_written) return false;
    return reader.error();
  }
  if (reader.value().header().segment == 1) return true;
  BOOST_OUTCOME_TRY(const auto frame, reader.value().next_frame());
  return frame.has_value();
}

Result<void> put_aside(const fs::path& path) {
  BOOST_OUTCOME_TRY(copy_rest(path, 0, path.string() + ".torn"));
  if (::unlink(path.c_str()) != 0) return io_error("remove", path, errno);
  return success();
}

// A session whose process was killed before its log had a header.
Result<void> settle_first(const fs::path& wal) {
  BOOST_OUTCOME_TRY(const bool never_written, header_never_written(wal));
  if (!never_written) return success();
  BOOST_OUTCOME_TRY(put_aside(wal));
  return error(ErrorCode::NotFound,
               fmt::format("{} was never begun: what there was of it is kept as {}.torn; start a "
                           "new session",
                           wal.parent_path().string(), wal.string()));
}

// An earlier `reopen_closed` was interrupted before it removed the compressed copy.
Result<void> drop_doubled(const fs::path& wal) {
  BOOST_OUTCOME_TRY(const WalReader reader, WalReader::open(wal));
  for (const LogPart& part : closed_parts(wal))
    if (part.segment == reader.header().segment && ::unlink(part.path.c_str()) != 0)
      return io_error("remove", part.path, errno);
  return success();
}

}  // namespace

fs::path closed_segment(const fs::path& wal, std::uint32_t segment) {
  return wal.parent_path() / "log" / fmt::format("{:06}.wal", segment);
}
fs::path next_segment(const fs::path& wal) { return wal.string() + ".next"; }

Result<void> reopen_closed(const fs::path& wal) {
  const auto parts = closed_parts(wal);
  if (parts.empty())
    return error(ErrorCode::NotFound,
                 fmt::format("there is no {} and no closed segment beside it", wal.string()));
  const LogPart& last = parts.back();
  if (!last.packed) return rename_file(last.path, wal);
  const fs::path draft = wal.string() + ".tmp";
  std::error_code ignored;
  fs::remove(draft, ignored);
  BOOST_OUTCOME_TRY(copy_rest(last.path, 0, draft));
  BOOST_OUTCOME_TRY(rename_file(draft, wal));
  if (::unlink(last.path.c_str()) != 0) return io_error("remove", last.path, errno);
  return success();
}

namespace {

// The beginning of the newest segment is not there: it goes aside, and the one before is the last.
Result<void> go_back(const fs::path& wal, const fs::path& begun, std::vector<std::string>& done) {
  std::error_code ignored;
  const std::uint64_t bytes = fs::file_size(begun, ignored);
  BOOST_OUTCOME_TRY(put_aside(begun));
  done.push_back(
      fmt::format("{} was cut off inside what a segment begins with: its {} bytes are "
                  "kept in {}.torn",
                  begun.string(), bytes, begun.string()));
  return reopen_closed(wal);
}

Result<void> open_again(const fs::path& wal, std::vector<std::string>& done) {
  done.push_back(fmt::format("there was no {}", wal.string()));
  return reopen_closed(wal);
}

Result<void> settle(const fs::path& wal, std::vector<std::string>& done) {
  const fs::path next = next_segment(wal);
  if (is_there(wal)) {
    // The rotation never counted, or is long over.
    if (is_there(next)) {
      if (::unlink(next.c_str()) != 0) return io_error("remove", next, errno);
      done.push_back(fmt::format("{} was removed: that rotation never counted", next.string()));
    }
    if (closed_parts(wal).empty()) return settle_first(wal);
    BOOST_OUTCOME_TRY(const bool whole, begins_whole(wal));
    return whole ? drop_doubled(wal) : go_back(wal, wal, done);
  }
  if (!is_there(next)) return open_again(wal, done);
  BOOST_OUTCOME_TRY(const bool whole, begins_whole(next));
  if (!whole) return go_back(wal, next, done);
  done.push_back(fmt::format("{} got its name: a rotation was interrupted", wal.string()));
  return rename_file(next, wal);
}

}  // namespace

Result<void> settle_rotation(const fs::path& wal, std::vector<std::string>* done) {
  std::vector<std::string> sentences;
  const std::vector<LogPart> closed = closed_parts(wal);
  auto settled = settle(wal, sentences);
  if (settled && closed_parts(wal).size() < closed.size())
    sentences.push_back(
        fmt::format("segment {} is the last again, as {}: the session goes on from "
                    "its end, and what came after it is not in the log any more",
                    closed.back().segment, wal.string()));
  if (done != nullptr) *done = std::move(sentences);
  return settled;
}

namespace {

// Damage is for a person to judge: nothing is cut without a word.
Error offer_recovery(Error failure, const fs::path& wal) {
  if (failure.code != ErrorCode::Corrupt) return failure;
  if (closed_parts(wal).empty() && !WalReader::open(wal))
    failure.context += fmt::format(
        "; proteus journal recover {} makes the header again where session.json proves it; else a "
        "new session has to be begun",
        wal.parent_path().string());
  else
    failure.context += fmt::format(
        "; proteus journal recover {} keeps what is good and says what "
        "is lost",
        wal.parent_path().string());
  return failure;
}

}  // namespace

Result<LastSegment> LastSegment::open(const fs::path& wal) {
  const auto go = [&]() -> Result<LastSegment> {
    std::vector<std::string> settled;
    BOOST_OUTCOME_TRY(settle_rotation(wal, &settled));
    BOOST_OUTCOME_TRY(WalReader reader, WalReader::open(wal));
    LastSegment last{std::move(reader)};
    last.settled_ = std::move(settled);
    if (last.header().segment > 1) {
      BOOST_OUTCOME_TRY(const WalRecord* const record, last.reader_.next());
      const auto* const snapshot = record == nullptr ? nullptr : std::get_if<Snapshot>(record);
      if (snapshot == nullptr)
        return error(ErrorCode::Corrupt,
                     fmt::format("{}: record {} at byte {}: segment {} does not begin with a "
                                 "snapshot",
                                 wal.string(), last.header().first_record,
                                 last.reader_.first_offset(), last.header().segment));
      last.snapshot_ = *snapshot;
    }
    last.overhead_ = last.tail().offset;
    return last;
  };
  auto opened = go();
  if (!opened) return offer_recovery(opened.error(), wal);
  return opened;
}

Result<const WalRecord*> LastSegment::next() {
  auto record = reader_.next();
  if (!record) return offer_recovery(record.error(), path());
  return record;
}

Result<void> LastSegment::cut_tail() {
  for (;;) {
    const auto frame = reader_.next_frame();
    if (!frame) return offer_recovery(frame.error(), path());
    if (!frame.value()) break;
  }
  cut_bytes_ += tail().bytes;
  return cut_torn_tail(path(), tail());
}

Result<void> LastSegment::cut_from(const WalReader::Tail& where) {
  BOOST_OUTCOME_TRY(cut_tail());
  WalReader::Tail rest = where;
  rest.torn = true;
  rest.bytes = tail().offset - where.offset;
  cut_bytes_ += rest.bytes;
  BOOST_OUTCOME_TRY(cut_torn_tail(path(), rest));
  reader_.seek(where.offset, where.number);
  return success();
}

}  // namespace proteus::storage

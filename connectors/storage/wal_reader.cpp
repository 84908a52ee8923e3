#include "connectors/storage/wal_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "connectors/storage/crc32c.hpp"

namespace proteus::storage {
namespace {

constexpr std::size_t kWindow = 256U << 10U;
constexpr std::size_t kPage = 4096;  // what a disk loses at least, as a whole
/// More than this is hardly ever unsynced: the storage thread syncs at every 1 MiB.
constexpr std::size_t kUnsyncedMax = 4U << 20U;

bool all_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

std::span<const std::byte> without_room(std::span<const std::byte> bytes) {
  std::size_t size = bytes.size();
  while (size > 0 && bytes[size - 1] == std::byte{0}) --size;
  return bytes.first(size);
}

/// A page of the record at `rest`'s beginning, `offset` in its file, never reached the disk.
bool lost_page(std::span<const std::byte> rest, std::uint64_t offset) {
  if (rest.size() > kUnsyncedMax) return false;
  std::size_t begin = 0;
  std::size_t end = kPage - offset % kPage;  // of the page that the record begins in
  const std::size_t record = frame_size(rest).value_or(kFrameSize);
  // Four bytes are enough to tell: no checksum is zero.
  for (; begin < record && end <= rest.size(); begin = end, end += kPage)
    if (end - begin >= sizeof(std::uint32_t) && all_zero(rest.subspan(begin, end - begin)))
      return true;
  return false;
}

}  // namespace

std::optional<std::size_t> find_record(std::span<const std::byte> bytes, std::size_t at,
                                       std::uint64_t after) {
  for (const std::size_t begin = at; at + kFrameSize <= bytes.size(); ++at) {
    const auto rest = bytes.subspan(at);
    std::uint64_t there = 0;
    std::memcpy(&there, rest.data() + 12, sizeof there);
    // The number comes first: it keeps the checksum from being taken at every byte.
    if (there <= after || there - after > (at - begin) / kFrameSize + 2) continue;
    if (check_frame(rest)) return at;
  }
  return std::nullopt;
}

Result<WalReader> WalReader::open(const std::filesystem::path& path) {
  BOOST_OUTCOME_TRY(LogSource source, LogSource::open(path));
  WalReader reader{path, std::move(source)};
  BOOST_OUTCOME_TRY(reader.read_header());
  return reader;
}

Error WalReader::corrupt(std::string_view what) const {
  return error(ErrorCode::Corrupt, fmt::format("{}: record {} at byte {}: {}", path_.string(),
                                               tail_.number, tail_.offset, what));
}

Result<void> WalReader::read_header() {
  std::array<std::byte, kWalHeaderSize + kDescriptionMax> bytes{};
  BOOST_OUTCOME_TRY(const std::size_t size, source_.read(0, bytes));
  const auto refuse = [&](ErrorCode code, std::string why) {
    return error(code, path_.string() + " " + why);
  };
  if (size < kWalHeaderSize || std::memcmp(bytes.data(), kWalMagic.data(), kWalMagic.size()) != 0)
    return refuse(ErrorCode::Corrupt, "is no session log: its first bytes are not those of one");
  binary::Decoder decoder{std::span{bytes}.subspan(8, size - 8)};
  std::uint32_t format = 0;
  std::uint32_t description = 0;
  std::uint64_t layout = 0;
  std::uint32_t crc = 0;
  const bool whole = decoder.read(format) && decoder.read(description) && decoder.read(layout) &&
                     decoder.read(crc);
  if (!whole) return refuse(ErrorCode::Corrupt, "ends inside its header");
  if (format != kWalFormat)
    return refuse(ErrorCode::Unsupported,
                  fmt::format("has format version {}; this program reads version {}: use the "
                              "proteus that wrote it",
                              format, kWalFormat));
  if (description > kDescriptionMax || size < kWalHeaderSize + description)
    return refuse(ErrorCode::Corrupt, "ends inside its header");
  std::memset(bytes.data() + kWalHeaderSize - 4, 0, 4);
  const auto checked = std::span{bytes}.subspan(8, kWalHeaderSize - 8 + description);
  if (crc32c(checked) != crc)
    return refuse(ErrorCode::Corrupt, "has a damaged header: its checksum does not hold");
  if (layout != wal_layout())
    return refuse(ErrorCode::Unsupported,
                  fmt::format("was written with record layout {:016x}; this program has {:016x}: "
                              "use the proteus that wrote it",
                              layout, wal_layout()));
  if (!binary::decode(std::span{bytes}.subspan(kWalHeaderSize, description), header_))
    return refuse(ErrorCode::Corrupt, "has a header that does not describe a session");
  first_offset_ = kWalHeaderSize + description;
  seek(first_offset_, header_.first_record);
  return success();
}

// How far the file may be read now. Its size is asked for only where `wanted` bytes would reach
// past what is known of it.
Result<std::uint64_t> WalReader::limit(std::size_t wanted) {
  if (end_ != kNoEnd || source_.packed()) return end_;
  if (known_size_ < tail_.offset + wanted) {
    BOOST_OUTCOME_TRY(known_size_, source_.size());
  }
  return known_size_;
}

// Up to `wanted` bytes at the next record's start: fewer only where the file or its limit ends.
Result<std::span<const std::byte>> WalReader::peek(std::size_t wanted) {
  BOOST_OUTCOME_TRY(const std::uint64_t end, limit(wanted));
  const std::uint64_t there = end > tail_.offset ? end - tail_.offset : 0;
  const auto need = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, there));
  std::size_t skip = tail_.offset - window_start_;
  if (skip + need > window_.size()) {
    window_.erase(window_.begin(),
                  window_.begin() + static_cast<std::ptrdiff_t>(std::min(skip, window_.size())));
    window_start_ = tail_.offset;
    skip = 0;
    const std::size_t have = window_.size();
    const std::size_t size =
        static_cast<std::size_t>(std::min<std::uint64_t>(std::max(kWindow, need), there));
    window_.resize(size);
    BOOST_OUTCOME_TRY(const std::size_t got,
                      source_.read(tail_.offset + have, std::span{window_}.subspan(have)));
    window_.resize(have + got);
  }
  return std::span{window_}.subspan(skip, std::min(need, window_.size() - skip));
}

Result<std::optional<Frame>> WalReader::next_frame() {
  tail_.torn = false;
  tail_.bytes = 0;
  BOOST_OUTCOME_TRY(auto bytes, peek(kFrameSize));
  if (bytes.empty()) return std::nullopt;
  if (const auto size = frame_size(bytes)) {
    BOOST_OUTCOME_TRY(bytes, peek(*size));
  }
  const auto frame = check_frame(bytes);
  if (!frame) {
    window_.clear();  // Whoever writes may fill what is zeros or half a record now.
    window_start_ = tail_.offset;
    BOOST_OUTCOME_TRY(explain_bad_record());
    return std::nullopt;
  }
  if (frame->number != tail_.number)
    return corrupt(fmt::format("carries number {}; a piece is missing or doubled", frame->number));
  if (frame->version != kRecordVersion)
    return error(ErrorCode::Unsupported,
                 fmt::format("{}: record {} has version {}; this program reads version {}",
                             path_.string(), tail_.number, frame->version, kRecordVersion));
  if (const auto time = frame_time(*frame)) {
    if (!first_time_) first_time_ = time;
    last_time_ = time;
  }
  tail_.offset += kFrameSize + frame->payload.size();
  ++tail_.number;
  return frame;
}

Result<bool> WalReader::try_seek(std::uint64_t offset, std::uint64_t number) {
  if (source_.packed() || offset < first_offset_) return false;
  BOOST_OUTCOME_TRY(known_size_, source_.size());
  if (offset > known_size_) return false;
  const Tail before = tail_;
  seek(offset, number);
  if (offset == known_size_) return true;
  const auto frame = next_frame();
  const bool here = frame.has_value() && (frame.value().has_value() || !tail_.torn);
  seek(here ? offset : before.offset, here ? number : before.number);
  return here;
}

Result<const WalRecord*> WalReader::next() {
  const Tail before = tail_;
  BOOST_OUTCOME_TRY(const auto frame, next_frame());
  if (!frame) return nullptr;
  if (!decode_payload(frame->kind, frame->payload, record_)) {
    tail_ = before;
    return corrupt(fmt::format("its content is no record of kind {}", frame->kind));
  }
  return &record_;
}

// What there is from the next record's start to the end of the file, or to what was said to be it.
Result<std::vector<std::byte>> WalReader::read_rest() {
  BOOST_OUTCOME_TRY(known_size_, source_.size());
  const std::uint64_t end = std::min(known_size_, end_);
  std::vector<std::byte> rest(end > tail_.offset ? end - tail_.offset : 0);
  BOOST_OUTCOME_TRY(const std::size_t got, source_.read(tail_.offset, rest));
  rest.resize(got);
  return rest;
}

Result<void> WalReader::explain_bad_record() {
  if (source_.packed())
    return corrupt("its checksum does not hold, or it is cut off, in a segment that was closed");
  BOOST_OUTCOME_TRY(std::vector<std::byte> rest, read_rest());
  const auto written = without_room(rest);
  // Whole by now: whoever writes the log was faster than this reading, and the next call has it.
  if (written.empty() || check_frame(rest)) return success();
  if (find_record(rest, 1, tail_.number) && !lost_page(written, tail_.offset)) {
    BOOST_OUTCOME_TRY(rest, read_rest());
    if (check_frame(rest)) return success();
    return corrupt("its checksum does not hold, though whole records follow");
  }
  tail_.torn = true;
  tail_.bytes = written.size();
  return success();
}

Result<void> copy_rest(const std::filesystem::path& path, std::uint64_t offset,
                       const std::filesystem::path& aside) {
  BOOST_OUTCOME_TRY(LogSource source, LogSource::open(path));
  BOOST_OUTCOME_TRY(const Descriptor copy, open_file(aside, O_WRONLY | O_CREAT | O_APPEND));
  std::vector<char> piece(kWindow);
  for (std::size_t got = piece.size(); got == piece.size(); offset += got) {
    BOOST_OUTCOME_TRY(got, source.read(offset, std::as_writable_bytes(std::span{piece})));
    BOOST_OUTCOME_TRY(write_all(copy, {piece.data(), got}, aside));
  }
  if (::fdatasync(copy.get()) != 0) return io_error("sync", aside, errno);
  return success();
}

Result<void> cut_torn_tail(const std::filesystem::path& path, const WalReader::Tail& tail) {
  if (!tail.torn) return success();
  BOOST_OUTCOME_TRY(const Descriptor file, open_file(path, O_RDWR));
  if (::ftruncate(file.get(), static_cast<off_t>(tail.offset + tail.bytes)) != 0)
    return io_error("cut the room behind the torn tail off", path, errno);
  BOOST_OUTCOME_TRY(copy_rest(path, tail.offset, path.string() + ".torn"));
  if (::ftruncate(file.get(), static_cast<off_t>(tail.offset)) != 0)
    return io_error("cut the torn tail off", path, errno);
  if (::fdatasync(file.get()) != 0) return io_error("sync", path, errno);
  return success();
}

Result<WalReader::Tail> recover_tail(const std::filesystem::path& path) {
  BOOST_OUTCOME_TRY(WalReader reader, WalReader::open(path));
  for (;;) {
    BOOST_OUTCOME_TRY(const auto frame, reader.next_frame());
    if (!frame) break;
  }
  BOOST_OUTCOME_TRY(cut_torn_tail(path, reader.tail()));
  return reader.tail();
}

}  // namespace proteus::storage

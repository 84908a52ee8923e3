#include "connectors/storage/wal_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "connectors/storage/crc32c.hpp"

namespace proteus::storage {
namespace {

constexpr std::size_t kWindow = 256U << 10U;
constexpr std::size_t kDescriptionMax = 4096;

// Fills `out` from `offset`, or less where the file ends.
Result<std::size_t> read_at(const Descriptor& file, std::uint64_t offset, std::span<std::byte> out,
                            const std::filesystem::path& path) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = ::pread(file.get(), out.data() + done, out.size() - done,
                              static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", path, errno);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

/// The rest of a file from `offset`, mapped for reading.
class Mapping {
 public:
  Mapping(const Descriptor& file, std::uint64_t offset, std::uint64_t size) {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    skip_ = offset % page;
    size_ = size + skip_;
    address_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(),
                      static_cast<off_t>(offset - skip_));
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (ok()) ::munmap(address_, size_);
  }
  [[nodiscard]] bool ok() const { return address_ != MAP_FAILED; }
  [[nodiscard]] std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(address_) + skip_, size_ - skip_};
  }

 private:
  void* address_;
  std::size_t skip_ = 0;
  std::size_t size_ = 0;
};

// True if a whole record later than `number` starts anywhere after the first byte.
bool holds_later_record(std::span<const std::byte> bytes, std::uint64_t number) {
  for (std::size_t at = 1; at + kFrameSize <= bytes.size(); ++at) {
    const auto rest = bytes.subspan(at);
    std::uint64_t there = 0;
    std::memcpy(&there, rest.data() + 12, sizeof there);
    // The number comes first: it keeps the checksum from being taken at every byte.
    if (there <= number || there - number > at / kFrameSize + 1) continue;
    if (check_frame(rest)) return true;
  }
  return false;
}

}  // namespace

Result<WalReader> WalReader::open(const std::filesystem::path& path) {
  BOOST_OUTCOME_TRY(Descriptor file, open_file(path, O_RDONLY));
  WalReader reader{path, std::move(file)};
  BOOST_OUTCOME_TRY(reader.read_header());
  return reader;
}

Error WalReader::corrupt(std::string_view what) const {
  return error(ErrorCode::Corrupt, fmt::format("{}: record {} at byte {}: {}", path_.string(),
                                               tail_.number, tail_.offset, what));
}

Result<void> WalReader::read_header() {
  std::array<std::byte, kWalHeaderSize + kDescriptionMax> bytes{};
  BOOST_OUTCOME_TRY(const std::size_t size, read_at(file_, 0, bytes, path_));
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
  tail_.offset = first_offset_;
  return success();
}

// Up to `wanted` bytes at the next record's start: fewer only where the file or `limit` ends.
Result<std::span<const std::byte>> WalReader::peek(std::size_t wanted, std::uint64_t limit) {
  const std::uint64_t there = limit - tail_.offset;
  const std::size_t need = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, there));
  std::size_t skip = tail_.offset - window_start_;
  if (window_.empty() || tail_.offset < window_start_ || skip + need > window_.size()) {
    const std::size_t size =
        static_cast<std::size_t>(std::min<std::uint64_t>(std::max(kWindow, need), there));
    window_.resize(size);
    window_start_ = tail_.offset;
    skip = 0;
    BOOST_OUTCOME_TRY(const std::size_t got, read_at(file_, tail_.offset, window_, path_));
    window_.resize(got);
  }
  return std::span{window_}.subspan(skip, std::min(need, window_.size() - skip));
}

Result<const WalRecord*> WalReader::next() {
  tail_.torn = false;
  tail_.bytes = 0;
  // The file's size is asked for only where a record could reach past what is known of it.
  if (end_ == kNoEnd && known_size_ < tail_.offset + kFrameSize + kPayloadMax) {
    BOOST_OUTCOME_TRY(known_size_, size_of(file_, path_));
  }
  const std::uint64_t limit = end_ == kNoEnd ? known_size_ : end_;
  if (limit <= tail_.offset) return nullptr;
  BOOST_OUTCOME_TRY(auto bytes, peek(kFrameSize, limit));
  if (const auto size = frame_size(bytes)) {
    BOOST_OUTCOME_TRY(bytes, peek(*size, limit));
  }
  const auto frame = check_frame(bytes);
  if (!frame) {
    BOOST_OUTCOME_TRY(explain_bad_record(limit));
    return nullptr;
  }
  if (frame->number != tail_.number)
    return corrupt(fmt::format("carries number {}; a piece is missing or doubled", frame->number));
  if (frame->version != kRecordVersion)
    return error(ErrorCode::Unsupported,
                 fmt::format("{}: record {} has version {}; this program reads version {}",
                             path_.string(), tail_.number, frame->version, kRecordVersion));
  if (!decode_payload(frame->kind, frame->payload, record_))
    return corrupt(fmt::format("its content is no record of kind {}", frame->kind));
  tail_.offset += kFrameSize + frame->payload.size();
  ++tail_.number;
  return &record_;
}

Result<void> WalReader::explain_bad_record(std::uint64_t limit) {
  const std::uint64_t rest = limit - tail_.offset;
  const Mapping mapping{file_, tail_.offset, rest};
  if (!mapping.ok()) return io_error("map", path_, errno);
  if (holds_later_record(mapping.bytes(), tail_.number))
    return corrupt("its checksum does not hold, though whole records follow");
  tail_.torn = true;
  tail_.bytes = rest;
  return success();
}

Result<WalReader::Tail> recover_tail(const std::filesystem::path& path) {
  BOOST_OUTCOME_TRY(WalReader reader, WalReader::open(path));
  for (;;) {
    BOOST_OUTCOME_TRY(const WalRecord* const record, reader.next());
    if (record == nullptr) break;
  }
  const WalReader::Tail tail = reader.tail();
  if (!tail.torn) return tail;
  BOOST_OUTCOME_TRY(const Descriptor file, open_file(path, O_RDWR));
  std::string torn(tail.bytes, '\0');
  BOOST_OUTCOME_TRY(read_at(file, tail.offset, std::as_writable_bytes(std::span{torn}), path));
  const std::filesystem::path aside = path.string() + ".torn";
  BOOST_OUTCOME_TRY(const Descriptor copy, open_file(aside, O_WRONLY | O_CREAT | O_APPEND));
  BOOST_OUTCOME_TRY(write_all(copy, torn, aside));
  if (::fdatasync(copy.get()) != 0) return io_error("sync", aside, errno);
  if (::ftruncate(file.get(), static_cast<off_t>(tail.offset)) != 0)
    return io_error("cut the torn tail off", path, errno);
  if (::fdatasync(file.get()) != 0) return io_error("sync", path, errno);
  return tail;
}

}  // namespace proteus::storage

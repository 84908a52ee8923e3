#include "connectors/storage/wal_rewrite.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace proteus::storage {
namespace {

Result<void> write_at(const Descriptor& file, std::span<const std::byte> bytes,
                      std::uint64_t offset, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("write", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return success();
}

}  // namespace

Result<void> write_again(WalReader& reader, std::uint64_t from, std::uint64_t to) {
  // By its descriptor: a rotation may have given its name to the next segment.
  BOOST_OUTCOME_TRY(
      const Descriptor file,
      open_file(fmt::format("/proc/self/fd/{}", reader.descriptor().get()), O_WRONLY));
  WalReader::Tail begin = reader.tail();
  const auto go = [&]() -> Result<void> {
    if (from < reader.first_offset()) {
      ByteBuffer header;
      encode_header(reader.header(), header);
      BOOST_OUTCOME_TRY(write_at(file, header.view(), 0, reader.path()));
    }
    while (reader.tail().offset < to) {
      const std::uint64_t at = reader.tail().offset;
      BOOST_OUTCOME_TRY(const auto frame, reader.next_frame());
      if (!frame)
        return error(ErrorCode::Corrupt,
                     fmt::format("{}: record {} at byte {} could not be synced, and cannot be read "
                                 "back to be written again",
                                 reader.path().string(), reader.tail().number, at));
      if (reader.tail().offset <= from) {
        begin = reader.tail();
        continue;
      }
      const std::span record{frame->payload.data() - kFrameSize,
                             kFrameSize + frame->payload.size()};
      BOOST_OUTCOME_TRY(write_at(file, record, at, reader.path()));
    }
    return success();
  };
  auto done = go();
  reader.seek(begin.offset, begin.number);
  return done;
}

}  // namespace proteus::storage

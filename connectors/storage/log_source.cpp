#include "connectors/storage/log_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>

namespace proteus::storage {

/// A stream that only goes forwards.
struct LogSource::Unpacker {
  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context{ZSTD_createDCtx(),
                                                                  &ZSTD_freeDCtx};
  std::vector<std::byte> raw = std::vector<std::byte>(ZSTD_DStreamInSize());
  ZSTD_inBuffer input{raw.data(), 0, 0};
  std::uint64_t file_at = 0;
  std::uint64_t position = 0;  // of what was unpacked
  bool frame_open = false;     // the end of a compressed frame has not been seen

  void begin_anew() {
    ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_only);
    input = {raw.data(), 0, 0};
    file_at = 0;
    position = 0;
    frame_open = false;
  }
};

LogSource::LogSource(std::filesystem::path path, Descriptor file)
    : path_(std::move(path)), file_(std::move(file)) {
  if (path_.extension() == ".zst") unpacker_ = std::make_unique<Unpacker>();
}
LogSource::LogSource(LogSource&&) noexcept = default;
LogSource& LogSource::operator=(LogSource&&) noexcept = default;
LogSource::~LogSource() = default;

Result<LogSource> LogSource::open(const std::filesystem::path& path) {
  BOOST_OUTCOME_TRY(Descriptor file, open_file(path, O_RDONLY));
  return LogSource{path, std::move(file)};
}

Result<std::size_t> LogSource::read_plain(std::uint64_t offset, std::span<std::byte> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = ::pread(file_.get(), out.data() + done, out.size() - done,
                              static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", path_, errno);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Result<std::size_t> LogSource::read(std::uint64_t offset, std::span<std::byte> out) {
  if (!unpacker_) return read_plain(offset, out);
  Unpacker& u = *unpacker_;
  if (offset < u.position) u.begin_anew();
  std::vector<std::byte> skipped;
  std::size_t done = 0;
  while (done < out.size()) {
    // Bytes before `offset` are unpacked too, and dropped.
    std::span<std::byte> into = out.subspan(done);
    if (u.position < offset) {
      skipped.resize(ZSTD_DStreamOutSize());
      into = std::span{skipped}.first(
          static_cast<std::size_t>(std::min<std::uint64_t>(skipped.size(), offset - u.position)));
    }
    ZSTD_outBuffer output{into.data(), into.size(), 0};
    const std::size_t used = u.input.pos;
    const std::size_t code = ZSTD_decompressStream(u.context.get(), &output, &u.input);
    if (ZSTD_isError(code) != 0)
      return error(ErrorCode::Corrupt,
                   fmt::format("{} is damaged near byte {} of what it holds: {}", path_.string(),
                               u.position, ZSTD_getErrorName(code)));
    // Asked without a byte to go on with, it only says that another frame could begin.
    if (u.input.pos != used || output.pos > 0) u.frame_open = code != 0;
    if (u.position >= offset) done += output.pos;
    u.position += output.pos;
    if (output.pos > 0 || u.input.pos < u.input.size) continue;
    BOOST_OUTCOME_TRY(const std::size_t got, read_plain(u.file_at, u.raw));
    if (got == 0) {
      if (!u.frame_open) break;
      return error(ErrorCode::Corrupt,
                   fmt::format("{} is damaged: it ends in the middle, after byte {} of what it "
                               "holds",
                               path_.string(), u.position));
    }
    u.file_at += got;
    u.input = {u.raw.data(), got, 0};
  }
  return done;
}

}  // namespace proteus::storage

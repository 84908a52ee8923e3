#include "connectors/storage/feed_part.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>

#include "connectors/storage/file.hpp"

namespace proteus::storage {
namespace {

constexpr std::size_t kBetween = 4U << 20U;

Result<std::string> read_some(const Descriptor& file, std::string& into,
                              const std::filesystem::path& path) {
  const ssize_t n = ::read(file.get(), into.data(), into.size());
  if (n < 0) return io_error("read", path, errno);
  return into.substr(0, static_cast<std::size_t>(n));
}

Result<void> compress_stream(const Descriptor& in, const std::filesystem::path& from,
                             const Descriptor& out, const std::filesystem::path& to, int level,
                             const std::function<void()>& between) {
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context{ZSTD_createCCtx(),
                                                                        &ZSTD_freeCCtx};
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string plain(ZSTD_CStreamInSize(), '\0');
  std::string packed(ZSTD_CStreamOutSize(), '\0');
  std::size_t since = 0;
  for (bool last = false; !last;) {
    if (between && since >= kBetween) {
      since = 0;
      between();
    }
    const ssize_t n = ::read(in.get(), plain.data(), plain.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", from, errno);
    last = n == 0;
    since += static_cast<std::size_t>(n);
    ZSTD_inBuffer input{plain.data(), static_cast<std::size_t>(n), 0};
    for (bool done = false; !done;) {
      ZSTD_outBuffer output{packed.data(), packed.size(), 0};
      const std::size_t left =
          ZSTD_compressStream2(context.get(), &output, &input, last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0)
        return error(ErrorCode::Io,
                     fmt::format("cannot compress {}: {}", from.string(), ZSTD_getErrorName(left)));
      BOOST_OUTCOME_TRY(write_all(out, std::string_view{packed}.substr(0, output.pos), to));
      done = last ? left == 0 : input.pos == input.size;
    }
  }
  return success();
}

}  // namespace

Result<void> compress_part(const std::filesystem::path& part, int level,
                           const std::function<void()>& between) {
  const std::filesystem::path packed = part.string() + ".zst";
  const std::filesystem::path draft = packed.string() + ".tmp";
  BOOST_OUTCOME_TRY(const Descriptor in, open_file(part, O_RDONLY));
  const auto pack = [&]() -> Result<void> {
    BOOST_OUTCOME_TRY(const Descriptor out, open_file(draft, O_WRONLY | O_CREAT | O_TRUNC));
    BOOST_OUTCOME_TRY(compress_stream(in, part, out, draft, level, between));
    if (::fdatasync(out.get()) != 0) return io_error("sync", draft, errno);
    if (::rename(draft.c_str(), packed.c_str()) != 0) return io_error("rename", draft, errno);
    return success();
  };
  if (auto done = pack(); !done) {
    // On a full disk half a copy would take what room is left.
    ::unlink(draft.c_str());
    return done.error();
  }
  // The new name has to be on the disk before the old one goes.
  BOOST_OUTCOME_TRY(sync_folder(part.parent_path()));
  if (::unlink(part.c_str()) != 0) return io_error("remove", part, errno);
  return success();
}

// A frame has 16 MiB at most, and its line at worst two letters a byte.
constexpr std::size_t kLineMax = std::size_t{40} << 20U;

struct FeedReader::Source {
  explicit Source(Descriptor f) : file(std::move(f)) {}
  Descriptor file;
  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context{nullptr, &ZSTD_freeDCtx};
  std::string raw = std::string(1 << 16, '\0');
  std::string bytes;  // of the file, not yet unpacked
  ZSTD_inBuffer input{nullptr, 0, 0};
  std::string unpacked;
  bool between_frames = true;
  bool more_inside = false;

  // Appends more text, a bounded piece; false at the end.
  Result<bool> more(std::string& text, const std::filesystem::path& path) {
    const std::size_t before = text.size();
    while (text.size() == before) {
      if (input.pos == input.size && !more_inside) {
        BOOST_OUTCOME_TRY(bytes, read_some(file, raw, path));
        if (bytes.empty() && !between_frames)
          return error(
              ErrorCode::Corrupt,
              fmt::format("{} is damaged: its compressed data end too early", path.string()));
        if (bytes.empty()) return false;
        if (!context) {
          text += bytes;
          return true;
        }
        input = {bytes.data(), bytes.size(), 0};
      }
      BOOST_OUTCOME_TRY(unpack(text, path));
    }
    return true;
  }

 private:
  Result<void> unpack(std::string& text, const std::filesystem::path& path) {
    unpacked.resize(ZSTD_DStreamOutSize());
    ZSTD_outBuffer output{unpacked.data(), unpacked.size(), 0};
    const std::size_t code = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(code) != 0)
      return error(ErrorCode::Corrupt,
                   fmt::format("{} is damaged: {}", path.string(), ZSTD_getErrorName(code)));
    text.append(unpacked, 0, output.pos);
    between_frames = code == 0;
    // A full buffer may leave unpacked bytes in the decoder that need no further input.
    more_inside = output.pos == output.size && code != 0;
    return success();
  }
};

FeedReader::FeedReader(std::filesystem::path path, std::unique_ptr<Source> source)
    : path_(std::move(path)), source_(std::move(source)) {}
FeedReader::FeedReader(FeedReader&&) noexcept = default;
FeedReader& FeedReader::operator=(FeedReader&&) noexcept = default;
FeedReader::~FeedReader() = default;

Result<FeedReader> FeedReader::open(const std::filesystem::path& path) {
  BOOST_OUTCOME_TRY(Descriptor file, open_file(path, O_RDONLY));
  auto source = std::make_unique<Source>(std::move(file));
  if (path.extension() == ".zst") source->context.reset(ZSTD_createDCtx());
  return FeedReader{path, std::move(source)};
}

Result<std::optional<RecordedFrame>> FeedReader::next() {
  std::size_t newline = text_.find('\n', at_);
  while (newline == std::string::npos) {
    text_.erase(0, at_);
    at_ = 0;
    const std::size_t searched = text_.size();
    if (searched > kLineMax)
      return error(ErrorCode::Malformed,
                   fmt::format("{}:{}: a line of more than {} bytes, this is no recorded feed",
                               path_.string(), line_ + 1, kLineMax));
    BOOST_OUTCOME_TRY(const bool more, source_->more(text_, path_));
    if (!more) return std::nullopt;
    newline = text_.find('\n', searched);
  }
  ++line_;
  const std::string_view line = std::string_view{text_}.substr(at_, newline - at_);
  at_ = newline + 1;
  auto frame = parse_frame_line(line);
  if (!frame)
    return error(frame.error().code,
                 fmt::format("{}:{}: {}", path_.string(), line_, frame.error().context));
  return std::optional{std::move(frame).value()};
}

}  // namespace proteus::storage

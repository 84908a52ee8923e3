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

}  // namespace proteus::storage

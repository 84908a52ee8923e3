#include "connectors/storage/feed_pack.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>

#include "connectors/storage/feed_names.hpp"
#include "connectors/storage/frame_line.hpp"

namespace proteus::storage {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 18U;
constexpr std::size_t kBetweenBytes = std::size_t{4} << 20U;

/// Receive times of the first and the last line that tell one.
void tell_times(std::string_view text, FeedBlock& block) {
  const auto first = received_of(text);
  std::size_t end = text.size();
  if (end > 0 && text.back() == '\n') --end;
  const std::size_t newline = text.substr(0, end).rfind('\n');
  const auto last =
      received_of(newline == std::string_view::npos ? text : text.substr(newline + 1));
  block.first = first.value_or(last.value_or(Timestamp{}));
  block.last = last.value_or(block.first);
}

/// The part of the same stream that begins last before this one.
std::string part_before(const fs::path& part) {
  const auto own = parse_part_name(part);
  std::string name;
  Timestamp newest = Timestamp::min();
  std::error_code failed;
  for (fs::directory_iterator it{part.parent_path().empty() ? "." : part.parent_path(), failed},
       end;
       own && it != end; it.increment(failed)) {
    const auto other = parse_part_name(it->path());
    if (!other || other->stem != own->stem || other->first >= own->first || other->first <= newest)
      continue;
    newest = other->first;
    name = it->path().filename().string();
    if (other->packed) name.resize(name.size() - std::string_view{".zst"}.size());
  }
  return name;
}

Result<void> pack_file(const Descriptor& in, const fs::path& from, FeedPacker& packer,
                       const std::function<void()>& between) {
  std::string piece(kReadBytes, '\0');
  for (std::size_t since = 0;;) {
    const ssize_t n = ::read(in.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", from, errno);
    if (n == 0) return packer.finish(part_before(from));
    BOOST_OUTCOME_TRY(packer.add(std::string_view{piece}.substr(0, static_cast<std::size_t>(n))));
    since += static_cast<std::size_t>(n);
    if (between && since >= kBetweenBytes) {
      since = 0;
      between();
    }
  }
}

}  // namespace

struct FeedPacker::Context {
  std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> zstd{ZSTD_createCCtx(), &ZSTD_freeCCtx};
};

FeedPacker::FeedPacker(const Descriptor& file, fs::path path, int level)
    : file_(file), path_(std::move(path)), context_(std::make_unique<Context>()) {
  ZSTD_CCtx_setParameter(context_->zstd.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context_->zstd.get(), ZSTD_c_checksumFlag, 1);
}
FeedPacker::~FeedPacker() = default;

Result<void> FeedPacker::add(std::string_view text) {
  text_ += text;
  while (text_.size() >= kFeedBlockBytes) {
    std::size_t end = text_.rfind('\n', kFeedBlockBytes - 1);
    if (end == std::string::npos) end = text_.find('\n', kFeedBlockBytes);  // one very long line
    if (end == std::string::npos) return success();
    BOOST_OUTCOME_TRY(flush(end + 1));
  }
  return success();
}

Result<void> FeedPacker::flush(std::size_t bytes) {
  const std::string_view text = std::string_view{text_}.substr(0, bytes);
  packed_.resize(ZSTD_compressBound(bytes));
  const std::size_t packed = ZSTD_compress2(context_->zstd.get(), packed_.data(), packed_.size(),
                                            text.data(), text.size());
  if (ZSTD_isError(packed) != 0)
    return error(ErrorCode::Io,
                 fmt::format("cannot pack {}: {}", path_.string(), ZSTD_getErrorName(packed)));
  BOOST_OUTCOME_TRY(write_all(file_, std::string_view{packed_}.substr(0, packed), path_));
  FeedBlock block;
  block.offset = offset_;
  block.packed = packed;
  block.text = bytes;
  block.lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
  block.crc = text_crc(text);
  tell_times(text, block);
  index_.blocks.push_back(block);
  offset_ += packed;
  text_.erase(0, bytes);
  return success();
}

Result<void> FeedPacker::finish(std::string after) {
  if (!text_.empty()) {
    BOOST_OUTCOME_TRY(flush(text_.size()));
  }
  index_.after = std::move(after);
  std::string bytes;
  append_index(bytes, index_);
  return write_all(file_, bytes, path_);
}

Result<void> pack_feed_part(const fs::path& part, int level, const std::function<void()>& between) {
  const fs::path packed = part.string() + ".zst";
  const fs::path draft = packed.string() + ".tmp";
  BOOST_OUTCOME_TRY(const Descriptor in, open_file(part, O_RDONLY));
  const auto pack = [&]() -> Result<void> {
    BOOST_OUTCOME_TRY(const Descriptor out, open_file(draft, O_WRONLY | O_CREAT | O_TRUNC));
    FeedPacker packer{out, draft, level};
    BOOST_OUTCOME_TRY(pack_file(in, part, packer, between));
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

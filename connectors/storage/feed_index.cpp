#include "connectors/storage/feed_index.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "connectors/storage/crc32c.hpp"

namespace proteus::storage {
namespace {

constexpr std::uint32_t kSkippable = 0x184D2A57;
constexpr std::string_view kIndexMagic = "PROTEUSI";
constexpr std::uint32_t kIndexVersion = 1;
constexpr std::size_t kFooter = 16;  // checksum, size, magic
constexpr std::size_t kBlockBytes = 52;
constexpr std::size_t kIndexMax = std::size_t{256} << 20U;

template <class Integer>
void put(std::string& out, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    out += static_cast<char>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xFFU);
}

/// Takes integers from the front; zeros beyond the end, which `ok` tells.
struct Taker {
  std::string_view rest;
  bool ok = true;
  std::uint64_t take(std::size_t bytes) {
    if (rest.size() < bytes) {
      ok = false;
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest[i])) << (8 * i);
    rest.remove_prefix(bytes);
    return value;
  }
  std::string_view text(std::size_t bytes) {
    ok = ok && rest.size() >= bytes;
    const std::string_view taken = rest.substr(0, ok ? bytes : 0);
    rest.remove_prefix(taken.size());
    return taken;
  }
};

Result<std::string> read_at(const Descriptor& file, std::uint64_t offset, std::size_t bytes,
                            const std::filesystem::path& path) {
  std::string out(bytes, '\0');
  for (std::size_t have = 0; have < bytes;) {
    const ssize_t n =
        ::pread(file.get(), out.data() + have, bytes - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", path, errno);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  return out;
}

Error bad_index(const std::filesystem::path& path, std::uint64_t offset, std::string_view what) {
  return error(ErrorCode::Corrupt, fmt::format("{}: byte {}: the index at its end is damaged: {}",
                                               path.string(), offset, what));
}

/// Blocks lie one behind the other and the index behind the last.
bool adds_up(const FeedIndex& index, std::uint64_t end) {
  std::uint64_t at = 0;
  for (const FeedBlock& block : index.blocks) {
    if (block.offset != at || block.packed == 0 || block.packed > end - at) return false;
    at += block.packed;
  }
  return at == end;
}

}  // namespace

std::uint32_t text_crc(std::string_view text) {
  return crc32c(std::as_bytes(std::span{text.data(), text.size()}));
}

void append_index(std::string& out, const FeedIndex& index) {
  std::string payload{kIndexMagic};
  put(payload, kIndexVersion);
  put(payload, static_cast<std::uint32_t>(index.blocks.size()));
  put(payload, static_cast<std::uint32_t>(index.after.size()));
  payload += index.after;
  for (const FeedBlock& b : index.blocks) {
    put(payload, b.offset);
    put(payload, b.packed);
    put(payload, b.text);
    put(payload, b.lines);
    put(payload, to_unix_ns(b.first));
    put(payload, to_unix_ns(b.last));
    put(payload, b.crc);
  }
  put(payload, text_crc(payload));
  put(payload, static_cast<std::uint32_t>(payload.size() + kFooter - 4));
  payload += kIndexMagic;
  put(out, kSkippable);
  put(out, static_cast<std::uint32_t>(payload.size()));
  out += payload;
}

Result<std::optional<FeedIndex>> read_index(const Descriptor& file,
                                            const std::filesystem::path& path) {
  using Found = std::optional<FeedIndex>;
  BOOST_OUTCOME_TRY(const std::uint64_t bytes, size_of(file, path));
  if (bytes < kFooter + 8) return Found{};
  BOOST_OUTCOME_TRY(const std::string foot, read_at(file, bytes - kFooter, kFooter, path));
  if (foot.size() != kFooter || !foot.ends_with(kIndexMagic)) return Found{};
  Taker footer{foot};
  const auto crc = static_cast<std::uint32_t>(footer.take(4));
  const std::uint64_t size = footer.take(4);
  if (size > kIndexMax || size + 8 > bytes)
    return bad_index(path, bytes - kFooter, "it is longer than the file");
  const std::uint64_t begin = bytes - size - 8;
  BOOST_OUTCOME_TRY(const std::string whole, read_at(file, begin, size + 8, path));
  Taker in{whole};
  if (in.take(4) != kSkippable || in.take(4) != size || whole.size() != size + 8)
    return bad_index(path, begin, "its beginning is not where it should be");
  if (text_crc(std::string_view{whole}.substr(8, size - kFooter)) != crc)
    return bad_index(path, begin, "its checksum does not hold");
  in.rest = in.rest.substr(0, size - kFooter);
  const std::string_view magic = in.text(kIndexMagic.size());
  const std::uint64_t version = in.take(4);
  if (magic == kIndexMagic && version != kIndexVersion)
    return error(ErrorCode::Unsupported,
                 fmt::format("{}: its index is of version {}, this program reads {}", path.string(),
                             version, kIndexVersion));
  FeedIndex index;
  const std::uint64_t blocks = in.take(4);
  const std::uint64_t length = in.take(4);
  index.after = in.text(length);
  if (magic != kIndexMagic || !in.ok || in.rest.size() != blocks * kBlockBytes)
    return bad_index(path, begin, "its sizes do not fit together");
  for (std::uint64_t i = 0; i < blocks; ++i) {
    FeedBlock& b = index.blocks.emplace_back();
    b.offset = in.take(8);
    b.packed = in.take(8);
    b.text = in.take(8);
    b.lines = in.take(8);
    b.first = from_unix_ns(static_cast<std::int64_t>(in.take(8)));
    b.last = from_unix_ns(static_cast<std::int64_t>(in.take(8)));
    b.crc = static_cast<std::uint32_t>(in.take(4));
  }
  if (!adds_up(index, begin))
    return bad_index(path, begin, "the blocks it names are not those before it");
  return Found{std::move(index)};
}

}  // namespace proteus::storage

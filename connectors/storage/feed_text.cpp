#include "connectors/storage/feed_text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#define ZSTD_STATIC_LINKING_ONLY  // ZSTD_getFrameHeader
#include <zstd.h>

#include <algorithm>
#include <cerrno>

namespace proteus::storage {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 18U;
/// A zstd frame up to here is given when it is whole and proven; a longer one piece by piece.
constexpr std::size_t kWholeMax = std::size_t{8} << 20U;
/// More than the longest line and a block.
constexpr std::uint64_t kBlockTextMax = std::uint64_t{64} << 20U;

using Decoder = std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)>;
Decoder make_decoder() { return {ZSTD_createDCtx(), &ZSTD_freeDCtx}; }

Result<std::size_t> read_into(const Descriptor& file, std::string& into, std::uint64_t offset,
                              const fs::path& path) {
  std::size_t have = 0;
  while (have < into.size()) {
    const ssize_t n = ::pread(file.get(), into.data() + have, into.size() - have,
                              static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", path, errno);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  return have;
}

class PlainText final : public FeedText {
 public:
  PlainText(Descriptor file, fs::path path) : file_(std::move(file)), path_(std::move(path)) {}
  Result<bool> more(std::string& text) override {
    piece_.resize(kPieceBytes);
    BOOST_OUTCOME_TRY(const std::size_t n, read_into(file_, piece_, offset_, path_));
    offset_ += n;
    text.append(piece_, 0, n);
    return n > 0;
  }

 private:
  Descriptor file_;
  fs::path path_;
  std::string piece_;
  std::uint64_t offset_ = 0;
};

class IndexedText final : public FeedText {
 public:
  IndexedText(Descriptor file, fs::path path, FeedIndex found)
      : file_(std::move(file)), path_(std::move(path)) {
    index = std::move(found);
  }

  Result<bool> more(std::string& text) override {
    if (at_ == index->blocks.size()) return false;
    const FeedBlock& block = index->blocks[at_++];
    const std::uint64_t first_line = lines_ + 1;
    lines_ += block.lines;
    const std::size_t before = text.size();
    const auto damaged = [&](std::string_view why) {
      text.resize(before);
      return error(
          ErrorCode::Corrupt,
          fmt::format("{}: byte {} (block {} of {}): {}; its lines {} to {}, received {} "
                      "to {}, are lost",
                      path_.string(), block.offset, at_, index->blocks.size(), why, first_line,
                      lines_, format_time(block.first), format_time(block.last)));
    };
    if (block.text > kBlockTextMax) return damaged("it claims to be longer than any block is");
    packed_.resize(block.packed);
    BOOST_OUTCOME_TRY(const std::size_t n, read_into(file_, packed_, block.offset, path_));
    if (n != block.packed) return damaged("the file ends inside it");
    text.resize(before + block.text);
    const std::size_t got = ZSTD_decompressDCtx(decoder_.get(), text.data() + before, block.text,
                                                packed_.data(), packed_.size());
    if (ZSTD_isError(got) != 0) return damaged(ZSTD_getErrorName(got));
    if (got != block.text || text_crc(std::string_view{text}.substr(before)) != block.crc)
      return damaged("it is not the block that the index names");
    return true;
  }

  void skip_before(Timestamp time) override {
    while (at_ < index->blocks.size() && index->blocks[at_].last < time)
      lines_ += index->blocks[at_++].lines;
  }
  [[nodiscard]] std::optional<std::uint64_t> lines_before() const override { return lines_; }
  [[nodiscard]] bool proven() const override { return true; }

 private:
  Descriptor file_;
  fs::path path_;
  Decoder decoder_ = make_decoder();
  std::string packed_;
  std::size_t at_ = 0;
  std::uint64_t lines_ = 0;
};

/// zstd frames one after the other: a part of an older version (one frame), or one whose index is
/// gone or damaged.
class WalkedText final : public FeedText {
 public:
  WalkedText(Descriptor file, fs::path path, std::uint64_t bytes, std::optional<Error> complaint)
      : file_(std::move(file)), path_(std::move(path)), bytes_(bytes) {
    pending_ = std::move(complaint);
  }

  Result<bool> more(std::string& text) override {
    for (;;) {
      if (pending_) {
        const Error told = *std::exchange(pending_, std::nullopt);
        return told;
      }
      if (inside_) {
        BOOST_OUTCOME_TRY(const bool some, decode(text));
        if (some) return true;
        continue;
      }
      if (at_ >= bytes_) return at_end();
      BOOST_OUTCOME_TRY(begin_frame());
    }
  }

 private:
  Result<bool> at_end() {
    if (!std::exchange(blocks_, false)) return false;
    return damaged(bytes_,
                   "its index is missing: the end of the file is cut off, and nobody knows "
                   "how much");
  }

  Error damaged(std::uint64_t at, std::string_view why) const {
    return error(ErrorCode::Corrupt, fmt::format("{}: byte {}: {}", path_.string(), at, why));
  }

  // At a skippable frame: over it. At one of data: into it. At anything else: on to the next.
  Result<void> begin_frame() {
    input_.resize(std::min<std::uint64_t>(64, bytes_ - at_));
    BOOST_OUTCOME_TRY(read_into(file_, input_, at_, path_));
    ZSTD_frameHeader header{};
    const std::size_t rc = ZSTD_getFrameHeader(&header, input_.data(), input_.size());
    if (rc != 0) {
      const std::uint64_t from = at_;
      BOOST_OUTCOME_TRY(find_frame(at_ + 1));
      return damaged(from, at_ < bytes_
                               ? fmt::format("no packed data; it is read on from byte {}", at_)
                               : std::string("no packed data from here to the end"));
    }
    if (header.frameType == ZSTD_skippableFrame) {
      // Most likely the index. Where it is cut off, so may blocks be that nobody knows of.
      const std::uint64_t size = header.frameContentSize + 8;
      blocks_ = blocks_ && size > bytes_ - at_;
      at_ += std::min(size, bytes_ - at_);
      return success();
    }
    ZSTD_DCtx_reset(decoder_.get(), ZSTD_reset_session_only);
    blocks_ = blocks_ || is_block(header);
    inside_ = true;
    begin_ = read_ = at_;
    input_.clear();
    in_ = {input_.data(), 0, 0};
    whole_.clear();
    streaming_ = false;
    return success();
  }

  static bool is_block(const ZSTD_frameHeader& header) {
    return header.frameType == ZSTD_frame && header.checksumFlag != 0 &&
           header.frameContentSize <= kBlockTextMax;
  }

  // True: text was appended, or an error waits.
  Result<bool> decode(std::string& text) {
    if (in_.pos == in_.size) {
      input_.resize(std::min<std::uint64_t>(kPieceBytes, bytes_ - read_));
      BOOST_OUTCOME_TRY(read_into(file_, input_, read_, path_));
      read_ += input_.size();
      in_ = {input_.data(), input_.size(), 0};
    }
    const bool ended = in_.size == 0;
    unpacked_.resize(ZSTD_DStreamOutSize());
    ZSTD_outBuffer out{unpacked_.data(), unpacked_.size(), 0};
    const std::size_t rc = ZSTD_decompressStream(decoder_.get(), &out, &in_);
    if (ZSTD_isError(rc) != 0) return give_up(ZSTD_getErrorName(rc));
    whole_.append(unpacked_, 0, out.pos);
    if (rc == 0) {
      inside_ = false;
      at_ = read_ - (in_.size - in_.pos);
      text += whole_;
      return !whole_.empty();
    }
    if (ended && out.pos == 0) {
      // What came before the cut is good as far as it goes.
      inside_ = false;
      at_ = bytes_;
      blocks_ = false;
      text += whole_;
      pending_ = damaged(begin_,
                         "the packed data that begin here end too early: the file is cut "
                         "off, and nobody knows how much is lost");
      return true;
    }
    streaming_ = streaming_ || whole_.size() > kWholeMax;
    if (!streaming_) return false;
    text += whole_;
    whole_.clear();
    return true;
  }

  Result<bool> give_up(std::string_view why) {
    inside_ = false;
    BOOST_OUTCOME_TRY(find_frame(begin_ + 4));
    return damaged(
        begin_, at_ < bytes_ ? fmt::format("{}; the frames from here to byte {} are lost", why, at_)
                             : fmt::format("{}; the frames from here to the end are lost", why));
  }

  // Moves at_ to the next block at `from` or behind it, or to the end.
  Result<void> find_frame(std::uint64_t from) {
    constexpr std::string_view kMagic = "\x28\xb5\x2f\xfd";
    constexpr std::size_t kOverlap = 32;
    for (at_ = from; at_ < bytes_;) {
      input_.resize(std::min<std::uint64_t>(kPieceBytes, bytes_ - at_));
      BOOST_OUTCOME_TRY(read_into(file_, input_, at_, path_));
      for (std::size_t i = input_.find(kMagic); i != std::string::npos;
           i = input_.find(kMagic, i + 1)) {
        ZSTD_frameHeader header{};
        if (ZSTD_getFrameHeader(&header, input_.data() + i, input_.size() - i) != 0 ||
            !is_block(header))
          continue;
        at_ += i;
        return success();
      }
      if (at_ + input_.size() >= bytes_) break;
      at_ += input_.size() - kOverlap;
    }
    at_ = bytes_;
    return success();
  }

  Descriptor file_;
  fs::path path_;
  std::uint64_t bytes_;
  Decoder decoder_ = make_decoder();
  std::optional<Error> pending_;
  std::uint64_t at_ = 0;     // between frames: where the next begins
  std::uint64_t begin_ = 0;  // inside one: where it began,
  std::uint64_t read_ = 0;   // and up to where the file was read
  bool inside_ = false;
  bool streaming_ = false;
  bool blocks_ = false;  // some were seen, and no index yet
  std::string input_, unpacked_, whole_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
};

}  // namespace

Result<std::unique_ptr<FeedText>> open_feed_text(const fs::path& path) {
  BOOST_OUTCOME_TRY(Descriptor file, open_file(path, O_RDONLY));
  if (path.extension() != ".zst")
    return std::unique_ptr<FeedText>(std::make_unique<PlainText>(std::move(file), path));
  BOOST_OUTCOME_TRY(const std::uint64_t bytes, size_of(file, path));
  auto index = read_index(file, path);
  if (index.has_error() && index.error().code != ErrorCode::Corrupt) return index.error();
  if (index && index.value())
    return std::unique_ptr<FeedText>(
        std::make_unique<IndexedText>(std::move(file), path, *std::move(index).value()));
  std::optional<Error> complaint;
  if (index.has_error()) complaint = index.error();
  return std::unique_ptr<FeedText>(
      std::make_unique<WalkedText>(std::move(file), path, bytes, std::move(complaint)));
}

}  // namespace proteus::storage

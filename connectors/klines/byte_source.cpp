#include "connectors/klines/byte_source.hpp"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include "engine/core/assert.hpp"

namespace proteus::klines {
namespace {

constexpr std::size_t kChunk = std::size_t{64} * 1024;

/// The file as it lies on disk, with its first bytes still to be had.
class RawFile {
 public:
  static Result<RawFile> open(const std::filesystem::path& path) {
    std::error_code ec;
    const auto status = std::filesystem::status(path, ec);
    if (status.type() == std::filesystem::file_type::not_found)
      return error(ErrorCode::NotFound,
                   fmt::format("{}: there is no such file; check the path", path.string()));
    if (status.type() == std::filesystem::file_type::directory)
      return error(ErrorCode::Io,
                   fmt::format("{}: is a directory, not a file of rows", path.string()));
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr)
      return error(ErrorCode::Io,
                   fmt::format("{}: cannot be opened: {}", path.string(), std::strerror(errno)));
    std::setvbuf(file, nullptr, _IONBF, 0);  // our own chunks are the buffer
    return RawFile{file, path};
  }

  Result<std::size_t> read(std::span<char> buffer) {
    const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file_.get());
    if (got < buffer.size() && std::ferror(file_.get()) != 0)
      return error(ErrorCode::Io,
                   fmt::format("{}: cannot be read: {}", path_.string(), std::strerror(errno)));
    return got;
  }

  [[nodiscard]] Error corrupt(std::string_view what) const {
    return error(ErrorCode::Corrupt,
                 fmt::format("{}: {}; fetch the file again", path_.string(), what));
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  RawFile(std::FILE* file, std::filesystem::path path) : file_(file), path_(std::move(path)) {}
  std::unique_ptr<std::FILE, Close> file_;
  std::filesystem::path path_;
};

class PlainBytes final : public ByteSource {
 public:
  PlainBytes(RawFile file, std::vector<char> head)
      : file_(std::move(file)), head_(std::move(head)) {}

  Result<std::size_t> read(std::span<char> buffer) override {
    if (taken_ == head_.size()) return file_.read(buffer);
    const std::size_t n = std::min(buffer.size(), head_.size() - taken_);
    std::memcpy(buffer.data(), head_.data() + taken_, n);
    taken_ += n;
    return n;
  }

 private:
  RawFile file_;
  std::vector<char> head_;
  std::size_t taken_ = 0;
};

class GzipBytes final : public ByteSource {
 public:
  GzipBytes(RawFile file, std::vector<char> head)
      : file_(std::move(file)), input_(std::move(head)), filled_(input_.size()) {
    input_.resize(kChunk);
    PROTEUS_ASSERT(inflateInit2(&stream_, 15 + 16) == Z_OK);
    give(0, filled_);
  }
  ~GzipBytes() override { inflateEnd(&stream_); }
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;

  Result<std::size_t> read(std::span<char> buffer) override {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_.avail_out = static_cast<uInt>(buffer.size());
    while (stream_.avail_out == buffer.size()) {
      if (stream_.avail_in == 0) {
        BOOST_OUTCOME_TRY(const std::size_t got, file_.read(input_));
        if (got == 0 && !between_members_) return file_.corrupt("the gzip data ends too early");
        if (got == 0) return std::size_t{0};
        give(0, got);
      }
      if (between_members_ && inflateReset(&stream_) != Z_OK)
        return file_.corrupt("the gzip data is damaged");
      between_members_ = false;
      const int rc = inflate(&stream_, Z_NO_FLUSH);
      if (rc == Z_STREAM_END)  // Several gzip members in a row are one file (RFC 1952, 2.2).
        between_members_ = true;
      else if (rc != Z_OK && rc != Z_BUF_ERROR)
        return file_.corrupt("the gzip data is damaged");
    }
    return buffer.size() - stream_.avail_out;
  }

 private:
  void give(std::size_t offset, std::size_t size) {
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data() + offset);
    stream_.avail_in = static_cast<uInt>(size);
  }
  RawFile file_;
  std::vector<char> input_;
  std::size_t filled_;
  z_stream stream_{};
  bool between_members_ = false;
};

class ZstdBytes final : public ByteSource {
 public:
  ZstdBytes(RawFile file, std::vector<char> head)
      : file_(std::move(file)), input_(std::move(head)), stream_(ZSTD_createDStream()) {
    PROTEUS_ASSERT(stream_ != nullptr);
    in_ = {input_.data(), input_.size(), 0};
  }

  Result<std::size_t> read(std::span<char> buffer) override {
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size && !more_inside_) {
        input_.resize(kChunk);
        BOOST_OUTCOME_TRY(const std::size_t got, file_.read(input_));
        if (got == 0 && !between_frames_) return file_.corrupt("the zstd data ends too early");
        if (got == 0) return std::size_t{0};
        in_ = {input_.data(), got, 0};
      }
      const std::size_t rc = ZSTD_decompressStream(stream_.get(), &out, &in_);
      if (ZSTD_isError(rc) != 0U) return file_.corrupt("the zstd data is damaged");
      between_frames_ = rc == 0;
      // A full buffer may leave unpacked bytes in the decoder that need no further input.
      more_inside_ = out.pos == out.size && rc != 0;
    }
    return out.pos;
  }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  RawFile file_;
  std::vector<char> input_;
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  ZSTD_inBuffer in_{};
  bool between_frames_ = false;
  bool more_inside_ = false;
};

bool starts_with(std::span<const char> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_bytes(const std::filesystem::path& path) {
  BOOST_OUTCOME_TRY(RawFile file, RawFile::open(path));
  std::vector<char> head(4);
  BOOST_OUTCOME_TRY(const std::size_t got, file.read(head));
  head.resize(got);
  if (starts_with(head, "\x1f\x8b"))
    return std::unique_ptr<ByteSource>(
        std::make_unique<GzipBytes>(std::move(file), std::move(head)));
  if (starts_with(head, "\x28\xb5\x2f\xfd"))
    return std::unique_ptr<ByteSource>(
        std::make_unique<ZstdBytes>(std::move(file), std::move(head)));
  return std::unique_ptr<ByteSource>(
      std::make_unique<PlainBytes>(std::move(file), std::move(head)));
}

}  // namespace proteus::klines

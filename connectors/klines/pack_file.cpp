#include "connectors/klines/pack_file.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "connectors/klines/byte_source.hpp"
#include "engine/core/assert.hpp"

namespace proteus::klines {
namespace {

constexpr std::size_t kPackChunk = std::size_t{1} << 17U;
constexpr int kZstdLevel = 9;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OutFile = std::unique_ptr<std::FILE, CloseFile>;

Error cannot_write(const std::filesystem::path& path) {
  return error(ErrorCode::Io,
               fmt::format("{}: cannot be written: {}", path.string(), std::strerror(errno)));
}

/// Takes pieces of text; an empty one is the end.
class PackSink {
 public:
  virtual ~PackSink() = default;
  virtual void put(const std::vector<char>& text, bool last, std::vector<char>& packed) = 0;
};

class PlainSink final : public PackSink {
 public:
  void put(const std::vector<char>& text, bool, std::vector<char>& packed) override {
    packed = text;
  }
};

class GzipSink final : public PackSink {
 public:
  GzipSink() {
    // Header without name and time: the same rows give the same file.
    PROTEUS_ASSERT(deflateInit2(&stream_, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~GzipSink() override { deflateEnd(&stream_); }
  GzipSink(const GzipSink&) = delete;
  GzipSink& operator=(const GzipSink&) = delete;
  void put(const std::vector<char>& text, bool last, std::vector<char>& packed) override {
    packed.resize(deflateBound(&stream_, static_cast<uLong>(text.size())) + 64);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    stream_.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream_.avail_out = static_cast<uInt>(packed.size());
    const int rc = deflate(&stream_, last ? Z_FINISH : Z_SYNC_FLUSH);
    PROTEUS_ASSERT(rc == (last ? Z_STREAM_END : Z_OK) && stream_.avail_in == 0);
    packed.resize(packed.size() - stream_.avail_out);
  }

 private:
  z_stream stream_{};
};

class ZstdSink final : public PackSink {
 public:
  ZstdSink() {
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }
  void put(const std::vector<char>& text, bool last, std::vector<char>& packed) override {
    packed.resize(ZSTD_compressBound(text.size()) + ZSTD_CStreamOutSize());
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    ZSTD_outBuffer out{packed.data(), packed.size(), 0};
    const std::size_t left =
        ZSTD_compressStream2(context_.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_flush);
    PROTEUS_ASSERT(left == 0 && in.pos == in.size);
    packed.resize(out.pos);
  }

 private:
  std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context_{ZSTD_createCCtx(),
                                                                   &ZSTD_freeCCtx};
};

std::unique_ptr<PackSink> make_sink(Packing packing) {
  if (packing == Packing::Gzip) return std::make_unique<GzipSink>();
  if (packing == Packing::Zstd) return std::make_unique<ZstdSink>();
  return std::make_unique<PlainSink>();
}

Result<void> copy_packed(ByteSource& in, const std::filesystem::path& draft, Packing packing) {
  const OutFile out{std::fopen(draft.c_str(), "wb")};
  if (!out) return cannot_write(draft);
  const auto sink = make_sink(packing);
  std::vector<char> text, packed;
  for (bool last = false; !last;) {
    text.resize(kPackChunk);
    BOOST_OUTCOME_TRY(const std::size_t got, in.read(text));
    text.resize(got);
    last = got == 0;
    sink->put(text, last, packed);
    if (std::fwrite(packed.data(), 1, packed.size(), out.get()) != packed.size())
      return cannot_write(draft);
  }
  if (std::fflush(out.get()) != 0 || ::fdatasync(::fileno(out.get())) != 0)
    return cannot_write(draft);
  return success();
}

}  // namespace

std::optional<Packing> parse_packing(std::string_view word) {
  if (word == "gz") return Packing::Gzip;
  if (word == "zst") return Packing::Zstd;
  if (word == "none") return Packing::None;
  return std::nullopt;
}

std::string_view ending_of(Packing packing) {
  return packing == Packing::Gzip ? ".gz" : packing == Packing::Zstd ? ".zst" : "";
}

Result<void> pack_file(const std::filesystem::path& from, const std::filesystem::path& to,
                       Packing packing) {
  BOOST_OUTCOME_TRY(const auto in, open_bytes(from));
  const std::filesystem::path draft = to.string() + ".tmp";
  if (auto done = copy_packed(*in, draft, packing); !done) {
    ::unlink(draft.c_str());
    return done.error();
  }
  if (std::rename(draft.c_str(), to.c_str()) != 0) return cannot_write(to);
  return success();
}

}  // namespace proteus::klines

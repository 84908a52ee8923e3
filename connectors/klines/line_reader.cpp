#include "connectors/klines/line_reader.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

namespace proteus::klines {
namespace {

constexpr std::size_t kLineMax = 4096;
constexpr std::size_t kBuffer = std::size_t{256} * 1024;

}  // namespace

LineReader::LineReader(std::unique_ptr<ByteSource> bytes, std::string name)
    : bytes_(std::move(bytes)), name_(std::move(name)), buffer_(kBuffer) {}

Result<LineReader> LineReader::open(const std::filesystem::path& path) {
  BOOST_OUTCOME_TRY(std::unique_ptr<ByteSource> bytes, open_bytes(path));
  return LineReader{std::move(bytes), path.string()};
}

Result<bool> LineReader::refill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  BOOST_OUTCOME_TRY(const std::size_t got, bytes_->read(std::span<char>(buffer_).subspan(end_)));
  end_ += got;
  return got > 0;
}

Result<std::optional<std::string_view>> LineReader::next() {
  std::size_t searched = 0;
  while (true) {
    const char* const from = buffer_.data() + begin_;
    const std::size_t have = end_ - begin_;
    const void* newline = std::memchr(from + searched, '\n', have - searched);
    std::size_t length = have;
    if (newline != nullptr) {
      length = static_cast<std::size_t>(static_cast<const char*>(newline) - from);
    } else {
      searched = have;
      if (have <= kLineMax) {
        BOOST_OUTCOME_TRY(const bool more, refill());
        if (more) continue;
        if (have == 0) return std::optional<std::string_view>{};
      }
    }
    ++line_;
    if (length > kLineMax)
      return at_line(
          ErrorCode::Malformed,
          fmt::format("a line of more than {} bytes; this is no file of rows", kLineMax));
    std::string_view line{buffer_.data() + begin_, length};
    begin_ += length + (newline != nullptr ? 1 : 0);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return std::optional{line};
  }
}

Error LineReader::at_line(ErrorCode code, std::string_view what) const {
  return error(code, fmt::format("{}:{}: {}", name_, line_, what));
}

std::optional<Timestamp> parse_unix_ms(std::string_view text) {
  std::int64_t ms = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), ms);
  constexpr std::int64_t kMsMax = 9'000'000'000'000;  // Leaves room for a bar behind it.
  if (ec != std::errc{} || end != text.data() + text.size() || ms < 0 || ms > kMsMax)
    return std::nullopt;
  return from_unix_ms(ms);
}

}  // namespace proteus::klines

// Lines of a packed or plain text file with their numbers, in constant memory. Knows nothing of
// what stands in them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/klines/byte_source.hpp"
#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::klines {

class LineReader {
 public:
  /// Errors: those of open_bytes.
  static Result<LineReader> open(const std::filesystem::path& path);

  /// The next line without its "\n" or "\r\n", valid until the next call; nothing at the end. The
  /// last line may lack its end. Errors: those of the bytes; Malformed for a line over 4096 bytes,
  /// which no file of rows has.
  Result<std::optional<std::string_view>> next();

  /// Number of the line that `next` gave last, from 1.
  [[nodiscard]] std::uint64_t line() const { return line_; }
  /// An error that begins with "path:line: ".
  [[nodiscard]] Error at_line(ErrorCode code, std::string_view what) const;

 private:
  LineReader(std::unique_ptr<ByteSource> bytes, std::string name);
  Result<bool> refill();

  std::unique_ptr<ByteSource> bytes_;
  std::string name_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // what lies in buffer_[begin_, end_) is not yet given
  std::size_t end_ = 0;
  std::uint64_t line_ = 0;
};

/// Cuts `line` at its commas into exactly N parts; nothing if there are more or fewer.
template <std::size_t N>
std::optional<std::array<std::string_view, N>> split(std::string_view line) {
  std::array<std::string_view, N> parts;
  for (std::size_t i = 0; i < N; ++i) {
    const std::size_t comma = line.find(',');
    if ((comma == std::string_view::npos) != (i + 1 == N)) return std::nullopt;
    parts[i] = line.substr(0, comma);
    if (i + 1 < N) line.remove_prefix(comma + 1);
  }
  return parts;
}

/// All of `text` as whole milliseconds since 1970, up to the year 2255: a month later is a
/// Timestamp still.
std::optional<Timestamp> parse_unix_ms(std::string_view text);

}  // namespace proteus::klines

// A line of a recorded feed: JSON, one line a frame, the frame's bytes exactly as they were
// received. A frame takes the first of these forms that holds it:
//
//   {"t":1748538300123456789,"c":1,"s":"public:linear#0","f":{"topic":"kline.1.BTCUSDT",...}}
//                 f: the frame itself, where it is a JSON object or array on one line
//   {"t":...,"c":1,"s":"...","f":"pong \"1\""}     f: a JSON string, where it is UTF-8 text
//   {"t":...,"c":1,"s":"...","x":"00ff1a"}         x: hexadecimal, where it is anything else
//
// t: when it was received, unix nanoseconds of venue time; c: the connection's number; s: the
// stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::storage {

struct RecordedFrame {
  Timestamp received{};
  std::uint64_t connection = 0;
  std::string stream;
  std::string bytes;
  friend bool operator==(const RecordedFrame&, const RecordedFrame&) = default;
};

/// Appends one line, with its newline.
void append_frame_line(std::string& out, Timestamp received, std::uint64_t connection,
                       std::string_view stream, std::string_view frame);
/// The frame of a line (without newline). Errors: Malformed.
Result<RecordedFrame> parse_frame_line(std::string_view line);

/// A frame where it lies: no copy but of what had to be escaped.
struct FrameView {
  Timestamp received{};
  std::uint64_t connection = 0;
  std::string_view stream;
  std::string_view bytes;
  std::string_view line;  ///< all of it, without newline
  FrameView() = default;
};
/// What of a line had to be unescaped; the views of the frame read last may point here.
struct FrameScratch {
  std::string stream;
  std::string bytes;
};
/// The same without copies. `walk`: false where a checksum already says that the line is as it was
/// written; then a JSON frame is not walked over again. Errors: Malformed.
Result<FrameView> parse_frame_view(std::string_view line, FrameScratch& scratch, bool walk);

/// The receive time of a line, or of the first of several; nothing: it is no frame.
std::optional<Timestamp> received_of(std::string_view line);

/// True if `text` is one JSON object or array (RFC 8259) without line breaks, UTF-8, nested at most
/// 64 deep: then a reader of lines and of JSON will take it as it is.
bool is_one_line_json(std::string_view text);

}  // namespace proteus::storage

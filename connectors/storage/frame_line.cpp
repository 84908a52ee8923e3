#include "connectors/storage/frame_line.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "engine/core/json.hpp"

namespace proteus::storage {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr int kDepthMax = 64;

/// Walks over JSON text and only says whether it is any.
class JsonScan {
 public:
  explicit JsonScan(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}
  bool whole() {
    if (at_ == end_ || (*at_ != '{' && *at_ != '[')) return false;
    return value(0) && at_ == end_;
  }

 private:
  [[nodiscard]] bool is(char c) const { return at_ != end_ && *at_ == c; }
  bool take(char c) {
    if (!is(c)) return false;
    ++at_;
    return true;
  }
  void blanks() {
    while (is(' ') || is('\t')) ++at_;
  }
  bool word(std::string_view text) {
    if (static_cast<std::size_t>(end_ - at_) < text.size() ||
        std::string_view{at_, text.size()} != text)
      return false;
    at_ += text.size();
    return true;
  }
  bool digits() {
    const char* const start = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != start;
  }
  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (is('e') || is('E')) {
      ++at_;
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }
  bool string() {
    if (!take('"')) return false;
    while (at_ != end_) {
      const auto c = static_cast<unsigned char>(*at_);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c < 0x20) return false;
      if (c == '\\') {
        ++at_;
        if (!escape()) return false;
      } else {
        const std::size_t n =
            c < 0x80 ? 1 : json::utf8_length({at_, static_cast<std::size_t>(end_ - at_)});
        if (n == 0) return false;
        at_ += n;
      }
    }
    return false;
  }
  bool escape() {
    if (at_ == end_) return false;
    const char c = *at_++;
    if (c != 'u') return std::string_view{"\"\\/bfnrt"}.find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i, ++at_)
      if (at_ == end_ ||
          std::string_view{"0123456789abcdefABCDEF"}.find(*at_) == std::string_view::npos)
        return false;
    return true;
  }
  bool value(int depth) {
    if (at_ == end_ || depth > kDepthMax) return false;
    switch (*at_) {
      case '{':
      case '[':
        return members(*at_ == '{', depth + 1);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }
  bool members(bool object, int depth) {
    ++at_;
    blanks();
    const char close = object ? '}' : ']';
    if (take(close)) return true;
    do {
      blanks();
      if (object) {
        if (!string()) return false;
        blanks();
        if (!take(':')) return false;
        blanks();
      }
      if (!value(depth)) return false;
      blanks();
    } while (take(','));
    return take(close);
  }

  const char* at_;
  const char* end_;
};

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t n = json::utf8_length(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}
template <class Integer>
bool take_number(std::string_view& text, Integer& value) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}
std::optional<unsigned> hex_value(std::string_view text) {
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}
// A string as json::append_text writes it: the escapes \" \\ \n and \u00xx only.
bool take_string(std::string_view& text, std::string& value) {
  if (!take(text, "\"")) return false;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return true;
    if (c != '\\') {
      value += c;
      continue;
    }
    if (take(text, "u00")) {
      const auto byte = hex_value(text.substr(0, 2));
      if (!byte || text.size() < 2) return false;
      value += static_cast<char>(*byte);
      text.remove_prefix(2);
    } else if (take(text, "n")) {
      value += '\n';
    } else if (text.starts_with('"') || text.starts_with('\\')) {
      value += text.front();
      text.remove_prefix(1);
    } else {
      return false;
    }
  }
  return false;
}
// The same where it lies, if nothing in it is escaped.
bool take_text(std::string_view& text, std::string& scratch, std::string_view& value) {
  const std::size_t end = text.find_first_of("\"\\", 1);
  if (text.starts_with('"') && end != std::string_view::npos && text[end] == '"') {
    value = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    return true;
  }
  scratch.clear();
  if (!take_string(text, scratch)) return false;
  value = scratch;
  return true;
}
bool take_hex(std::string_view& text, std::string& value) {
  if (!take(text, "\"")) return false;
  while (text.size() >= 2 && text.front() != '"') {
    const auto byte = hex_value(text.substr(0, 2));
    if (!byte) return false;
    value += static_cast<char>(*byte);
    text.remove_prefix(2);
  }
  return take(text, "\"");
}

}  // namespace

bool is_one_line_json(std::string_view text) { return JsonScan{text}.whole(); }

void append_frame_line(std::string& out, Timestamp received, std::uint64_t connection,
                       std::string_view stream, std::string_view frame) {
  out += "{\"t\":";
  json::append(out, to_unix_ns(received));
  out += ",\"c\":";
  json::append(out, connection);
  out += ",\"s\":";
  json::append_text(out, stream);
  if (is_one_line_json(frame)) {
    out += ",\"f\":";
    out += frame;
  } else if (is_utf8(frame)) {
    out += ",\"f\":";
    json::append_text(out, frame);
  } else {
    out += ",\"x\":\"";
    for (const char c : frame) {
      out += kHexDigits[static_cast<unsigned char>(c) >> 4U];
      out += kHexDigits[static_cast<unsigned char>(c) & 15U];
    }
    out += '"';
  }
  out += "}\n";
}

Result<FrameView> parse_frame_view(std::string_view line, FrameScratch& scratch, bool walk) {
  FrameView frame;
  std::int64_t ns = 0;
  std::string_view rest = line;
  const auto bad = [&] {
    return error(ErrorCode::Malformed, fmt::format("not a recorded frame: {}", line.substr(0, 80)));
  };
  if (!take(rest, "{\"t\":") || !take_number(rest, ns) || !take(rest, ",\"c\":") ||
      !take_number(rest, frame.connection) || !take(rest, ",\"s\":") ||
      !take_text(rest, scratch.stream, frame.stream))
    return bad();
  frame.received = from_unix_ns(ns);
  frame.line = line;
  if (take(rest, ",\"x\":")) {
    scratch.bytes.clear();
    if (!take_hex(rest, scratch.bytes) || rest != "}") return bad();
    frame.bytes = scratch.bytes;
  } else if (!take(rest, ",\"f\":")) {
    return bad();
  } else if (rest.starts_with('"')) {
    scratch.bytes.clear();
    if (!take_string(rest, scratch.bytes) || rest != "}") return bad();
    frame.bytes = scratch.bytes;
  } else {
    if (!rest.ends_with('}')) return bad();
    rest.remove_suffix(1);
    if (walk ? !is_one_line_json(rest) : rest.empty()) return bad();
    frame.bytes = rest;
  }
  return frame;
}

Result<RecordedFrame> parse_frame_line(std::string_view line) {
  FrameScratch scratch;
  BOOST_OUTCOME_TRY(const FrameView view, parse_frame_view(line, scratch, true));
  return RecordedFrame{view.received, view.connection, std::string(view.stream),
                       std::string(view.bytes)};
}

std::optional<Timestamp> received_of(std::string_view line) {
  std::int64_t ns = 0;
  if (!take(line, "{\"t\":") || !take_number(line, ns)) return std::nullopt;
  return from_unix_ns(ns);
}

}  // namespace proteus::storage

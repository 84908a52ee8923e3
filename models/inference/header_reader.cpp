#include "models/inference/header_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "engine/core/json.hpp"

namespace proteus::inference {
namespace {

constexpr std::size_t kExtentsMax = 16;

/// Functions that read return false, with fault_ told once, where the text is not what it must be.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool read(Header& header) {
    if (text_.empty() || text_.front() != '{') return fail("it does not begin with {");
    if (!object([&](std::string&& key) { return entry(std::move(key), header); })) return false;
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ == text_.size() || fail("something follows its end");
  }
  [[nodiscard]] std::string fault() const {
    return fmt::format(
        "this is no checkpoint, or a damaged one: the header is no such header at its byte "
        "{}: {}",
        at_, fault_);
  }

 private:
  bool fail(std::string_view what) {
    if (fault_.empty()) fault_ = what;
    return false;
  }
  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }
  bool take(char wanted) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != wanted)
      return fail(fmt::format("{} is missing", wanted));
    ++at_;
    return true;
  }
  bool next_is(char wanted) {
    skip_space();
    return at_ < text_.size() && text_[at_] == wanted;
  }

  /// member(key) reads the value.
  template <class Member>
  bool object(Member member) {
    if (!take('{')) return false;
    if (next_is('}')) return take('}');
    std::set<std::string> keys;
    for (;;) {
      std::string key;
      if (!string(key) || !take(':')) return false;
      if (!keys.insert(key).second) return fail("a name comes twice in one object");
      if (!member(std::move(key))) return false;
      if (next_is('}')) return take('}');
      if (!take(',')) return false;
    }
  }

  bool string(std::string& out) {
    if (!take('"')) return false;
    for (;;) {
      if (at_ >= text_.size()) return fail("a text has no end");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') break;
      if (c < 0x20) return fail("a control character stands in a text");
      if (c == '\\') {
        if (!escape(out)) return false;
        continue;
      }
      const std::size_t length = json::utf8_length(text_.substr(at_));
      if (length == 0) return fail("a text is not UTF-8");
      out += text_.substr(at_, length);
      at_ += length;
    }
    ++at_;
    return true;
  }
  bool escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (at_ + 1 >= text_.size()) return fail("a text has no end");
    const char letter = text_[at_ + 1];
    if (const std::size_t i = kLetters.find(letter); i != kLetters.npos) {
      out += kMeanings[i];
      at_ += 2;
      return true;
    }
    std::optional<std::uint32_t> point = letter == 'u' ? hex_at(at_ + 2) : std::nullopt;
    if (!point) return fail("an escape is none");
    at_ += 6;
    if (*point >= 0xd800 && *point <= 0xdbff) {  // the first half of a pair
      const bool pair = text_.substr(at_, 2) == "\\u";
      const std::optional<std::uint32_t> low = pair ? hex_at(at_ + 2) : std::nullopt;
      if (!low || *low < 0xdc00 || *low > 0xdfff) return fail("half of a surrogate pair");
      at_ += 6;
      point = 0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00);
    } else if (*point >= 0xdc00 && *point <= 0xdfff) {
      return fail("half of a surrogate pair");
    }
    append_utf8(out, *point);
    return true;
  }
  [[nodiscard]] std::optional<std::uint32_t> hex_at(std::size_t from) const {
    if (from + 4 > text_.size()) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : text_.substr(from, 4)) {
      const std::size_t digit =
          std::string_view("0123456789abcdef")
              .find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
      if (digit == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
  }
  static void append_utf8(std::string& out, std::uint32_t point) {
    const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (point < 0x80) {
      add(point);
    } else if (point < 0x800) {
      add(0xc0 | (point >> 6));
      add(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
      add(0xe0 | (point >> 12));
      add(0x80 | ((point >> 6) & 0x3f));
      add(0x80 | (point & 0x3f));
    } else {
      add(0xf0 | (point >> 18));
      add(0x80 | ((point >> 12) & 0x3f));
      add(0x80 | ((point >> 6) & 0x3f));
      add(0x80 | (point & 0x3f));
    }
  }

  bool number(std::uint64_t& out) {
    skip_space();
    const std::size_t start = at_;
    out = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
      if (__builtin_mul_overflow(out, std::uint64_t{10}, &out) ||
          __builtin_add_overflow(out, static_cast<std::uint64_t>(text_[at_] - '0'), &out))
        return fail("a number is beyond 64 bits");
    if (at_ == start) return fail("a whole number is missing");
    return (text_[start] != '0' || at_ == start + 1) || fail("a number begins with 0");
  }
  bool numbers(std::vector<std::uint64_t>& out) {
    if (!take('[')) return false;
    if (next_is(']')) return take(']');
    for (;;) {
      if (out.size() == kExtentsMax) return fail("a list has more than 16 numbers");
      if (!number(out.emplace_back())) return false;
      if (next_is(']')) return take(']');
      if (!take(',')) return false;
    }
  }

  bool entry(std::string&& key, Header& header) {
    if (key == "__metadata__")
      return object([&](std::string&& name) { return string(header.metadata[name]); });
    HeaderTensor tensor{std::move(key), {}, {}, 0, 0};
    std::vector<std::uint64_t> places;
    int seen = 0;
    const bool good = object([&](std::string&& name) {
      ++seen;
      if (name == "dtype") return string(tensor.type);
      if (name == "shape") return numbers(tensor.shape);
      if (name == "data_offsets") return numbers(places);
      return fail("a tensor has something beside dtype, shape and data_offsets");
    });
    if (!good) return false;
    if (seen != 3) return fail("a tensor lacks one of dtype, shape and data_offsets");
    if (places.size() != 2) return fail("data_offsets are not two numbers");
    tensor.begin = places[0];
    tensor.end = places[1];
    header.tensors.push_back(std::move(tensor));
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string fault_;
};

}  // namespace

Result<Header> read_header(std::string_view text, std::string_view file) {
  Header header;
  Reader reader(text);
  if (!reader.read(header))
    return error(ErrorCode::Corrupt, fmt::format("{}: {}", file, reader.fault()));
  return header;
}

}  // namespace proteus::inference

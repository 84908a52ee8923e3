// Recorded frames. The first byte chooses what the rest is:
//   0  a frame's bytes: the line made of them is one line of JSON and gives the same bytes back
//   1  a line: if it is taken, writing and reading it again gives the same frame
//   2  a part, plain; 3  a part, packed by zstd: both are read to their end, over all damage
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "connectors/storage/feed_part.hpp"
#include "connectors/storage/frame_line.hpp"
#include "tests/fuzz/property.hpp"

namespace proteus::storage {
namespace {

constexpr Timestamp kReceived{std::chrono::sys_days{std::chrono::June / 2 / 2025}};

void check_bytes(std::string_view bytes) {
  std::string line;
  append_frame_line(line, kReceived, 3, "public:linear#0", bytes);
  FUZZ_CHECK(std::count(line.begin(), line.end(), '\n') == 1 && line.back() == '\n', line);
  line.pop_back();
  const bool json = is_one_line_json(bytes);
  FUZZ_CHECK(json || is_one_line_json(line), line);  // One level deeper than the frame itself.
  const Result<RecordedFrame> back = parse_frame_line(line);
  FUZZ_CHECK(back.has_value(), line);
  FUZZ_CHECK(back.value().bytes == bytes && back.value().connection == 3 &&
                 back.value().stream == "public:linear#0" && back.value().received == kReceived,
             line);
}

void check_line(std::string_view line) {
  const Result<RecordedFrame> frame = parse_frame_line(line);
  if (!frame) return fuzz::check_sentence(frame.error(), "not a recorded frame");
  const RecordedFrame& f = frame.value();
  // Our own streams have plain names; in another's the writer mends what is no UTF-8.
  if (!std::all_of(f.stream.begin(), f.stream.end(), [](char c) { return c >= ' '; })) return;
  std::string again;
  append_frame_line(again, f.received, f.connection, f.stream, f.bytes);
  FUZZ_CHECK(!again.empty() && again.back() == '\n');
  again.pop_back();
  const Result<RecordedFrame> back = parse_frame_line(again);
  FUZZ_CHECK(back.has_value() && back.value() == f, again);
}

void check_part(std::string_view bytes, bool packed) {
  static const std::filesystem::path folder = [] {
    std::string name = (std::filesystem::temp_directory_path() / "proteus-fuzz-XXXXXX").string();
    FUZZ_CHECK(::mkdtemp(name.data()) != nullptr);
    return std::filesystem::path(name);
  }();
  // The name decides how a part is read, so it needs one.
  const std::filesystem::path path = folder / (packed ? "part.jsonl.zst" : "part.jsonl");
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  auto reader = FeedReader::open(path);
  FUZZ_CHECK(reader.has_value());
  // A line or a piece of damage takes a byte at least; packed, a byte can hold many lines.
  std::size_t complaints = 0;
  for (;;) {
    const auto frame = reader.value().next();
    if (frame && !frame.value()) return;
    if (frame) continue;
    fuzz::check_sentence(frame.error(), path.string());
    FUZZ_CHECK(packed || ++complaints <= bytes.size() + 1);
  }
}

}  // namespace
}  // namespace proteus::storage

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace proteus::storage;
  if (size == 0) return 0;
  const std::string_view input = proteus::fuzz::text_of(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      check_bytes(input);
      break;
    case 1:
      check_line(input);
      break;
    default:
      check_part(input, data[0] % 4 == 3);
      break;
  }
  return 0;
}

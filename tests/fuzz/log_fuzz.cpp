// Session logs. The first byte chooses what the rest is:
//   even  a log file, byte for byte
//   odd   payloads (kind, size of two bytes, bytes) for which whole frames with right checksums and
//         numbers are made, then what is left over as a torn tail: the way past the checksum
// A payload that is taken encodes to the very same bytes; a log reads the same twice; no more
// records come out than were put in, in order, and the end or the damage is told by its offset.
#include <cstring>

#include "connectors/storage/crc32c.hpp"
#include "connectors/storage/wal_reader.hpp"
#include "tests/fuzz/property.hpp"

namespace proteus::storage {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}
std::string_view view(const ByteBuffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

std::string header() {
  ByteBuffer out;
  encode_header(WalHeader{}, out);
  return std::string(view(out));
}

template <class T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// A whole record around a payload, as wal_format.hpp describes it, written here a second time.
std::string framed(std::uint8_t kind, std::uint64_t number, std::string_view payload) {
  std::string rest;
  append(rest, static_cast<std::uint32_t>(payload.size()));
  append(rest, kind);
  append(rest, kRecordVersion);
  append(rest, std::uint16_t{0});
  append(rest, number);
  rest += payload;
  std::string frame;
  append(frame, crc32c(bytes_of(rest)));
  return frame + rest;
}

/// True: the payload is a record of that kind.
bool check_payload(std::uint8_t kind, std::string_view payload) {
  WalRecord record;
  if (!decode_payload(kind, bytes_of(payload), record)) return false;
  ByteBuffer out;
  std::visit([&](const auto& body) { encode_record(body, 7, out); }, record);
  FUZZ_CHECK(view(out) == framed(kind, 7, payload), "encoded again it is another record");
  return true;
}

struct Reading {
  std::uint64_t records = 0;
  WalReader::Tail tail;
  std::string failure;
  friend bool operator==(const Reading& a, const Reading& b) {
    return a.records == b.records && a.failure == b.failure && a.tail.offset == b.tail.offset &&
           a.tail.torn == b.tail.torn && a.tail.bytes == b.tail.bytes;
  }
};

Reading read(const std::string& path) {
  Reading reading;
  Result<WalReader> reader = WalReader::open(path);
  if (!reader) {
    fuzz::check_sentence(reader.error(), path);
    reading.failure = reader.error().context;
    return reading;
  }
  for (;;) {
    const Result<const WalRecord*> record = reader.value().next();
    if (!record) {
      fuzz::check_sentence(record.error(), path);
      reading.failure = record.error().context;
      break;
    }
    if (record.value() == nullptr) break;
    ++reading.records;
  }
  reading.tail = reader.value().tail();
  return reading;
}

Reading check_file(std::string_view bytes) {
  const fuzz::MemoryFile file(bytes);
  const Reading reading = read(file.path());
  FUZZ_CHECK(read(file.path()) == reading);
  FUZZ_CHECK(reading.tail.offset + reading.tail.bytes <= bytes.size() || !reading.failure.empty());
  // What is neither records nor a torn one is zeros: room.
  if (reading.failure.empty())
    FUZZ_CHECK(bytes.find_first_not_of('\0', reading.tail.offset + reading.tail.bytes) ==
               std::string_view::npos);
  return reading;
}

void check_records(std::string_view input) {
  std::string file = header();
  std::uint64_t written = 0;
  std::uint64_t good = 0;
  bool all_good = true;
  while (input.size() >= 3) {
    const auto kind = static_cast<std::uint8_t>(input[0]);
    std::uint16_t size = 0;
    std::memcpy(&size, input.data() + 1, sizeof size);
    // Kind 0 is what a page of zeros holds: no record begins there, it is a torn tail.
    if (kind == 0 || size > input.size() - 3) break;
    const std::string_view payload = input.substr(3, size);
    all_good = check_payload(kind, payload) && all_good;
    if (all_good) ++good;
    file += framed(kind, written++, payload);
    input.remove_prefix(3 + size);
  }
  file += input;
  const Reading reading = check_file(file);
  FUZZ_CHECK(reading.records >= good || written == 0, reading.failure);
  FUZZ_CHECK(all_good || !reading.failure.empty(), "a payload that is no record was passed over");
}

}  // namespace
}  // namespace proteus::storage

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace proteus::storage;
  if (size == 0) return 0;
  const std::string_view input = proteus::fuzz::text_of(data + 1, size - 1);
  if (data[0] % 2 == 0)
    check_file(input);
  else
    check_records(input);
  return 0;
}

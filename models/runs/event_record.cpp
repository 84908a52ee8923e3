#include "models/runs/event_record.hpp"

#include <array>
#include <bit>
#include <cmath>

namespace proteus::runs {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0U ? 0x82f63b78U : 0U);
    table[i] = crc;
  }
  return table;
}
constexpr auto kTable = make_table();

template <class T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i) {
    out.push_back(static_cast<char>(value & 0xffU));
    value = static_cast<T>(value >> 8);
  }
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>((value & 0x7f) | 0x80));
  out.push_back(static_cast<char>(value));
}

/// How the bytes of a field are told apart.
enum Wire : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
void put_key(std::string& out, std::uint8_t field, Wire wire) {
  put_varint(out, static_cast<std::uint64_t>(field) << 3 | wire);
}
void put_bytes(std::string& out, std::uint8_t field, std::string_view bytes) {
  put_key(out, field, kBytes);
  put_varint(out, bytes.size());
  out += bytes;
}

std::string event(Timestamp wall) {
  std::string out;
  put_key(out, 1, kFixed64);
  const double seconds = static_cast<double>(to_unix_ns(wall)) * 1e-9;
  put(out, std::bit_cast<std::uint64_t>(seconds));
  return out;
}

std::string record(std::string_view data) {
  std::string out;
  put(out, static_cast<std::uint64_t>(data.size()));
  put(out, masked_crc32c(out));
  out += data;
  put(out, masked_crc32c(data));
  return out;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char c : bytes)
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xffU];
  return ~crc;
}

std::uint32_t masked_crc32c(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8U;
}

std::string first_event_record(Timestamp wall) {
  std::string data = event(wall);
  put_bytes(data, 3, "brain.Event:2");
  return record(data);
}

std::string scalars_event_record(Timestamp wall, std::int64_t step,
                                 std::span<const Scalar> scalars) {
  std::string summary;
  for (const Scalar& scalar : scalars) {
    if (std::isnan(scalar.value)) continue;
    std::string value;
    put_bytes(value, 1, scalar.name);
    put_key(value, 2, kFixed32);
    put(value, std::bit_cast<std::uint32_t>(static_cast<float>(scalar.value)));
    put_bytes(summary, 1, value);
  }
  std::string data = event(wall);
  put_key(data, 2, kVarint);
  put_varint(data, static_cast<std::uint64_t>(step));
  put_bytes(data, 5, summary);
  return record(data);
}

}  // namespace proteus::runs

#include "connectors/storage/wal_format.hpp"

#include "connectors/storage/crc32c.hpp"
#include "connectors/storage/record_room.hpp"

namespace proteus::storage {
namespace {

constexpr std::size_t kBodies = std::variant_size_v<EventBody>;
static_assert(kBodies + 1 < static_cast<std::size_t>(RecordKind::Decision));
constexpr std::size_t kEventHead = 8 + 1 + 8 + 8;  // sequence, origin, ts_event, ts_recv

template <std::size_t... I>
std::uint64_t bodies_layout(std::uint64_t hash, std::index_sequence<I...>) {
  ((hash = binary::layout<std::variant_alternative_t<I, EventBody>>(
        binary::layout_mix(hash, event_name(I)))),
   ...);
  return hash;
}

constexpr std::uint32_t payload_max(std::uint8_t kind) {
  return kind == static_cast<std::uint8_t>(RecordKind::Snapshot) ? kSnapshotMax : kPayloadMax;
}

// Room for the frame and `size` bytes of payload; returns where the payload goes.
std::byte* open_frame(std::size_t size, ByteBuffer& out) {
  return out.extend(kFrameSize + size) + kFrameSize;
}

void close_frame(std::byte* payload, std::size_t size, std::uint8_t kind, std::uint64_t number) {
  PROTEUS_ASSERT(size <= payload_max(kind));
  std::byte* const frame = payload - kFrameSize;
  std::byte* at = binary::put(frame + 4, static_cast<std::uint32_t>(size));
  at = binary::put(at, kind);
  at = binary::put(at, kRecordVersion);
  at = binary::put(at, std::uint16_t{0});
  binary::put(at, number);
  binary::put(frame, crc32c({frame + 4, kFrameSize - 4 + size}));
}

template <class T>
void encode_plain(const T& value, RecordKind kind, std::uint64_t number, ByteBuffer& out) {
  const std::size_t size = binary::encoded_size(value);
  std::byte* const payload = open_frame(size, out);
  binary::encode(value, payload);
  close_frame(payload, size, static_cast<std::uint8_t>(kind), number);
}

template <std::size_t I = 0>
bool decode_body(std::size_t index, binary::Decoder& decoder, EventBody& body) {
  if constexpr (I < kBodies) {
    if (index != I) return decode_body<I + 1>(index, decoder, body);
    return decoder.read(body.emplace<I>());
  }
  return false;
}

bool decode_event(std::size_t index, std::span<const std::byte> payload, Event& event) {
  binary::Decoder decoder{payload};
  return decoder.read(event.sequence) && decoder.read(event.origin) &&
         decoder.read(event.ts_event) && decoder.read(event.ts_recv) &&
         decode_body(index, decoder, event.body) && decoder.complete();
}

// The record's alternative, kept where it already is the right one: books keep their capacity.
template <class T>
T& alternative(WalRecord& record) {
  if (auto* same = std::get_if<T>(&record)) return *same;
  return record.emplace<T>();
}

template <class T>
T read_at(std::span<const std::byte> bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace

bool is_record_kind(std::uint8_t kind) {
  return (kind >= 1 && kind <= kBodies) ||
         (kind >= static_cast<std::uint8_t>(RecordKind::Decision) &&
          kind <= static_cast<std::uint8_t>(RecordKind::Snapshot));
}

std::uint64_t wal_layout() {
  static const std::uint64_t kLayout = [] {
    std::uint64_t hash = binary::layout<WalHeader>(binary::kLayoutSeed);
    hash = bodies_layout(hash, std::make_index_sequence<kBodies>{});
    hash = binary::layout<DecisionRecord>(hash);
    hash = binary::layout<OrderIntent>(hash);
    hash = binary::layout<CancelIntent>(hash);
    hash = binary::layout<EquityPoint>(hash);
    return binary::layout<Snapshot>(hash);
  }();
  return kLayout;
}

void encode_header(const WalHeader& header, ByteBuffer& out) {
  const std::size_t size = binary::encoded_size(header);
  std::byte* const start = out.extend(kWalHeaderSize + size);
  std::byte* at = binary::put_bytes(start, kWalMagic);
  at = binary::put(at, kWalFormat);
  at = binary::put(at, static_cast<std::uint32_t>(size));
  at = binary::put(at, wal_layout());
  binary::encode(header, start + kWalHeaderSize);
  // The checksum goes over both sides of itself with its own place as zero.
  binary::put(at, std::uint32_t{0});
  binary::put(at, crc32c({start + 8, kWalHeaderSize - 8 + size}));
}

bool fits_record(const EventBody& body) {
  const auto size = [](const auto& one) { return kEventHead + binary::encoded_size(one); };
  return std::visit(size, body) <= kPayloadMax;
}

void encode_record(const Event& event, std::uint64_t number, ByteBuffer& out) {
  std::visit(
      [&](const auto& body) {
        const std::size_t size = kEventHead + binary::encoded_size(body);
        std::byte* const payload = open_frame(size, out);
        std::byte* at = binary::encode(event.sequence, payload);
        at = binary::encode(event.origin, at);
        at = binary::encode(event.ts_event, at);
        at = binary::encode(event.ts_recv, at);
        binary::encode(body, at);
        close_frame(payload, size, static_cast<std::uint8_t>(1 + event.body.index()), number);
      },
      event.body);
}
void encode_record(const DecisionRecord& decision, std::uint64_t number, ByteBuffer& out) {
  encode_plain(decision, RecordKind::Decision, number, out);
}
void encode_record(const OrderIntent& intent, std::uint64_t number, ByteBuffer& out) {
  encode_plain(intent, RecordKind::OrderIntent, number, out);
}
void encode_record(const CancelIntent& intent, std::uint64_t number, ByteBuffer& out) {
  encode_plain(intent, RecordKind::CancelIntent, number, out);
}
void encode_record(const EquityPoint& point, std::uint64_t number, ByteBuffer& out) {
  encode_plain(point, RecordKind::Equity, number, out);
}
void encode_record(const Snapshot& snapshot, std::uint64_t number, ByteBuffer& out) {
  encode_plain(snapshot, RecordKind::Snapshot, number, out);
}

bool decode_payload(std::uint8_t kind, std::span<const std::byte> payload, WalRecord& record) {
  if (!is_record_kind(kind)) return false;
  if (kind <= kBodies) return decode_event(kind - 1U, payload, alternative<Event>(record));
  switch (static_cast<RecordKind>(kind)) {
    case RecordKind::Decision:
      return binary::decode(payload, alternative<DecisionRecord>(record));
    case RecordKind::OrderIntent:
      return binary::decode(payload, alternative<OrderIntent>(record));
    case RecordKind::CancelIntent:
      return binary::decode(payload, alternative<CancelIntent>(record));
    case RecordKind::Equity:
      return binary::decode(payload, alternative<EquityPoint>(record));
    case RecordKind::Snapshot:
      return binary::decode(payload, alternative<Snapshot>(record));
    case RecordKind::FirstEvent:
      break;
  }
  return false;
}

std::optional<std::size_t> frame_size(std::span<const std::byte> bytes) {
  if (bytes.size() < kFrameSize) return std::nullopt;
  const auto size = read_at<std::uint32_t>(bytes, 4);
  // The reserved half-word of a zeroed page is zero too, but no record is of kind 0.
  if (size > payload_max(read_at<std::uint8_t>(bytes, 8)) || bytes[8] == std::byte{0} ||
      read_at<std::uint16_t>(bytes, 10) != 0)
    return std::nullopt;
  return kFrameSize + size;
}

std::optional<Frame> check_frame(std::span<const std::byte> bytes) {
  const auto size = frame_size(bytes);
  if (!size || bytes.size() < *size) return std::nullopt;
  if (read_at<std::uint32_t>(bytes, 0) != crc32c(bytes.subspan(4, *size - 4))) return std::nullopt;
  return Frame{.kind = read_at<std::uint8_t>(bytes, 8),
               .version = read_at<std::uint8_t>(bytes, 9),
               .number = read_at<std::uint64_t>(bytes, 12),
               .payload = bytes.subspan(kFrameSize, *size - kFrameSize)};
}

std::optional<Timestamp> frame_time(const Frame& frame) {
  const bool snapshot = frame.kind == static_cast<std::uint8_t>(RecordKind::Snapshot);
  if (!snapshot && frame.kind > kBodies) return std::nullopt;
  const std::size_t at = snapshot ? 8 : kEventHead - 8;
  if (frame.payload.size() < at + 8) return std::nullopt;
  return from_unix_ns(read_at<std::int64_t>(frame.payload, at));
}

}  // namespace proteus::storage

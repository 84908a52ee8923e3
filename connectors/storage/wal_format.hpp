// A segment of the session log, byte by byte (little-endian). The one being written is session.wal,
// earlier ones are log/000001.wal, compressed to .zst; every one after the first begins with a
// Snapshot.
//
//   file header   magic "PROTEUSW" | u32 format version | u32 size of the description | u64 layout
//                 | u32 crc32c of all of the header but itself and the magic | description
//   record        u32 crc32c of the rest of the record | u32 payload size | u8 kind | u8 version
//                 | u16 zero | u64 number | payload
//
// `number` counts the records of the whole session from 0, so that a lost or doubled piece shows.
// `layout` is made from the names and kinds of all fields (engine/core/binary.hpp): a log of
// another layout is refused, never misread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "engine/core/binary.hpp"
#include "engine/ports/journal.hpp"

namespace proteus::storage {

inline constexpr std::string_view kWalMagic = "PROTEUSW";
inline constexpr std::uint32_t kWalFormat = 3;
inline constexpr std::uint8_t kRecordVersion = 1;
inline constexpr std::size_t kWalHeaderSize = 28;       ///< without the description
inline constexpr std::size_t kFrameSize = 20;           ///< of a record without its payload
inline constexpr std::uint32_t kDescriptionMax = 4096;  ///< bytes of a header after its frame
inline constexpr std::uint32_t kPayloadMax = 16U << 20U;
inline constexpr std::uint32_t kSnapshotMax = 256U << 20U;  ///< payload of a Snapshot

/// Who wrote the log, under which settings, and which part of it this file is.
struct WalHeader {
  SessionCode session;
  InlineText<64> config_hash;
  InlineText<16> mode;  ///< "paper", "live", "replay"
  Timestamp start{};
  std::uint32_t segment = 1;       ///< 1, 2, ... over the session
  std::uint64_t first_record = 0;  ///< number of this file's first record
  std::uint64_t first_byte = 0;    ///< bytes of all segments before this one, uncompressed
  Timestamp begun{};               ///< of its snapshot; the epoch in the first segment
  friend bool operator==(const WalHeader&, const WalHeader&) = default;
  static constexpr auto fields() {
    using W = WalHeader;
    return std::tuple{field("session", &W::session),
                      field("config_hash", &W::config_hash),
                      field("mode", &W::mode),
                      field("start", &W::start),
                      field("segment", &W::segment),
                      field("first_record", &W::first_record),
                      field("first_byte", &W::first_byte),
                      field("begun", &W::begun)};
  }
};

/// Everything that outlives an event, as its owner gave it: a restart begins here instead of at the
/// session's first record.
struct Snapshot {
  std::uint64_t sequence = 0;  ///< of the last event that it holds
  Timestamp time{};            ///< engine time
  std::uint64_t ledger_hash = 0;
  std::string state;  ///< bytes of the owner's own format
  static constexpr auto fields() {
    using S = Snapshot;
    return std::tuple{field("sequence", &S::sequence), field("time", &S::time),
                      field("ledger_hash", &S::ledger_hash), field("state", &S::state)};
  }
};

using WalRecord =
    std::variant<Event, DecisionRecord, OrderIntent, CancelIntent, EquityPoint, Snapshot>;

/// Events are 1 + the index of their body; the others stand apart, so that bodies can be added.
enum class RecordKind : std::uint8_t {
  FirstEvent = 1,
  Decision = 64,
  OrderIntent = 65,
  CancelIntent = 66,
  Equity = 67,
  Snapshot = 68
};

bool is_record_kind(std::uint8_t kind);

/// The fingerprint of every record's fields in this program.
std::uint64_t wal_layout();

void encode_header(const WalHeader& header, ByteBuffer& out);

// One whole record at the end of `out`.
void encode_record(const Event& event, std::uint64_t number, ByteBuffer& out);
void encode_record(const DecisionRecord& decision, std::uint64_t number, ByteBuffer& out);
void encode_record(const OrderIntent& intent, std::uint64_t number, ByteBuffer& out);
void encode_record(const CancelIntent& intent, std::uint64_t number, ByteBuffer& out);
void encode_record(const EquityPoint& point, std::uint64_t number, ByteBuffer& out);
/// Its payload must not pass kSnapshotMax.
void encode_record(const Snapshot& snapshot, std::uint64_t number, ByteBuffer& out);

/// Fills `record` from a payload that passed its checksum; false if the bytes are no such record.
[[nodiscard]] bool decode_payload(std::uint8_t kind, std::span<const std::byte> payload,
                                  WalRecord& record);

struct Frame {
  std::uint8_t kind = 0;
  std::uint8_t version = 0;
  std::uint64_t number = 0;
  std::span<const std::byte> payload;
};
/// Size of the whole record that starts here, if what is there could start one.
std::optional<std::size_t> frame_size(std::span<const std::byte> bytes);
/// The record that starts here, if it is whole and its checksum holds.
std::optional<Frame> check_frame(std::span<const std::byte> bytes);
/// Engine time of an event's record or a snapshot's, without decoding the rest of it.
std::optional<Timestamp> frame_time(const Frame& frame);

}  // namespace proteus::storage

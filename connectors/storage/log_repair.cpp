#include "connectors/storage/log_repair.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "connectors/storage/log_recovery.hpp"

namespace proteus::storage {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kPiece = 1U << 20U;

// The whole rest of a file, unpacked where it is compressed, as far as that goes.
Result<std::vector<std::byte>> rest_of(const fs::path& path, std::uint64_t offset) {
  BOOST_OUTCOME_TRY(LogSource source, LogSource::open(path));
  std::vector<std::byte> bytes;
  for (;;) {
    const std::size_t have = bytes.size();
    bytes.resize(have + kPiece);
    const auto got = source.read(offset + have, std::span{bytes}.subspan(have));
    bytes.resize(have + (got ? got.value() : 0));
    if (!got && got.error().code != ErrorCode::Corrupt) return got.error();
    if (!got || got.value() == 0) return bytes;
  }
}

// What can still be seen behind the damage: for the sentence about what is lost.
void see_lost_records(std::span<const std::byte> bytes, Loss& loss) {
  std::uint64_t after = loss.first_record;
  for (std::size_t at = 1; at < bytes.size();) {
    const auto found = find_record(bytes, at, after);
    if (!found) return;
    at = *found;
    while (const auto frame = check_frame(bytes.subspan(at))) {
      after = frame->number;
      loss.last_record = frame->number;
      if (const auto time = frame_time(*frame)) loss.until = time;
      at += kFrameSize + frame->payload.size();
    }
  }
}

/// Reads a segment to its end or its damage.
struct Walk {
  std::optional<Error> damage;
  WalReader::Tail tail;
  std::optional<Timestamp> last_time;
  std::uint32_t segment = 0;
  bool snapshot_whole = false;  // or none is needed
};
Result<Walk> walk(const fs::path& path) {
  Walk walked;
  auto reader = WalReader::open(path);
  if (!reader) {
    if (reader.error().code != ErrorCode::Corrupt) return reader.error();
    walked.damage = reader.error();
    return walked;
  }
  walked.segment = reader.value().header().segment;
  walked.snapshot_whole = walked.segment == 1;
  for (;;) {
    const auto record = reader.value().next();
    if (!record) {
      if (record.error().code != ErrorCode::Corrupt) return record.error();
      walked.damage = record.error();
    } else if (record.value() != nullptr) {
      walked.snapshot_whole =
          walked.snapshot_whole || std::holds_alternative<Snapshot>(*record.value());
      continue;
    }
    break;
  }
  walked.tail = reader.value().tail();
  walked.last_time = reader.value().last_time();
  return walked;
}

Result<Loss> loss_of(const fs::path& path, const Walk& walked, Timestamp now) {
  Loss loss;
  loss.file = path;
  loss.why = walked.damage->context;
  loss.offset = walked.tail.offset;
  loss.first_record = walked.tail.number;
  loss.after = walked.last_time;
  loss.aside = damaged_name(path, now);
  BOOST_OUTCOME_TRY(const auto bytes, rest_of(path, loss.offset));
  loss.bytes = bytes.size();
  see_lost_records(bytes, loss);
  return loss;
}

Result<void> cut_at(const fs::path& path, std::uint64_t size) {
  BOOST_OUTCOME_TRY(const Descriptor file, open_file(path, O_RDWR));
  if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) return io_error("cut", path, errno);
  if (::fdatasync(file.get()) != 0) return io_error("sync", path, errno);
  return success();
}

Result<void> move_aside(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return io_error("rename", from, errno);
  return sync_folder(from.parent_path());
}

// A closed segment: the damaged file is kept whole, its good beginning takes its place.
Result<void> repair_closed(const LogPart& part, std::uint32_t segment, const fs::path& wal,
                           const Loss& loss) {
  const fs::path draft = wal.string() + ".tmp";
  std::error_code ignored;
  fs::remove(draft, ignored);
  BOOST_OUTCOME_TRY(LogSource source, LogSource::open(part.path));
  BOOST_OUTCOME_TRY(const Descriptor out, open_file(draft, O_WRONLY | O_CREAT | O_TRUNC));
  std::vector<char> piece(kPiece);
  for (std::uint64_t at = 0; at < loss.offset;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, loss.offset - at));
    BOOST_OUTCOME_TRY(const std::size_t got,
                      source.read(at, std::as_writable_bytes(std::span{piece}.first(want))));
    if (got == 0) break;
    BOOST_OUTCOME_TRY(write_all(out, {piece.data(), got}, draft));
    at += got;
  }
  if (::fdatasync(out.get()) != 0) return io_error("sync", draft, errno);
  BOOST_OUTCOME_TRY(move_aside(part.path, loss.aside));
  // With not even a header there is nothing to put in its place.
  if (loss.offset == 0) {
    fs::remove(draft, ignored);
    return success();
  }
  return move_aside(draft, closed_segment(wal, segment));
}

// Where the segment after it is there, its header says how far the lost records go.
void bound_loss(const fs::path& wal, std::uint32_t segment, Loss& loss) {
  const auto following = open_segment(wal, segment + 1);
  if (!following) return;
  const WalHeader& h = following.value().header();
  if (h.first_record <= loss.first_record || loss.last_record == h.first_record - 1) return;
  loss.last_record = h.first_record - 1;
  loss.until = h.begun;
}

// A loss of power took its last pages, which read as room: the segment after it goes on further on.
std::optional<Error> missing_end(const fs::path& wal, const LogPart& part, const Walk& walked) {
  const auto following = open_segment(wal, part.segment + 1);
  if (!following || following.value().header().first_record <= walked.tail.number ||
      was_cut(wal, part.segment))
    return std::nullopt;
  return error(ErrorCode::Corrupt,
               fmt::format("{}: record {} at byte {}: the segment ends here, but the one after it "
                           "begins with record {}",
                           part.path.string(), walked.tail.number, walked.tail.offset,
                           following.value().header().first_record));
}

Result<void> repair_all_closed(const fs::path& wal, Timestamp now, std::vector<Loss>& losses) {
  Walk before;
  for (const LogPart& part : closed_parts(wal)) {
    BOOST_OUTCOME_TRY(Walk walked, walk(part.path));
    // Without its header, where the segment before it ends tells where it begins.
    if (walked.segment == 0 && before.segment + 1 == part.segment) {
      walked.tail.number = before.tail.number;
      walked.last_time = before.last_time;
    }
    before = walked;
    if (!walked.damage && walked.tail.torn)
      walked.damage =
          error(ErrorCode::Corrupt,
                fmt::format("{}: record {} at byte {}: a segment that was closed ends "
                            "inside it",
                            part.path.string(), walked.tail.number, walked.tail.offset));
    if (!walked.damage) walked.damage = missing_end(wal, part, walked);
    if (!walked.damage) continue;
    BOOST_OUTCOME_TRY(Loss loss, loss_of(part.path, walked, now));
    BOOST_OUTCOME_TRY(repair_closed(part, part.segment, wal, loss));
    bound_loss(wal, part.segment, loss);
    std::error_code unknown;
    loss.bytes = fs::file_size(loss.aside, unknown);
    losses.push_back(std::move(loss));
  }
  return success();
}

// The text behind `key` in session.json as this program writes it; what is read wrongly is proven
// by nothing.
std::string text_behind(std::string_view json, std::string_view key) {
  const std::string before = fmt::format("\"{}\":\"", key);
  const auto at = json.find(before);
  if (at == json.npos) return {};
  const auto rest = json.substr(at + before.size());
  return std::string{rest.substr(0, rest.find('"'))};
}

// "2025-05-29T17:05:00.123Z", or with nine digits.
Result<Timestamp> exact_time(std::string text) {
  constexpr std::size_t kToMs = std::string_view{"2025-05-29T17:05:00.123"}.size();
  std::uint32_t below = 0;
  if (text.size() == kToMs + 7) {
    std::from_chars(text.data() + kToMs, text.data() + kToMs + 6, below);
    text.erase(kToMs, 6);
  }
  BOOST_OUTCOME_TRY(const Timestamp time, parse_time(text));
  return time + std::chrono::nanoseconds{below};
}

// The header that session.json tells, if the bytes in the file prove it: the checksum that stands
// there is its own, or only the part without the description differs. Nothing: it is not proven.
std::optional<std::string> proven_header(const fs::path& wal) {
  const auto read = read_file(wal.parent_path() / "session.json");
  if (!read) return std::nullopt;
  const std::string& json = read.value();
  const auto start = exact_time(text_behind(json, "start"));
  if (!start) return std::nullopt;
  WalHeader header;
  header.session = std::string_view{text_behind(json, "code")};
  header.config_hash = std::string_view{text_behind(json, "config_hash")};
  header.mode = std::string_view{text_behind(json, "mode")};
  header.start = start.value();
  ByteBuffer buffer;
  encode_header(header, buffer);
  const auto made = buffer.view();
  std::vector<std::byte> there(made.size());
  auto source = LogSource::open(wal);
  if (!source) return std::nullopt;
  const auto got = source.value().read(0, there);
  if (!got || got.value() != there.size()) return std::nullopt;
  constexpr std::size_t kChecksum = kWalHeaderSize - 4;
  const auto same_from = [&](std::size_t at, std::size_t size) {
    return std::memcmp(made.data() + at, there.data() + at, size) == 0;
  };
  if (!same_from(kChecksum, 4) && !same_from(kWalHeaderSize, made.size() - kWalHeaderSize))
    return std::nullopt;
  return std::string{reinterpret_cast<const char*>(made.data()), made.size()};
}

// False: its header is not proven, and nothing was changed.
Result<bool> mend_header(const fs::path& wal, Timestamp now, Recovery& recovery) {
  const auto header = proven_header(wal);
  if (!header) return false;
  const fs::path aside = damaged_name(wal, now);
  BOOST_OUTCOME_TRY(copy_rest(wal, 0, aside));
  BOOST_OUTCOME_TRY(const Descriptor file, open_file(wal, O_WRONLY));
  BOOST_OUTCOME_TRY(write_all(file, *header, wal));
  if (::fdatasync(file.get()) != 0) return io_error("sync", wal, errno);
  recovery.done.push_back(
      fmt::format("the header of {} was damaged: it was made again from "
                  "session.json, which its own bytes prove; the file as it was "
                  "is kept in {}",
                  wal.string(), aside.string()));
  return true;
}

// The last segment, and the ones before it while nothing of the last can be used.
Result<void> repair_last(const fs::path& wal, Timestamp now, Recovery& recovery) {
  std::vector<Loss>& losses = recovery.losses;
  for (;;) {
    BOOST_OUTCOME_TRY(const Walk walked, walk(wal));
    if (!walked.damage && walked.snapshot_whole) {
      if (walked.tail.torn)
        recovery.done.push_back(
            fmt::format("{} ended with {} bytes that were no whole record: they "
                        "are kept in {}.torn",
                        wal.string(), walked.tail.bytes, wal.string()));
      return cut_torn_tail(wal, walked.tail);
    }
    Walk judged = walked;
    if (!judged.damage)
      judged.damage = error(ErrorCode::Corrupt,
                            fmt::format("{}: record {} at byte {}: it does not begin with a "
                                        "snapshot",
                                        wal.string(), judged.tail.number, judged.tail.offset));
    const bool usable = walked.snapshot_whole;
    if (!usable) judged.tail.offset = 0;
    if (!usable && closed_parts(wal).empty()) {
      BOOST_OUTCOME_TRY(const bool mended, mend_header(wal, now, recovery));
      if (mended) continue;
      return error(ErrorCode::Corrupt,
                   fmt::format("{}; session.json does not prove what it was, and there is no "
                               "segment before it to go back to: nothing was changed. The session "
                               "cannot go on; journal.sqlite tells what it did, and a new session "
                               "has to be begun",
                               judged.damage->context));
    }
    if (walked.segment == 0) {
      // Without its header, where the segment before it ends tells where it begins.
      BOOST_OUTCOME_TRY(const Walk before, walk(closed_parts(wal).back().path));
      judged.tail.number = before.tail.number;
      judged.last_time = before.last_time;
    }
    BOOST_OUTCOME_TRY(Loss loss, loss_of(wal, judged, now));
    loss.last_segment = true;
    if (usable) {
      BOOST_OUTCOME_TRY(copy_rest(wal, loss.offset, loss.aside));
      losses.push_back(std::move(loss));
      return cut_at(wal, losses.back().offset);
    }
    BOOST_OUTCOME_TRY(move_aside(wal, loss.aside));
    losses.push_back(std::move(loss));
    BOOST_OUTCOME_TRY(reopen_closed(wal));
  }
}

}  // namespace

Result<Recovery> recover_log(const fs::path& wal, Timestamp now) {
  Recovery recovery;
  // A damaged beginning of the last segment stops it: that is judged below.
  if (const auto settled = settle_rotation(wal, &recovery.done);
      !settled && settled.error().code != ErrorCode::Corrupt)
    return settled.error();
  BOOST_OUTCOME_TRY(repair_last(wal, now, recovery));
  BOOST_OUTCOME_TRY(repair_all_closed(wal, now, recovery.losses));
  return recovery;
}

}  // namespace proteus::storage

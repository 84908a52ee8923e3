#include "connectors/storage/session_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "connectors/storage/log_recovery.hpp"

namespace proteus::storage {
namespace fs = std::filesystem;
namespace {

constexpr int kTries = 5;  // a name can change between two looks, but not again and again

// "000012.wal" and "000012.wal.zst"; anything else is no segment.
std::uint32_t segment_of(std::string_view name) {
  std::uint32_t segment = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), segment);
  const std::string_view rest{end, static_cast<std::size_t>(name.data() + name.size() - end)};
  return failed == std::errc{} && (rest == ".wal" || rest == ".wal.zst") ? segment : 0;
}

// Why what is read begins with segment `first`; `oldest`: number of the oldest that is there, 0 or
// `first` where none is before.
std::string before_text(const fs::path& wal, std::uint32_t oldest, std::uint64_t record,
                        std::uint32_t first) {
  const std::string begins =
      fmt::format("the log begins with record {}, segment {}", record, first);
  if (was_cut(wal, first - 1))
    return fmt::format(
        "segment {} of the log is not there: it was damaged, and moved aside by "
        "proteus journal recover; {}",
        first - 1, begins);
  if (oldest != 0 && oldest < first)
    return fmt::format("segment {} of the log is not there: {} for all that is read", first - 1,
                       begins);
  return first == 2 ? fmt::format("segment 1 is not there any more (retention): {}", begins)
                    : fmt::format("segments 1 to {} are not there any more (retention): {}",
                                  first - 1, begins);
}

}  // namespace

std::vector<LogPart> closed_parts(const fs::path& wal) {
  std::map<std::uint32_t, LogPart> found;
  std::error_code ignored;
  for (fs::directory_iterator it{wal.parent_path() / "log", ignored}, end; it != end;
       it.increment(ignored)) {
    const std::uint32_t segment = segment_of(it->path().filename().string());
    if (segment == 0) continue;
    const bool packed = it->path().extension() == ".zst";
    // Both are there for an instant at the end of a compression: the same bytes.
    if (packed && found.contains(segment)) continue;
    found[segment] = {segment, it->path(), packed};
  }
  std::vector<LogPart> parts;
  for (auto& [segment, part] : found) parts.push_back(std::move(part));
  return parts;
}

std::vector<LogPart> log_parts(const fs::path& wal) {
  std::vector<LogPart> parts = closed_parts(wal);
  std::error_code ignored;
  if (fs::exists(wal, ignored))
    parts.push_back({0, wal, false});
  else if (fs::exists(next_segment(wal), ignored))
    parts.push_back({0, next_segment(wal), false});
  return parts;
}

Result<WalReader> open_segment(const fs::path& wal, std::uint32_t segment) {
  const fs::path closed = closed_segment(wal, segment);
  for (int tries = 0;; ++tries) {
    for (const fs::path& name :
         {closed, wal, next_segment(wal), fs::path(closed.string() + ".zst")}) {
      auto reader = WalReader::open(name);
      if (reader && reader.value().header().segment == segment) return reader;
      // session.wal.next may be half written; the others are what they are called.
      if (!reader && reader.error().code != ErrorCode::NotFound && name != next_segment(wal))
        return reader;
    }
    if (tries >= kTries)
      return error(ErrorCode::NotFound,
                   fmt::format("segment {} of the log {} is not there", segment, wal.string()));
  }
}

Result<SessionLog> SessionLog::open(const fs::path& wal) {
  for (int tries = 0;; ++tries) {
    std::vector<LogPart> parts = log_parts(wal);
    if (parts.empty() || parts.back().segment != 0) {
      if (tries < kTries) continue;
      if (parts.empty())
        return error(ErrorCode::NotFound, fmt::format("there is no log {}", wal.string()));
    }
    // Backwards from the newest, as far as none is missing.
    std::uint32_t first = parts.back().segment;
    if (first == 0) {
      auto last = WalReader::open(parts.back().path);
      if (!last && last.error().code == ErrorCode::NotFound && tries < kTries) continue;
      BOOST_OUTCOME_TRY(const WalReader reader, std::move(last));
      first = reader.header().segment;
    }
    for (auto it = parts.rbegin() + 1; it != parts.rend(); ++it)
      if (it->segment + 1 == first) first = it->segment;
    auto opened = open_segment(wal, first);
    if (!opened && opened.error().code == ErrorCode::NotFound && tries < kTries) continue;
    BOOST_OUTCOME_TRY(WalReader reader, std::move(opened));
    SessionLog log{wal, std::move(reader)};
    log.first_segment_ = first;
    log.first_record_ = log.header().first_record;
    if (first > 1) log.missing_ = before_text(wal, parts.front().segment, log.first_record_, first);
    return log;
  }
}

void SessionLog::set_end(std::uint64_t byte) {
  end_ = byte;
  const std::uint64_t first = header().first_byte;
  reader_.set_end(byte > first ? byte - first : 0);
}

void SessionLog::enter(WalReader reader) {
  reader_ = std::move(reader);
  if (end_) set_end(*end_);
}

// A repair keeps the file as it was beside what is left of it: "000002.wal[.zst].damaged-<utc>".
bool was_cut(const fs::path& wal, std::uint32_t segment) {
  const fs::path closed = closed_segment(wal, segment);
  std::error_code ignored;
  for (fs::directory_iterator it{closed.parent_path(), ignored}, end; it != end;
       it.increment(ignored)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with(closed.filename().string()) && name.find(".damaged-") != name.npos)
      return true;
  }
  return false;
}

std::string cut_text(std::uint64_t first, std::uint64_t following, std::uint32_t segment) {
  return fmt::format(
      "records {} to {} of the log are not there: they were damaged, and cut off from "
      "segment {} by proteus journal recover",
      first, following - 1, segment);
}

void SessionLog::note_hole(std::uint64_t following) {
  const std::string hole = cut_text(number(), following, header().segment);
  if (missing_.find(hole) != missing_.npos) return;  // read again
  missing_ += (missing_.empty() ? "" : "; ") + hole;
  holes_.emplace_back(number(), following);
}

Result<void> SessionLog::go_on(WalReader following) {
  const WalHeader& h = following.header();
  if (h.first_record > number() && h.first_byte > byte() && !torn() &&
      was_cut(wal_, header().segment))
    note_hole(h.first_record);
  else if (h.first_record != number() || h.first_byte != byte() || torn())
    return error(ErrorCode::Corrupt,
                 fmt::format("{}: record {} at byte {}: the segment ends here, but the one after "
                             "it begins with record {}",
                             file().string(), number(), reader_.tail().offset, h.first_record));
  enter(std::move(following));
  return success();
}

Result<const WalRecord*> SessionLog::next() {
  for (;;) {
    BOOST_OUTCOME_TRY(const WalRecord* record, reader_.next());
    if (record != nullptr) return record;
    if (end_ && byte() >= *end_) return nullptr;
    auto following = open_segment(wal_, header().segment + 1);
    if (!following) {
      if (following.error().code == ErrorCode::NotFound) return nullptr;
      return following.error();
    }
    // Now that it is there, nothing is added to this one any more; what was added until then has to
    // be read first.
    BOOST_OUTCOME_TRY(record, reader_.next());
    if (record != nullptr) return record;
    BOOST_OUTCOME_TRY(go_on(std::move(following).value()));
  }
}

Result<void> SessionLog::seek(std::uint64_t number, std::uint64_t byte) {
  // Forwards over whole segments by their headers, beginning anew where it lies before this one.
  if (number < header().first_record) {
    BOOST_OUTCOME_TRY(WalReader first, open_segment(wal_, first_segment_));
    enter(std::move(first));
  }
  auto following = open_segment(wal_, header().segment + 1);
  while (following && following.value().header().first_record <= number) {
    enter(std::move(following).value());
    following = open_segment(wal_, header().segment + 1);
  }
  if (!following && following.error().code != ErrorCode::NotFound) return following.error();
  const std::uint64_t base = header().first_byte;
  if (byte > base) {
    BOOST_OUTCOME_TRY(const bool there, reader_.try_seek(byte - base, number));
    if (there) return success();
  }
  if (number < reader_.tail().number) reader_.seek(reader_.first_offset(), header().first_record);
  while (reader_.tail().number < number) {
    BOOST_OUTCOME_TRY(const auto frame, reader_.next_frame());
    if (frame) continue;
    if (!following || (end_ && this->byte() >= *end_)) break;
    return go_on(std::move(following).value());
  }
  return success();
}

}  // namespace proteus::storage

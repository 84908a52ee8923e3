#include "connectors/storage/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "connectors/storage/feed_check.hpp"
#include "connectors/storage/sqlite.hpp"

namespace proteus::storage {
namespace fs = std::filesystem;
namespace {

/// What holds from one record to the next, over all segments.
class LogCheck {
 public:
  LogCheck(const fs::path& wal, VerifyReport& report) : wal_(wal), report_(report) {}

  void check(const fs::path& path, bool last) {
    auto reader = WalReader::open(path);
    if (!reader) return complain(reader.error().context);
    begin(reader.value(), path);
    for (;;) {
      const auto record = reader.value().next();
      if (!record) complain(record.error().context);
      if (!record || record.value() == nullptr) break;
      take(*record.value(), reader.value());
    }
    end(reader.value(), last);
  }

 private:
  void begin(const WalReader& reader, const fs::path& path) {
    const WalHeader& h = reader.header();
    SegmentCheck& s = report_.segments.emplace_back();
    std::error_code ignored;
    s.file = path.filename().string();
    s.segment = h.segment;
    s.first_record = h.first_record;
    s.bytes = fs::file_size(path, ignored);
    if (previous_ == 0 && h.segment > 1)
      report_.notes.push_back(
          fmt::format("the log begins with segment {}, record {}: what was "
                      "before is gone",
                      h.segment, h.first_record));
    if (previous_ != 0 && h.segment != previous_ + 1)
      complain(fmt::format("segment {} is missing: records {} to {}", previous_ + 1, next_record_,
                           h.first_record));
    else if (previous_ != 0 && h.first_record > next_record_ && was_cut(wal_, previous_))
      report_.notes.push_back(cut_text(next_record_, h.first_record, previous_));
    else if (previous_ != 0 && h.first_record != next_record_)
      complain(
          fmt::format("{} begins with record {}, but the segment before it ends before record "
                      "{}",
                      s.file, h.first_record, next_record_));
    if (previous_ != 0 && h.session.view() != session_)
      complain(fmt::format("{} is of session {}, not {}", s.file, h.session.view(), session_));
    if (h.first_record != next_record_) sequence_.reset();
    session_ = h.session.view();
    previous_ = h.segment;
  }

  void take(const WalRecord& record, const WalReader& reader) {
    SegmentCheck& s = report_.segments.back();
    const std::uint64_t number = reader.tail().number - 1;
    const bool first = s.records++ == 0;
    if (first && s.segment > 1 && !std::holds_alternative<Snapshot>(record))
      complain(
          fmt::format("{}: record {}: the segment does not begin with a snapshot", s.file, number));
    if (const auto* snapshot = std::get_if<Snapshot>(&record)) {
      ++s.snapshots;
      expect_sequence(snapshot->sequence, 0, s, number);
      sequence_ = snapshot->sequence;
    } else if (const auto* event = std::get_if<Event>(&record)) {
      expect_sequence(event->sequence, 1, s, number);
      sequence_ = event->sequence;
      if (s.to && event->ts_recv < *s.to)
        complain(fmt::format("{}: record {}: time goes back", s.file, number));
      if (!s.from) s.from = event->ts_recv;
      s.to = event->ts_recv;
    }
  }

  // Events count on by one; a snapshot stands between two.
  void expect_sequence(std::uint64_t there, std::uint64_t step, const SegmentCheck& s,
                       std::uint64_t number) {
    if (sequence_ && there != *sequence_ + step)
      complain(fmt::format("{}: record {}: carries sequence {}, expected {}", s.file, number, there,
                           *sequence_ + step));
  }

  void end(const WalReader& reader, bool last) {
    SegmentCheck& s = report_.segments.back();
    const WalReader::Tail& tail = reader.tail();
    s.torn_bytes = tail.torn ? tail.bytes : 0;
    next_record_ = tail.number;
    report_.records += s.records;
    report_.snapshots += s.snapshots;
    if (!tail.torn) return;
    if (last)
      report_.notes.push_back(
          fmt::format("{} ends with {} bytes that are no whole record: it is "
                      "being written, or its writer was interrupted",
                      s.file, tail.bytes));
    else
      complain(fmt::format("{}: record {} at byte {}: a segment that was closed ends inside it",
                           s.file, tail.number, tail.offset));
  }

  void complain(std::string problem) { report_.problems.push_back(std::move(problem)); }

  const fs::path& wal_;
  VerifyReport& report_;
  std::uint32_t previous_ = 0;
  std::uint64_t next_record_ = 0;
  std::optional<std::uint64_t> sequence_;
  std::string session_;
};

void check_feed(const fs::path& folder, VerifyReport& report) {
  const auto streams = feed_streams(std::array{folder});
  if (!streams) return;  // A session that records nothing.
  FeedReport found = check_feed(streams.value());
  report.feed.parts = found.parts.size();
  report.feed.frames = found.frames;
  for (const FeedPartCheck& part : found.parts) report.feed.bytes += part.bytes;
  std::ranges::move(found.problems, std::back_inserter(report.problems));
}

void check_tables(const fs::path& path, VerifyReport& report) {
  std::error_code ignored;
  report.tables = "none";
  if (!fs::exists(path, ignored))
    return report.notes.push_back("there is no journal.sqlite: proteus journal rebuild makes it");
  const auto ask = [&]() -> Result<std::string> {
    BOOST_OUTCOME_TRY(Database db, Database::open_read_only(path));
    BOOST_OUTCOME_TRY(Statement check, db.prepare("PRAGMA quick_check(1)"));
    BOOST_OUTCOME_TRY(const auto word, check.text());
    return word.value_or("no answer");
  };
  const auto word = ask();
  report.tables = word ? word.value() : word.error().context;
  if (!word && word.error().code == ErrorCode::Corrupt)
    report.problems.push_back(report.tables);
  else if (report.tables != "ok")
    report.problems.push_back(fmt::format("{}: {}; proteus journal rebuild makes it again",
                                          path.string(), report.tables));
}

}  // namespace

Result<VerifyReport> verify_session(const fs::path& folder) {
  std::error_code ignored;
  const fs::path wal = folder / "session.wal";
  const std::vector<LogPart> parts = log_parts(wal);
  if (parts.empty())
    return error(ErrorCode::NotFound, fmt::format("{} holds no session log", folder.string()));
  VerifyReport report;
  LogCheck log{wal, report};
  for (std::size_t i = 0; i < parts.size(); ++i) log.check(parts[i].path, i + 1 == parts.size());
  if (parts.back().segment != 0)
    report.problems.push_back(fmt::format("there is no {}", wal.string()));
  check_feed(folder / "feed", report);
  check_tables(folder / "journal.sqlite", report);
  return report;
}

}  // namespace proteus::storage

// `proteus journal rebuild|verify|recover SESSION`: a session's tables made again from its log, all
// that it keeps looked through, and a damaged log cut back to what is good.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "connectors/net/loop.hpp"
#include "connectors/storage/journal_db.hpp"
#include "connectors/storage/log_repair.hpp"
#include "connectors/storage/session.hpp"
#include "connectors/storage/verify.hpp"
#include "tools/app/json_object.hpp"
#include "tools/app/session_folders.hpp"
#include "tools/app/told/log_chain.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {
namespace {

void declare_journal(CLI::App& app, Options& options) {
  add_socket(app, options);
  app.add_option("SESSION", options.session, "its folder, or its name beside the socket")
      ->required()
      ->type_name("");
}

std::string when(const std::optional<Timestamp>& time) {
  return time ? format_time(*time) : std::string("(no time)");
}

Result<storage::Rebuilt> rebuild(const storage::Session& session) {
  BOOST_OUTCOME_TRY(
      storage::Rebuilt made,
      storage::rebuild_journal(session.wal_path(), session.sqlite_path(), net::Loop::wall_now()));
  if (!made.missing.empty()) fmt::print("{}\n", made.missing);
  fmt::print("{} made anew from {} records of the log\n", session.sqlite_path().string(),
             made.records);
  if (made.carried.total() > 0)
    fmt::print("taken over from the old tables, for the log does not hold it any more: {}\n",
               made.carried.text());
  if (!made.trouble.empty())
    fmt::print("not all of the old tables could be read: {}\n", made.trouble);
  if (made.gone.total() > 0)
    fmt::print("the old tables told of what neither the log nor the new ones hold: {}\n",
               made.gone.text());
  if (!made.aside.empty()) fmt::print("the old tables are kept as {}\n", made.aside.string());
  return made;
}

std::string lost_text(const storage::Loss& loss) {
  std::string text = loss.last_record
                         ? fmt::format("records {} to {}", loss.first_record, *loss.last_record)
                         : fmt::format("record {} and what followed it", loss.first_record);
  if (loss.after) text += ", after " + when(loss.after);
  if (loss.until) text += " until " + when(loss.until);
  return text;
}

void print_loss(const storage::Loss& loss) {
  fmt::print("{}\n  lost: {}\n  {} bytes are kept in {}\n  {}\n", loss.why, lost_text(loss),
             loss.bytes, loss.aside.string(),
             loss.last_segment
                 ? "the session goes on from before the damage: its books lack what happened in it"
                 : "a later snapshot holds the state: the session goes on as it was, its history "
                   "has a hole");
}

std::string json_of(const storage::SegmentCheck& s) {
  JsonObject out;
  out.add("file", s.file)
      .add("segment", s.segment)
      .add("first_record", s.first_record)
      .add("records", s.records)
      .add("bytes", s.bytes)
      .add("snapshots", s.snapshots)
      .add("torn_bytes", s.torn_bytes);
  if (s.from) out.add("from", *s.from).add("to", *s.to);
  return out.text();
}

std::string json_of(const storage::VerifyReport& report, const told::LogChain& chain) {
  JsonList segments;
  for (const auto& segment : report.segments) segments.add_raw(json_of(segment));
  JsonList links;
  for (const told::ChainLink& link : chain.links)
    links.add(JsonObject{}
                  .add("segment", link.segment)
                  .add("records", link.records)
                  .add("digest", link.digest)
                  .add("link", link.link));
  return JsonObject{}
      .add("ok", report.problems.empty())
      .add("records", report.records)
      .add("snapshots", report.snapshots)
      .add_raw("segments", segments.text())
      .add("chain", chain.value)
      .add_raw("links", links.text())
      .add("feed", JsonObject{}
                       .add("parts", report.feed.parts)
                       .add("frames", report.feed.frames)
                       .add("bytes", report.feed.bytes))
      .add("tables", report.tables)
      .add("notes", report.notes)
      .add("problems", report.problems)
      .text();
}

/// Both ends among them.
std::string records_of(const storage::SegmentCheck& s) {
  if (s.records == 0) return "no record";
  return fmt::format("records {} to {} ({})", s.first_record, s.first_record + s.records - 1,
                     s.records);
}

void print_report(const storage::VerifyReport& report, const told::LogChain& chain) {
  for (const auto& s : report.segments)
    fmt::print("{:<18} {}, {} bytes, {} to {}{}\n", s.file, records_of(s), s.bytes, when(s.from),
               when(s.to), s.snapshots > 0 ? ", with snapshot" : "");
  fmt::print("{:<18} {} frames in {} parts, {} bytes\n{:<18} {}\n", "feed", report.feed.frames,
             report.feed.parts, report.feed.bytes, "journal.sqlite", report.tables);
  for (const told::ChainLink& link : chain.links)
    fmt::print("{:<18} segment {}, {} records: {}\n", "digest", link.segment, link.records,
               link.digest);
  if (!chain.links.empty()) fmt::print("{:<18} {}\n", "chain", chain.value);
  for (const auto& note : report.notes) fmt::print("note: {}\n", note);
  for (const auto& problem : report.problems) fmt::print("WRONG: {}\n", problem);
  fmt::print("{}\n", report.problems.empty()
                         ? fmt::format("{} records in {} segments: every checksum holds, none is "
                                       "missing or doubled",
                                       report.records, report.segments.size())
                         : fmt::format("{} fault{}", report.problems.size(),
                                       report.problems.size() == 1 ? "" : "s"));
}

}  // namespace

void declare_journal_rebuild(CLI::App& app, Options& options) { declare_journal(app, options); }
void declare_journal_recover(CLI::App& app, Options& options) { declare_journal(app, options); }
void declare_journal_verify(CLI::App& app, Options& options) {
  declare_journal(app, options);
  add_json(app, options);
}

int run_journal_rebuild(const Options& options) {
  const auto folder = find_session(runs_beside(options.socket), options.session);
  if (folder.has_error()) return fail(folder.error(), kError);
  // Whoever trades in it writes its tables: the lock says whether somebody does.
  const auto session = storage::Session::open(folder.value());
  if (session.has_error()) return fail(session.error(), kError);
  const auto records = rebuild(session.value());
  return records.has_error() ? fail(records.error(), kError) : kOk;
}

int run_journal_verify(const Options& options) {
  const auto folder = find_session(runs_beside(options.socket), options.session);
  if (folder.has_error()) return fail(folder.error(), kError);
  const auto report = storage::verify_session(folder.value());
  if (report.has_error()) return fail(report.error(), kError);
  // A damaged log has no chain, and the report says what is damaged.
  auto chained = told::chain_of(folder.value());
  const told::LogChain chain = chained ? std::move(chained).value() : told::LogChain{};
  if (options.json)
    fmt::print("{}\n", json_of(report.value(), chain));
  else
    print_report(report.value(), chain);
  return report.value().problems.empty() ? kOk : kError;
}

int run_journal_recover(const Options& options) {
  const auto folder = find_session(runs_beside(options.socket), options.session);
  if (folder.has_error()) return fail(folder.error(), kError);
  const auto session = storage::Session::open(folder.value());
  if (session.has_error()) return fail(session.error(), kError);
  const auto recovered = storage::recover_log(session.value().wal_path(), net::Loop::wall_now());
  if (recovered.has_error()) return fail(recovered.error(), kError);
  for (const std::string& sentence : recovered.value().done) fmt::print("{}\n", sentence);
  for (const storage::Loss& loss : recovered.value().losses) print_loss(loss);
  if (recovered.value().losses.empty() && recovered.value().done.empty()) {
    fmt::print("the log is whole: nothing was lost\n");
    return kOk;
  }
  // The tables may tell of what is gone now.
  const auto records = rebuild(session.value());
  return records.has_error() ? fail(records.error(), kError) : kOk;
}

}  // namespace proteus::app

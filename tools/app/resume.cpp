// Going on with a session: the last snapshot, the inputs after it told again, and on.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <map>

#include "connectors/net/loop.hpp"
#include "connectors/storage/file.hpp"
#include "tools/app/trading.hpp"
#include "tools/app/version.hpp"

namespace proteus::app {
namespace {

/// Sections that decide what is traded: a session keeps them for good, or its log could not be told
/// again.
constexpr std::array<std::string_view, 7> kDeciding = {
    "engine", "strategy", "policy", "forecast", "risk.sizing", "risk.limits", "paper"};
/// Paths: what stands in the file of overrides comes as inputs, and of checkpoints the content
/// counts (policy.content, forecast.content).
constexpr std::array<std::string_view, 3> kPaths = {"risk.limits.override_file",
                                                    "policy.checkpoints", "forecast.checkpoints"};

/// Of the account: another one would be another session.
constexpr std::array<std::string_view, 2> kAccount = {"live.profile", "live.settle_coin"};

/// "section.key" -> value, of the deciding sections of resolved settings.
std::map<std::string, std::string> deciding(std::string_view resolved) {
  std::map<std::string, std::string> found;
  std::string section;
  for (std::size_t at = 0; at < resolved.size();) {
    const std::size_t end = std::min(resolved.find('\n', at), resolved.size());
    const std::string_view line = resolved.substr(at, end - at);
    at = end + 1;
    if (line.starts_with('[')) {
      section = line.substr(1, line.find(']') - 1);
    } else if (const auto equals = line.find(" = "); equals != std::string_view::npos) {
      const std::string key = section + "." + std::string(line.substr(0, equals));
      if (std::ranges::find(kPaths, key) == kPaths.end() &&
          (std::ranges::find(kDeciding, section) != kDeciding.end() ||
           std::ranges::find(kAccount, key) != kAccount.end()))
        found[key] = line.substr(equals + 3);
    }
  }
  return found;
}

Result<void> same_decisions(const std::string& then, const std::string& now,
                            const std::string& folder) {
  const auto was = deciding(then);
  const auto is = deciding(now);
  std::string differences;
  const auto value = [](const auto& settings, const std::string& key) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::string("(absent)") : found->second;
  };
  std::map<std::string, std::string> all = was;
  PROTEUS_ASSERT(!is.empty());
  all.insert(is.begin(), is.end());
  for (const auto& [key, unused] : all)
    if (value(was, key) != value(is, key))
      differences += fmt::format("\n  {}: {} there, {} now", key, value(was, key), value(is, key));
  if (differences.empty()) return success();
  return error(ErrorCode::Refused,
               fmt::format("{} cannot go on: it trades by other settings than these, and a session "
                           "keeps what decides its orders:{}\nstart with its settings, or start a "
                           "new session (without --resume)",
                           folder, differences));
}

/// The instruments that the session's first inputs name; fewer than `count`: it had not begun.
Result<InstrumentTable> first_instruments(storage::LastSegment segment, std::size_t count) {
  InstrumentTable table;
  while (table.size() < count) {
    BOOST_OUTCOME_TRY(const storage::WalRecord* const record, segment.next());
    const auto* event = record == nullptr ? nullptr : std::get_if<Event>(record);
    const auto* named = event == nullptr ? nullptr : std::get_if<InstrumentChanged>(&event->body);
    if (named == nullptr) break;
    BOOST_OUTCOME_TRY(table.add(named->instrument));
  }
  return table;
}

}  // namespace

Result<InstrumentTable> instruments_of(const storage::Snapshot& snapshot) {
  InstrumentTable table;
  Archive archive = Archive::reader(std::as_bytes(std::span{snapshot.state}));
  archive(table);
  if (!archive.ok()) return error(ErrorCode::Corrupt, "the snapshot names no instruments");
  return table;
}

Result<void> fits_session(const Loaded& loaded, const std::filesystem::path& folder) {
  BOOST_OUTCOME_TRY(const std::string then, storage::read_file(folder / "config.resolved.toml"));
  return same_decisions(then, loaded.resolved, folder.string());
}

Result<std::unique_ptr<Trading>> Trading::resume(const Loaded& loaded, std::string_view mode,
                                                 const std::filesystem::path& folder,
                                                 const MakeNeighbour& neighbour) {
  BOOST_OUTCOME_TRY(auto session, storage::Session::open(folder));
  BOOST_OUTCOME_TRY(fits_session(loaded, folder));
  BOOST_OUTCOME_TRY(auto segment, storage::LastSegment::open(session.wal_path()));
  if (const std::string_view its = segment.header().mode.view(); its != mode)
    return error(ErrorCode::Refused, fmt::format("{} is a {}: {} goes on with {} sessions alone",
                                                 folder.string(), its, mode, mode));
  for (const std::string& sentence : segment.settled())
    spdlog::warn("The log was put right after an interruption: {}", sentence);

  std::unique_ptr<Trading> made(
      new Trading(loaded, mode, segment.header().session, std::move(session)));
  made->can_resume_ = true;
  const std::size_t count = loaded.settings.engine.instruments.size();
  const std::optional<storage::Snapshot> snapshot = segment.snapshot();
  segment.drop_snapshot();
  InstrumentTable instruments;
  if (snapshot) {
    BOOST_OUTCOME_TRY(instruments, instruments_of(*snapshot));
  } else {
    BOOST_OUTCOME_TRY(auto from_start, storage::LastSegment::open(made->session_.wal_path()));
    BOOST_OUTCOME_TRY(instruments, first_instruments(std::move(from_start), count));
  }
  if (instruments.size() != count)
    return error(ErrorCode::NotFound,
                 fmt::format("{} had not begun: its log names {} of {} instruments",
                             folder.string(), instruments.size(), count));

  made->retold_ = std::make_unique<storage::RetoldJournal>(
      std::move(segment), storage::wal_options(loaded.settings.storage, mode));
  made->watched_ =
      std::make_unique<WatchedJournal>(*made->retold_, made->instruments_, Telling::Silent);
  if (neighbour) made->neighbour_ = neighbour(*made->watched_);
  BOOST_OUTCOME_TRY(
      made->assemble(instruments, made->neighbour_ ? *made->neighbour_ : *made->watched_));
  if (snapshot) {
    BOOST_OUTCOME_TRY(made->load_snapshot(*snapshot));
  }
  BOOST_OUTCOME_TRY(made->tell_again());
  made->journal_ = made->retold_->take_log();
  BOOST_OUTCOME_TRY(made->storage_,
                    storage::StorageThread::start(*made->journal_, made->session_.sqlite_path(),
                                                  loaded.settings.storage, &net::Loop::wall_now));
  made->watched_->set_telling(Telling::Aloud);
  return made;
}

Result<std::unique_ptr<Trading>> Trading::retell(const Loaded& loaded,
                                                 const storage::WalHeader& header,
                                                 storage::Session session,
                                                 const InstrumentTable& instruments, Journal& log,
                                                 const storage::Snapshot* from) {
  std::unique_ptr<Trading> made(
      new Trading(loaded, header.mode.view(), header.session, std::move(session)));
  made->watched_ = std::make_unique<WatchedJournal>(log, made->instruments_, Telling::Silent);
  BOOST_OUTCOME_TRY(made->assemble(instruments, *made->watched_));
  if (from != nullptr) {
    BOOST_OUTCOME_TRY(made->load_snapshot(*from));
  }
  return made;
}

Result<void> Trading::load_snapshot(const storage::Snapshot& snapshot) {
  Archive archive = Archive::reader(std::as_bytes(std::span{snapshot.state}));
  archive(instruments_, *engine_, *watched_);
  if (!archive.finish())
    return error(ErrorCode::Unsupported,
                 fmt::format("{}: the snapshot is not of this program's form (at: {}); go on with "
                             "the proteus that wrote it, or start a new session",
                             session_.wal_path().string(), archive.place()));
  if (engine_->ledger_hash() != snapshot.ledger_hash || engine_->sequence() != snapshot.sequence)
    return error(
        ErrorCode::Corrupt,
        fmt::format("{}: the snapshot's books do not have the hash that stands beside them",
                    session_.wal_path().string()));
  return success();
}

Result<void> Trading::tell_again() {
  for (;;) {
    BOOST_OUTCOME_TRY(const Event* const input, retold_->next_input());
    if (input == nullptr) break;
    const Event told = *input;  // The journal reads on while the engine works.
    engine_->on_input(told.body, told.ts_event, told.ts_recv);
  }
  if (retold_->cut_bytes() > 0)
    spdlog::warn(
        "The log ended inside a record: an interruption. {} bytes were cut off and are kept. "
        "file={}.torn",
        retold_->cut_bytes(), session_.wal_path().string());
  spdlog::info("Session told again. folder={} inputs={} records={} at={} ledger_hash={:016x}",
               session_.folder().string(), retold_->inputs(), retold_->records(),
               format_time(engine_->now()), engine_->ledger_hash());
  return success();
}

Result<void> Trading::go_on(const InstrumentTable& instruments, Timestamp now) {
  const Timestamp at = std::max(engine_->now(), now);
  BOOST_OUTCOME_TRY(session_.note_restart(at, kVersion));
  restarts_ = session_.restarts();
  engine_->on_input(SessionResumed{kVersion}, at, at);
  for (const Instrument& instrument : instruments)
    if (!(instruments_[instrument.id] == instrument))
      engine_->on_input(InstrumentChanged{instrument}, at, at);
  return success();
}

storage::Snapshot Trading::snapshot() {
  ByteBuffer state;
  Archive archive = Archive::writer(state);
  archive(instruments_, *engine_, *watched_);
  PROTEUS_ASSERT(archive.finish());
  storage::Snapshot snapshot;
  snapshot.sequence = engine_->sequence();
  snapshot.time = engine_->now();
  snapshot.ledger_hash = engine_->ledger_hash();
  snapshot.state.assign(reinterpret_cast<const char*>(state.data()), state.size());
  return snapshot;
}

void Trading::begin_segment() {
  if (const Result<void> done = journal_->rotate(snapshot()); done.has_error())
    spdlog::warn("The log goes on in its old segment. cause=\"{}\"", done.error().context);
}

void Trading::keep_log() {
  // What the venue said of the last order. A disk that says no is the next commit's matter.
  if (journal_->last_errno() == 0) static_cast<void>(journal_->commit());
  if (can_resume_ && journal_->rotation_due()) begin_segment();
  if (watched_) watched_->tell();
}

}  // namespace proteus::app

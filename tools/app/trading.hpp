// What trades, in one piece: the session on disk, its log and storage thread, the gate, the venue
// and the engine. The same for every mode; the modes differ in who feeds `engine()`, and a live one
// in its venue.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/live/live_venue.hpp"
#include "connectors/paper/paper_venue.hpp"
#include "connectors/storage/retold_journal.hpp"
#include "connectors/storage/session.hpp"
#include "connectors/storage/storage_thread.hpp"
#include "connectors/storage/wal_journal.hpp"
#include "engine/runtime/engine.hpp"
#include "risk/gate.hpp"
#include "tools/app/learner_gate.hpp"
#include "tools/app/settings.hpp"
#include "tools/app/watched_journal.hpp"

namespace proteus::app {

/// Whether a session can go on under these settings. Errors: Refused, the keys that decide
/// otherwise; Io.
Result<void> fits_session(const Loaded& loaded, const std::filesystem::path& folder);
/// The instruments that the rest of a snapshot is about. Errors: Corrupt.
Result<InstrumentTable> instruments_of(const storage::Snapshot& snapshot);

class Trading {
 public:
  /// Makes the session's folder and opens its log. mode: "paper", "live", "replay". In a replay the
  /// log may gather `storage.commit_every_bytes`: nothing outside depends on it. `code`: that of
  /// all replays, or drawn, where none is given. Errors: Io.
  static Result<std::unique_ptr<Trading>> open(const Loaded& loaded, std::string_view mode,
                                               Timestamp start,
                                               std::optional<SessionCode> code = {});
  /// Makes a journal before the log, over the log or over who watches it; null: nobody is there.
  using MakeNeighbour = std::function<std::unique_ptr<Journal>(Journal& log)>;
  /// Opens an existing session to go on with it: loads its last snapshot and tells it again from
  /// there, comparing every record with the log, until the log ends; `neighbour` hears what is told
  /// again, and what follows. `go_on` comes next. Errors:
  /// NotFound, a session that had not begun; Busy; Refused, a session of another mode, or settings
  /// that decide otherwise than the session's, by key; Corrupt; Unsupported.
  static Result<std::unique_ptr<Trading>> resume(const Loaded& loaded, std::string_view mode,
                                                 const std::filesystem::path& folder,
                                                 const MakeNeighbour& neighbour = {});
  /// The same parts over another log, for telling a session again: nothing is written anywhere, and
  /// nobody learns. `session` was only looked at; `from`: where the telling begins, null: before
  /// the first input. Errors: those of `build`; Unsupported, Corrupt: the snapshot.
  static Result<std::unique_ptr<Trading>> retell(const Loaded& loaded,
                                                 const storage::WalHeader& header,
                                                 storage::Session session,
                                                 const InstrumentTable& instruments, Journal& log,
                                                 const storage::Snapshot* from);
  /// This one sees what is to be learned, and its answers are nobody's inputs.
  void show_tasks(Learner& learner) {
    learner_.open(learner, [](InstrumentId) { return 0U; });
  }
  /// All that outlives an event, as a segment of the log begins with it. Between two inputs.
  [[nodiscard]] storage::Snapshot snapshot();
  /// After `resume`, once the venue has told its instruments: tells the engine that it goes on.
  Result<void> go_on(const InstrumentTable& instruments, Timestamp now);
  /// What can wait for a quiet moment between two inputs: lines for people, the last bytes of the
  /// log, a new segment with a snapshot where one is due. To be called often.
  void keep_log();
  /// Builds strategies, gate, venue and engine over `instruments` and tells the engine of them at
  /// `now`. Once. Errors: what the strategies and the risk settings refuse.
  Result<void> build(const InstrumentTable& instruments, Timestamp now);
  /// Tells people of fills, holds and losses as they happen, and keeps what the status shows.
  /// Before `build`.
  void watch(Telling telling = Telling::Aloud);
  /// Only where `watch` was called. `observer` must outlive this; null: nobody.
  void observe(JournalObserver* observer) { watched_->observe(observer); }
  /// Puts a neighbour before the log that hears all that is written and passes it on; it is made
  /// over the log, or over who watches it. For audits. After `watch`, before `build`.
  void accompany(const MakeNeighbour& make);
  /// Puts a venue around the one that orders go to, which it owns and passes on to. For audits and
  /// for what a test breaks on purpose. Before `build`.
  using MakeVenue = std::function<std::unique_ptr<Venue>(std::unique_ptr<Venue> venue)>;
  void surround(MakeVenue make) { surround_ = std::move(make); }
  /// Whether policies are to be adapted by gradient steps: then somebody has to learn.
  [[nodiscard]] bool learns() const {
    return !models_.empty() && strategies::learns(settings_.policy.adapt);
  }
  /// After `build` or `resume`: this one learns until `finish`, and must live until then. Its
  /// answers are inputs of the engine.
  void learn_with(Learner& learner);
  /// What it answers becomes an input; an answer that no record of the log can hold is a failure.
  void hear_learner(EventBody answer, Timestamp at);
  /// What the models were trained to trade; only where `learns()`.
  [[nodiscard]] const strategies::PolicySpec& policy_spec() const { return models_.front().spec; }
  /// Writes the end and a snapshot of it down, and waits until everything is on disk and in the
  /// tables. Errors: Io, what of the log was lost.
  Result<void> finish(const std::string& cause, Timestamp now);
  /// For a start that failed before anything was traded: removes the session's folder, unless it
  /// was there before. Nothing of this may be used after it.
  void abandon();

  [[nodiscard]] bool built() const { return engine_ != nullptr; }
  [[nodiscard]] bool resumed() const { return retold_ != nullptr; }
  /// How often the session was taken up again.
  [[nodiscard]] std::size_t restarts() const { return restarts_; }
  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] const Engine& engine() const { return *engine_; }
  [[nodiscard]] const risk::Gate& gate() const { return *gate_; }
  /// Only in the modes that trade on paper.
  [[nodiscard]] const paper::PaperVenue& paper_venue() const { return *paper_; }
  /// Null: this trades on paper.
  [[nodiscard]] live::LiveVenue* live_venue() { return live_; }
  [[nodiscard]] const live::LiveVenue* live_venue() const { return live_; }
  [[nodiscard]] const InstrumentTable& instruments() const { return instruments_; }
  [[nodiscard]] const storage::Session& session() const { return session_; }
  /// For what is drawn by chance in this session and in no other: pauses before a reconnect.
  [[nodiscard]] std::uint64_t seed() const;
  [[nodiscard]] const storage::WalJournal& log() const { return *journal_; }
  /// Only where `watch` was called.
  [[nodiscard]] const WatchedJournal& watched() const { return *watched_; }
  [[nodiscard]] storage::StorageThread& storage() { return *storage_; }
  [[nodiscard]] const storage::StorageThread& storage() const { return *storage_; }

 private:
  Trading(const Loaded& loaded, std::string_view mode, const SessionCode& code,
          storage::Session session)
      : settings_(loaded.settings),
        mode_(mode),
        models_(loaded.policies),
        forecasters_(loaded.forecasters),
        code_(code),
        session_(std::move(session)) {}

  /// Who hears first what the engine writes: whoever watches, or the log itself.
  [[nodiscard]] Journal& ears() { return watched_ ? static_cast<Journal&>(*watched_) : *journal_; }
  Result<void> assemble(const InstrumentTable& instruments, Journal& log);
  Result<void> load_snapshot(const storage::Snapshot& snapshot);
  Result<void> tell_again();
  void begin_segment();

  // Destroyed from the last to the first: the engine before the log it writes, the storage thread
  // before the log it reads.
  Settings settings_;
  std::string mode_;
  std::vector<strategies::PolicyModel> models_;         ///< empty: a rule trades, or a forecaster
  std::vector<strategies::ForecastModel> forecasters_;  ///< empty: none trades
  LearnerGate learner_;
  SessionCode code_;
  bool can_resume_ = false;
  std::size_t restarts_ = 0;
  storage::Session session_;
  std::unique_ptr<storage::WalJournal> journal_;
  std::unique_ptr<storage::RetoldJournal> retold_;  // null: a new session
  std::unique_ptr<storage::StorageThread> storage_;
  InstrumentTable instruments_;
  std::optional<risk::Gate> gate_;
  std::unique_ptr<Venue> venue_;
  MakeVenue surround_;                       // null: nothing stands around the venue
  paper::PaperVenue* paper_ = nullptr;       ///< it, where it is paper
  live::LiveVenue* live_ = nullptr;          ///< it, where it is live
  std::unique_ptr<WatchedJournal> watched_;  // null: nobody looks on
  std::unique_ptr<Journal> neighbour_;       // null: none
  std::unique_ptr<Engine> engine_;
};

}  // namespace proteus::app

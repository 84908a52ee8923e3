// `proteus replay --verify`: a recorded session told again through the engine that trades, compared
// record by record, and what its differences come from. Reads alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tools/app/settings.hpp"
#include "tools/app/told/compared_journal.hpp"
#include "tools/app/told/record_fields.hpp"

namespace proteus::app::told {

/// What a difference comes from. Input, config, weights and binary are told by what was kept beside
/// the log; the others by the first step of the way to an order that differs.
enum class Cause : std::uint8_t {
  None,
  Input,
  Feature,
  PolicyState,
  Sizing,
  Risk,
  Fill,
  Config,
  Binary,
  Weights
};
std::string_view to_string(Cause cause);

/// The first record that is told differently.
struct Difference {
  std::uint64_t record = 0;    ///< its number
  std::uint64_t sequence = 0;  ///< of its event, or of the event that led to it
  Timestamp time{};
  std::string instrument;  ///< empty: it is about none
  std::optional<Timestamp> bar_open;
  std::string kind;
  std::string then, now;  ///< in words
  std::vector<FieldDifference> fields;
  Cause place = Cause::None;  ///< Feature, PolicyState, Sizing, Risk, Fill or Input
};

/// Something that was kept beside the log and is not what the session began with.
struct Finding {
  Cause cause = Cause::None;
  std::string what;
  std::vector<FieldDifference> fields;
};

struct Retelling {
  std::string folder, mode;
  Counts counts;
  std::uint64_t first_record = 0;
  std::uint64_t ledger_hash = 0;
  Timestamp from{}, until{};
  double seconds = 0.0;            ///< of the telling alone
  std::vector<std::string> notes;  ///< worth knowing and no fault
  std::vector<Finding> findings;
  std::optional<Difference> difference;
  bool ended = false;  ///< the last input of the log is the order to stop
  std::string untold;  ///< why it could not be told again; empty: it was
  [[nodiscard]] bool identical() const { return findings.empty() && !difference && untold.empty(); }
  /// Of the whole; None where all is identical.
  Cause cause = Cause::None;
};

/// The earliest step of a decision that its differing fields belong to: what follows from it
/// differs too. `features`: of the observation, the first so many are features.
Cause step_of(const std::vector<FieldDifference>& fields, std::size_t features);

/// Closed bars and tickers that the log says came by a stream, for the feed to be held against.
class FeedEvidence;

/// Tells the log of `folder` again under `loaded`, and fills counts, difference and notes.
/// `evidence` takes the inputs of the venue, `instruments` what is traded; null: nobody asks.
/// Errors: those of the log; Busy, where a process uses the session.
Result<void> retell_log(const Loaded& loaded, const std::filesystem::path& folder,
                        Retelling& telling, FeedEvidence* evidence = nullptr,
                        InstrumentTable* instruments = nullptr);

/// All of it: settings and checkpoints as the session has them, its log, its feed. `overrides`: of
/// settings that are paths alone (policy.checkpoints, forecast.checkpoints). Errors: NotFound, no
/// session; Busy; Io; Refused, another override; those of the log.
Result<Retelling> retell_session(const std::filesystem::path& folder,
                                 const std::vector<std::string>& overrides);

}  // namespace proteus::app::told

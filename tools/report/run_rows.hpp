// What a report is made of: the rows of a session's journal.sqlite as typed records, in the order
// of its log. The file is only read, whoever else is writing it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/decision.hpp"
#include "engine/core/event.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app::report {

/// A row with the number of its record in the log.
template <class T>
struct Numbered {
  std::uint64_t record = 0;
  T row;
};

/// Of a decision what a report needs.
struct DecisionRow {
  InstrumentId instrument;
  Timestamp time{};
  Timestamp open{};  ///< of the bar
  Price close;
  Outcome outcome = Outcome::NoTarget;
};
/// The books after a batch of decisions.
struct PointRow {
  Timestamp time{};
  Money equity;
  Money cash;
  Money gross;  ///< sum of |value|
  std::string ledger_hash;
};
struct AdjustmentRow {
  bool has_instrument = false;
  ExternalAdjustment line;
};
/// All refusals of one control on one instrument.
struct RefusalRow {
  std::int64_t number = 0;
  std::string control, instrument;
  std::int64_t count = 0;
  Timestamp first{}, last{};
  std::string allowed, actual, unit;  ///< of the last one
};
struct OrderRow {
  std::string instrument, state, ended_by;
  Timestamp decided{};
};
/// Why bars ended as they did: outcome, reason, how often.
struct ReasonRow {
  std::string outcome, reason;
  std::int64_t count = 0;
};

struct Run {
  std::filesystem::path folder;
  std::string name;                                           ///< of the folder
  std::vector<std::pair<std::string, std::string>> identity;  ///< session.json, as it is told
  std::optional<Settings> settings;  ///< absent where this program cannot read them
  std::string settings_text;         ///< as TOML
  Interval interval = Interval::M1;  ///< of decisions
  InstrumentTable instruments;       ///< ids as in the rows
  std::vector<Numbered<DecisionRow>> decisions;
  std::vector<Numbered<PointRow>> points;
  std::vector<Numbered<Fill>> fills;
  std::vector<Numbered<FundingSettled>> funding;
  std::vector<Numbered<AdjustmentRow>> adjustments;
  std::vector<RefusalRow> refusals;
  std::map<std::string, OrderRow> orders;  ///< by id
  std::vector<ReasonRow> reasons;          ///< of bars after the warm-up, the most frequent first
  std::map<std::string, std::int64_t> anomalies;  ///< by kind
  std::int64_t rows_dropped = 0;                  ///< by retention
  std::string bars_hash;                          ///< SHA-256 of every bar that the run saw
  std::int64_t bars_hashed = 0;
};

/// Errors: NotFound (no tables: with what makes them), Io, Corrupt; Refused, where an instrument's
/// description cannot be read.
Result<Run> read_run(const std::filesystem::path& folder);

}  // namespace proteus::app::report

// The log while a session is told again after a restart: what the engine makes of the recorded
// inputs is compared, record by record, with what it made of them then; from the first record that
// the log does not have, it is written on. So a run that was killed between an input and its last
// consequence goes on in the middle of that input, and nothing is written or sent twice.
// Thread: the event loop.
#pragma once

#include <optional>

#include "connectors/storage/wal_reader.hpp"
#include "engine/ports/journal.hpp"

namespace proteus::storage {

class RetoldJournal final : public Journal {
 public:
  /// reader: at the first record that is to be told again; nothing writes what it reads. log: what
  /// comes after the last record, and commits from there on.
  RetoldJournal(WalReader reader, Journal& log) : reader_(std::move(reader)), log_(log) {}

  /// The next recorded input, to be put through the engine's door; null: all is told and the log
  /// goes on. Errors: the log cannot be read; the engine made of an input something else than it
  /// did then (Corrupt, with both); a record that no input leads to.
  Result<const Event*> next_input();

  void append(const Event& event) override { check(event); }
  void append(const DecisionRecord& decision) override { check(decision); }
  void append(const OrderIntent& intent) override { check(intent); }
  void append(const CancelIntent& intent) override { check(intent); }
  void append(const EquityPoint& point) override { check(point); }
  /// While the log is told again: whether the commit succeeded then.
  [[nodiscard]] bool commit() override;

  [[nodiscard]] std::uint64_t inputs() const { return inputs_; }
  [[nodiscard]] std::uint64_t records() const { return records_; }

 private:
  /// The next record of the log; null: none is left, or something failed.
  const WalRecord* expected();
  template <class T>
  void check(const T& made);
  void differs(const std::string& then, const std::string& now);

  WalReader reader_;
  Journal& log_;
  const WalRecord* expected_ = nullptr;  // read, not yet compared
  bool over_ = false;                    // the log has no more records
  bool failing_ = false;                 // commits failed here
  std::optional<Error> error_;
  std::uint64_t number_ = 0;  // of expected_
  std::uint64_t inputs_ = 0;
  std::uint64_t records_ = 0;
};

}  // namespace proteus::storage

// The log while a session is told again after a restart: what the engine makes of the recorded
// inputs is compared, record by record, with what it made of them then; from the first record that
// the log does not have, it is written on. So a run that was killed between an input and its last
// consequence goes on in the middle of that input, and nothing is written or sent twice.
// Thread: the event loop.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "connectors/storage/log_recovery.hpp"
#include "connectors/storage/wal_journal.hpp"
#include "engine/ports/journal.hpp"

namespace proteus::storage {

class RetoldJournal final : public Journal {
 public:
  /// last: behind its snapshot, at the first record that is to be told again.
  RetoldJournal(LastSegment last, const WalOptions& options)
      : last_(std::move(last)), options_(options) {}

  /// The next recorded input, to be put through the engine's door, valid until it was; null: all is
  /// told and the log goes on. Errors: the log cannot be read or written on; the engine made of an
  /// input something else than it did then (Corrupt, with both); a record that no input leads to.
  Result<const Event*> next_input();
  /// The log that goes on; not before `next_input` has answered null. Whoever takes it keeps it
  /// alive as long as this is written to.
  std::unique_ptr<WalJournal> take_log() { return std::move(owned_); }

  void append(const Event& event) override { check(event); }
  void append(const DecisionRecord& decision) override { check(decision); }
  void append(const OrderIntent& intent) override { check(intent); }
  void append(const CancelIntent& intent) override { check(intent); }
  void append(const EquityPoint& point) override { check(point); }
  /// While the log is told again: whether the commit succeeded then.
  [[nodiscard]] bool commit() override;

  [[nodiscard]] std::uint64_t inputs() const { return inputs_; }
  [[nodiscard]] std::uint64_t records() const { return records_; }
  /// Bytes that an interruption left behind the last whole input, cut off and kept aside.
  [[nodiscard]] std::uint64_t cut_bytes() const { return last_.cut_bytes(); }

 private:
  /// A record that was read and not yet compared, and where it stands.
  struct Ahead {
    WalRecord record;
    WalReader::Tail where;
  };
  /// The next record of the log; null: none is left, or something failed.
  const WalRecord* expected();
  bool read_on();
  void open_log();
  template <class T>
  void check(const T& made);
  void differs(const std::string& then, const std::string& now);

  LastSegment last_;
  WalOptions options_;
  std::unique_ptr<WalJournal> owned_;
  WalJournal* log_ = nullptr;  // null: there may be more records to tell
  std::deque<Ahead> ahead_;
  bool failing_ = false;  // commits failed here
  std::optional<Error> error_;
  std::uint64_t inputs_ = 0;
  std::uint64_t records_ = 0;
};

}  // namespace proteus::storage

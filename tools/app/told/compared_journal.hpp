// The log of a session that is told again from its first record on: what the engine makes of the
// recorded inputs is held against what it made of them then, bit for bit. Nothing is written; from
// the first record that differs on, both sides are only gathered, until the input's end.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "connectors/storage/session_log.hpp"
#include "engine/ports/journal.hpp"

namespace proteus::app::told {

/// What was compared and found equal.
struct Counts {
  std::uint64_t records = 0;
  std::uint64_t inputs = 0;
  std::uint64_t decisions = 0;
  std::uint64_t refusals = 0;  ///< orders of decisions that a control refused
  std::uint64_t orders = 0;
  std::uint64_t cancels = 0;
  std::uint64_t fills = 0;
  std::uint64_t adaptations = 0;  ///< answers of the learner, computed again
  std::uint64_t equity_points = 0;
  std::uint64_t snapshots = 0;
  static constexpr auto fields() {
    using C = Counts;
    return std::tuple{field("records", &C::records),
                      field("inputs", &C::inputs),
                      field("decisions", &C::decisions),
                      field("refusals", &C::refusals),
                      field("orders", &C::orders),
                      field("cancels", &C::cancels),
                      field("fills", &C::fills),
                      field("adaptations", &C::adaptations),
                      field("equity_points", &C::equity_points),
                      field("snapshots", &C::snapshots)};
  }
};

/// Where the two tellings part: what one input led to from there on, on both sides.
struct Parting {
  std::uint64_t record = 0;  ///< number of the first that differs
  std::vector<storage::WalRecord> then;
  std::vector<storage::WalRecord> now;
};

class ComparedJournal final : public Journal {
 public:
  /// Makes a snapshot of the engine as it stands, to be held against the one in the log.
  using MakeSnapshot = std::function<storage::Snapshot()>;

  explicit ComparedJournal(storage::SessionLog log) : log_(std::move(log)) {}
  void compare_snapshots(MakeSnapshot make) { make_snapshot_ = std::move(make); }

  /// The next recorded input, valid until the next call; null: the log has ended, or the tellings
  /// parted. Errors: those of SessionLog; Unsupported, a hole in the middle of the log.
  Result<const Event*> next_input();
  /// Of the input given last.
  [[nodiscard]] std::uint64_t input_number() const { return input_number_; }
  /// Says that the recorded input of this number is not what was made of it now.
  void part(std::uint64_t record, storage::WalRecord then, storage::WalRecord now);

  void append(const Event& event) override;
  void append(const DecisionRecord& decision) override;
  void append(const OrderIntent& intent) override;
  void append(const CancelIntent& intent) override;
  void append(const EquityPoint& point) override;
  /// Whether the commit succeeded then.
  [[nodiscard]] bool commit() override;

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const std::optional<Parting>& parting() const { return parting_; }
  /// Records that follow from the last input and that an interruption kept from the log.
  [[nodiscard]] std::uint64_t beyond() const { return beyond_; }
  /// Records at the log's end that no input leads to any more: the writer was interrupted.
  [[nodiscard]] std::uint64_t uncaused() const { return uncaused_; }
  [[nodiscard]] const storage::SessionLog& log() const { return log_; }

 private:
  struct Ahead {
    storage::WalRecord record;
    std::uint64_t number = 0;
  };
  const Ahead* expected();
  bool read_on();
  void check_snapshots();
  template <class T>
  void check(const T& made);
  void gather_then();

  storage::SessionLog log_;
  MakeSnapshot make_snapshot_;
  std::deque<Ahead> ahead_;
  Counts counts_;
  std::optional<Parting> parting_;
  std::optional<Error> error_;
  std::uint64_t input_number_ = 0;
  std::uint64_t beyond_ = 0;
  std::uint64_t uncaused_ = 0;
  ByteBuffer left_, right_;
  bool ended_ = false;
  bool failing_ = false;  // commits failed here
};

}  // namespace proteus::app::told

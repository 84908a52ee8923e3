// All that goes to a session's log, heard once: by the auditor, by the market's truth, and as one
// number of all of it. It can be made again from a log on disk, as far as that goes, and hear on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "connectors/storage/wal_format.hpp"
#include "tests/simulation/audit.hpp"
#include "tests/simulation/truth.hpp"

namespace proteus::simulation {

/// One number of records in order: FNV-1a of their bytes as they stand in a log, numbers apart.
class Digest {
 public:
  template <class Record>
  void add(const Record& record) {
    bytes_.clear();
    storage::encode_record(record, 0, bytes_);
    for (const std::byte byte : bytes_.view())
      value_ = (value_ ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3ULL;
    ++records_;
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }
  [[nodiscard]] std::uint64_t records() const { return records_; }

 private:
  ByteBuffer bytes_;
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
  std::uint64_t records_ = 0;
};

/// What a strategy said to a bar: it may depend on the bars alone.
struct Said {
  bool has_target = false;
  double weight = 0.0;
  Outcome outcome = Outcome::NoTarget;
};
using SaidOfBars = std::map<std::pair<std::uint32_t, Timestamp>, Said>;

class Witness {
 public:
  Witness(Money capital, const risk::LimitSettings& limits, MarkSource marks, Truth truth)
      : truth_(std::move(truth)), audit_(relay_, capital, limits, {}, marks) {}
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  /// A journal to stand before `log`: it hears all and passes it on. This must outlive it.
  std::unique_ptr<Journal> before(Journal& log);
  /// Hears what lies in the closed segments of a log; what the last one holds will be told again.
  Result<void> hear_closed_segments(const std::filesystem::path& wal);

  [[nodiscard]] Audit& audit() { return audit_; }
  [[nodiscard]] const Audit& audit() const { return audit_; }
  [[nodiscard]] const Digest& digest() const { return digest_; }
  [[nodiscard]] const SaidOfBars& said() const { return said_; }
  /// Bars of this instrument from here on do not follow one another; the end of time: they all do.
  [[nodiscard]] Timestamp first_gap(std::uint32_t instrument) const;
  /// The first thing that was not so; empty: all was well.
  [[nodiscard]] const std::string& complaint() const {
    return truth_.complaint().empty() ? audit_.complaint() : truth_.complaint();
  }
  /// The number of all records of a log on disk. Errors: as storage::SessionLog.
  static Result<Digest> of_log(const std::filesystem::path& wal);

 private:
  class Ear;
  /// Between auditor and log; the log changes when a process dies.
  struct Relay final : Journal {
    Journal* to = nullptr;  ///< null: what is heard is on the disk already
    template <class Record>
    void pass(const Record& record) {
      if (to != nullptr) to->append(record);
    }
    void append(const Event& r) override { pass(r); }
    void append(const DecisionRecord& r) override { pass(r); }
    void append(const OrderIntent& r) override { pass(r); }
    void append(const CancelIntent& r) override { pass(r); }
    void append(const EquityPoint& r) override { pass(r); }
    [[nodiscard]] bool commit() override { return to == nullptr || to->commit(); }
  };
  template <class Record>
  void hear(const Record& record) {
    digest_.add(record);
    truth_.hear(record);
    note(record);
    audit_.append(record);
  }
  void note(const DecisionRecord& decision);
  void note(const Event& event);
  template <class Other>
  void note(const Other&) {}

  Truth truth_;
  Relay relay_;
  Audit audit_;
  Digest digest_;
  SaidOfBars said_;
  std::map<std::uint32_t, Timestamp> gaps_;
  std::map<std::uint32_t, Timestamp> closes_;
};

}  // namespace proteus::simulation

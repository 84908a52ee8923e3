// Opening a session log to go on with it: puts right by name what an interrupted rotation left, and
// reads the last segment, from its snapshot on. Nothing may be writing the log.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "connectors/storage/wal_reader.hpp"

namespace proteus::storage {

/// Beside session.wal: log/000001.wal, and the segment that a rotation is making.
std::filesystem::path closed_segment(const std::filesystem::path& wal, std::uint32_t segment);
std::filesystem::path next_segment(const std::filesystem::path& wal);

/// Puts the names right after an interruption at any instant of a rotation: a segment that does not
/// count yet goes, one that counts gets its name, and one whose beginning a loss of power has taken
/// goes aside (session.wal.torn) while the segment before it is opened again. Errors: NotFound, no
/// log, or one that was never begun (it goes aside too); Io. `done` takes a sentence for each thing
/// that was done.
Result<void> settle_rotation(const std::filesystem::path& wal,
                             std::vector<std::string>* done = nullptr);

/// Makes the newest closed segment session.wal again, unpacked where it was compressed. There must
/// be no session.wal. Errors: NotFound; Corrupt; Io.
Result<void> reopen_closed(const std::filesystem::path& wal);

/// The segment that a restart begins with.
class LastSegment {
 public:
  /// Settles an interrupted rotation and reads up to the snapshot. Errors: as WalReader; Corrupt,
  /// where a later segment does not begin with a snapshot.
  static Result<LastSegment> open(const std::filesystem::path& wal);

  [[nodiscard]] const WalHeader& header() const { return reader_.header(); }
  [[nodiscard]] const std::filesystem::path& path() const { return reader_.path(); }
  /// None in the first segment: its records are all there is.
  [[nodiscard]] const std::optional<Snapshot>& snapshot() const { return snapshot_; }
  /// Lets go of the snapshot's bytes once they were used.
  void drop_snapshot() { snapshot_.reset(); }
  /// The next record after the snapshot; null at the end, be it torn or not. Errors: as WalReader;
  /// damage says what to do about it.
  Result<const WalRecord*> next();
  [[nodiscard]] const WalReader::Tail& tail() const { return reader_.tail(); }
  /// Checks what was not read and cuts a torn tail off; then `tail` is where the log goes on.
  Result<void> cut_tail();
  /// A sentence for each thing that had to be put right before this could be opened.
  [[nodiscard]] const std::vector<std::string>& settled() const { return settled_; }
  /// Bytes that were cut off and are kept in session.wal.torn.
  [[nodiscard]] std::uint64_t cut_bytes() const { return cut_bytes_; }
  /// Cuts off everything from a place that `tail` told before; it is kept aside like a torn tail.
  Result<void> cut_from(const WalReader::Tail& where);

  /// Bytes before the first record after the snapshot.
  [[nodiscard]] std::uint64_t overhead() const { return overhead_; }
  [[nodiscard]] std::optional<Timestamp> first_time() const { return reader_.first_time(); }
  [[nodiscard]] std::optional<Timestamp> last_time() const { return reader_.last_time(); }

 private:
  explicit LastSegment(WalReader reader) : reader_(std::move(reader)) {}
  WalReader reader_;
  std::vector<std::string> settled_;
  std::optional<Snapshot> snapshot_;
  std::uint64_t overhead_ = 0;
  std::uint64_t cut_bytes_ = 0;
};

}  // namespace proteus::storage

// Rows of journal.sqlite that the log can tell no more: retention took the segments, or damage was
// cut out of them. New tables take them over from the old ones, as far as those can be read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/storage/sqlite.hpp"
#include "connectors/storage/wal_format.hpp"

namespace proteus::storage {

/// How many rows; the first four kinds never expire.
struct RowCounts {
  std::uint64_t orders = 0;
  std::uint64_t fills = 0;
  std::uint64_t funding = 0;
  std::uint64_t states = 0;
  std::uint64_t others = 0;
  [[nodiscard]] std::uint64_t total() const { return orders + fills + funding + states + others; }
  RowCounts& operator+=(const RowCounts& other);
  /// "14 orders, 13 fills, 0 funding, 2 states and 400 other rows".
  [[nodiscard]] std::string text() const;
};

/// Records from `first` to before `second`.
using RecordRange = std::pair<std::uint64_t, std::uint64_t>;

/// Old tables beside the new ones that are being made. Nothing else may have either file open.
class OldTables {
 public:
  /// Both files must be there. Old tables of another version or session, or that cannot be read,
  /// are not used, and `trouble` says why. Errors: of the new ones only, Io.
  static Result<OldTables> beside(const std::filesystem::path& fresh,
                                  const std::filesystem::path& old, const WalHeader& header);

  /// Before the log is told: what stands before its first record, the notes of `dropped`, and the
  /// names of instruments. An order that changed after `begun` (engine time of that first record)
  /// is put back to how it stood there: the log tells the rest. Errors: Io, of the new tables.
  Result<void> carry_before(std::uint64_t first_record, Timestamp begun);
  /// After the log was told up to `end`: what stands in its holes, and how orders stood after them.
  /// Errors: as above.
  Result<void> carry_holes(const std::vector<RecordRange>& holes, std::uint64_t record_end,
                           Timestamp end);
  /// Rows of the old tables that the new ones do not have.
  Result<RowCounts> not_carried();

  [[nodiscard]] const RowCounts& carried() const { return carried_; }
  /// Why something could not be read, with what can be done; empty: nothing.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  /// The old file is damaged, or no database.
  [[nodiscard]] bool damaged() const { return damaged_; }

 private:
  explicit OldTables(Database fresh) : db_(std::move(fresh)) {}
  Result<void> open_old(const std::filesystem::path& path, const WalHeader& header);
  Result<bool> copy(const std::string& table, const std::string& where, std::string_view conflict);
  Result<void> take(const std::string& table, const RecordRange& range);
  Result<void> put_orders_back(Timestamp begun);
  void note(const Error& failure);

  Database db_;
  std::optional<Database> old_;
  bool damaged_ = false;
  std::string trouble_;
  RowCounts carried_;
};

/// The newest file that was put aside from `sqlite_path`, if there is one.
std::optional<std::filesystem::path> newest_aside(const std::filesystem::path& sqlite_path);

}  // namespace proteus::storage

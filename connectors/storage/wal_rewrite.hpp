// After a sync that failed, Linux takes the pages that it could not write for clean: the next sync
// succeeds without them. What a failed sync may have lost is written once more before it counts.
#pragma once

#include <cstdint>

#include "connectors/storage/wal_reader.hpp"

namespace proteus::storage {

/// Writes the bytes from `from` to `to` of the segment that `reader` is open on again, as they are;
/// both are where records begin or end, or 0. The reader stands at `from` or before it, and stays
/// there. The segment may have another name by now, and the writer may add to it meanwhile. Errors:
/// Io; Corrupt where a record cannot be read back whole.
Result<void> write_again(WalReader& reader, std::uint64_t from, std::uint64_t to);

}  // namespace proteus::storage

// What to do about a damaged log, by a person's word: the good beginning stays, the rest goes
// aside, and what is lost is named. Nothing may be writing the log.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/storage/session_log.hpp"

namespace proteus::storage {

/// A piece of the log that could not be kept.
struct Loss {
  std::filesystem::path file;
  std::string why;  ///< with file, record and byte
  std::uint64_t offset = 0;
  std::uint64_t first_record = 0;            ///< the first that is lost
  std::optional<std::uint64_t> last_record;  ///< the last of them that can be seen
  std::optional<Timestamp> after;            ///< engine time of the last record before it
  std::optional<Timestamp> until;            ///< and of the last that can be seen in it
  std::filesystem::path aside;               ///< where the bytes are kept
  std::uint64_t bytes = 0;                   ///< of that file
  bool last_segment =
      false;  ///< the session goes on from before it; else only its history has a hole
};

/// What a recovery did.
struct Recovery {
  std::vector<Loss> losses;
  std::vector<std::string> done;  ///< for a person, a sentence each; what it did beside the losses
};

/// Looks through all segments and repairs each that is damaged. In the last one the records from
/// the damage on are cut off; where not even its snapshot is whole, the session goes back to the
/// segment before it. In a closed one the later segments stay: each begins with a snapshot. The
/// bytes that are cut lie in "<file>.damaged-<utc>". The header of an only segment is made again
/// from session.json where its own bytes prove that. Neither losses nor anything done: the log was
/// whole. Errors: Io; Unsupported, a log of another version; Corrupt, where no segment is left to
/// go on from.
Result<Recovery> recover_log(const std::filesystem::path& wal, Timestamp now);

}  // namespace proteus::storage

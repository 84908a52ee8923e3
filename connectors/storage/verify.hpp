// Walks over everything a session keeps and says what is wrong with it. Changes nothing; a process
// may be writing the session.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/storage/session_log.hpp"

namespace proteus::storage {

struct SegmentCheck {
  std::string file;
  std::uint32_t segment = 0;
  std::uint64_t first_record = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< of the file
  std::uint64_t snapshots = 0;
  std::optional<Timestamp> from, to;  ///< engine time of its first and last event
  std::uint64_t torn_bytes = 0;       ///< at its end: being written, or of an interrupted write
};

struct FeedCheck {
  std::uint64_t parts = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;  ///< of the files
};

struct VerifyReport {
  std::vector<SegmentCheck> segments;
  FeedCheck feed;
  std::uint64_t records = 0;
  std::uint64_t snapshots = 0;
  std::string tables;                 ///< what SQLite says of journal.sqlite: "ok"; "none"
  std::vector<std::string> notes;     ///< worth knowing and no fault: what retention took, what a
                                      ///< recovery cut off, a torn tail
  std::vector<std::string> problems;  ///< empty: all is well
};

/// Checks every segment (checksums, numbers, that each record can be read, that events count on by
/// one, that each segment goes on where the one before it ended and begins with a readable
/// snapshot), every part of the feed (each line is a frame, times do not go back) and
/// journal.sqlite. Errors: NotFound, where the folder holds no session.
Result<VerifyReport> verify_session(const std::filesystem::path& folder);

}  // namespace proteus::storage

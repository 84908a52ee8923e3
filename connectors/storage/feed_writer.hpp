// Writes lines of a feed into packed parts, for what is cut out of recordings or put together from
// them. A part gets its name when it is whole: what is broken off leaves only "*.tmp". (A recorder
// writes otherwise, so that nothing is lost: feed_recorder.hpp.)
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/storage/feed_pack.hpp"

namespace proteus::storage {

class FeedWriter {
 public:
  /// `folder` must exist. A part ends before its text would pass `part_bytes`.
  FeedWriter(std::filesystem::path folder, std::uint64_t part_bytes, int level);
  /// What was not closed is dropped.
  ~FeedWriter();
  FeedWriter(const FeedWriter&) = delete;
  FeedWriter& operator=(const FeedWriter&) = delete;

  /// Appends a line (without newline), received then, to the stream of this stem. Errors: Io.
  Result<void> add(std::string_view stem, Timestamp received, std::string_view line);
  /// Ends all parts. Errors: Io.
  Result<void> close();

  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  [[nodiscard]] std::uint64_t parts() const { return parts_; }

 private:
  struct Part;
  Result<void> begin(Part& part, std::string_view stem, Timestamp first) const;
  Result<void> end(Part& part);

  std::filesystem::path folder_;
  std::uint64_t part_bytes_;
  int level_;
  std::map<std::string, Part, std::less<>> open_;
  std::uint64_t lines_ = 0;
  std::uint64_t parts_ = 0;
};

}  // namespace proteus::storage

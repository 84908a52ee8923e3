// Records every frame as it was received, before anyone looks at it: one part a stream, one write a
// frame, so that kill -9 loses at most a line that has no newline yet. Parts are closed by size and
// age and handed over for compression. Thread: the event loop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/storage/feed_part.hpp"
#include "connectors/storage/file.hpp"
#include "connectors/storage/settings.hpp"

namespace proteus::storage {

class FeedRecorder {
 public:
  /// `folder` must exist. `on_closed` gets each closed part (StorageThread::compress).
  FeedRecorder(std::filesystem::path folder, const StorageSettings& settings,
               std::function<void(std::filesystem::path)> on_closed);
  /// Closes and hands over what is open.
  ~FeedRecorder();
  FeedRecorder(const FeedRecorder&) = delete;
  FeedRecorder& operator=(const FeedRecorder&) = delete;

  /// Appends a frame to its stream's part. False: the disk said no and the frame is not recorded;
  /// counted, and the part is left as it was before. `received` may not go back within a stream.
  bool record(std::string_view stream, std::uint64_t connection, Timestamp received,
              std::string_view frame) {
    keep(stream, connection, received, frame);
    return write();
  }
  /// The two halves of it, for a frame that something urgent follows from: the first copies it, the
  /// second asks the disk.
  void keep(std::string_view stream, std::uint64_t connection, Timestamp received,
            std::string_view frame);
  bool write();
  /// Closes every open part.
  void close();

  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  struct Part {
    std::string stream;
    std::filesystem::path path;
    Descriptor file;
    std::uint64_t bytes = 0;
    Timestamp first{};
  };
  Part& part_of(std::string_view stream);
  Result<void> open_part(Part& part, Timestamp first) const;
  void close_part(Part& part);
  bool append_line();
  bool fail(const Error& failure);
  [[nodiscard]] bool is_due(const Part& part, Timestamp now, std::size_t more) const;

  std::filesystem::path folder_;
  StorageSettings settings_;
  std::function<void(std::filesystem::path)> on_closed_;
  std::vector<Part> parts_;  // a handful of streams
  std::string line_;
  bool kept_ = false;  ///< what follows waits to be written
  std::string stream_;
  std::uint64_t connection_ = 0;
  Timestamp received_{};
  std::string frame_;
  std::uint64_t frames_ = 0;
  std::uint64_t lost_ = 0;
  std::string last_error_;
};

/// Parts that an earlier run of this session left uncompressed, oldest name first.
std::vector<std::filesystem::path> unfinished_parts(const std::filesystem::path& folder);

}  // namespace proteus::storage

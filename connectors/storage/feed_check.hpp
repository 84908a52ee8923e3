// What is in a recorded feed and what is wrong with it, as far as its lines say: damage, order,
// silence. What the frames themselves say is for who knows the venue.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/storage/feed_names.hpp"
#include "connectors/storage/feed_reader.hpp"

namespace proteus::storage {

struct FeedPartCheck {
  std::filesystem::path path;
  std::string stem;
  std::uint64_t bytes = 0;  ///< of the file
  std::uint64_t frames = 0;
  std::uint64_t blocks = 0;  ///< of its index; 0: none
  std::uint64_t torn_bytes = 0;
  std::optional<Timestamp> first, last;
};

/// A time in which a stream said nothing, or was not connected.
struct FeedGap {
  std::string stream;
  Timestamp from{}, to{};
  std::uint64_t connection_before = 0, connection_after = 0;
};

struct FeedStreamCheck {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;  ///< of the frames
  std::uint64_t connections = 0;
  std::uint64_t connection = 0;  ///< number of the last
  std::optional<Timestamp> first, last;
};

struct FeedReport {
  std::vector<FeedPartCheck> parts;
  std::map<std::string, FeedStreamCheck> streams;  ///< by the name in the lines
  std::vector<FeedGap> gaps;
  std::vector<std::string> notes;     ///< worth knowing and no fault
  std::vector<std::string> problems;  ///< damage, each with file and place; empty: all is well
  std::uint64_t frames = 0;
};

struct FeedCheckOptions {
  Duration gap = std::chrono::seconds{60};  ///< a longer silence of a stream is a gap
  /// Hears every frame, in the order of its part.
  std::function<void(const FrameView&, const FeedReader&)> on_frame;
};

/// Reads all parts of all streams. Errors: none but those that keep it from reading at all.
FeedReport check_feed(const std::vector<FeedStream>& streams, const FeedCheckOptions& options = {});

/// "public:linear#0" -> "public_linear_0": the stream as a file name holds it; the exact name
/// stands in every line.
std::string file_stem(std::string_view stream);

}  // namespace proteus::storage

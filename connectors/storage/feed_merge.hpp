// Recorded feeds as one row of frames in the order in which they were received. Frames of one
// instant come in the order of the streams given, then of their parts, then of their lines, so that
// the same sources give the same row every time. Parts are opened when their time comes: memory and
// descriptors do not grow with the length of a recording. One thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "connectors/storage/feed_names.hpp"
#include "connectors/storage/feed_reader.hpp"

namespace proteus::storage {

class FeedMerge {
 public:
  /// `from`: frames received earlier are passed over.
  explicit FeedMerge(const std::vector<FeedStream>& streams, std::optional<Timestamp> from = {});
  FeedMerge(FeedMerge&&) noexcept;
  FeedMerge& operator=(FeedMerge&&) noexcept;
  ~FeedMerge();

  /// The next frame, valid until the next call; nothing at the end. Errors: those of FeedReader;
  /// the next call goes on behind the damage.
  Result<std::optional<FrameView>> next();

  /// Of the frame given last: which of the streams it is of, and who read it.
  [[nodiscard]] std::size_t stream() const;
  [[nodiscard]] const FeedReader& reader() const;

 private:
  struct Waiting {
    std::filesystem::path path;
    Timestamp first{};
    std::size_t stream = 0;
    std::size_t part = 0;
  };
  struct Head;
  Result<void> pull();
  Result<bool> open_due();

  std::vector<Waiting> waiting_;  // the last comes first
  std::vector<std::unique_ptr<Head>> heads_;
  Head* current_ = nullptr;
  std::optional<Timestamp> from_;
};

}  // namespace proteus::storage

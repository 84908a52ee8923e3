// One instrument's order book from snapshots and deltas.
#pragma once

#include <cstdint>
#include <vector>

#include "connectors/bybit/codec.hpp"

namespace proteus::bybit {

enum class BookStep : std::uint8_t {
  Changed,
  Same,     ///< a repeat of level 1 with the same update id
  Waiting,  ///< dropped: a new snapshot has been asked for
  Stale,    ///< a delta before its snapshot; the book is void now
  Gap,      ///< an update id is missing or went back; the book is void now
  Crossed   ///< best bid >= best ask: data was lost; the book is void now
};

class BookBuilder {
 public:
  /// depth: levels kept of each side.
  explicit BookBuilder(int depth) : depth_(static_cast<std::size_t>(depth)) {}

  /// After Stale, Gap and Crossed the caller asks for a new snapshot; until it comes, frames are
  /// `Waiting`.
  BookStep on_frame(const BookFrame& frame);
  /// A new connection: a snapshot comes by itself.
  void reset();
  [[nodiscard]] bool waiting() const { return state_ == State::Waiting; }

  [[nodiscard]] const std::vector<BookLevel>& bids() const { return bids_; }
  [[nodiscard]] const std::vector<BookLevel>& asks() const { return asks_; }
  [[nodiscard]] std::int64_t update_id() const { return update_id_; }

 private:
  enum class State : std::uint8_t { Empty, Whole, Waiting };
  BookStep spoil(BookStep why);

  std::size_t depth_;
  State state_ = State::Empty;
  std::int64_t update_id_ = 0;
  std::vector<BookLevel> bids_;  ///< descending
  std::vector<BookLevel> asks_;  ///< ascending
};

}  // namespace proteus::bybit

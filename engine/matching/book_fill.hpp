// Fills from the book (quote mode). Pure functions over one side of a book.
#pragma once

#include <optional>
#include <span>

#include "engine/core/event.hpp"
#include "engine/core/order.hpp"

namespace proteus::matching {

/// One step of a walk: `quantity` at `price`.
struct BookFill {
  Price price;
  Quantity quantity;
};

/// Walks one side of a book from the touch outwards, remembering what our own orders already took
/// of this book, so that no size is used twice. Levels of a taker's buy are the asks.
class BookWalk {
 public:
  /// `taken`: what earlier books let us take at a touch that still stands.
  BookWalk(std::span<const BookLevel> levels, Side side, Quantity taken);

  /// The next fill of at most `wanted` (> 0) at `limit` or better (zero: any price), in whole lots;
  /// nothing if there is none.
  std::optional<BookFill> next(Quantity wanted, Price limit, Quantity lot);
  /// The same at the touch alone, whatever its price: what a trade through a resting order leaves
  /// it.
  std::optional<BookFill> at_touch(Quantity wanted, Quantity lot);
  /// All that could be had at `limit` or better, without taking it, in whole lots per level; what
  /// a Quantity cannot hold is cut to the largest.
  [[nodiscard]] Quantity available(Price limit, Quantity lot) const;
  /// What was taken at the touch itself, including what was handed in.
  [[nodiscard]] Quantity taken_at_touch() const;

 private:
  std::span<const BookLevel> levels_;
  Side side_;
  std::size_t level_ = 0;
  Quantity taken_;  // of levels_[level_]
};

}  // namespace proteus::matching

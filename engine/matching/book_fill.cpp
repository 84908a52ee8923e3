#include "engine/matching/book_fill.hpp"

#include <algorithm>

#include "engine/matching/bar_fill.hpp"

namespace proteus::matching {
namespace {

bool within(Side side, Price limit, Price level) {
  return limit.is_zero() || takes(side, limit, level);
}

}  // namespace

BookWalk::BookWalk(std::span<const BookLevel> levels, Side side, Quantity taken)
    : levels_(levels), side_(side), taken_(taken) {}

std::optional<BookFill> BookWalk::next(Quantity wanted, Price limit, Quantity lot) {
  for (; level_ < levels_.size() && within(side_, limit, levels_[level_].price); ++level_) {
    const BookLevel& level = levels_[level_];
    const Quantity left = std::max(level.size - taken_, Quantity{});
    const Quantity here = round_to_step(std::min(left, wanted), lot);
    if (!here.is_zero()) {
      taken_ += here;
      return BookFill{level.price, here};
    }
    taken_ = Quantity{};
  }
  return std::nullopt;
}

std::optional<BookFill> BookWalk::at_touch(Quantity wanted, Quantity lot) {
  if (levels_.empty() || level_ != 0) return std::nullopt;
  const Quantity left = std::max(levels_[0].size - taken_, Quantity{});
  const Quantity here = round_to_step(std::min(left, wanted), lot);
  if (here.is_zero()) return std::nullopt;
  taken_ += here;
  return BookFill{levels_[0].price, here};
}

Quantity BookWalk::available(Price limit, Quantity lot) const {
  Int128 sum = 0;  // A deep book of a cheap coin holds more than a Quantity does.
  for (std::size_t i = level_; i < levels_.size() && within(side_, limit, levels_[i].price); ++i) {
    const Quantity left = levels_[i].size - (i == level_ ? taken_ : Quantity{});
    sum += round_to_step(std::max(left, Quantity{}), lot).raw();
  }
  return Quantity::from_raw(static_cast<std::int64_t>(std::min<Int128>(sum, INT64_MAX)));
}

Quantity BookWalk::taken_at_touch() const {
  if (levels_.empty()) return Quantity{};
  return level_ == 0 ? taken_ : levels_[0].size;
}

}  // namespace proteus::matching

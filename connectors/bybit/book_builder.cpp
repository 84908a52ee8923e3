#include "connectors/bybit/book_builder.hpp"

#include <algorithm>

namespace proteus::bybit {
namespace {

/// Inserts, replaces or (size 0) deletes a level; `before` orders the side from its best level on.
template <class Before>
void put(std::vector<BookLevel>& side, const BookLevel& level, Before before) {
  const auto at = std::lower_bound(
      side.begin(), side.end(), level.price,
      [&](const BookLevel& known, Price price) { return before(known.price, price); });
  const bool known = at != side.end() && at->price == level.price;
  if (level.size.is_zero()) {
    if (known) side.erase(at);
  } else if (known) {
    at->size = level.size;
  } else {
    side.insert(at, level);
  }
}

}  // namespace

void BookBuilder::reset() {
  state_ = State::Empty;
  bids_.clear();
  asks_.clear();
}

BookStep BookBuilder::spoil(BookStep why) {
  reset();
  state_ = State::Waiting;
  return why;
}

BookStep BookBuilder::on_frame(const BookFrame& frame) {
  // After a restart of its service the venue begins again with 1, whatever the frame is called.
  const bool snapshot = frame.snapshot || frame.update_id == 1;
  if (snapshot) {
    const bool repeat = state_ == State::Whole && depth_ == 1 && frame.update_id == update_id_;
    if (repeat) return BookStep::Same;
    bids_.clear();
    asks_.clear();
  } else {
    if (state_ == State::Waiting) return BookStep::Waiting;
    if (state_ == State::Empty) return spoil(BookStep::Stale);
    if (frame.update_id != update_id_ + 1) return spoil(BookStep::Gap);
  }
  update_id_ = frame.update_id;
  state_ = State::Whole;
  for (const BookLevel& level : frame.bids) put(bids_, level, std::greater<Price>{});
  for (const BookLevel& level : frame.asks) put(asks_, level, std::less<Price>{});
  if (bids_.size() > depth_) bids_.resize(depth_);
  if (asks_.size() > depth_) asks_.resize(depth_);
  if (!bids_.empty() && !asks_.empty() && bids_.front().price >= asks_.front().price)
    return spoil(BookStep::Crossed);
  return BookStep::Changed;
}

}  // namespace proteus::bybit

#include "risk/limits/loss_streak.hpp"

#include <algorithm>

#include "risk/limits/controls.hpp"

namespace proteus::risk {

Money LossStreak::net(const PositionView& books) {
  return capped(Int128{books.realised.raw()} - books.fees.raw() - books.funding.raw());
}

std::optional<Side> LossStreak::on_fill(const PositionView& books, Quantity lot, Timestamp now) {
  const Quantity before = quantity_;
  const Money net_before = net_;
  quantity_ = abs(books.quantity) < lot ? Quantity{} : books.quantity;
  net_ = net(books);
  if (before.is_zero()) {
    begin_ = net_before;
    return std::nullopt;
  }
  const Side side = before > Quantity{} ? Side::Buy : Side::Sell;
  const bool ended = quantity_.is_zero() || (quantity_ > Quantity{}) != (side == Side::Buy);
  if (!ended) return std::nullopt;
  const bool lost = net_ < begin_;
  begin_ = net_;
  std::int64_t& streak = streak_[index(side)];
  Timestamp& until = until_[index(side)];
  if (until != Timestamp{}) return std::nullopt;  // What was open before the rest ends in it.
  streak = lost ? streak + 1 : 0;
  if (streak < max_) return std::nullopt;
  until = now + cooldown_;
  return side;
}

Timestamp LossStreak::next_end() const {
  Timestamp next = Timestamp::max();
  for (const Timestamp until : until_)
    if (until != Timestamp{}) next = std::min(next, until);
  return next;
}

bool LossStreak::end_rests(Timestamp now) {
  bool any = false;
  for (const Side side : {Side::Buy, Side::Sell}) {
    Timestamp& until = until_[index(side)];
    if (until == Timestamp{} || now < until) continue;
    until = Timestamp{};
    streak_[index(side)] = 0;
    any = true;
  }
  return any && !resting();
}

}  // namespace proteus::risk

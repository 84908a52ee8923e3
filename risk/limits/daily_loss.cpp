#include "risk/limits/daily_loss.hpp"

#include <algorithm>

#include "risk/limits/controls.hpp"

namespace proteus::risk {

Money DailyLoss::limit(Verdict verdict) const {
  return std::max(Money{}, capped_share(begin_, verdict == Verdict::Flat ? flat_e9_ : max_e9_));
}

Money DailyLoss::loss_at(Money equity) const { return capped(Int128{begin_.raw()} - equity.raw()); }

DailyLoss::Verdict DailyLoss::measure(Money equity) {
  loss_ = loss_at(equity);
  if (loss_ > limit(Verdict::Flat)) return Verdict::Flat;
  return loss_ > limit(Verdict::Reduce) ? Verdict::Reduce : Verdict::Within;
}

void DailyLoss::roll(Money equity, Timestamp now) {
  const std::int64_t day = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  if (day <= day_) return;
  if (day_ >= 0) accept(equity);
  day_ = day;
}

void DailyLoss::accept(Money equity) {
  begin_ = equity;
  loss_ = Money{};
  closed_ = false;
}

}  // namespace proteus::risk

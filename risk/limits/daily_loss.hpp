// Control 11: what was lost since 00:00 UTC, realised and unrealised, fees and funding.
#pragma once

#include <cstdint>

#include "engine/core/archive.hpp"
#include "engine/core/fixed.hpp"
#include "engine/core/time.hpp"

namespace proteus::risk {

class DailyLoss {
 public:
  enum class Verdict : std::uint8_t { Within, Reduce, Flat };

  /// Shares of the day's first equity, in units of 1e-9. capital: what the first day begins with.
  DailyLoss(std::int64_t max_e9, std::int64_t flat_e9, Money capital)
      : max_e9_(max_e9), flat_e9_(flat_e9), begin_(capital) {}

  /// All marks of a close are in.
  Verdict measure(Money equity);
  /// After `measure`: begins the day of `now` with this equity if it is a later one, so that the
  /// close at 00:00 still belongs to the day it ends. The first day keeps what it began with.
  void roll(Money equity, Timestamp now);
  /// A person accepts a loss beyond the limit: the day begins anew with this equity.
  void accept(Money equity);
  /// Money was put in (> 0) or taken out: no profit and no loss of the day.
  void put_in(Money amount) { begin_ += amount; }

  /// The positions were told to close for this day's loss; once is enough, until a new day begins
  /// or a person resumes.
  void note_closed() { closed_ = true; }
  void note_resumed() { closed_ = false; }
  [[nodiscard]] bool closed() const { return closed_; }

  /// Less than 0: a gain.
  [[nodiscard]] Money loss() const { return loss_; }
  [[nodiscard]] Money limit(Verdict verdict) const;
  [[nodiscard]] Money begin() const { return begin_; }
  /// The loss if the equity were this.
  [[nodiscard]] Money loss_at(Money equity) const;
  void archive(Archive& a) { a(begin_, loss_, day_, closed_); }

 private:
  std::int64_t max_e9_;
  std::int64_t flat_e9_;
  Money begin_;
  Money loss_;
  std::int64_t day_ = -1;  ///< days since the epoch; -1: nothing measured yet
  bool closed_ = false;
};

}  // namespace proteus::risk

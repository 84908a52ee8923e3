// What the gate itself knows of an instrument's market: reference prices and how old they are. Ages
// are measured from the venue's time of the data, or its arrival where that is earlier.
#pragma once

#include <cstdint>

#include "engine/core/decision.hpp"
#include "engine/core/event.hpp"
#include "risk/moments.hpp"
#include "risk/settings.hpp"
#include "risk/states/bar_judge.hpp"

namespace proteus::risk {

/// One age and what it may be.
struct Age {
  Duration actual{0};
  Duration max{0};
  [[nodiscard]] bool stale() const { return actual > max; }
};

class MarketWatch {
 public:
  MarketWatch(Category category, Interval interval, const LimitSettings& limits);

  /// A closed bar that was judged fine.
  void on_bar(const Bar& bar);
  void on_ticker(const TickerUpdated& ticker, Timestamp time);
  void on_book(const BookUpdated& book, Timestamp time);

  /// What an order's price is held against at `now`: for linear the fresh mark, else the last close
  /// of a closed bar while it is fresh, and the fresh mid of the book; for spot the fresh mid, else
  /// the fresh last price, else the fresh close. Empty: there is no live reference.
  [[nodiscard]] InlineList<Price, 2> references(Timestamp now) const;

  /// Age of the worst of bars (1.5 intervals) and, once one was seen, of tickers.
  [[nodiscard]] Age age(Timestamp now) const;
  /// The last instant at which nothing is stale; the end of time where nothing was ever seen.
  [[nodiscard]] Timestamp fresh_until() const;
  [[nodiscard]] bool seen() const { return bar_time_ != Timestamp{}; }
  /// Close of the last bar that was fine, and when it closed. Zero and epoch: none yet.
  [[nodiscard]] Price close() const { return close_; }
  [[nodiscard]] Timestamp closed_at() const { return bar_time_; }

  /// Largest order by traded volume: a fraction of the mean volume of a bar (exponential, span 60).
  /// Zero where the source has no volume.
  [[nodiscard]] Quantity quantity_max() const;

  BarJudge judge;

 private:
  [[nodiscard]] Duration bar_age_max() const;
  [[nodiscard]] bool fresh(Timestamp time, Timestamp now) const {
    return time != Timestamp{} && now - time <= ticker_age_max_;
  }

  Category category_;
  Interval interval_;
  Duration ticker_age_max_;
  double volume_share_;
  DecayedMoments volume_;
  Price close_;
  Timestamp bar_time_{};  // epoch: never
  Price mark_;
  Price last_;
  Timestamp ticker_time_{};
  Price mid_;
  Timestamp book_time_{};
};

}  // namespace proteus::risk

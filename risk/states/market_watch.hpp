// What the gate itself knows of an instrument's market: reference prices and how old they are. Ages
// are measured from the venue's time of the data, or its arrival where that is earlier.
#pragma once

#include <cstdint>

#include "engine/core/decision.hpp"
#include "engine/core/event.hpp"
#include "risk/limits/expected_edge.hpp"
#include "risk/limits/leverage.hpp"
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
  /// Why a ticker or book may not be used (control 19), a constant sentence; nullptr: it may.
  [[nodiscard]] const char* doubt(const TickerUpdated& ticker) const;
  [[nodiscard]] const char* doubt(const BookUpdated& book) const;
  /// The same, and takes it in: what is doubted is evidence on bars and nothing else.
  const char* on_ticker(const TickerUpdated& ticker, Timestamp time);
  const char* on_book(const BookUpdated& book, Timestamp time);

  /// As if no ticker and no book had come: none of them may ever come again.
  void forget_quotes();

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

  [[nodiscard]] Category category() const { return category_; }
  /// Funding as the last ticker told it.
  [[nodiscard]] const FundingRate& funding() const { return funding_; }
  /// `times` mean true ranges of a bar.
  [[nodiscard]] Price ranges(double times) const { return range_.scaled(times); }
  /// Tickers and books set aside, but for those before the first bar.
  [[nodiscard]] std::uint64_t quotes_set_aside() const { return quotes_set_aside_; }
  /// The last of them was, and it was the first of a row.
  [[nodiscard]] bool quotes_began_to_jump() const { return quotes_in_doubt_ == 1; }

  void archive(Archive& a) {
    a(judge, volume_, range_, funding_.known, funding_.rate_e9, close_, bar_time_, mark_, last_,
      ticker_time_, mid_, book_time_, quotes_set_aside_, quotes_in_doubt_);
  }

  BarJudge judge;

 private:
  const char* weigh(const char* doubt);
  [[nodiscard]] Duration bar_age_max() const;
  [[nodiscard]] bool fresh(Timestamp time, Timestamp now) const {
    return time != Timestamp{} && now - time <= ticker_age_max_;
  }

  Category category_;
  Interval interval_;
  Duration ticker_age_max_;
  double volume_share_;
  DecayedMoments volume_;
  TrueRange range_;
  FundingRate funding_;
  Price close_;
  Timestamp bar_time_{};  // epoch: never
  Price mark_;
  Price last_;
  Timestamp ticker_time_{};
  Price mid_;
  Timestamp book_time_{};
  std::uint64_t quotes_set_aside_ = 0;
  std::uint64_t quotes_in_doubt_ = 0;  ///< in a row
};

}  // namespace proteus::risk

#include "risk/states/market_watch.hpp"

#include <algorithm>

namespace proteus::risk {
namespace {

constexpr double kVolumeDecay = 1.0 - 2.0 / 61.0;  // span 60
constexpr double kQuantityTop = 9.0e9;             // what a Quantity holds, roughly

/// The middle of a book, or the best of the one side it has; zero where it is empty.
Price middle_or_touch(const BookUpdated& book) {
  if (book.bids.empty() && book.asks.empty()) return {};
  if (book.bids.empty()) return book.asks.front().price;
  if (book.asks.empty()) return book.bids.front().price;
  return Price::from_raw(static_cast<std::int64_t>(
      (Int128{book.bids.front().price.raw()} + book.asks.front().price.raw()) / 2));
}

}  // namespace

MarketWatch::MarketWatch(Category category, Interval interval, const LimitSettings& limits)
    : judge(limits.jump_max, limits.ticker_age_max),
      category_(category),
      interval_(interval),
      ticker_age_max_(limits.ticker_age_max),
      volume_share_(limits.quantity_volume_max),
      volume_(kVolumeDecay) {}

void MarketWatch::on_bar(const Bar& bar) {
  close_ = bar.close;
  bar_time_ = bar.close_time;
  volume_.add(bar.volume);
  range_.on_bar(bar);
}

const char* MarketWatch::doubt(const TickerUpdated& ticker) const {
  for (const Price price : {ticker.mark, ticker.last})
    if (!price.is_zero())
      if (const char* reason = judge.doubt(price)) return reason;
  return nullptr;
}

const char* MarketWatch::doubt(const BookUpdated& book) const {
  const Price price = middle_or_touch(book);
  return price.is_zero() ? nullptr : judge.doubt(price);
}

/// Counts what is in doubt. Before the first bar there is nothing to hold a price against; that is
/// no fault of the price.
const char* MarketWatch::weigh(const char* doubt) {
  if (doubt == nullptr) {
    quotes_in_doubt_ = 0;
  } else if (judge.knows()) {
    ++quotes_set_aside_;
    ++quotes_in_doubt_;
  }
  return doubt;
}

const char* MarketWatch::on_ticker(const TickerUpdated& ticker, Timestamp time) {
  // Word on funding alone, as files bring it, is no price and cannot grow old as one.
  const bool priced = !ticker.mark.is_zero() || !ticker.last.is_zero();
  if (priced) {
    const char* reason = weigh(doubt(ticker));
    judge.hear(BarJudge::Quote::Ticker, ticker.mark.is_zero() ? ticker.last : ticker.mark, time,
               reason == nullptr);
    if (reason != nullptr) return reason;
  }
  if (ticker.funding_known) funding_ = {true, ticker.funding_rate_e9};
  if (!priced) return nullptr;
  mark_ = ticker.mark;
  last_ = ticker.last;
  ticker_time_ = std::max(ticker_time_, time);
  return nullptr;
}

const char* MarketWatch::on_book(const BookUpdated& book, Timestamp time) {
  if (const Price price = middle_or_touch(book); !price.is_zero()) {
    const char* reason = weigh(doubt(book));
    judge.hear(BarJudge::Quote::Book, price, time, reason == nullptr);
    if (reason != nullptr) return reason;
  }
  mid_ = book.bids.empty() || book.asks.empty() ? Price{} : middle_or_touch(book);
  book_time_ = std::max(book_time_, time);
  return nullptr;
}

void MarketWatch::forget_quotes() {
  mark_ = last_ = mid_ = Price{};
  ticker_time_ = book_time_ = Timestamp{};
}

InlineList<Price, 2> MarketWatch::references(Timestamp now) const {
  InlineList<Price, 2> found;
  const bool mid_known = fresh(book_time_, now) && mid_ > Price{};
  const Price ticker = category_ == Category::Linear ? mark_ : last_;
  const bool ticker_known = fresh(ticker_time_, now) && ticker > Price{};
  const bool close_known = seen() && now - bar_time_ <= bar_age_max();
  if (category_ == Category::Spot && mid_known) {
    found.push_back(mid_);
    return found;
  }
  if (ticker_known)
    found.push_back(ticker);
  else if (close_known)
    found.push_back(close_);
  if (mid_known && !found.empty()) found.push_back(mid_);
  return found;
}

Duration MarketWatch::bar_age_max() const { return bar_length(bar_time_, interval_) * 3 / 2; }

Age MarketWatch::age(Timestamp now) const {
  if (!seen()) return {Duration::max(), bar_length(now, interval_) * 3 / 2};
  const Age bars{std::max(now - bar_time_, Duration{0}), bar_age_max()};
  if (bars.stale() || ticker_time_ == Timestamp{}) return bars;
  const Age tickers{std::max(now - ticker_time_, Duration{0}), ticker_age_max_};
  return tickers.stale() ? tickers : bars;
}

Timestamp MarketWatch::fresh_until() const {
  Timestamp until = Timestamp::max();
  if (seen()) until = bar_time_ + bar_age_max();
  if (ticker_time_ != Timestamp{}) until = std::min(until, ticker_time_ + ticker_age_max_);
  return until;
}

Quantity MarketWatch::quantity_max() const {
  const double share = std::min(volume_.mean() * volume_share_, kQuantityTop);
  return share > 0.0 ? Quantity::from_raw(std::max<std::int64_t>(to_fixed_raw(share), 1))
                     : Quantity{};
}

}  // namespace proteus::risk

#include "risk/states/market_watch.hpp"

#include <algorithm>

namespace proteus::risk {
namespace {

constexpr double kVolumeDecay = 1.0 - 2.0 / 61.0;  // span 60
constexpr double kQuantityTop = 9.0e9;             // what a Quantity holds, roughly

}  // namespace

MarketWatch::MarketWatch(Category category, Interval interval, const LimitSettings& limits)
    : judge(limits.jump_max),
      category_(category),
      interval_(interval),
      ticker_age_max_(limits.ticker_age_max),
      volume_share_(limits.quantity_volume_max),
      volume_(kVolumeDecay) {}

void MarketWatch::on_bar(const Bar& bar) {
  close_ = bar.close;
  bar_time_ = bar.close_time;
  volume_.add(bar.volume);
}

void MarketWatch::on_ticker(const TickerUpdated& ticker, Timestamp time) {
  // Word on funding alone, as files bring it, is no price and cannot grow old as one.
  if (ticker.mark.is_zero() && ticker.last.is_zero()) return;
  mark_ = ticker.mark;
  last_ = ticker.last;
  ticker_time_ = std::max(ticker_time_, time);
}

void MarketWatch::on_book(const BookUpdated& book, Timestamp time) {
  mid_ = book.bids.empty() || book.asks.empty()
             ? Price{}
             : Price::from_raw(static_cast<std::int64_t>(
                   (Int128{book.bids.front().price.raw()} + book.asks.front().price.raw()) / 2));
  book_time_ = std::max(book_time_, time);
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

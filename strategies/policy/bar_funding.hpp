// The funding of each bar of one instrument: the settlements that fell into it, by the rule of the
// paper venue and of training (the venue's word before the grid), and the rate that features show.
#pragma once

#include <span>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/bar.hpp"
#include "engine/matching/funding.hpp"
#include "strategies/features/settled_funding.hpp"

namespace proteus::strategies {

class BarFunding {
 public:
  /// Zero (spot): nothing is ever due.
  explicit BarFunding(Duration interval) : interval_(interval) { due_.reserve(8); }

  void on_ticker(const TickerUpdated& ticker, Timestamp at) {
    told_.announced(ticker);
    if (clock_.started()) clock_.learn(ticker, at);
    last_ = {ticker, at};
  }
  /// The settlements in (open, close] of the next bar; valid until the next call.
  std::span<const matching::FundingTime> settle(const Bar& bar) {
    if (!clock_.started()) {
      clock_.start(interval_, bar.open_time);
      if (last_.at != Timestamp{}) clock_.learn(last_.ticker, last_.at);
    }
    due_.clear();
    for (; clock_.due().time <= bar.close_time; clock_.settle())
      if (clock_.due().time > bar.open_time) due_.push_back(clock_.due());
    return due_;
  }
  /// What a bar that closes then shows.
  [[nodiscard]] features::FundingView view(Timestamp close) { return told_.at(close); }

  /// The next bar does not follow the last one; what tickers said stays true.
  void reset() { clock_ = {}; }
  void archive(Archive& a) { a(interval_, told_, clock_, last_); }

 private:
  struct Heard {
    TickerUpdated ticker;
    Timestamp at{};  ///< epoch: none yet
    void archive(Archive& a) { a(ticker, at); }
  };
  Duration interval_;
  features::SettledFunding told_;
  matching::FundingClock clock_;
  Heard last_;
  std::vector<matching::FundingTime> due_;
};

}  // namespace proteus::strategies

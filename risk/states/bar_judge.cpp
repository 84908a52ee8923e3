#include "risk/states/bar_judge.hpp"

#include <cmath>
#include <cstddef>

namespace proteus::risk {
namespace {

constexpr double kExtreme = 10.0;  // beyond this factor one opinion is not enough

}  // namespace

BarJudge::BarJudge(double jump_max, Duration quote_age_max)
    : ratio_min_(std::exp(-jump_max)),
      ratio_max_(std::exp(jump_max)),
      quote_age_max_(quote_age_max) {}

const char* BarJudge::judge(const Bar& bar, Looker looker) {
  bool& looked = looked_[static_cast<std::size_t>(looker)];
  if (!any_ || bar.open_time != judged_open_ || looked) {
    looked_ = {false, false};
    any_ = true;
    judged_open_ = bar.open_time;
    word_ = first_look(bar);
    if (word_ != Word::Fine) ++set_aside_;
  }
  looked = true;
  return sentence(word_, bar);
}

const char* BarJudge::sentence(Word word, const Bar& bar) {
  switch (word) {
    case Word::Fine:
      return nullptr;
    case Word::Impossible:
      return absurdity(bar);
    case Word::NotNewer:
      return "the bar is older than the last one, or came twice";
    case Word::Unconfirmed:
      return "the close jumps beyond the limit, not yet confirmed by a second";
    case Word::Contradicted:
      return "the close jumps beyond the limit, tickers or books deny it";
    case Word::Open:
      break;
  }
  return "the open jumps away from the last close and from its own";
}

bool BarJudge::near(double close, double level) const {
  const double ratio = close / level;
  return ratio >= ratio_min_ && ratio <= ratio_max_;
}

const char* BarJudge::doubt(Price price) const {
  if (level_ <= 0.0) return "no bar has come yet to hold it against";
  return near(price.to_double(), level_) ? nullptr
                                         : "it jumps away from the last price that was believed";
}

void BarJudge::hear(Quote quote, Price price, Timestamp time, bool believed) {
  heard_[static_cast<std::size_t>(quote)] = {price.to_double(), time};
  if (believed) level_ = price.to_double();
}

BarJudge::Word BarJudge::first_look(const Bar& bar) {
  distance_ = 0.0;
  if (absurdity(bar) != nullptr) return Word::Impossible;
  const bool known = good_close_ > 0.0;
  if (known && bar.open_time < good_until_) return Word::NotNewer;
  const double close = bar.close.to_double();
  if (known && !near(close, good_close_))
    if (const Word word = jump(close, bar.close_time); word != Word::Fine) return word;
  // Orders fill at the open: it has to be a price of this bar or of the one before.
  const double open = bar.open.to_double();
  if (known && !near(open, good_close_) && !near(open, close)) {
    distance_ = std::abs(std::log(open / good_close_));
    if (near(close, good_close_)) candidate_ = 0.0;
    return Word::Open;
  }
  candidate_ = 0.0;
  bars_there_ = 0;
  good_close_ = level_ = close;
  good_until_ = bar.close_time;
  return Word::Fine;
}

/// A close beyond the limit: who else says so, and who denies it?
BarJudge::Word BarJudge::jump(double close, Timestamp time) {
  const bool goes_on = candidate_ > 0.0 && near(close, candidate_);
  bars_there_ = goes_on ? bars_there_ + 1 : 1;
  candidate_ = close;
  std::int64_t opinions = bars_there_ - 1;
  bool denied = false;
  for (const Heard& heard : heard_) {
    const Duration away = heard.time > time ? heard.time - time : time - heard.time;
    if (heard.price <= 0.0 || away > quote_age_max_) continue;
    if (near(heard.price, close))
      ++opinions;
    else
      denied = true;
  }
  const double ratio = close / good_close_;
  const std::int64_t needed = ratio > kExtreme || ratio < 1.0 / kExtreme ? 2 : 1;
  if (!denied && opinions >= needed) return Word::Fine;
  distance_ = std::abs(std::log(ratio));
  return denied ? Word::Contradicted : Word::Unconfirmed;
}

}  // namespace proteus::risk

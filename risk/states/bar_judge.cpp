#include "risk/states/bar_judge.hpp"

#include <cmath>
#include <cstddef>

namespace proteus::risk {

BarJudge::BarJudge(double jump_max)
    : ratio_min_(std::exp(-jump_max)), ratio_max_(std::exp(jump_max)) {}

const char* BarJudge::judge(const Bar& bar, Looker looker) {
  bool& looked = looked_[static_cast<std::size_t>(looker)];
  if (!any_ || bar.open_time != judged_open_ || looked) {
    looked_[0] = looked_[1] = false;
    any_ = true;
    judged_open_ = bar.open_time;
    verdict_ = first_look(bar);
    if (verdict_ != nullptr) ++set_aside_;
  }
  looked = true;
  return verdict_;
}

bool BarJudge::near(double close, double level) const {
  const double ratio = close / level;
  return ratio >= ratio_min_ && ratio <= ratio_max_;
}

const char* BarJudge::first_look(const Bar& bar) {
  distance_ = 0.0;
  if (const char* reason = absurdity(bar)) return reason;
  if (good_close_ > 0.0 && bar.open_time < good_until_)
    return "the bar is older than the last one, or came twice";
  const double close = bar.close.to_double();
  if (good_close_ > 0.0 && !near(close, good_close_) &&
      !(candidate_ > 0.0 && near(close, candidate_))) {
    distance_ = std::abs(std::log(close / good_close_));
    candidate_ = close;
    return "the close jumps beyond the limit, not yet confirmed by a second";
  }
  // Orders fill at the open: it has to be a price of this bar or of the one before.
  const double open = bar.open.to_double();
  if (good_close_ > 0.0 && !near(open, good_close_) && !near(open, close)) {
    distance_ = std::abs(std::log(open / good_close_));
    if (near(close, good_close_)) candidate_ = 0.0;
    return "the open jumps away from the last close and from its own";
  }
  candidate_ = 0.0;
  good_close_ = close;
  good_until_ = bar.close_time;
  return nullptr;
}

}  // namespace proteus::risk

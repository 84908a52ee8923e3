#include "connectors/bybit/time_order.hpp"

#include <algorithm>
#include <tuple>

namespace proteus::bybit {

bool TimeOrder::Later::operator()(const Held& a, const Held& b) const {
  const auto key = [](const Bar& bar) {
    return std::tuple(bar.close_time, bar.instrument.index, bar.interval);
  };
  return key(b.bar) < key(a.bar);
}

void TimeOrder::bar_closed(const Bar& bar, BarSource source) {
  if (!holding_ && held_.empty()) return out_.bar_closed(bar, source);
  held_.push({bar, source});
  if (source == BarSource::Stream)
    first_live_ = std::min(first_live_.value_or(bar.close_time), bar.close_time);
  if (source != BarSource::Warmup) return;
  if (warm_up_.size() <= bar.instrument.index) warm_up_.resize(bar.instrument.index + 1);
  ++warm_up_[bar.instrument.index];
}

void TimeOrder::hold() {
  holding_ = true;
  until_ = {};
}

void TimeOrder::end() {
  holding_ = false;
  until_ = Timestamp::max();
}

void TimeOrder::hand_on() {
  for (int i = 0; i < kAtOnce && !held_.empty() && held_.top().bar.close_time <= until_; ++i) {
    const Held next = held_.top();
    held_.pop();
    // Before the last one is told: who hears it may look whether there is more.
    if (next.source == BarSource::Warmup) --warm_up_[next.bar.instrument.index];
    out_.bar_closed(next.bar, next.source);
  }
  if (!held_.empty()) return;
  first_live_.reset();
  if (!holding_) held_ = {};  // and its memory
}

}  // namespace proteus::bybit

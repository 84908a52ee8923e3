#include "connectors/bybit/time_order.hpp"

#include <tuple>

namespace proteus::bybit {

bool TimeOrder::Later::operator()(const Held& a, const Held& b) const {
  const auto key = [](const Bar& bar) {
    return std::tuple(bar.close_time, bar.instrument.index, bar.interval);
  };
  return key(b.bar) < key(a.bar);
}

void TimeOrder::bar_closed(const Bar& bar, BarSource source) {
  if (!holding_) return out_.bar_closed(bar, source);
  held_.push({bar, source});
}

void TimeOrder::release(Timestamp until) {
  while (!held_.empty() && held_.top().bar.close_time <= until) {
    const Held next = held_.top();
    held_.pop();
    out_.bar_closed(next.bar, next.source);
  }
}

void TimeOrder::end() {
  holding_ = false;
  release(Timestamp::max());
}

}  // namespace proteus::bybit

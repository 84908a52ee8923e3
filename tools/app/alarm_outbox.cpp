#include "tools/app/alarm_outbox.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/assert.hpp"

namespace proteus::app {
namespace {

constexpr Duration kPauseFirst = std::chrono::seconds{1};
constexpr Duration kPauseLongest = std::chrono::minutes{1};

/// 1 s, 2 s, 4 s, ... up to a minute.
Duration pause_after(std::int64_t attempts) {
  const std::int64_t doublings = std::min<std::int64_t>(attempts - 1, 6);
  return std::min(kPauseLongest, kPauseFirst * (std::int64_t{1} << doublings));
}

}  // namespace

void AlarmOutbox::offer(Alarm alarm) {
  waiting_.push_back(std::move(alarm));
  if (waiting_.size() <= static_cast<std::size_t>(settings_.queue_max)) return;
  waiting_.erase(std::ranges::min_element(waiting_, {}, &Alarm::severity));
  ++counters_.dropped;
}

const Alarm* AlarmOutbox::begin(Duration now) {
  if (under_way_ || (current_ && now < due_)) return nullptr;
  if (!current_) {
    if (waiting_.empty()) return nullptr;
    // The first of the greatest: max_element gives the first of equals.
    const auto next = std::ranges::max_element(waiting_, {}, &Alarm::severity);
    current_ = std::move(*next);
    waiting_.erase(next);
    attempt_ = 0;
  }
  under_way_ = true;
  ++attempt_;
  ++counters_.attempts;
  return &*current_;
}

void AlarmOutbox::end(Delivery outcome, std::string word, Duration now) {
  PROTEUS_ASSERT(under_way_);
  under_way_ = false;
  last_word_ = std::move(word);
  if (outcome == Delivery::Delivered) {
    ++counters_.delivered;
    failures_in_a_row_ = 0;
    current_.reset();
    return;
  }
  ++failures_in_a_row_;
  if (outcome == Delivery::Hopeless || attempt_ >= settings_.attempts_max) {
    ++counters_.given_up;
    current_.reset();
    return;
  }
  due_ = now + pause_after(attempt_);
}

}  // namespace proteus::app

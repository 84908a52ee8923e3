#include "risk/limits/executions.hpp"

#include <algorithm>

namespace proteus::risk {
namespace {

constexpr std::int64_t kReserved = 1024;

}  // namespace

Executions::Executions(std::int64_t max, Duration window) : max_(max), window_(window) {
  for (auto& times : times_) times.reserve(static_cast<std::size_t>(std::min(max, kReserved)));
}

bool Executions::on_execution(Side side, Timestamp now) {
  std::vector<Timestamp>& times = times_[static_cast<std::size_t>(side)];
  const auto in_window =
      std::ranges::find_if(times, [&](Timestamp t) { return now - t <= window_; });
  times.erase(times.begin(), in_window);
  times.push_back(now);
  if (static_cast<std::int64_t>(times.size()) < max_) return false;
  stopped_at_ = static_cast<std::int64_t>(times.size());
  times.clear();
  return true;
}

std::int64_t Executions::count(Side side, Timestamp now) const {
  if (stopped_at_ > 0) return stopped_at_;
  const std::vector<Timestamp>& times = times_[static_cast<std::size_t>(side)];
  return std::ranges::count_if(times, [&](Timestamp t) { return now - t <= window_; });
}

void Executions::reset() {
  for (auto& times : times_) times.clear();
  stopped_at_ = 0;
}

}  // namespace proteus::risk

#include "connectors/live/request_bucket.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace proteus::live {
namespace {

constexpr int kLimitMax = 100'000;
constexpr std::int64_t kResetMsMax = 9'000'000'000'000;

char lower_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_header(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b,
                            [](char x, char y) { return lower_letter(x) == lower_letter(y); });
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failed != std::errc{} || end != text.data() + text.size() || value < 0)
    return std::nullopt;
  return value;
}

}  // namespace

void read_header(RateLimit& limit, std::string_view name, std::string_view value) {
  const std::optional<std::int64_t> number = whole_number(value);
  if (!number) return;
  if (same_header(name, "X-Bapi-Limit") && *number <= kLimitMax)
    limit.limit = static_cast<int>(*number);
  else if (same_header(name, "X-Bapi-Limit-Status") && *number <= kLimitMax)
    limit.left = static_cast<int>(*number);
  else if (same_header(name, "X-Bapi-Limit-Reset-Timestamp") && *number <= kResetMsMax)
    limit.reset = from_unix_ms(*number);
}

void RequestBucket::drop_returned(SteadyTime now) {
  while (!back_.empty() && back_.front() <= now) back_.pop_front();
}

int RequestBucket::kept(BucketUse use) const {
  if (use == BucketUse::Cancel) return 0;
  return std::clamp(settings_.reserved, 0, std::max(settings_.limit - 1, 0));
}

int RequestBucket::left(SteadyTime now) const {
  const auto returned = std::ranges::upper_bound(back_, now);
  return std::max(0, settings_.limit - static_cast<int>(back_.end() - returned));
}

SteadyTime RequestBucket::ready_at(SteadyTime now, BucketUse use) const {
  const SteadyTime open = std::max(now, closed_until_);
  // So many may be out at most when the next one goes.
  const int out_max = std::max(settings_.limit, 1) - kept(use) - 1;
  const auto returned =
      static_cast<std::ptrdiff_t>(std::ranges::upper_bound(back_, open) - back_.begin());
  const auto out = static_cast<std::ptrdiff_t>(back_.size()) - returned;
  if (out <= out_max) return open;
  return back_[static_cast<std::size_t>(returned + out - out_max - 1)];
}

bool RequestBucket::take(SteadyTime now, BucketUse use) {
  drop_returned(now);
  if (ready_at(now, use) > now) return false;
  const SteadyTime back = now + settings_.window + settings_.slack;
  back_.insert(std::ranges::upper_bound(back_, back), back);
  return true;
}

SteadyTime RequestBucket::reset_time(const RateLimit& said, Timestamp venue_now,
                                     SteadyTime now) const {
  if (said.reset == Timestamp{}) return now + settings_.window + settings_.slack;
  // Whatever our reckoning of the venue's clock is worth, a window ends within a window.
  const Duration ahead = std::clamp(said.reset - venue_now, Duration{0}, settings_.window);
  return now + ahead + settings_.slack;
}

void RequestBucket::spend_until(int left_now, SteadyTime back, SteadyTime now) {
  drop_returned(now);
  for (int spare = left(now) - left_now; spare > 0; --spare)
    back_.insert(std::ranges::upper_bound(back_, back), back);
}

void RequestBucket::learn(const RateLimit& said, Timestamp venue_now, SteadyTime now) {
  if (!said.known()) return;
  settings_.limit = said.limit;
  // Somebody else may use the same account. What is on its way we know better than the answer.
  if (said.left < 0) return;
  // Unless it is exhausted the venue writes no reset: what others took comes back in a window.
  const SteadyTime back =
      said.left == 0 ? reset_time(said, venue_now, now) : now + settings_.window + settings_.slack;
  spend_until(std::min(said.left, said.limit), back, now);
}

void RequestBucket::exhausted(const RateLimit& said, Timestamp venue_now, SteadyTime now) {
  if (said.known()) settings_.limit = said.limit;
  closed_until_ = std::max(closed_until_, reset_time(said, venue_now, now));
}

}  // namespace proteus::live

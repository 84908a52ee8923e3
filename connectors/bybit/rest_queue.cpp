#include "connectors/bybit/rest_queue.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::bybit {

RestQueue::RestQueue(const FeedSettings& settings, RestIo& io, FeedOutput& out, std::uint64_t seed,
                     int tries_max)
    : settings_(settings),
      io_(io),
      out_(out),
      backoff_(settings.backoff_min, settings.backoff_max, seed),
      tries_max_(tries_max),
      tokens_(std::max(1.0, settings.rest_rate)) {}

void RestQueue::submit(const RestTicket& ticket, std::string target, SteadyTime now, bool urgent) {
  Request request;
  request.ticket = ticket;
  request.target = std::move(target);
  request.not_before = now;
  if (urgent)
    waiting_.push_front(std::move(request));
  else
    waiting_.push_back(std::move(request));
  pump(now);
}

bool RestQueue::take_token(SteadyTime now) {
  const double burst = std::max(1.0, settings_.rest_rate);
  if (refilled_) {
    const std::chrono::duration<double> since = now - *refilled_;
    tokens_ = std::min(burst, tokens_ + since.count() * settings_.rest_rate);
  }
  refilled_ = now;
  if (tokens_ < 1.0) return false;
  tokens_ -= 1.0;
  return true;
}

void RestQueue::pump(SteadyTime now) {
  if (now < closed_until_) return;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (in_flight_.size() >= static_cast<std::size_t>(settings_.rest_in_flight_max)) return;
    if (now < it->not_before) {
      ++it;
      continue;
    }
    if (!take_token(now)) return;
    Request request = std::move(*it);
    it = waiting_.erase(it);
    request.sent = now;
    const RequestId id = next_id_++;
    std::string target = request.target;
    in_flight_.emplace(id, std::move(request));
    ++sent_;
    io_.get(id, std::move(target));
  }
}

std::optional<RestAnswer> RestQueue::on_response(RequestId id, Result<HttpResponse> response,
                                                 SteadyTime now) {
  const auto found = in_flight_.find(id);
  if (found == in_flight_.end()) return std::nullopt;
  Request request = std::move(found->second);
  in_flight_.erase(found);
  std::optional<RestAnswer> result;
  if (!response) {
    result = failed(std::move(request), RestVerdict::Failed, response.error().context, now);
  } else if (const RestCheck check = codec_.check_answer(response.value());
             check.verdict != RestVerdict::Good) {
    result = failed(std::move(request), check.verdict, check.reason, now);
  } else {
    limited_ = 0;
    RestAnswer& answer = result.emplace();
    answer.ticket = request.ticket;
    answer.target = std::move(request.target);
    answer.body = std::move(response.value().body);
    answer.server_time = check.time;
    answer.sent = request.sent;
    answer.received = now;
    answer.attempt = request.attempt;
  }
  pump(now);
  return result;
}

std::optional<RestAnswer> RestQueue::again(RestAnswer answer, const std::string& reason,
                                           SteadyTime now) {
  Request request;
  request.ticket = answer.ticket;
  request.target = std::move(answer.target);
  request.attempt = answer.attempt;
  return failed(std::move(request), RestVerdict::Failed, reason, now);
}

std::optional<RestAnswer> RestQueue::failed(Request request, RestVerdict verdict,
                                            const std::string& reason, SteadyTime now) {
  if (verdict == RestVerdict::Banned)
    ban(reason, now);
  else if (verdict == RestVerdict::Limited)
    slow_down(reason, now);
  else
    out_.anomaly(AnomalyKind::RestFailed, std::nullopt,
                 fmt::format("GET {}: {}", request.target, reason));
  ++request.attempt;
  const int most = request.ticket.tries_max > 0 ? request.ticket.tries_max : tries_max_;
  const bool final = most > 0 && (verdict == RestVerdict::Refused || request.attempt >= most);
  if (final) {
    RestAnswer answer;
    answer.ticket = request.ticket;
    const ErrorCode code =
        verdict == RestVerdict::Refused ? ErrorCode::Refused : ErrorCode::Timeout;
    answer.failure = error(code, fmt::format("GET {} failed {} time(s), the last with: {}",
                                             request.target, request.attempt, reason));
    return answer;
  }
  // A refusal will hardly change its mind: it waits longest.
  request.not_before =
      now + (verdict == RestVerdict::Refused ? settings_.backoff_max
                                             : backoff_.pause(request.attempt - 1));
  waiting_.push_back(std::move(request));
  return std::nullopt;
}

void RestQueue::ban(const std::string& reason, SteadyTime now) {
  if (closed_until_ < now + settings_.ban_pause / 2)  // One message a ban, not one a request.
    out_.anomaly(
        AnomalyKind::RateLimited, std::nullopt,
        fmt::format("the venue bars this address: no REST for {} s ({})",
                    std::chrono::duration_cast<std::chrono::seconds>(settings_.ban_pause).count(),
                    reason));
  closed_until_ = std::max(closed_until_, now + settings_.ban_pause);
}

void RestQueue::slow_down(const std::string& reason, SteadyTime now) {
  if (closed_until_ <= now)
    out_.anomaly(AnomalyKind::RateLimited, std::nullopt,
                 fmt::format("the venue asks to slow down ({})", reason));
  closed_until_ = std::max(closed_until_, now + backoff_.pause(limited_++));
}

std::optional<RestAnswer> RestQueue::on_timer(SteadyTime now) {
  std::optional<RestAnswer> given_up;
  for (auto it = in_flight_.begin(); it != in_flight_.end() && !given_up;) {
    if (now - it->second.sent < settings_.request_deadline) {
      ++it;
      continue;
    }
    Request request = std::move(it->second);
    it = in_flight_.erase(it);
    given_up = failed(std::move(request), RestVerdict::Failed, "no answer in time", now);
  }
  pump(now);
  return given_up;
}

}  // namespace proteus::bybit

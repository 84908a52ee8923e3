#include "connectors/live/rest_lane.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::live {
namespace {

constexpr std::size_t kInFlightMax = 8;
constexpr int kReadTries = 8;
/// A create that has waited that long for room was decided on a market that is gone.
constexpr Duration kStaleCreate = std::chrono::seconds{10};

/// Requests a second that the venue grants where it has not said otherwise (reference 4.2).
int limit_of(const std::string& path) {
  if (path.find("/fee-rate") != std::string::npos) return 5;
  if (path.find("/realtime") != std::string::npos || path.find("/history") != std::string::npos ||
      path.find("/list") != std::string::npos || path.find("/wallet") != std::string::npos ||
      path.find("/account/info") != std::string::npos)
    return 50;
  return 10;
}

}  // namespace

std::string RestReply::words() const {
  return fmt::format("{} {}", http != 200 ? http : code, message);
}

Outcome outcome_of(RequestKind kind, const Result<RestReply>& reply) {
  if (reply.has_value()) return reply.value().outcome(kind);
  return reply.error().code == ErrorCode::Refused ? Outcome::Later : Outcome::Unknown;
}

std::string words_of(const Result<RestReply>& reply) {
  return reply.has_value() ? reply.value().words() : reply.error().context;
}

RequestBucket& RestLane::bucket(const std::string& path) {
  const auto known = buckets_.find(path);
  if (known != buckets_.end()) return known->second;
  BucketSettings settings;
  settings.limit = limit_of(path);
  return buckets_.emplace(path, RequestBucket{settings}).first->second;
}

void RestLane::get(std::string path, std::string query, OnReply on) {
  Job job;
  job.path = std::move(path);
  job.text = std::move(query);
  job.on = std::move(on);
  waiting_.push_back(std::move(job));
  pump(now_);
}

void RestLane::post(std::string path, std::string body, RequestKind kind, OnReply on) {
  Job job;
  job.post = true;
  job.kind = kind;
  job.wanted = now_;
  job.path = std::move(path);
  job.text = std::move(body);
  job.on = std::move(on);
  // Orders do not stand in line behind reads, and keep their own order: a close before its open.
  const auto reads = std::ranges::find_if(waiting_, [](const Job& j) { return !j.post; });
  waiting_.insert(reads, std::move(job));
  pump(now_);
}

void RestLane::pump(SteadyTime now) {
  if (barred(now)) {
    // Whoever waits learns it from the next timer: a callback from inside get() would surprise.
    return;
  }
  for (auto at = waiting_.begin(); at != waiting_.end() && in_flight_.size() < kInFlightMax;) {
    const BucketUse use = at->kind == RequestKind::Cancel ? BucketUse::Cancel : BucketUse::Other;
    if (at->not_before > now || !bucket(at->path).take(now, use)) {
      ++at;
      continue;
    }
    Job job = std::move(*at);
    at = waiting_.erase(at);
    send(std::move(job), now);
    at = waiting_.begin();
  }
}

void RestLane::send(Job job, SteadyTime now) {
  const std::string stamp = std::to_string(parts_.stamp_ms(now));
  const std::string window = std::to_string(parts_.recv_window_ms());
  std::string text;
  text.reserve(stamp.size() + parts_.signing.key().size() + window.size() + job.text.size());
  text += stamp;
  text += parts_.signing.key();
  text += window;
  text += job.text;
  HttpCall call;
  call.post = job.post;
  call.target = job.post || job.text.empty() ? job.path : job.path + "?" + job.text;
  call.headers = {{"X-BAPI-API-KEY", std::string(parts_.signing.key())},
                  {"X-BAPI-TIMESTAMP", stamp},
                  {"X-BAPI-RECV-WINDOW", window},
                  {"X-BAPI-SIGN", parts_.signing.sign(text)}};
  if (job.post) {
    call.headers.emplace_back("Content-Type", "application/json");
    call.body = job.text;
  }
  job.sent = now;
  const RequestId id = next_++;
  in_flight_.emplace(id, std::move(job));
  parts_.io.request(id, std::move(call));
}

void RestLane::finish(Job job, Result<RestReply> reply) { job.on(std::move(reply)); }

void RestLane::again(Job job, const std::string& why, SteadyTime now) {
  // A read changes nothing, and what is set is set: both may be asked again.
  const bool once = job.post && job.kind != RequestKind::Setting;
  if (once || ++job.tries >= kReadTries)
    return finish(std::move(job), error(ErrorCode::Timeout, why));
  job.not_before = now + backoff_.pause(job.tries);
  waiting_.push_back(std::move(job));
}

void RestLane::bar(SteadyTime now) {
  if (!barred(now)) ++bans_;
  barred_until_ = now + parts_.settings.ban_pause;
}

void RestLane::on_answer(RequestId id, Result<HttpAnswer> answer, SteadyTime now) {
  now_ = now;
  const auto found = in_flight_.find(id);
  if (found == in_flight_.end()) return;  // It came after its deadline.
  Job job = std::move(found->second);
  in_flight_.erase(found);
  if (answer.has_error()) {
    // Refused and NotFound: no connection was there, so that nothing has left.
    const ErrorCode code = answer.error().code;
    if (job.post && (code == ErrorCode::Refused || code == ErrorCode::NotFound))
      return finish(std::move(job), error(ErrorCode::Refused, answer.error().context));
    again(std::move(job), answer.error().context, now);
    return pump(now);
  }
  HttpAnswer& got = answer.value();
  RestReply reply;
  reply.http = got.status;
  if (got.status == 403) bar(now);
  if (got.status == 200) {
    const auto envelope = codec_.envelope(got.body);
    if (envelope.has_error()) {
      ++parts_.counters.malformed;
      again(std::move(job), envelope.error().context, now);
      return pump(now);
    }
    reply.code = envelope.value().code;
    reply.message = envelope.value().message.view();
  } else {
    reply.message = fmt::format("HTTP {}", got.status);
  }
  RequestBucket& room = bucket(job.path);
  if (reply.code == 10006)
    room.exhausted(got.limit, parts_.clock.at(now), now);
  else if (got.limit.known())
    room.learn(got.limit, parts_.clock.at(now), now);
  reply.body = std::move(got.body);
  const Outcome outcome = reply.outcome(job.kind);
  if (job.kind == RequestKind::Setting &&
      (outcome == Outcome::Later || outcome == Outcome::Unknown)) {
    const std::string why = fmt::format("{}: {} {}", job.path, reply.code, reply.message);
    again(std::move(job), why, now);
    return pump(now);
  }
  if (!job.post && (reply.http != 200 || reply.code != 0)) {
    const std::string why = fmt::format("{}: {} {}", job.path, reply.code, reply.message);
    if (outcome == Outcome::Later || outcome == Outcome::Unknown)
      again(std::move(job), why, now);
    else
      finish(std::move(job),
             error(outcome == Outcome::Fatal ? ErrorCode::Unsupported : ErrorCode::Malformed, why));
    return pump(now);
  }
  finish(std::move(job), std::move(reply));
  pump(now);
}

void RestLane::on_timer(SteadyTime now) {
  now_ = now;
  std::vector<Job> late;
  for (auto at = in_flight_.begin(); at != in_flight_.end();) {
    if (now - at->second.sent < parts_.settings.request_deadline) {
      ++at;
      continue;
    }
    late.push_back(std::move(at->second));
    at = in_flight_.erase(at);
  }
  for (Job& job : late) {
    const std::string why = fmt::format("{}: no answer in time", job.path);
    again(std::move(job), why, now);
  }
  refuse_waiting(now);
  pump(now);
}

/// What may not wait: orders while HTTP is barred, and creates that have become old.
void RestLane::refuse_waiting(SteadyTime now) {
  const bool bar = barred(now);
  const auto waits = [&](const Job& job) {
    if (job.kind == RequestKind::Create && now - job.wanted >= kStaleCreate) return false;
    return !bar || job.kind == RequestKind::Read || job.kind == RequestKind::Setting;
  };
  if (std::ranges::all_of(waiting_, waits)) return;
  std::deque<Job> all, refused;
  all.swap(waiting_);
  for (Job& job : all) (waits(job) ? waiting_ : refused).push_back(std::move(job));
  const Error why = error(ErrorCode::Refused, bar ? "HTTP is barred for ten minutes after a 403"
                                                  : "it has waited too long for room to leave");
  for (Job& job : refused) finish(std::move(job), why);
}

}  // namespace proteus::live

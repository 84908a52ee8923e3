// Signed HTTP, one request at a time through the venue's rules: a bucket for each path that learns
// from the headers, a bound on what is in flight, deadlines, and no HTTP at all for ten minutes
// after a 403. Reads and settings are asked again after a failure, and wait while HTTP is barred;
// orders are sent once.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>

#include "connectors/bybit/backoff.hpp"
#include "connectors/live/account_codec.hpp"
#include "connectors/live/gateway_parts.hpp"
#include "connectors/live/return_codes.hpp"

namespace proteus::live {

struct RestReply {
  int http = 0;
  int code = 0;  ///< retCode; only where http is 200
  std::string message;
  std::string body;
  RestReply() = default;
  [[nodiscard]] Outcome outcome(RequestKind kind) const {
    return http != 200 ? outcome_of_http(kind, http) : outcome_of(kind, code);
  }
  /// "110007 ab not enough for new order"
  [[nodiscard]] std::string words() const;
};
/// Later: it never left us. Unknown: no answer came.
Outcome outcome_of(RequestKind kind, const Result<RestReply>& reply);
std::string words_of(const Result<RestReply>& reply);

class RestLane {
 public:
  /// An error: Refused, the request never left us (HTTP is barred); anything else, its outcome is
  /// unknown.
  using OnReply = std::function<void(Result<RestReply>)>;

  explicit RestLane(WireParts& parts)
      : parts_(parts),
        backoff_(std::chrono::milliseconds{250}, std::chrono::seconds{4}, parts.seed ^ 0x7e57U) {}

  /// A read; answers with code 0, or with an error after a few tries.
  void get(std::string path, std::string query, OnReply on);
  void post(std::string path, std::string body, RequestKind kind, OnReply on);

  void on_answer(RequestId id, Result<HttpAnswer> answer, SteadyTime now);
  void on_timer(SteadyTime now);
  /// The venue bars this address (HTTP 403), whoever asked: nothing leaves for ban_pause.
  void bar(SteadyTime now);
  /// After a 403.
  [[nodiscard]] bool barred(SteadyTime now) const { return now < barred_until_; }
  [[nodiscard]] std::uint64_t bans() const { return bans_; }
  void tick(SteadyTime now) { now_ = now; }
  /// The time of the last call that told one.
  [[nodiscard]] SteadyTime now() const { return now_; }

 private:
  struct Job {
    bool post = false;
    RequestKind kind = RequestKind::Read;
    std::string path;
    std::string text;  ///< query or body
    OnReply on;
    int tries = 0;
    SteadyTime wanted{};
    SteadyTime not_before{};
    SteadyTime sent{};
  };
  void pump(SteadyTime now);
  void refuse_waiting(SteadyTime now);
  void send(Job job, SteadyTime now);
  void finish(Job job, Result<RestReply> reply);
  void again(Job job, const std::string& why, SteadyTime now);
  RequestBucket& bucket(const std::string& path);

  WireParts& parts_;
  AccountCodec codec_;
  bybit::Backoff backoff_;
  std::deque<Job> waiting_;
  std::map<RequestId, Job> in_flight_;
  std::map<std::string, RequestBucket> buckets_;
  RequestId next_ = 1;
  SteadyTime barred_until_{};
  SteadyTime now_{};
  std::uint64_t bans_ = 0;
};

}  // namespace proteus::live

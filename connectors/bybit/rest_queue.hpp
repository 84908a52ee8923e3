// REST reads: a token bucket, a bound on requests in flight, deadlines, retries with back-off, and
// the ten minutes of silence after HTTP 403. Real time only. In order of submission, urgent first.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "connectors/bybit/backoff.hpp"
#include "connectors/bybit/feed_io.hpp"
#include "connectors/bybit/kline_merger.hpp"
#include "connectors/bybit/rest_codec.hpp"
#include "connectors/bybit/settings.hpp"

namespace proteus::bybit {

enum class RestPurpose : std::uint8_t { Time, Klines, Instruments, Funding };

/// What a request was for; comes back with its answer.
struct RestTicket {
  RestPurpose purpose = RestPurpose::Time;
  std::size_t series = 0;                ///< Klines
  BarWindow window;                      ///< Klines
  Category category = Category::Linear;  ///< Instruments
  std::optional<StreamId> stream;        ///< Time: asked before this stream subscribes
  std::uint64_t generation = 0;          ///< Time: of that stream's connection
  InstrumentId instrument;               ///< Funding
  int tries_max = 0;                     ///< of this request; 0: the queue's
};

struct RestAnswer {
  RestTicket ticket;
  std::string target;
  std::string body;         ///< retCode 0
  Timestamp server_time{};  ///< of the envelope; epoch where it has none
  SteadyTime sent{};
  SteadyTime received{};
  int attempt = 0;
  std::optional<Error> failure;  ///< given up; only with a bound on tries
};

class RestQueue {
 public:
  /// tries_max 0: never give up. With a bound, a refusal is final at once.
  RestQueue(const FeedSettings& settings, RestIo& io, FeedOutput& out, std::uint64_t seed,
            int tries_max = 0);

  void submit(const RestTicket& ticket, std::string target, SteadyTime now, bool urgent = false);
  /// Puts a request back whose body turned out unusable.
  std::optional<RestAnswer> again(RestAnswer answer, const std::string& reason, SteadyTime now);
  /// A usable answer, or nothing: unknown, too late, or to be asked again.
  std::optional<RestAnswer> on_response(RequestId id, Result<HttpResponse> response,
                                        SteadyTime now);
  /// Deadlines, and sending what may be sent now. Returns what is given up (bounded tries only).
  std::optional<RestAnswer> on_timer(SteadyTime now);

  /// Nothing is sent for settings.ban_pause: the venue bars this address (HTTP 403), whoever asked.
  void ban(const std::string& reason, SteadyTime now);

  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] RestCodec& codec() { return codec_; }

 private:
  struct Request {
    RestTicket ticket;
    std::string target;
    int attempt = 0;
    SteadyTime not_before{};
    SteadyTime sent{};
  };
  std::optional<RestAnswer> failed(Request request, RestVerdict verdict, const std::string& reason,
                                   SteadyTime now);
  void slow_down(const std::string& reason, SteadyTime now);
  void pump(SteadyTime now);
  bool take_token(SteadyTime now);

  const FeedSettings& settings_;
  RestIo& io_;
  FeedOutput& out_;
  RestCodec codec_;
  Backoff backoff_;
  int tries_max_;
  std::deque<Request> waiting_;
  std::map<RequestId, Request> in_flight_;
  RequestId next_id_ = 1;
  double tokens_;
  std::optional<SteadyTime> refilled_;
  SteadyTime closed_until_{};  ///< nothing is sent before: a ban, or told to slow down
  int limited_ = 0;            ///< how often in a row we were told to slow down
  std::uint64_t sent_ = 0;
};

}  // namespace proteus::bybit

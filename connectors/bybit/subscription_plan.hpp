// Which topics go over which connection, and the bookkeeping of acknowledgements.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/bybit/codec.hpp"
#include "connectors/bybit/feed_io.hpp"
#include "connectors/bybit/settings.hpp"
#include "engine/core/instrument.hpp"

namespace proteus::bybit {

/// One connection: a category has one, or more where the venue's limit on the size of all its
/// arguments demands it.
struct StreamPlan {
  Category category = Category::Linear;
  std::string name;  ///< "public:linear#0"
  std::string path;  ///< "/v5/public/linear"
  std::vector<std::string> topics;
  std::vector<InstrumentId> instruments;
};

/// The venue refuses more than 21,000 characters of arguments on one connection.
inline constexpr std::size_t kArgsCharsMax = 21'000;
/// Topics in one request: what spot allows, and few enough to find a bad one.
inline constexpr std::size_t kGroupSize = 10;

/// Instruments in table order; all topics of one instrument share a connection.
std::vector<StreamPlan> plan_streams(const InstrumentTable& instruments,
                                     const std::vector<Interval>& intervals, bool tickers,
                                     int book_depth, std::size_t args_chars_max = kArgsCharsMax);

/// Subscriptions of one connection's life. Sends groups, checks each acknowledgement by its id,
/// asks one by one where a group is refused, asks again where no answer came.
class Subscriptions {
 public:
  struct Refusal {
    std::string topic;
    std::string reason;
  };
  struct Step {
    std::vector<std::string> send;  ///< command texts to send now
    std::vector<Refusal> refused;   ///< topics the venue will not give
    bool unanswered =
        false;  ///< several tries of a request brought no answer: the connection is bad
  };

  /// `stream` makes the request ids readable; the deadline is real time.
  Subscriptions(StreamId stream, Duration ack_deadline)
      : stream_(stream), ack_deadline_(ack_deadline) {}

  /// Forgets everything: a new connection.
  void reset() { pending_.clear(); }
  Step subscribe(const std::vector<std::string>& topics, SteadyTime now);
  /// Drops and takes one topic again, for a new snapshot.
  Step renew(const std::string& topic, SteadyTime now);
  Step on_ack(const Ack& ack, SteadyTime now);
  Step on_timer(SteadyTime now);
  /// Starts the deadlines anew: answers may lie unread.
  void extend(SteadyTime now) {
    for (Group& group : pending_) group.sent = now;
  }
  [[nodiscard]] bool complete() const { return pending_.empty(); }

 private:
  struct Group {
    std::string req_id;
    std::vector<std::string> topics;
    SteadyTime sent{};
    int tries = 1;
  };
  void send_group(std::vector<std::string> topics, int tries, SteadyTime now, Step& step);

  StreamId stream_;
  Duration ack_deadline_;
  std::uint64_t next_id_ = 1;
  std::vector<Group> pending_;
};

}  // namespace proteus::bybit

// The recorded answers to REST requests (stream "rest"), a stretch of them at a time: who asks gets
// the one that fits. Memory: the answers of that stretch, and never more than a bound.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "connectors/replay/rest_match.hpp"
#include "connectors/storage/feed_merge.hpp"

namespace proteus::replay {

/// Hears what of a recording is damaged, a sentence each.
using OnDamage = std::function<void(const std::string&)>;

class RecordedAnswers {
 public:
  struct Answer {
    Timestamp received{};
    RestKind kind = RestKind::Other;
    std::string body;
    bool taken = false;
  };

  RecordedAnswers(const std::vector<storage::FeedStream>& streams, std::optional<Timestamp> from,
                  OnDamage on_damage);

  /// The first answer received up to `until` that fits and was not taken before.
  std::optional<Answer> take(const RestRequest& request, Timestamp until);
  /// When the next answer was received that nobody has passed by; nothing: none up to `until`.
  std::optional<Timestamp> due(Timestamp until);
  /// The one that is due is passed by; it can still be taken for a while.
  void pass();
  /// Nobody will ask any more for what was received before `time`.
  void forget(Timestamp time);
  /// Any answer of this kind received up to `until`.
  [[nodiscard]] bool holds(RestKind kind, Timestamp until);
  /// When the first answer was received.
  [[nodiscard]] std::optional<Timestamp> first();

 private:
  void fill(Timestamp until);

  storage::FeedMerge merge_;
  OnDamage on_damage_;
  bybit::RestCodec codec_;
  std::deque<Answer> answers_;  // in the order of time; behind the stretch, one more
  std::size_t held_ = 0;        // of them not taken
  std::size_t passed_ = 0;      // so many of them were passed by
  bool ended_ = false;
};

}  // namespace proteus::replay

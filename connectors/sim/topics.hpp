// The public topics: who subscribes gets the present at once and each change after it. One text a
// push serves all readers.
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/sim/frames.hpp"

namespace proteus::sim {

enum class TopicKind : std::uint8_t { Trade, Book, Ticker, Kline };

/// Also the order in which topics speak at one instant.
struct TopicKey {
  InstrumentId instrument;
  TopicKind kind = TopicKind::Trade;
  std::uint16_t detail = 0;  ///< book: depth; kline: the interval's number
  friend constexpr auto operator<=>(const TopicKey&, const TopicKey&) = default;
};

/// "kline.5.BTCUSDT" and the like; nothing if the venue has no such topic.
std::optional<TopicKey> parse_topic(const Market& market, Category category, std::string_view text);

/// One frame for all readers; an empty text is silence.
struct Push {
  std::string text;
  bool confirm = false;  ///< the closing frame of a candle
};

class Topic {
 public:
  Topic(Market& market, TopicKey key, std::string name)
      : market_(market), key_(key), name_(std::move(name)) {}
  virtual ~Topic() = default;
  Topic(const Topic&) = delete;
  Topic& operator=(const Topic&) = delete;

  /// Called when the first reader comes (again): what was remembered is old.
  virtual void wake(Timestamp now) = 0;
  /// What a new reader sees first; may be nothing.
  virtual std::string first(Timestamp now) = 0;
  /// What all readers see at this instant of the push grid.
  virtual Push push(Timestamp now) = 0;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const TopicKey& key() const { return key_; }

 protected:
  [[nodiscard]] const Instrument& instrument() const { return market_.instrument(key_.instrument); }
  [[nodiscard]] std::int64_t ts(Timestamp now) const {
    return to_unix_ms(now) + market_.clock_offset_ms();
  }
  Market& market_;
  TopicKey key_;
  std::string name_;
};

std::unique_ptr<Topic> make_topic(Market& market, TopicKey key, std::string name);

}  // namespace proteus::sim

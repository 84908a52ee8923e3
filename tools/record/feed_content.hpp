// What the frames of a recorded feed say when they are laid side by side: bars whose close was not
// heard, books that skip an update, frames whose data are of another symbol than their topic.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/storage/feed_reader.hpp"

namespace proteus::app::record {

struct TopicCount {
  std::uint64_t frames = 0;
  std::uint64_t closes = 0;  ///< bars that a kline topic confirmed
  std::uint64_t holes = 0;
};

class FeedContent {
 public:
  FeedContent();
  ~FeedContent();
  FeedContent(const FeedContent&) = delete;
  FeedContent& operator=(const FeedContent&) = delete;

  void see(const storage::FrameView& frame, const storage::FeedReader& reader);

  /// By topic; the word before the first dot decides what is counted.
  [[nodiscard]] const std::map<std::string, TopicCount, std::less<>>& topics() const {
    return topics_;
  }
  /// Sentences, each with file and line: what the stream left out, in the order of the frames.
  [[nodiscard]] const std::vector<std::string>& holes() const { return holes_; }
  /// Sentences, each with file and line: frames that contradict themselves.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  struct Place;
  struct Parser;
  void klines(const Place& place, const boost::json::value& data, TopicCount& count);
  void book(const Place& place, const boost::json::value& frame, TopicCount& count);
  void hole(const Place& place, TopicCount& count, const std::string& what);
  void mixed(const Place& place, const std::string& what);

  struct Book {
    std::uint64_t connection = 0;
    std::int64_t update = 0;
  };
  std::unique_ptr<Parser> parser_;
  std::map<std::string, TopicCount, std::less<>> topics_;
  std::map<std::string, Timestamp, std::less<>>
      last_open_;                                   ///< by stream and topic: last closed bar
  std::map<std::string, Book, std::less<>> books_;  ///< likewise
  std::vector<std::string> holes_;
  std::vector<std::string> problems_;
};

/// The topic that stands in a frame, read without parsing it; empty: none is found.
std::string_view topic_of(std::string_view frame);
/// "kline.1.BTCUSDT" is asked for by itself, by "kline.*" and by "*.BTCUSDT".
bool topic_matches(std::string_view topic, std::string_view pattern);

}  // namespace proteus::app::record

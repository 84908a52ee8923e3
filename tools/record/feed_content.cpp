#include "tools/record/feed_content.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "connectors/bybit/topics.hpp"
#include "engine/core/bar.hpp"

namespace proteus::app::record {
namespace bj = boost::json;
namespace {

/// Told one by one; beyond, the counts of the topics tell.
constexpr std::size_t kSentencesMax = 200;

const bj::value* member(const bj::object& object, std::string_view key) {
  return object.if_contains(key);
}

std::optional<std::int64_t> whole(const bj::value* value) {
  if (value == nullptr) return std::nullopt;
  boost::system::error_code failed;
  const auto number = value->to_number<std::int64_t>(failed);
  if (failed) return std::nullopt;
  return number;
}

std::string_view word(const bj::value* value) {
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

}  // namespace

struct FeedContent::Place {
  const storage::FrameView& frame;
  const storage::FeedReader& reader;
  std::string_view topic;
  bybit::Topic parts;
  std::string key;  ///< stream and topic
};

struct FeedContent::Parser {
  bj::parser json;
};

FeedContent::FeedContent() : parser_(std::make_unique<Parser>()) {}
FeedContent::~FeedContent() = default;

void FeedContent::see(const storage::FrameView& frame, const storage::FeedReader& reader) {
  if (!frame.bytes.starts_with('{') || frame.stream == "rest") return;
  boost::system::error_code failed;
  parser_->json.reset();
  parser_->json.write(frame.bytes.data(), frame.bytes.size(), failed);
  if (failed) return;
  const bj::value root = parser_->json.release();
  const std::string_view topic = word(member(root.get_object(), "topic"));
  if (topic.empty()) return;
  auto count = topics_.find(topic);
  if (count == topics_.end()) count = topics_.emplace(std::string(topic), TopicCount{}).first;
  ++count->second.frames;
  const Place place{frame, reader, topic, bybit::parse_topic(topic),
                    fmt::format("{} {}", frame.stream, topic)};
  const bj::value* const data = member(root.get_object(), "data");
  if (data == nullptr || place.parts.kind == bybit::TopicKind::Other) return;
  const auto strange = [&](const bj::value& row, const char* key) {
    if (!row.is_object()) return;
    const std::string_view symbol = word(member(row.get_object(), key));
    if (!symbol.empty() && symbol != place.parts.symbol)
      mixed(place, fmt::format("its data are of {}", symbol));
  };
  switch (place.parts.kind) {
    case bybit::TopicKind::Kline:
      return klines(place, *data, count->second);
    case bybit::TopicKind::Book:
      strange(*data, "s");
      return book(place, root, count->second);
    case bybit::TopicKind::Ticker:
      return strange(*data, "symbol");
    case bybit::TopicKind::Trade:
      if (data->is_array())
        for (const bj::value& row : data->get_array()) strange(row, "s");
      return;
    default:
      return;
  }
}

void FeedContent::klines(const Place& place, const bj::value& rows, TopicCount& count) {
  if (!rows.is_array()) return;
  for (const bj::value& row : rows.get_array()) {
    if (!row.is_object()) continue;
    const std::string_view interval = word(member(row.get_object(), "interval"));
    if (!interval.empty() && interval != bybit::wire_interval(place.parts.interval))
      mixed(place, fmt::format("its bar is of interval {}", interval));
    const bj::value* const confirmed = member(row.get_object(), "confirm");
    const auto start = whole(member(row.get_object(), "start"));
    if (!start || confirmed == nullptr || !confirmed->is_bool() || !confirmed->get_bool()) continue;
    ++count.closes;
    const Timestamp open = from_unix_ms(*start);
    const auto [last, first] = last_open_.try_emplace(place.key, open);
    if (first || open <= last->second) continue;
    const Timestamp expected = next_open(last->second, place.parts.interval);
    if (open > expected)
      hole(place, count,
           fmt::format("no close was heard of the bars from {} until {}", format_time(expected),
                       format_time(open)));
    last->second = open;
  }
}

void FeedContent::book(const Place& place, const bj::value& frame, TopicCount& count) {
  const bj::object& root = frame.get_object();
  const bj::value* const data = member(root, "data");
  if (!data->is_object()) return;
  const auto update = whole(member(data->get_object(), "u"));
  if (!update) return;
  Book& book = books_[place.key];
  const bool follows = word(member(root, "type")) == "delta" && *update != 1;
  if (follows && book.connection == place.frame.connection && book.update != 0 &&
      *update != book.update + 1)
    hole(place, count, fmt::format("the book jumps from update {} to {}", book.update, *update));
  book = {place.frame.connection, *update};
}

void FeedContent::hole(const Place& place, TopicCount& count, const std::string& what) {
  ++count.holes;
  if (holes_.size() < kSentencesMax)
    holes_.push_back(fmt::format("{}:{}: {}: {}", place.reader.path().string(), place.reader.line(),
                                 place.topic, what));
}

void FeedContent::mixed(const Place& place, const std::string& what) {
  if (problems_.size() < kSentencesMax)
    problems_.push_back(fmt::format("{}:{}: a frame of {} contradicts itself: {}",
                                    place.reader.path().string(), place.reader.line(), place.topic,
                                    what));
}

std::string_view topic_of(std::string_view frame) {
  constexpr std::string_view kKey = "\"topic\":\"";
  const std::size_t at = frame.find(kKey);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = frame.substr(at + kKey.size());
  return rest.substr(0, std::min(rest.find('"'), rest.size()));
}

bool topic_matches(std::string_view topic, std::string_view pattern) {
  if (pattern == "*") return true;
  if (pattern.starts_with('*')) return topic.ends_with(pattern.substr(1));
  if (pattern.ends_with('*')) return topic.starts_with(pattern.substr(0, pattern.size() - 1));
  return topic == pattern;
}

}  // namespace proteus::app::record

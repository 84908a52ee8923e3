#include "connectors/replay/frame_router.hpp"

#include <algorithm>

namespace proteus::replay {
namespace {

/// The text behind `"name":"`, to the next quote. Looked for near the beginning: commands and
/// topics stand there.
std::string_view text_of(std::string_view frame, std::string_view name) {
  const std::size_t at = frame.substr(0, 512).find(name);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = frame.substr(at + name.size());
  const std::size_t end = rest.find('"');
  return end == std::string_view::npos ? std::string_view{} : rest.substr(0, end);
}

/// Nothing: neither linear nor spot.
std::optional<Category> category_of(std::string_view stream) {
  if (!stream.starts_with("public")) return std::nullopt;
  if (stream.find("linear") != std::string_view::npos) return Category::Linear;
  if (stream.find("spot") != std::string_view::npos) return Category::Spot;
  return std::nullopt;
}

}  // namespace

std::string_view topic_in(std::string_view frame) { return text_of(frame, R"("topic":")"); }
std::string_view request_in(std::string_view frame) { return text_of(frame, R"("req_id":")"); }

FrameRouter::FrameRouter(std::vector<bybit::StreamPlan> plans) : plans_(std::move(plans)) {
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    Targets& targets = plans_[i].category == Category::Linear ? linear_ : spot_;
    for (const std::string& topic : plans_[i].topics)
      targets.emplace(topic, static_cast<bybit::StreamId>(i));
  }
}

FrameRouter::Origin* FrameRouter::origin_of(std::size_t source, std::string_view stream) {
  for (Origin& known : origins_)
    if (known.source == source && known.name == stream) return &known;
  const std::optional<Category> category = category_of(stream);
  if (!category) return nullptr;
  Origin& added = origins_.emplace_back();
  added.source = source;
  added.name = stream;
  added.category = *category;
  // Before a first topic: the only stream of the category, or the one with the same name.
  std::vector<bybit::StreamId> same;
  for (std::size_t i = 0; i < plans_.size(); ++i)
    if (plans_[i].category == *category) same.push_back(static_cast<bybit::StreamId>(i));
  if (same.size() == 1) {
    added.target = same.front();
  } else {
    for (const bybit::StreamId id : same)
      if (stream.ends_with(std::string(1, '-') + std::to_string(id))) added.target = id;
  }
  return &added;
}

std::optional<bybit::StreamId> FrameRouter::target_of(Origin& origin, std::string_view topic) {
  if (topic.empty()) return origin.target;
  const Targets& targets = origin.category == Category::Linear ? linear_ : spot_;
  const auto found = targets.find(topic);
  if (found == targets.end()) return std::nullopt;
  origin.target = found->second;
  return found->second;
}

bool FrameRouter::alone(bybit::StreamId target) const {
  return std::ranges::count_if(origins_, [&](const Origin& origin) {
           return origin.target == target && origin.connection != 0;
         }) <= 1;
}

}  // namespace proteus::replay

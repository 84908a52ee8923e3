// Which stream of a feed a recorded frame belongs to. Recordings know streams by their own names
// and may hold topics that nobody asks for now; a feed has its own plan of streams.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "connectors/bybit/subscription_plan.hpp"
#include "connectors/storage/frame_line.hpp"

namespace proteus::replay {

/// "topic" of a frame; empty: it has none (an answer to a command, a pong, what is no JSON).
std::string_view topic_in(std::string_view frame);
/// "req_id" of an answer to a command.
std::string_view request_in(std::string_view frame);

class FrameRouter {
 public:
  /// A stream as a recording has it.
  struct Origin {
    std::size_t source = 0;  ///< of the merged streams
    std::string name;
    Category category = Category::Linear;
    std::uint64_t connection = 0;           ///< of its last frame; 0: none yet
    std::optional<bybit::StreamId> target;  ///< where its last frame went
  };

  explicit FrameRouter(std::vector<bybit::StreamPlan> plans);

  /// Nothing: it is of no public stream that can be followed (an option, an account).
  Origin* origin_of(std::size_t source, std::string_view stream);
  /// Where a frame of `origin` goes; nothing: nobody asked for it.
  std::optional<bybit::StreamId> target_of(Origin& origin, std::string_view topic);
  /// No other recorded stream feeds `target`.
  [[nodiscard]] bool alone(bybit::StreamId target) const;
  [[nodiscard]] std::size_t streams() const { return plans_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Targets = std::unordered_map<std::string, bybit::StreamId, Hash, std::equal_to<>>;

  std::vector<bybit::StreamPlan> plans_;
  Targets linear_, spot_;
  std::deque<Origin> origins_;
};

}  // namespace proteus::replay

// Recorded feeds played through the feed that trades: the same bootstrap, codec, mergers and books
// as on the wire, told of recorded frames and answers in the order in which they were received.
// What the feed asks for is answered by what the recording holds; what it does not hold is not
// invented: bars that were never heard stay missing.
//
// Time is the recording's. A connection ends where the recording goes on with another one. Memory
// does not grow with the length of the recording. One thread; no clock, no socket.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/bybit/public_feed.hpp"
#include "connectors/replay/frame_router.hpp"
#include "connectors/replay/recorded_answers.hpp"
#include "connectors/replay/span_sink.hpp"
#include "connectors/storage/feed_merge.hpp"

namespace proteus::bybit {
class Bootstrap;
}

namespace proteus::replay {

struct FeedSource {
  std::vector<storage::FeedStream> streams;
  /// Pages of instruments-info for recordings that hold none; by category, in their order.
  std::map<Category, std::vector<std::string>> instrument_pages;
  std::vector<InstrumentName> instruments;  ///< that are played, in the order in which they trade
  bybit::FeedSettings settings;             ///< as the run had them, or would have
  Interval interval = Interval::M1;         ///< of the bars that are decided on
  std::optional<Timestamp> from;            ///< bars that open earlier are warm-up
  std::optional<Timestamp> until;           ///< bars that close later are not played
  bool past_funding = false;                ///< a policy wants the funding of the warm-up
};

struct FeedCounts {
  std::uint64_t frames = 0;      ///< handed to the feed
  std::uint64_t others = 0;      ///< of topics that nobody asked for
  std::uint64_t damages = 0;     ///< told to on_damage
  std::uint64_t unanswered = 0;  ///< requests that the recording holds no answer to
};

class FeedPlayer final : private bybit::FeedIo {
 public:
  /// Reads as far as the first frame. `on_damage` hears of damage as it is met, in words; the rest
  /// is played. Errors: NotFound (no frame of the span, no description of the instruments).
  static Result<std::unique_ptr<FeedPlayer>> open(FeedSource source, OnDamage on_damage);
  ~FeedPlayer() override;

  /// The instruments as the recording describes them. Once. Errors: those of Bootstrap.
  Result<InstrumentTable> learn();
  /// The feed begins to tell `engine`, which must live as long as this. After `learn`, once.
  Result<void> begin(EventSink& engine);
  /// Goes on to the next frame or answer. False: the recording or the span is over.
  bool step();
  void stop();

  [[nodiscard]] Timestamp now() const { return Timestamp{now_.time_since_epoch()}; }
  /// When the frame that comes next was received; nothing: there is none.
  [[nodiscard]] std::optional<Timestamp> next() const {
    return frame_ ? std::optional(frame_->received) : std::nullopt;
  }
  /// Received: the first frame or answer that is played.
  [[nodiscard]] Timestamp first() const { return first_; }
  /// The windows are filled with recorded answers; else with bars of the recording, or not at all.
  [[nodiscard]] bool warms_up() const { return settings_.warm_up_bars > 0; }
  [[nodiscard]] const FeedCounts& counts() const { return counts_; }
  [[nodiscard]] const bybit::PublicFeed& feed() const { return *feed_; }
  [[nodiscard]] const bybit::VenueClock& clock() const { return clock_; }

 private:
  struct Stream {
    bool wanted = false;  ///< asked for, and not there yet
    bool open = false;
    bool reading = true;
    bybit::SteadyTime opened{};
    std::vector<std::string> unacknowledged;  ///< commands, by their ids
  };
  struct Pending {
    bybit::RequestId request;
    Result<bybit::HttpResponse> response;
  };

  FeedPlayer(FeedSource source, OnDamage on_damage);
  Result<void> find_start();
  bool next_frame();
  void advance(bybit::SteadyTime to);
  void deliver();
  void play(const storage::FrameView& frame);
  void hear(bybit::StreamId id, const storage::FrameView& frame, std::string_view topic);
  void acknowledge(bybit::StreamId id, Timestamp received);
  bool settle(bybit::StreamId id);
  [[nodiscard]] bybit::SteadyTime horizon() const;
  [[nodiscard]] bool steady() const { return settings_.clock == bybit::ClockMode::Steady; }

  void open(bybit::StreamId stream, std::string_view path) override;
  void send(bybit::StreamId stream, std::string text) override;
  void close(bybit::StreamId stream) override;
  void set_reading(bybit::StreamId stream, bool reading) override;
  void get(bybit::RequestId request, std::string target) override;
  Result<bybit::HttpResponse> unanswered(const RestRequest& request, std::string_view target);

  FeedSource source_;
  bybit::FeedSettings settings_;  ///< for a feed whose time is the recording's
  OnDamage on_damage_;
  FeedCounts counts_;
  bybit::SteadyTime now_{};
  Timestamp first_{};
  bybit::VenueClock clock_;
  std::unique_ptr<RecordedAnswers> answers_;
  std::unique_ptr<storage::FeedMerge> merge_;
  std::optional<storage::FrameView> frame_;  ///< the next one; valid until the merge goes on
  std::optional<FrameRouter> router_;
  std::multimap<bybit::SteadyTime, Pending> pending_;
  std::map<Category, std::size_t> pages_given_;
  bybit::Bootstrap* bootstrap_ = nullptr;
  bybit::PastFunding past_funding_;
  InstrumentTable instruments_;
  std::optional<SpanSink> sink_;
  std::unique_ptr<bybit::PublicFeed> feed_;
  std::vector<Stream> streams_;
  bybit::SteadyTime last_timer_{};
  bool sought_ = false;     ///< it begins later than the recording
  bool went_back_ = false;  ///< was told
  bool over_ = false;
};

}  // namespace proteus::replay

// The parts of PublicFeed put together. Split over feed_impl.cpp (streams and frames) and
// feed_rest.cpp (answers, time, instruments).
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/bybit/backfill.hpp"
#include "connectors/bybit/book_builder.hpp"
#include "connectors/bybit/connection.hpp"
#include "connectors/bybit/instrument_watch.hpp"
#include "connectors/bybit/public_feed.hpp"
#include "connectors/bybit/ticker_merger.hpp"

namespace proteus::bybit {

class PublicFeed::Impl final : public FeedOutput, public ConnectionListener {
 public:
  Impl(const FeedSettings& settings, const InstrumentTable& instruments,
       const std::vector<Interval>& intervals, FeedIo& io, VenueClock& clock, EventSink& sink,
       std::uint64_t seed);

  void start(const std::vector<ResumePoint>& resume, SteadyTime now, PastFunding funding = {});
  void stop();
  void on_open(StreamId id, SteadyTime now);
  void on_frame(StreamId id, std::string_view bytes, Timestamp received, SteadyTime now);
  void on_closed(StreamId id, const Error& cause, SteadyTime now);
  void on_response(RequestId request, Result<HttpResponse> response, SteadyTime now);
  void bar_http(const std::string& reason, SteadyTime now) { queue_.ban(reason, now); }
  void on_timer(SteadyTime now);

  [[nodiscard]] bool live() const;
  [[nodiscard]] std::size_t streams() const { return streams_.size(); }
  [[nodiscard]] FeedCounters counters() const;
  [[nodiscard]] std::vector<TopicStatus> topics(SteadyTime now) const;

  // What the parts say.
  void bar_closed(const Bar& bar, BarSource source) override;
  void anomaly(AnomalyKind kind, std::optional<InstrumentId> instrument,
               std::string detail) override;
  void stream_changed(StreamId stream, FeedState state, std::string cause) override;
  void topic_refused(StreamId stream, const std::string& topic, std::string reason) override;
  void pong_missing(StreamId stream) override;

 private:
  /// A new snapshot is not asked for before. Real time; but where the clock follows the frames the
  /// venue waits for us, and real seconds may be hours of its own.
  struct RenewAt {
    SteadyTime real{};
    Timestamp venue{};
  };
  [[nodiscard]] RenewAt renew_after(Duration pause, SteadyTime now) const {
    return {now + pause, received_ + pause};
  }
  [[nodiscard]] bool may_renew(const RenewAt& at, SteadyTime now) const {
    return now >= at.real || (clock_.mode() == ClockMode::Frames && received_ >= at.venue);
  }
  struct Book {
    BookBuilder builder;
    std::string topic;
    bool renew = false;  ///< a new snapshot has to be asked for
    RenewAt renew_at;
  };
  /// repair = pause: what a new connection still waits for before it is read on.
  enum class CatchUp : std::uint8_t { None, WhenLive, Due, AskingTime };
  /// When each topic of an instrument last brought a frame; zero: never.
  struct Heard {
    std::array<SteadyTime, 13> klines{};  ///< by Interval
    SteadyTime ticker{};
    SteadyTime book{};
  };
  struct Stream {
    Connection connection;
    Codec codec;
    bool paused = false;
    CatchUp catch_up = CatchUp::None;
  };

  void emit(EventBody body, Timestamp happened);
  void tell_past_funding(const Bar& bar, Timestamp until);
  /// The event's receive time never goes back.
  void touch(Timestamp venue) { received_ = std::max(received_, venue); }
  void open_streams(SteadyTime now);
  void follow_repair(SteadyTime now);
  /// Tells the clock of a frame's time; returns the time by which the frame is judged.
  Timestamp observe(Timestamp ts, SteadyTime now);

  void on(Stream& stream, const KlineFrame& frame, SteadyTime now);
  void on(Stream& stream, const TickerFrame& frame, SteadyTime now);
  void on(Stream& stream, const BookFrame& frame, SteadyTime now);
  void on(Stream& stream, const TradeFrame& frame, SteadyTime now);
  void on(Stream& stream, const Ack& ack, SteadyTime now);
  void on(Stream& stream, const Pong& pong, SteadyTime now);
  void on(Stream& stream, const UnknownFrame& frame, SteadyTime now);
  void on_undecodable(const Stream& stream, const Error& failure);
  void renew_books(SteadyTime now);
  void confirm_ticker(InstrumentId instrument, Timestamp ts);
  void tell(const TickerUpdated& ticker, Timestamp ts);

  void on_time(RestAnswer answer, SteadyTime now);
  void on_instruments(RestAnswer answer, SteadyTime now);
  void ask_instruments(Category category, SteadyTime now);
  void keep_time(SteadyTime now);
  void keep_instruments(Timestamp venue, SteadyTime now);

  const FeedSettings settings_;
  FeedIo& io_;
  VenueClock& clock_;
  EventSink& sink_;
  const std::vector<StreamPlan> plans_;
  const SymbolIndex linear_;
  const SymbolIndex spot_;
  InstrumentWatch watch_;
  RestQueue queue_;
  Backfill backfill_;
  PastFunding past_funding_;
  std::vector<Stream> streams_;
  std::vector<TickerMerger> tickers_;     ///< by instrument
  std::vector<RenewAt> ticker_renew_at_;  ///< by instrument
  std::vector<Timestamp> ticker_told_at_;
  std::vector<std::optional<Book>> books_;  ///< by instrument
  std::vector<Heard> heard_;                ///< by instrument
  std::vector<StreamId> stream_of_;         ///< by instrument
  bool running_ = false;
  bool opened_ = false;
  Timestamp received_{};
  SteadyTime last_tick_{};
  SteadyTime last_sync_{};
  Timestamp next_refresh_{};
  struct Refresh {
    bool under_way = false;
    std::string cursor;  ///< of the page asked for last
  };
  std::map<Category, Refresh> refreshes_;
  FeedCounters counters_;
};

}  // namespace proteus::bybit

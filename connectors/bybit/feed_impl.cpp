#include "connectors/bybit/feed_impl.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::bybit {
namespace {

constexpr Duration kRenewPause = std::chrono::seconds{1};  // between two new snapshots of a book
constexpr Duration kSnapshotDeadline = std::chrono::seconds{5};  // until it is asked for again
constexpr Duration kTickerConfirmed = std::chrono::seconds{5};   // venue time between two tellings

}  // namespace

PublicFeed::Impl::Impl(const FeedSettings& settings, const InstrumentTable& instruments,
                       const std::vector<Interval>& intervals, FeedIo& io, VenueClock& clock,
                       EventSink& sink, std::uint64_t seed)
    : settings_(settings),
      io_(io),
      clock_(clock),
      sink_(sink),
      plans_(plan_streams(instruments, intervals, settings.tickers,
                          static_cast<int>(settings.book_depth))),
      linear_(instruments, Category::Linear),
      spot_(instruments, Category::Spot),
      watch_(instruments),
      queue_(settings_, io, *this, seed),
      backfill_(settings_, instruments, intervals, plans_, queue_, *this),
      ticker_renew_at_(instruments.size()),
      ticker_told_at_(instruments.size()),
      books_(instruments.size()),
      heard_(instruments.size()),
      stream_of_(instruments.size(), 0) {
  for (const Instrument& instrument : instruments) {
    tickers_.emplace_back(instrument.id, instrument.category, instrument.name());
    if (settings.book_depth == 0) continue;
    const int depth = static_cast<int>(settings.book_depth);
    books_[instrument.id.index].emplace(
        Book{BookBuilder(depth), book_topic(depth, instrument.symbol.view())});
  }
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    const auto id = static_cast<StreamId>(i);
    const SymbolIndex& symbols = plans_[i].category == Category::Linear ? linear_ : spot_;
    streams_.push_back(
        Stream{Connection(id, plans_[i], settings_, io, *this, seed + 1 + i), Codec(symbols)});
    for (const InstrumentId instrument : plans_[i].instruments) stream_of_[instrument.index] = id;
  }
}

void PublicFeed::Impl::start(const std::vector<ResumePoint>& resume, SteadyTime now,
                             PastFunding funding) {
  running_ = true;
  const Timestamp venue = clock_.at(now);
  touch(venue);
  last_tick_ = last_sync_ = now;
  next_refresh_ = venue + settings_.instruments_refresh;
  past_funding_ = std::move(funding);
  for (const Instrument& instrument : watch_.instruments())
    if (past_funding_.missing(instrument.id))
      anomaly(AnomalyKind::RestFailed, instrument.id,
              fmt::format("{}: the venue does not tell its past funding: bars of the warm-up are "
                          "charged the assumed rate",
                          instrument.name()));
  backfill_.start(static_cast<int>(settings_.warm_up_bars), resume, venue, now);
  if (settings_.repair == RepairMode::Concurrent || !backfill_.any_hole()) open_streams(now);
}

void PublicFeed::Impl::stop() {
  running_ = false;
  for (Stream& stream : streams_) stream.connection.stop();
}

void PublicFeed::Impl::open_streams(SteadyTime now) {
  opened_ = true;
  for (Stream& stream : streams_) stream.connection.open(now);
}

void PublicFeed::Impl::on_open(StreamId id, SteadyTime now) {
  if (!running_) return;
  touch(clock_.at(now));
  Stream& stream = streams_.at(id);
  stream.connection.on_open(now);
  stream.paused = false;
  for (const InstrumentId instrument : plans_[id].instruments) {
    tickers_[instrument.index].reset();
    auto& book = books_[instrument.index];
    if (!book) continue;
    book->builder.reset();
    book->renew = false;
  }
  stream.connection.subscribe(now);
  if (settings_.repair == RepairMode::Concurrent)
    backfill_.on_connected(id, clock_.at(now), now);
  else
    stream.catch_up = CatchUp::WhenLive;
}

void PublicFeed::Impl::on_closed(StreamId id, const Error& cause, SteadyTime now) {
  if (!running_) return;
  touch(clock_.at(now));
  streams_.at(id).connection.on_closed(cause.context, now);
}

/// repair = pause: once a connection is live, nothing more is read from it until it is known what
/// time it is (with clock = frames ours stood still since the loss) and what closed meanwhile is
/// here. Decisions on those bars then see a feed that is whole.
void PublicFeed::Impl::follow_repair(SteadyTime now) {
  if (settings_.repair == RepairMode::Concurrent) return;
  if (!opened_ && !backfill_.any_hole()) open_streams(now);
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const auto id = static_cast<StreamId>(i);
    Stream& stream = streams_[i];
    const Connection::State state = stream.connection.state();
    if (state == Connection::State::Live && stream.catch_up == CatchUp::WhenLive)
      stream.catch_up = CatchUp::Due;
    if (stream.catch_up == CatchUp::Due) {
      stream.catch_up = CatchUp::AskingTime;
      RestTicket ticket;
      ticket.stream = id;
      ticket.generation = stream.connection.generation();
      queue_.submit(ticket, time_target(), now, true);
    }
    const bool pause = state >= Connection::State::Subscribing &&
                       (stream.catch_up == CatchUp::AskingTime || backfill_.has_hole(id));
    if (pause == stream.paused || !stream.connection.connected()) continue;
    stream.paused = pause;
    io_.set_reading(id, !pause);
  }
}

/// The time by which a frame is judged: its own where the clock follows the frames, else ours.
Timestamp PublicFeed::Impl::observe(Timestamp ts, SteadyTime now) {
  if (clock_.mode() == ClockMode::Steady || ts == Timestamp{}) return received_;
  if (!clock_.on_frame_time(ts)) {
    anomaly(AnomalyKind::ClockSkew, std::nullopt,
            fmt::format("a frame's time {} lies more than a day ahead of {}", format_time(ts),
                        format_time(received_)));
    return received_;
  }
  touch(clock_.at(now));
  return ts;
}

void PublicFeed::Impl::on_frame(StreamId id, std::string_view bytes, Timestamp received,
                                SteadyTime now) {
  if (!running_) return;
  touch(received);
  ++counters_.frames;
  Stream& stream = streams_.at(id);
  stream.connection.on_frame(now);
  const Result<Frame> frame = stream.codec.decode(bytes);
  if (!frame) return on_undecodable(stream, frame.error());
  // Data before the last acknowledgement: the venue moves on, so there is no more waiting.
  const bool data = std::holds_alternative<KlineFrame>(frame.value()) ||
                    std::holds_alternative<TickerFrame>(frame.value());
  if (data && stream.catch_up == CatchUp::WhenLive) stream.catch_up = CatchUp::Due;
  std::visit([&](const auto& body) { on(stream, body, now); }, frame.value());
  follow_repair(now);
}

void PublicFeed::Impl::on_undecodable(const Stream& stream, const Error& failure) {
  const Codec::Subject& subject = stream.codec.subject();
  const AnomalyKind kind =
      subject.kind == TopicKind::Ticker ? AnomalyKind::AbsurdTicker : AnomalyKind::Malformed;
  anomaly(kind, subject.instrument,
          fmt::format("{}: {}", stream.connection.plan().name, failure.context));
}

void PublicFeed::Impl::on(Stream&, const KlineFrame& frame, SteadyTime now) {
  const Timestamp venue = observe(frame.ts, now);
  for (const Kline& kline : frame.rows) {
    heard_[kline.bar.instrument.index].klines[static_cast<std::size_t>(kline.bar.interval)] = now;
    confirm_ticker(kline.bar.instrument, frame.ts);
    backfill_.on_kline(kline, venue, now);
  }
}

/// A quiet market changes no field of its ticker for a while, and then the venue sends none. The
/// instrument's other frames show that it is alive; without a word now and then its prices would
/// count as stale.
void PublicFeed::Impl::confirm_ticker(InstrumentId instrument, Timestamp ts) {
  if (received_ - ticker_told_at_[instrument.index] < kTickerConfirmed) return;
  if (const std::optional<TickerUpdated> state = tickers_[instrument.index].standing())
    tell(*state, ts);
}

/// Between the bars of a warm-up stands the funding of then, not what is announced now.
void PublicFeed::Impl::tell(const TickerUpdated& ticker, Timestamp ts) {
  if (backfill_.warming_up(ticker.instrument)) return;
  ticker_told_at_[ticker.instrument.index] = received_;
  emit(ticker, ts == Timestamp{} ? received_ : ts);
}

void PublicFeed::Impl::on(Stream& stream, const TickerFrame& frame, SteadyTime now) {
  observe(frame.ts, now);
  const std::uint32_t index = frame.instrument.index;
  TickerMerger& merger = tickers_[index];
  heard_[index].ticker = now;
  if (const std::optional<TickerUpdated> update = merger.on_ticker(frame, *this))
    return tell(*update, frame.ts);
  if (merger.has_snapshot()) return confirm_ticker(frame.instrument, frame.ts);
  if (!may_renew(ticker_renew_at_[index], now)) return;
  // The snapshot was lost or unreadable; no other comes by itself.
  ticker_renew_at_[index] = renew_after(kSnapshotDeadline, now);
  stream.connection.renew(ticker_topic(watch_.instruments()[index].symbol.view()), now);
}

void PublicFeed::Impl::on(Stream& stream, const BookFrame& frame, SteadyTime now) {
  observe(frame.ts, now);
  std::optional<Book>& book = books_[frame.instrument.index];
  if (!book || frame.depth != settings_.book_depth) return;
  heard_[frame.instrument.index].book = now;
  const std::int64_t before = book->builder.update_id();
  const BookStep step = book->builder.on_frame(frame);
  switch (step) {
    case BookStep::Changed:
      book->renew = false;
      return emit(BookUpdated{frame.instrument, book->builder.bids(), book->builder.asks()},
                  frame.ts == Timestamp{} ? received_ : frame.ts);
    case BookStep::Same:
    case BookStep::Waiting:
      return;
    case BookStep::Stale:
      anomaly(AnomalyKind::BookStale, frame.instrument,
              fmt::format("{}: {} delta u={} before its snapshot; asking anew",
                          stream.connection.plan().name, book->topic, frame.update_id));
      break;
    case BookStep::Gap:
      anomaly(AnomalyKind::BookGap, frame.instrument,
              fmt::format("{}: {} u={} after u={}; asking anew", stream.connection.plan().name,
                          book->topic, frame.update_id, before));
      break;
    case BookStep::Crossed:
      anomaly(AnomalyKind::CrossedBook, frame.instrument,
              fmt::format("{}: {} is crossed at u={}; asking anew", stream.connection.plan().name,
                          book->topic, frame.update_id));
      break;
  }
  book->renew = true;
  renew_books(now);
}

void PublicFeed::Impl::renew_books(SteadyTime now) {
  for (std::size_t i = 0; i < books_.size(); ++i) {
    std::optional<Book>& book = books_[i];
    if (!book || !book->builder.waiting() || !may_renew(book->renew_at, now)) continue;
    // Asked for the first time at once (a second after the last), then until the snapshot comes.
    book->renew_at = renew_after(book->renew ? kRenewPause : kSnapshotDeadline, now);
    book->renew = false;
    streams_[stream_of_[i]].connection.renew(book->topic, now);
  }
}

void PublicFeed::Impl::on(Stream&, const TradeFrame& frame, SteadyTime now) {
  observe(frame.ts, now);
}

void PublicFeed::Impl::on(Stream& stream, const Ack& ack, SteadyTime now) {
  stream.connection.on_ack(ack, now);
}

void PublicFeed::Impl::on(Stream& stream, const Pong&, SteadyTime) { stream.connection.on_pong(); }

void PublicFeed::Impl::on(Stream& stream, const UnknownFrame& frame, SteadyTime) {
  anomaly(
      AnomalyKind::UnknownTopic, std::nullopt,
      fmt::format("{}: nobody asked for \"{}\"", stream.connection.plan().name, frame.what.view()));
}

std::vector<TopicStatus> PublicFeed::Impl::topics(SteadyTime now) const {
  std::vector<TopicStatus> out;
  for (const Stream& stream : streams_) {
    const StreamPlan& plan = stream.connection.plan();
    const SymbolIndex& symbols = plan.category == Category::Linear ? linear_ : spot_;
    const Connection::State at = stream.connection.state();
    const bool lost = at == Connection::State::Closed && stream.connection.generation() > 0;
    for (const std::string& name : plan.topics) {
      TopicStatus status;
      status.topic = name;
      status.stream = plan.name;
      status.connections = stream.connection.generation();
      status.state = at == Connection::State::Live ? FeedState::Live
                     : lost                        ? FeedState::Lost
                                                   : FeedState::Connecting;
      const Topic topic = parse_topic(name);
      const std::optional<InstrumentId> instrument = symbols.find(topic.symbol);
      if (!instrument) continue;
      const Heard& heard = heard_[instrument->index];
      const SteadyTime last = topic.kind == TopicKind::Kline
                                  ? heard.klines[static_cast<std::size_t>(topic.interval)]
                              : topic.kind == TopicKind::Ticker ? heard.ticker
                                                                : heard.book;
      if (last != SteadyTime{})
        status.age = std::chrono::duration_cast<Duration>((now - last) * clock_.speed());
      out.push_back(std::move(status));
    }
  }
  return out;
}

void PublicFeed::Impl::emit(EventBody body, Timestamp happened) {
  if (running_) sink_.on_input(std::move(body), happened, received_);
}

void PublicFeed::Impl::bar_closed(const Bar& bar, BarSource source) {
  ++counters_.bars;
  if (source == BarSource::Backfill) ++counters_.backfilled;
  const bool warm_up = source == BarSource::Warmup;
  if (warm_up) tell_past_funding(bar, bar.close_time - Duration{1});
  emit(BarClosed{bar, source}, bar.close_time);
  if (warm_up) tell_past_funding(bar, bar.close_time);
}

void PublicFeed::Impl::tell_past_funding(const Bar& bar, Timestamp until) {
  while (const auto told = past_funding_.next(bar, until)) emit(told->first, told->second);
}

void PublicFeed::Impl::anomaly(AnomalyKind kind, std::optional<InstrumentId> instrument,
                               std::string detail) {
  ++counters_.anomalies;
  FeedAnomaly event;
  event.kind = kind;
  event.has_instrument = instrument.has_value();
  event.instrument = instrument.value_or(InstrumentId{});
  event.detail = std::string_view{detail};
  emit(event, received_);
}

void PublicFeed::Impl::stream_changed(StreamId id, FeedState state, std::string cause) {
  if (state == FeedState::Lost) {
    ++counters_.reconnects;
    streams_[id].paused = false;
    streams_[id].catch_up = CatchUp::None;
  }
  emit(FeedChanged{std::string_view{plans_[id].name}, state, std::string_view{cause}}, received_);
}

void PublicFeed::Impl::topic_refused(StreamId id, const std::string& topic, std::string reason) {
  const Topic parts = parse_topic(topic);
  const SymbolIndex& symbols = plans_[id].category == Category::Linear ? linear_ : spot_;
  const std::optional<InstrumentId> instrument = symbols.find(parts.symbol);
  if (instrument && parts.kind == TopicKind::Kline) backfill_.refuse(*instrument, parts.interval);
  anomaly(AnomalyKind::SubscriptionRefused, instrument,
          fmt::format("{}:{} stands aside: the venue refused topic {} ({})",
                      to_string(plans_[id].category), parts.symbol, topic, reason));
}

void PublicFeed::Impl::pong_missing(StreamId id) {
  anomaly(AnomalyKind::PongMissing, std::nullopt,
          fmt::format("{}: no pong in time, connecting anew", plans_[id].name));
}

}  // namespace proteus::bybit

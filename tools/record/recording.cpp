#include "tools/record/recording.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>

#include "connectors/bybit/bootstrap.hpp"
#include "connectors/bybit/connection.hpp"
#include "connectors/bybit/rest_queue.hpp"
#include "connectors/bybit/topics.hpp"
#include "connectors/net/http_client.hpp"
#include "connectors/net/websocket_client.hpp"
#include "connectors/storage/feed_recorder.hpp"
#include "connectors/storage/packing_thread.hpp"
#include "tools/app/net_feed_io.hpp"
#include "tools/record/feed_content.hpp"
#include "tools/record/topic_plan.hpp"

namespace proteus::app::record {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTick = 50ms;

/// `"ts":1748779260012`: when the venue made a frame; nothing: it does not say.
std::optional<Timestamp> stamp_of(std::string_view frame) {
  constexpr std::string_view kKey = "\"ts\":";
  const std::size_t at = frame.find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  std::int64_t ms = 0;
  const char* const from = frame.data() + at + kKey.size();
  if (std::from_chars(from, frame.data() + frame.size(), ms).ec != std::errc{} || ms <= 0)
    return std::nullopt;
  return from_unix_ms(ms);
}

}  // namespace

struct Recording::Impl final : bybit::FeedIo, bybit::ConnectionListener, bybit::FeedOutput {
  Impl(net::Loop& l, const Settings& s, net::Endpoint rest, net::Endpoint stream,
       const std::filesystem::path& feed, std::uint64_t seed)
      : loop(l),
        settings(s),
        stream_base(std::move(stream)),
        clock(s.feed.clock, s.feed.speed, steady_time),
        http(l, std::move(rest),
             [&] {
               net::HttpOptions options;
               options.ca_file = s.venue.ca_file;
               return options;
             }()),
        jitter(seed),
        packing(feed, static_cast<int>(s.storage.feed_compression)),
        recorder(feed, s.storage, [this](auto part) { packing.pack(std::move(part)); }),
        queue(settings.feed, *this, *this, seed + 1) {
    socket.ca_file = s.venue.ca_file;
    socket.connect_deadline = s.feed.connect_deadline;
  }

  struct Stream {
    std::unique_ptr<net::WebsocketClient> client;
    std::unique_ptr<bybit::Connection> connection;
    std::unique_ptr<bybit::Codec> codec;  ///< of acknowledgements and pongs
    std::uint64_t opened = 0;
  };

  // --- sockets
  void open(bybit::StreamId id, std::string_view path) override {
    Stream& stream = streams[id];
    ++stream.opened;
    net::Endpoint endpoint = stream_base;
    endpoint.path = path;
    net::WebsocketHandlers handlers;
    handlers.on_open = [this, id] {
      streams[id].connection->on_open(steady_time());
      streams[id].connection->subscribe(steady_time());
    };
    handlers.on_text = [this, id](std::string_view bytes) { hear(id, bytes); };
    handlers.on_closed = [this, id](const Error& cause) {
      streams[id].connection->on_closed(cause.context, steady_time());
    };
    stream.client = std::make_unique<net::WebsocketClient>(loop, std::move(endpoint), socket,
                                                           std::move(handlers));
    stream.client->open();
  }
  void send(bybit::StreamId id, std::string text) override {
    // A connection that is gone tells so by on_closed.
    (void)streams[id].client->send(std::move(text));
  }
  void close(bybit::StreamId id) override { streams[id].client.reset(); }
  void set_reading(bybit::StreamId id, bool reading) override {
    streams[id].client->set_reading(reading);
  }
  void get(bybit::RequestId request, std::string target) override {
    http.get(std::move(target), settings.feed.request_deadline,
             [this, request, first = bootstrap != nullptr](Result<net::HttpResponse> answer) {
               hear_rest(request, first, std::move(answer));
             });
  }

  // --- what is heard
  void hear(bybit::StreamId id, std::string_view bytes) {
    const auto now = steady_time();
    Stream& stream = streams[id];
    if (clock.mode() == bybit::ClockMode::Frames)
      if (const auto stamp = stamp_of(bytes)) clock.on_frame_time(*stamp);
    const std::uint64_t connection = stream.opened;
    if (!keep(stream.connection->plan().name, connection, bytes)) {
      // What the disk does not take must not look like a quiet market: the connection ends here,
      // and the next one has another number.
      stream.connection->drop("the disk takes no frames: " + recorder.last_error(), now);
      return;
    }
    stream.connection->on_frame(now);
    if (!topic_of(bytes).empty()) return;
    const auto frame = stream.codec->decode(bytes);
    if (!frame) return;
    if (const auto* ack = std::get_if<bybit::Ack>(&frame.value()))
      stream.connection->on_ack(*ack, now);
    else if (std::holds_alternative<bybit::Pong>(frame.value()))
      stream.connection->on_pong();
  }
  bool keep(std::string_view stream, std::uint64_t connection, std::string_view bytes) {
    if (!recorder.record(stream, connection, clock.at(steady_time()), bytes)) return false;
    counted.bytes += bytes.size();
    return true;
  }
  void hear_rest(bybit::RequestId request, bool first, Result<net::HttpResponse> answer) {
    const auto now = steady_time();
    Result<bybit::HttpResponse> response = error(ErrorCode::Io, "");
    std::string body;
    if (answer.has_error()) {
      response = answer.error();
    } else {
      body = answer.value().body;
      response = bybit::HttpResponse(static_cast<int>(answer.value().status),
                                     std::move(answer.value().body));
    }
    if (first && bootstrap) {
      bootstrap->on_response(request, std::move(response), now);
      // The first answer sets the clock that stamps it.
      if (!body.empty() && clock.venue_now() > Timestamp{}) keep("rest", request, body);
      return step_bootstrap();
    }
    const auto good = queue.on_response(request, std::move(response), now);
    if (good && !good->failure) on_time(*good);
    if (!body.empty() && clock.venue_now() > Timestamp{}) keep("rest", request, body);
    // Where there is nothing to describe, its time alone was waited for.
    if (good && !good->failure && std::exchange(wants_time, false)) connect();
  }
  void on_time(const bybit::RestAnswer& answer) {
    if (const auto time = queue.codec().server_time(answer.body))
      clock.on_server_time(time.value(), answer.sent, answer.received);
  }

  // --- the start
  void step_bootstrap() {
    if (const auto complaint = bootstrap->take_complaint())
      spdlog::warn("The venue does not answer as it should; it is asked again. cause=\"{}\"",
                   *complaint);
    if (!bootstrap->done()) return;
    const auto& learned = bootstrap->result();
    if (learned.has_error()) {
      failed(learned.error());
      return;
    }
    loop.post([this] { connect(); });
  }
  void connect() {
    bootstrap.reset();
    synced = steady_time();
    for (Stream& stream : streams) stream.connection->open(steady_time());
  }
  void on_timer() {
    const auto now = steady_time();
    if (bootstrap) {
      bootstrap->on_timer(now);
      return step_bootstrap();
    }
    (void)queue.on_timer(now);
    if (now - synced >= settings.feed.time_sync_interval) {
      synced = now;
      queue.submit({}, bybit::time_target(), now);
    }
    for (Stream& stream : streams) stream.connection->on_timer(now, false);
  }

  // --- what connections tell
  void stream_changed(bybit::StreamId id, FeedState state, std::string cause) override {
    const std::string& name = streams[id].connection->plan().name;
    if (state == FeedState::Lost) {
      ++counted.losses;
      counted.trouble = cause;
      spdlog::warn("A stream is lost. stream={} cause=\"{}\"", name, cause);
    } else if (state == FeedState::Live) {
      spdlog::info("A stream is live. stream={} topics={}", name,
                   streams[id].connection->plan().topics.size());
    }
  }
  void topic_refused(bybit::StreamId id, const std::string& topic, std::string reason) override {
    spdlog::warn("The venue refuses a topic. stream={} topic={} reason=\"{}\"",
                 streams[id].connection->plan().name, topic, reason);
    counted.trouble = fmt::format("the venue refuses {}: {}", topic, reason);
    if (std::ranges::find(counted.refused, topic) == counted.refused.end())
      counted.refused.push_back(topic);
  }
  void pong_missing(bybit::StreamId) override {}
  void bar_closed(const Bar&, BarSource) override {}
  void anomaly(AnomalyKind, std::optional<InstrumentId>, std::string detail) override {
    counted.trouble = std::move(detail);
  }

  net::Loop& loop;
  const Settings settings;
  net::Endpoint stream_base;
  net::ClientOptions socket;
  bybit::VenueClock clock;
  net::HttpClient http;
  std::uint64_t jitter;
  storage::PackingThread packing;
  storage::FeedRecorder recorder;
  bybit::RestQueue queue;
  std::unique_ptr<bybit::Bootstrap> bootstrap;
  std::vector<Stream> streams;
  RecordCounts counted;
  bybit::SteadyTime synced{};
  bool wants_time = false;  ///< before it connects
  std::function<void(Error)> failed;
  net::Timer timer;
};

Recording::Recording(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Recording::~Recording() = default;

Result<std::unique_ptr<Recording>> Recording::create(net::Loop& loop, const Settings& settings,
                                                     std::vector<bybit::StreamPlan> plans,
                                                     const std::filesystem::path& feed,
                                                     std::uint64_t seed) {
  BOOST_OUTCOME_TRY(auto rest, net::parse_endpoint(settings.venue.rest));
  BOOST_OUTCOME_TRY(auto stream, net::parse_endpoint(settings.venue.stream));
  auto impl =
      std::make_unique<Impl>(loop, settings, std::move(rest), std::move(stream), feed, seed);
  const bybit::SymbolIndex none{InstrumentTable{}, Category::Linear};
  for (bybit::StreamPlan& plan : plans) {
    const auto id = static_cast<bybit::StreamId>(impl->streams.size());
    Impl::Stream& added = impl->streams.emplace_back();
    added.connection = std::make_unique<bybit::Connection>(id, std::move(plan), impl->settings.feed,
                                                           *impl, *impl, seed + 2 + id);
    added.codec = std::make_unique<bybit::Codec>(none);
  }
  return std::unique_ptr<Recording>(new Recording(std::move(impl)));
}

void Recording::start(std::function<void(Error)> on_failed) {
  Impl& impl = *impl_;
  impl.failed = std::move(on_failed);
  std::vector<bybit::StreamPlan> plans;
  for (const auto& stream : impl.streams) plans.push_back(stream.connection->plan());
  impl.timer = impl.loop.every(kTick, [&impl] { impl.on_timer(); });
  const std::vector<InstrumentName> names = instruments_of(plans);
  if (names.empty()) {
    // Nothing that it could describe: its time alone.
    impl.wants_time = true;
    impl.queue.submit({}, bybit::time_target(), steady_time());
    return;
  }
  impl.bootstrap = std::make_unique<bybit::Bootstrap>(impl.settings.feed, names, impl, impl.clock,
                                                      impl.jitter, 0);
  impl.bootstrap->start(steady_time());
}

void Recording::stop() {
  impl_->timer.cancel();
  impl_->bootstrap.reset();
  for (auto& stream : impl_->streams) stream.connection->stop();
  impl_->recorder.close();
  impl_->packing.drain();
}

RecordCounts Recording::counts() const {
  RecordCounts counts = impl_->counted;
  counts.frames = impl_->recorder.frames();
  counts.lost = impl_->recorder.lost();
  counts.parts = impl_->packing.packed();
  counts.streams = impl_->streams.size();
  for (const auto& stream : impl_->streams)
    counts.live += stream.connection->state() == bybit::Connection::State::Live ? 1 : 0;
  if (counts.lost > 0) counts.trouble = impl_->recorder.last_error();
  return counts;
}

}  // namespace proteus::app::record

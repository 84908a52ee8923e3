#include "tools/app/paper_daemon.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <optional>

#include "connectors/bybit/bootstrap.hpp"
#include "connectors/net/local_server.hpp"
#include "tools/app/daemon_watch.hpp"
#include "tools/app/json_object.hpp"
#include "tools/app/net_feed_io.hpp"
#include "tools/app/status_json.hpp"
#include "tools/app/trading.hpp"

namespace proteus::app {

using namespace std::chrono_literals;

// Members are destroyed from the last to the first: sockets before the engine, the recorder before
// the storage thread that compresses for it.
struct PaperDaemon::Impl {
  net::Loop& loop;
  Loaded loaded;
  std::unique_ptr<DaemonWatch> watch;
  std::unique_ptr<Trading> trading;
  std::unique_ptr<storage::FeedRecorder> recorder;
  bybit::VenueClock clock;
  std::unique_ptr<NetFeedIo> io;
  std::unique_ptr<bybit::PublicFeed> feed;
  std::unique_ptr<net::LocalServer> door;
  net::Timer timer;
  std::vector<std::pair<net::Reply, bool>> watchers;
  net::Timer watch_timer;
  bool stopped = false;
  bybit::SteadyTime started_at = steady_time();
  bybit::SteadyTime stopped_at{};

  Impl(net::Loop& l, const Loaded& given)
      : loop(l),
        loaded(given),
        clock(given.settings.feed.clock, given.settings.feed.speed, steady_time) {}

  Result<void> open_door();
  Result<void> open_session(std::optional<SessionCode> code);
  Result<void> resume_session(const std::filesystem::path& folder);
  void record_feed();
  [[nodiscard]] std::vector<bybit::ResumePoint> resume_points() const;
  Result<InstrumentTable> learn_instruments();
  Result<void> open_feed();
  Result<void> get_ready(std::optional<SessionCode> code,
                         const std::optional<std::filesystem::path>& resume);
  Result<void> go_on(const InstrumentTable& instruments);
  void abandon();
  void on_line(std::string_view line, const net::Reply& reply);
  [[nodiscard]] StatusSources sources() const;
};

Result<void> PaperDaemon::Impl::open_session(std::optional<SessionCode> code) {
  BOOST_OUTCOME_TRY(trading, Trading::open(loaded, "paper", net::Loop::wall_now(), code));
  trading->watch();
  record_feed();
  return success();
}

Result<void> PaperDaemon::Impl::resume_session(const std::filesystem::path& folder) {
  BOOST_OUTCOME_TRY(trading, Trading::resume(loaded, folder));
  clock.not_before(trading->engine().now());
  record_feed();
  return success();
}

void PaperDaemon::Impl::record_feed() {
  if (loaded.settings.storage.record_feed)
    recorder = std::make_unique<storage::FeedRecorder>(
        trading->session().feed_folder(), loaded.settings.storage,
        [this](std::filesystem::path part) { trading->storage().compress(std::move(part)); });
}

Result<InstrumentTable> PaperDaemon::Impl::learn_instruments() {
  const auto& s = loaded.settings;
  BOOST_OUTCOME_TRY(auto rest, net::parse_endpoint(s.venue.rest));
  BOOST_OUTCOME_TRY(auto stream, net::parse_endpoint(s.venue.stream));
  io = std::make_unique<NetFeedIo>(loop, std::move(rest), std::move(stream), s.venue.ca_file,
                                   s.feed.request_deadline, clock, recorder.get());
  std::vector<InstrumentName> names;
  for (const std::string& text : s.engine.instruments) {
    BOOST_OUTCOME_TRY(auto name, parse_instrument_name(text));
    names.push_back(std::move(name));
  }
  bybit::Bootstrap bootstrap(s.feed, names, *io, clock, trading->seed());
  const auto step = [&] {
    if (bootstrap.done()) return loop.stop();
    if (const auto complaint = bootstrap.take_complaint())
      spdlog::warn("The venue does not answer yet, trying again. cause=\"{}\"", *complaint);
  };
  io->on_answer(
      [&](bybit::RequestId id, Result<bybit::HttpResponse> answer, bybit::SteadyTime now) {
        bootstrap.on_response(id, std::move(answer), now);
        step();
      });
  const net::Timer tick = loop.every(50ms, [&] {
    bootstrap.on_timer(steady_time());
    step();
  });
  bootstrap.start(steady_time());
  loop.run();
  io->on_answer([](bybit::RequestId, Result<bybit::HttpResponse>, bybit::SteadyTime) {});
  if (!bootstrap.done())
    return error(ErrorCode::Refused,
                 fmt::format("stopped before {} had answered; nothing was traded", s.venue.rest));
  return bootstrap.result();
}

Result<void> PaperDaemon::Impl::open_feed() {
  BOOST_OUTCOME_TRY(
      feed, bybit::PublicFeed::create(loaded.settings.feed, trading->instruments(), *io, clock,
                                      trading->engine(), trading->seed()));
  io->attach(feed.get());
  io->on_answer([this](bybit::RequestId id, Result<bybit::HttpResponse> answer,
                       bybit::SteadyTime at) { feed->on_response(id, std::move(answer), at); });
  return success();
}

Result<void> PaperDaemon::Impl::open_door() {
  const std::string& path = loaded.settings.session.socket;
  std::error_code failed;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  Result<std::unique_ptr<net::LocalServer>> opened = net::LocalServer::create(
      loop, path, [this](std::string_view line, const net::Reply& reply) { on_line(line, reply); });
  if (opened.has_error()) {
    const bool busy = opened.error().code == ErrorCode::Busy;
    return error(
        opened.error().code,
        fmt::format("the operator's socket cannot be opened: {}; {}", opened.error().context,
                    busy ? "stop the daemon that runs there (proteus stop), or set "
                           "session.socket for this one"
                         : "set session.socket to a path that can be used"));
  }
  door = std::move(opened.value());
  return success();
}

/// The door first: of two daemons the second is refused before it has made or asked anything.
Result<void> PaperDaemon::Impl::get_ready(std::optional<SessionCode> code,
                                          const std::optional<std::filesystem::path>& resume) {
  BOOST_OUTCOME_TRY(open_door());
  BOOST_OUTCOME_TRY(watch, DaemonWatch::create(loop, loaded, "paper"));
  if (resume) {
    BOOST_OUTCOME_TRY(resume_session(*resume));
  } else {
    BOOST_OUTCOME_TRY(open_session(code));
  }
  BOOST_OUTCOME_TRY(const InstrumentTable instruments, learn_instruments());
  if (resume) {
    BOOST_OUTCOME_TRY(go_on(instruments));
  } else {
    BOOST_OUTCOME_TRY(trading->build(instruments, clock.at(steady_time())));
  }
  return open_feed();
}

/// The market must be the one that the session knows: its time does not go back.
Result<void> PaperDaemon::Impl::go_on(const InstrumentTable& instruments) {
  const Timestamp reached = trading->engine().now();
  const Timestamp venue = clock.anchor();
  const auto slack = Duration{1min} * std::max(1.0, loaded.settings.feed.speed);
  if (venue + std::chrono::duration_cast<Duration>(slack) < reached)
    return error(ErrorCode::Refused,
                 fmt::format("{} had reached {}, and at {} it is {}: that is another market; start "
                             "a new session (without --resume)",
                             trading->session().folder().string(), format_time(reached),
                             loaded.settings.venue.rest, format_time(venue)));
  return trading->go_on(instruments, clock.at(steady_time()));
}

std::vector<bybit::ResumePoint> PaperDaemon::Impl::resume_points() const {
  std::vector<bybit::ResumePoint> points;
  for (const Instrument& instrument : trading->instruments()) {
    const Engine::BarsSeen seen = trading->engine().bars_seen(instrument.id);
    if (seen.next_open == Timestamp{}) continue;
    points.push_back(
        {instrument.id, loaded.settings.engine.interval, seen.next_open, seen.warming_up});
  }
  return points;
}

/// A session that never began leaves no folder behind.
void PaperDaemon::Impl::abandon() {
  feed.reset();
  io.reset();
  recorder.reset();
  if (trading) trading->abandon();
}

StatusSources PaperDaemon::Impl::sources() const {
  return {.mode = "paper",
          .loaded = loaded,
          .folder = trading->session().folder().string(),
          .instruments = trading->instruments(),
          .engine = trading->engine(),
          .gate = trading->gate(),
          .watched = trading->watched(),
          .log = trading->log(),
          .storage = trading->storage(),
          .recorder = recorder.get(),
          .clock = clock,
          .feed = feed.get(),
          .now = steady_time(),
          .uptime = (stopped ? stopped_at : steady_time()) - started_at,
          .watch = watch.get()};
}

void PaperDaemon::Impl::on_line(std::string_view line, const net::Reply& reply) {
  if (!feed && line != "stop") {
    reply.line(R"({"error":"starting: the venue has not told its instruments yet"})");
    reply.close();
  } else if (line == "status") {
    reply.line(app::status_json(sources()));
    reply.close();
  } else if (line == "watch") {
    reply.line(app::status_json(sources()));
    watchers.emplace_back(reply, true);
    if (!watch_timer.pending())
      watch_timer = loop.every(1s, [this] {
        std::erase_if(watchers, [](const auto& w) { return w.first.gone(); });
        if (watchers.empty()) return watch_timer.cancel();
        const std::string text = app::status_json(sources());
        for (const auto& [watcher, on] : watchers) watcher.line(text);
      });
  } else if (line == "why" || line.starts_with("why ")) {
    reply.line(why_json(sources(), line.size() > 4 ? line.substr(4) : std::string_view{}));
    reply.close();
  } else if (line == "stop") {
    reply.line(R"({"stopping":true})");
    reply.close();
    loop.post([this] { loop.stop(); });
  } else {
    reply.line(error_json("unknown command; known: status, watch, why [INSTRUMENT], stop"));
    reply.close();
  }
}

PaperDaemon::PaperDaemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PaperDaemon::~PaperDaemon() { static_cast<void>(stop("the program ends")); }

Result<std::unique_ptr<PaperDaemon>> PaperDaemon::create(
    net::Loop& loop, const Loaded& loaded, std::optional<SessionCode> given,
    const std::optional<std::filesystem::path>& resume) {
  auto impl = std::make_unique<Impl>(loop, loaded);
  if (const Result<void> ready = impl->get_ready(given, resume); ready.has_error()) {
    impl->abandon();
    return ready.error();
  }
  return std::unique_ptr<PaperDaemon>(new PaperDaemon(std::move(impl)));
}

void PaperDaemon::start() {
  const bool resumed = impl_->trading->resumed();
  impl_->trading->observe(impl_->watch.get());
  impl_->watch->start([this] { return impl_->sources(); },
                      resumed ? Beginning::Resumed : Beginning::Fresh);
  if (resumed)
    impl_->feed->resume(impl_->resume_points(), steady_time());
  else
    impl_->feed->start(steady_time());
  impl_->timer = impl_->loop.every(20ms, [this] {
    impl_->feed->on_timer(steady_time());
    impl_->trading->keep_log();
    if (impl_->trading->log().overflowing()) impl_->loop.stop();
  });
}

Result<void> PaperDaemon::stop(const std::string& cause) {
  if (impl_->stopped || !impl_->feed) return success();
  impl_->stopped = true;
  impl_->stopped_at = steady_time();
  impl_->watch->stopping();
  impl_->timer.cancel();
  impl_->feed->stop();
  impl_->io->attach(nullptr);
  impl_->io.reset();  // An answer that is still on its way would be recorded.
  impl_->recorder.reset();
  Result<void> ended = impl_->trading->finish(cause, impl_->clock.at(steady_time()));
  impl_->watch->stopped(ended.has_error() ? ended.error().context : cause);
  return ended;
}

std::string PaperDaemon::status_json() const { return app::status_json(impl_->sources()); }
std::string PaperDaemon::folder() const { return impl_->trading->session().folder().string(); }
std::uint16_t PaperDaemon::metrics_port() const { return impl_->watch->port(); }
const InstrumentTable& PaperDaemon::instruments() const { return impl_->trading->instruments(); }

}  // namespace proteus::app

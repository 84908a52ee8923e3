#include "tools/app/sim_host.hpp"

#include <fstream>
#include <map>

#include "connectors/net/certificate.hpp"
#include "connectors/net/server.hpp"
#include "connectors/sim/synthetic_source.hpp"
#include "tools/app/advice.hpp"
#include "tools/app/kline_inputs.hpp"

namespace proteus::app {
namespace {

net::Connection connection(sim::ConnId id) { return net::Connection{id}; }
sim::ConnId conn_of(net::Connection connection) { return static_cast<sim::ConnId>(connection); }

Result<std::unique_ptr<sim::MarketSource>> make_source(const SimSettings& settings,
                                                       Timestamp start) {
  if (settings.host.files.empty()) {
    BOOST_OUTCOME_TRY(auto source, sim::SyntheticSource::create(
                                       settings.market,
                                       static_cast<std::uint64_t>(settings.exchange.seed), start));
    return std::unique_ptr<sim::MarketSource>(
        std::make_unique<sim::SyntheticSource>(std::move(source)));
  }
  BOOST_OUTCOME_TRY(const auto inputs,
                    kline_inputs(settings.host.files, settings.host.funding_folder));
  BOOST_OUTCOME_TRY(auto source, sim::FileSource::open(inputs));
  return std::unique_ptr<sim::MarketSource>(std::make_unique<sim::FileSource>(std::move(source)));
}

}  // namespace

struct SimHost::Impl final : sim::SimIo {
  net::Loop& loop;
  std::unique_ptr<sim::MarketSource> source;
  std::unique_ptr<sim::SimExchange> exchange;
  std::unique_ptr<net::Server> server;
  net::Timer next;
  std::vector<net::Timer> held;              // answers that a fault holds back
  std::map<sim::ConnId, std::string> pings;  // that wait for frames before them; one a connection
  Duration mute_max{};
  std::map<sim::ConnId, net::Timer> muted;  // until they are dropped

  explicit Impl(net::Loop& l) : loop(l) {}

  void send(sim::ConnId to, std::shared_ptr<const std::string> frame,
            sim::FrameKind kind) override {
    if (kind == sim::FrameKind::Binary)
      server->send_binary(connection(to), std::move(frame));
    else
      server->send(connection(to), std::move(frame));
  }
  /// A control ping would overtake the frames that still wait, and its pong would say that they
  /// were read: it leaves when they have left.
  void ping(sim::ConnId to, std::string_view payload) override {
    if (server->queued_bytes(connection(to)) == 0)
      server->ping(connection(to), std::string(payload));
    else
      pings[to] = payload;
  }
  void on_drained(sim::ConnId to) {
    if (const auto waiting = pings.extract(to))
      server->ping(connection(to), std::move(waiting.mapped()));
  }
  void drop(sim::ConnId to) override { server->drop(connection(to)); }
  /// A muted connection is not read, so nothing tells that its peer has gone: without an end of its
  /// own each would hold a descriptor for as long as the exchange runs.
  void mute(sim::ConnId to, bool on) override {
    server->mute(connection(to), on);
    muted.erase(to);
    if (on) muted[to] = loop.after(mute_max, [this, to] { server->drop(connection(to)); });
  }

  /// Lets time move after an input and asks to be woken when the next thing falls due.
  void advance() {
    const Duration wait = exchange->advance(net::Loop::steady_now());
    if (wait == Duration::max()) {
      next.cancel();
      return;
    }
    next = loop.after(wait, [this] { advance(); });
  }

  void on_http(const net::HttpRequest& request, const net::Responder& responder) {
    sim::HttpHeaders sent;
    for (const auto& [name, value] : request.headers) sent.emplace_back(name, value);
    sim::HttpReply reply = exchange->on_http(request.method, request.target, sent, request.body);
    if (reply.lost) {
      responder.drop();
      advance();
      return;
    }
    std::vector<net::HttpHeader> headers;
    for (auto& [name, value] : reply.headers) headers.push_back({name, value});
    net::HttpAnswer answer(static_cast<unsigned>(reply.status), std::move(reply.body),
                           std::move(reply.content_type), std::move(headers));
    if (reply.delay > Duration{0}) {
      std::erase_if(held, [](const net::Timer& t) { return !t.pending(); });
      held.push_back(loop.after(
          reply.delay, [responder, answer = std::move(answer)] { responder.respond(answer); }));
    } else {
      responder.respond(std::move(answer));
    }
    advance();
  }
};

Timestamp generated_market_start(const sim::SimSettings& settings, Timestamp now) {
  // A start that is no time is refused by the exchange itself.
  if (const auto start = parse_time(settings.start); start.has_value()) now = start.value();
  return bar_open(now, Interval::M1) - std::chrono::minutes{settings.history_bars};
}

void start_by_the_clock(SimSettings& settings, Timestamp now) {
  sim::SimSettings& exchange = settings.exchange;
  if (settings.host.files.empty() && exchange.start.empty() && exchange.speed == 1.0 &&
      !exchange.paced)
    exchange.start = format_time(now);
}

SimHost::SimHost(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SimHost::~SimHost() = default;
std::uint16_t SimHost::port() const { return impl_->server->port(); }
const sim::SimExchange& SimHost::exchange() const { return *impl_->exchange; }
Result<void> SimHost::inject(const sim::FaultOrder& order) {
  const Result<void> done = impl_->exchange->inject(order);
  impl_->advance();
  return done;
}

Result<std::unique_ptr<SimHost>> SimHost::create(net::Loop& loop, const SimSettings& settings,
                                                 Timestamp start) {
  auto impl = std::make_unique<Impl>(loop);
  Impl* const p = impl.get();
  p->mute_max = settings.host.mute_max;
  BOOST_OUTCOME_TRY(impl->source, make_source(settings, start));
  BOOST_OUTCOME_TRY(impl->exchange, sim::SimExchange::create(settings.exchange, *impl->source, *p));

  net::ServerOptions options;
  options.bind = settings.host.bind;
  options.port = static_cast<std::uint16_t>(settings.host.port);
  if (settings.host.tls) {
    BOOST_OUTCOME_TRY(auto pair, net::make_self_signed({{"localhost", settings.host.bind}}));
    if (!settings.host.certificate_file.empty()) {
      std::ofstream out(settings.host.certificate_file);
      out << pair.certificate;
      if (!out)
        return error(ErrorCode::Io,
                     "cannot write the certificate to " + settings.host.certificate_file);
    }
    options.tls = std::move(pair);
  }
  net::ServerHandlers handlers;
  handlers.on_http = [p](const net::HttpRequest& request, net::Responder responder) {
    p->on_http(request, responder);
  };
  handlers.on_ws_accept = [p](net::Connection c, const net::HttpRequest& request) {
    return static_cast<unsigned>(p->exchange->on_connect(conn_of(c), request.target));
  };
  handlers.on_ws_open = [p](net::Connection) { p->advance(); };
  handlers.on_ws_text = [p](net::Connection c, std::string_view text) {
    p->exchange->on_text(conn_of(c), text);
    p->advance();
  };
  handlers.on_ws_pong = [p](net::Connection c, std::string_view payload) {
    p->exchange->on_pong(conn_of(c), payload);
    p->advance();
  };
  handlers.on_ws_drained = [p](net::Connection c) { p->on_drained(conn_of(c)); };
  handlers.on_ws_closed = [p](net::Connection c) {
    p->pings.erase(conn_of(c));
    p->muted.erase(conn_of(c));
    p->exchange->on_closed(conn_of(c));
    p->advance();
  };
  auto server = net::Server::create(loop, options, std::move(handlers));
  if (server.has_error())
    return advised(server.error(),
                   "set sim.server.port to another (0: any free one), or sim.server.bind to an "
                   "address of this machine");
  impl->server = std::move(server.value());
  impl->next = loop.after(Duration{0}, [p] { p->advance(); });
  return std::unique_ptr<SimHost>(new SimHost(std::move(impl)));
}

}  // namespace proteus::app

// A Session is one connection, first HTTP, perhaps a websocket later. It ends once, through end().
// Coroutines and handlers hold the session, so it outlives its operations; each asks owner_ again
// after everything that suspends and after every callback, since a callback may stop the server.
#include "connectors/net/server.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "connectors/net/accept_all.hpp"
#include "connectors/net/stream.hpp"

namespace proteus::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

using Request = http::request<http::string_body>;
using Text = std::shared_ptr<const std::string>;

constexpr Duration kCloseDeadline = std::chrono::seconds{2};
constexpr std::size_t kPingsMax = 64;  // waiting; only a reader that stands still gets there
constexpr std::uint32_t kRequestHeadMax = 64U * 1024U;

template <class BoostView>
std::string text_of(const BoostView& view) {
  return {view.data(), view.size()};
}

HttpRequest request_of(Request& message) {
  HttpRequest request(text_of(message.method_string()), text_of(message.target()));
  for (const auto& field : message) {
    request.headers.push_back({text_of(field.name_string()), text_of(field.value())});
  }
  request.body = std::move(message.body());
  return request;
}

}  // namespace

struct Server::Impl {
  class Session;
  using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;

  Impl(Loop& l, ServerOptions o, ServerHandlers h)
      : loop(l),
        options(std::move(o)),
        handlers(std::make_shared<ServerHandlers>(std::move(h))),
        acceptor(executor_of(l)),
        pause(executor_of(l)) {}

  Result<void> listen();
  void admit(Socket socket);
  void stop();
  /// Null: it has ended.
  Session* find(Connection id);

  Loop& loop;
  const ServerOptions options;
  const std::shared_ptr<ServerHandlers> handlers;
  std::unique_ptr<asio::ssl::context> tls;
  Acceptor acceptor;
  SteadyTimer pause;
  std::uint16_t port = 0;
  bool stopped = false;
  std::uint64_t last_id = 0;
  std::unordered_set<std::shared_ptr<Session>> sessions;
  std::unordered_map<std::uint64_t, Session*> websockets;
};

class Server::Impl::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Impl& owner, Socket socket)
      : owner_(&owner),
        loop_(owner.loop),
        handlers_(owner.handlers),
        stream_(std::move(socket)),
        answered_(executor_of(owner.loop)) {}

  void start() { asio::co_spawn(executor_of(loop_), live(shared_from_this()), asio::detached); }

  /// The answer to the request that is waiting for one. Anything later is ignored.
  void answer(HttpAnswer answer) {
    if (!owner_ || !unanswered_ || answer_) return;
    answer_ = std::move(answer);
    answered_.wake();
  }

  void send(Text text, bool binary);
  void ping(std::string payload);
  void close(std::uint16_t code);
  void mute(bool muted) { stream_.mute(muted); }
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }

  /// The peer sees a reset; on_ws_closed comes later, from the loop.
  void drop() {
    if (!owner_ || dropped_) return;
    dropped_ = true;
    stream_.reset();
    answered_.wake();
    asio::post(executor_of(loop_), [self = shared_from_this()] { self->end(); });
  }

  /// The server has gone: no callback any more.
  void abandon() {
    owner_ = nullptr;
    release();
  }

 private:
  using Ws = websocket::stream<Stream&, false>;

  Task<void> live(std::shared_ptr<Session> self);
  Task<void> serve_http();
  Task<bool> answer_request(Request& message);
  Task<bool> write_answer(const Request& message, HttpAnswer answer);
  Task<void> linger();
  Task<void> serve_websocket(Request message);
  Task<void> read_all();
  void write_next();
  void written(error_code ec);
  void ping_next();
  void end();

  [[nodiscard]] bool alive() const { return owner_ != nullptr && !dropped_; }

  void limit_wait() {
    deadline_ = loop_.after(owner_->options.idle_max, [self = weak_from_this()] {
      if (const auto session = self.lock()) session->drop();
    });
  }

  void release() {
    deadline_.cancel();
    stream_.reset();
    answered_.wake();
  }

  Impl* owner_;  ///< null once it has ended
  Loop& loop_;
  const std::shared_ptr<ServerHandlers> handlers_;
  Stream stream_;
  beast::flat_buffer buffer_;
  Timer deadline_;
  bool dropped_ = false;

  Signal answered_;
  bool unanswered_ = false;
  std::optional<HttpAnswer> answer_;

  Connection id_{};  ///< zero: not a websocket
  std::optional<Ws> ws_;
  bool open_ = false;
  bool writing_ = false;
  bool pinging_ = false;
  std::optional<std::uint16_t> goodbye_;
  struct Message {
    Text text;
    bool binary;
  };
  std::deque<Message> queue_;
  std::deque<websocket::ping_data> pings_;
  std::size_t queued_bytes_ = 0;
};

struct Responder::State {
  explicit State(std::weak_ptr<Server::Impl::Session> s) : session(std::move(s)) {}
  ~State() {
    if (const auto open = session.lock()) open->answer({500, "no answer\n", "text/plain"});
  }
  std::weak_ptr<Server::Impl::Session> session;
};

void Responder::respond(HttpAnswer answer) const {
  if (const auto session = state_->session.lock()) session->answer(std::move(answer));
  state_->session.reset();
}

void Responder::drop() const {
  if (const auto session = state_->session.lock()) session->drop();
  state_->session.reset();
}

// ---- one connection: HTTP ------------------------------------------------------------------

// `self` keeps the session alive as long as the coroutine frame lives.
Task<void> Server::Impl::Session::live(std::shared_ptr<Session> self) {
  error_code ec;
  stream_.socket().set_option(Tcp::no_delay(true), ec);
  limit_wait();
  if (owner_->tls) {
    stream_.enable_tls(*owner_->tls);
    std::tie(ec) = co_await stream_.tls()->async_handshake(asio::ssl::stream_base::server, kAwait);
  }
  if (!ec && alive()) co_await serve_http();
  self->end();
}

Task<void> Server::Impl::Session::serve_http() {
  bool more = true;
  while (more && alive()) {
    limit_wait();
    http::request_parser<http::string_body> parser;
    parser.header_limit(kRequestHeadMax);
    parser.body_limit(owner_->options.body_max_bytes);
    const auto [ec, size] = co_await http::async_read(stream_, buffer_, parser, kAwait);
    if (!alive()) co_return;
    deadline_.cancel();
    if (ec == http::error::body_limit || ec == http::error::header_limit) {
      HttpAnswer too_large(413, "too large\n", "text/plain");
      parser.get().keep_alive(false);
      co_await write_answer(parser.get(), std::move(too_large));
      co_return;
    }
    if (ec) co_return;  // the peer has gone, or does not speak HTTP
    Request message = parser.release();
    if (websocket::is_upgrade(message)) {
      co_await serve_websocket(std::move(message));
      co_return;
    }
    more = co_await answer_request(message);
  }
}

/// True: the connection can serve another request.
Task<bool> Server::Impl::Session::answer_request(Request& message) {
  unanswered_ = true;
  answer_.reset();
  if (handlers_->on_http) {
    handlers_->on_http(request_of(message),
                       Responder{std::make_shared<Responder::State>(weak_from_this())});
  } else {
    answer({404, "not found\n", "text/plain"});
  }
  while (alive() && !answer_) co_await answered_.wait();
  unanswered_ = false;
  if (!alive()) co_return false;
  HttpAnswer ready = std::move(*answer_);
  co_return co_await write_answer(message, std::move(ready));
}

Task<bool> Server::Impl::Session::write_answer(const Request& message, HttpAnswer answer) {
  http::response<http::string_body> response{static_cast<http::status>(answer.status),
                                             message.version()};
  response.set(http::field::content_type, answer.content_type);
  for (const HttpHeader& header : answer.headers) response.insert(header.name, header.value);
  response.keep_alive(message.keep_alive());
  response.body() = std::move(answer.body);
  response.prepare_payload();
  if (message.method() == http::verb::head) response.body().clear();
  limit_wait();
  const auto [ec, size] = co_await http::async_write(stream_, response, kAwait);
  if (!alive()) co_return false;
  deadline_.cancel();
  if (!ec && !response.keep_alive()) co_await linger();
  co_return !ec && response.keep_alive();
}

/// Waits for the peer to close. To close with something unread would be a reset, and that could
/// overtake the answer.
Task<void> Server::Impl::Session::linger() {
  error_code ec;
  stream_.socket().shutdown(Tcp::socket::shutdown_send, ec);
  deadline_ = loop_.after(kCloseDeadline, [self = weak_from_this()] {
    if (const auto session = self.lock()) session->drop();
  });
  std::array<char, 4096> unread;
  while (!ec && alive()) {
    std::tie(ec, std::ignore) =
        co_await stream_.socket().async_read_some(asio::buffer(unread), kAwait);
  }
}

// ---- one connection: websocket -------------------------------------------------------------

Task<void> Server::Impl::Session::serve_websocket(Request message) {
  id_ = Connection{++owner_->last_id};
  owner_->websockets.emplace(owner_->last_id, this);
  const HttpRequest request = request_of(message);
  const unsigned status = handlers_->on_ws_accept ? handlers_->on_ws_accept(id_, request) : 404;
  if (!alive()) co_return;
  if (status != 101) {
    owner_->websockets.erase(static_cast<std::uint64_t>(id_));
    id_ = Connection{};
    message.keep_alive(false);
    HttpAnswer refusal(status, text_of(http::obsolete_reason(static_cast<http::status>(status))),
                       "text/plain");
    co_await write_answer(message, std::move(refusal));
    co_return;
  }
  ws_.emplace(stream_);
  ws_->read_message_max(owner_->options.max_frame_bytes);
  ws_->auto_fragment(false);
  ws_->control_callback([this](websocket::frame_type kind, beast::string_view payload) {
    if (alive() && kind == websocket::frame_type::pong && handlers_->on_ws_pong) {
      handlers_->on_ws_pong(id_, {payload.data(), payload.size()});
    }
  });
  limit_wait();
  const auto [ec] = co_await ws_->async_accept(message, kAwait);
  if (!alive()) co_return;
  deadline_.cancel();
  if (ec) co_return;
  open_ = true;
  if (handlers_->on_ws_open) handlers_->on_ws_open(id_);
  if (!alive()) co_return;
  if (!writing_) write_next();
  ping_next();
  co_await read_all();
}

Task<void> Server::Impl::Session::read_all() {
  while (alive()) {
    const auto [ec, size] = co_await ws_->async_read(buffer_, kAwait);
    if (ec || !alive()) co_return;
    if (handlers_->on_ws_text) {
      handlers_->on_ws_text(id_, {static_cast<const char*>(buffer_.data().data()), size});
    }
    buffer_.consume(size);
  }
}

void Server::Impl::Session::send(Text text, bool binary) {
  if (!alive() || goodbye_) return;
  if (queued_bytes_ + text->size() > owner_->options.max_queued_bytes) return drop();
  queued_bytes_ += text->size();
  queue_.push_back({std::move(text), binary});
  if (open_ && !writing_) write_next();
}

/// Writes the front of the queue; when there is none, the close frame if one is due.
void Server::Impl::Session::write_next() {
  if (!queue_.empty()) {
    writing_ = true;
    stream_.cork(queue_.size() > 1);
    ws_->binary(queue_.front().binary);
    ws_->async_write(
        asio::buffer(*queue_.front().text),
        [self = shared_from_this()](error_code ec, std::size_t) { self->written(ec); });
  } else if (goodbye_) {
    writing_ = true;
    const websocket::close_reason reason{*goodbye_};
    ws_->async_close(reason, [self = shared_from_this()](error_code) { self->end(); });
  }
}

void Server::Impl::Session::written(error_code ec) {
  writing_ = false;
  if (!alive()) return;
  if (ec) return drop();
  queued_bytes_ -= queue_.front().text->size();
  queue_.pop_front();
  if (queue_.empty() && handlers_->on_ws_drained) handlers_->on_ws_drained(id_);
  if (alive() && !writing_) write_next();
}

void Server::Impl::Session::ping(std::string payload) {
  if (!alive() || goodbye_ || pings_.size() >= kPingsMax) return;
  pings_.emplace_back(payload.substr(0, websocket::ping_data::static_capacity));
  ping_next();
}

void Server::Impl::Session::ping_next() {
  if (!open_ || pinging_ || pings_.empty()) return;
  pinging_ = true;
  ws_->async_ping(pings_.front(), [self = shared_from_this()](error_code ec) {
    self->pinging_ = false;
    self->pings_.pop_front();
    if (!ec && self->alive()) self->ping_next();
  });
}

void Server::Impl::Session::close(std::uint16_t code) {
  if (!alive() || goodbye_) return;
  goodbye_ = code;
  deadline_ = loop_.after(kCloseDeadline, [self = weak_from_this()] {
    if (const auto session = self.lock()) session->drop();
  });
  if (open_ && !writing_) write_next();
}

void Server::Impl::Session::end() {
  if (!owner_) return;
  const auto self = shared_from_this();
  Impl& owner = *owner_;
  owner_ = nullptr;
  deadline_.cancel();
  stream_.close();
  answered_.wake();
  owner.sessions.erase(self);
  if (id_ == Connection{}) return;
  owner.websockets.erase(static_cast<std::uint64_t>(id_));
  if (handlers_->on_ws_closed) handlers_->on_ws_closed(id_);
}

// ---- the server ----------------------------------------------------------------------------

Result<void> Server::Impl::listen() {
  error_code ec;
  const auto failed = [&](ErrorCode code, std::string_view what) {
    return error(code,
                 fmt::format("{}:{}: {} ({})", options.bind, options.port, what, ec.message()));
  };
  if (options.tls) {
    tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
    tls->use_certificate_chain(asio::buffer(options.tls->certificate), ec);
    if (!ec) tls->use_private_key(asio::buffer(options.tls->key), asio::ssl::context::pem, ec);
    if (ec) return failed(ErrorCode::Malformed, "certificate or key cannot be used");
  }
  const auto address = asio::ip::make_address(options.bind, ec);
  if (ec) return failed(ErrorCode::Malformed, "this is not an address to listen at");
  const Tcp::endpoint endpoint{address, options.port};
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec == asio::error::address_in_use) return failed(ErrorCode::Busy, "the port is taken");
  if (ec) return failed(ErrorCode::Io, "it is not possible to listen there");
  port = acceptor.local_endpoint(ec).port();
  return success();
}

void Server::Impl::admit(Socket socket) {
  const auto session = std::make_shared<Session>(*this, std::move(socket));
  sessions.insert(session);
  session->start();
  if (sessions.size() > options.connections_max) session->drop();
}

void Server::Impl::stop() {
  if (stopped) return;
  stopped = true;
  error_code ignored;
  acceptor.close(ignored);
  pause.cancel();
  websockets.clear();
  const auto all = std::move(sessions);
  sessions.clear();
  for (const auto& session : all) session->abandon();
}

Server::Impl::Session* Server::Impl::find(Connection id) {
  const auto found = websockets.find(static_cast<std::uint64_t>(id));
  return found == websockets.end() ? nullptr : found->second;
}

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::create(Loop& loop, ServerOptions options,
                                               ServerHandlers handlers) {
  auto impl = std::make_shared<Impl>(loop, std::move(options), std::move(handlers));
  BOOST_OUTCOME_TRY(impl->listen());
  asio::co_spawn(executor_of(loop), accept_all<Socket>(impl), asio::detached);
  return std::unique_ptr<Server>{new Server{std::move(impl)}};
}

void Server::send(Connection to, std::shared_ptr<const std::string> text) {
  if (auto* session = impl_->find(to)) session->send(std::move(text), false);
}

void Server::send_binary(Connection to, std::shared_ptr<const std::string> bytes) {
  if (auto* session = impl_->find(to)) session->send(std::move(bytes), true);
}
void Server::ping(Connection to, std::string payload) {
  if (auto* session = impl_->find(to)) session->ping(std::move(payload));
}
void Server::close(Connection to, std::uint16_t code) {
  if (auto* session = impl_->find(to)) session->close(code);
}
void Server::drop(Connection to) {
  if (auto* session = impl_->find(to)) session->drop();
}
void Server::mute(Connection to, bool muted) {
  if (auto* session = impl_->find(to)) session->mute(muted);
}
std::size_t Server::queued_bytes(Connection of) const {
  const auto* session = impl_->find(of);
  return session ? session->queued_bytes() : 0;
}
std::uint16_t Server::port() const { return impl_->port; }
std::size_t Server::websockets() const { return impl_->websockets.size(); }
std::size_t Server::connections() const { return impl_->sessions.size(); }
void Server::stop() { impl_->stop(); }

}  // namespace proteus::net

// A Session is one connection. It ends once, through end(): from its coroutine, from a deadline, or
// silently when the client drops it (owner_ is cleared then). Coroutines and handlers hold the
// session, so it outlives its operations; each asks owner_ again after everything that suspends and
// after every callback, since a callback may destroy the client.
#include "connectors/net/websocket_client.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>

#include "connectors/net/dial.hpp"

namespace proteus::net {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

enum class Phase : std::uint8_t { Closed, Connecting, Open, Closing };

}  // namespace

struct WebsocketClient::Impl {
  class Session;

  Impl(Loop& l, Endpoint e, ClientOptions o, WebsocketHandlers h)
      : loop(l),
        endpoint(std::move(e)),
        options(std::move(o)),
        handlers(std::make_shared<WebsocketHandlers>(std::move(h))) {}

  Loop& loop;
  const Endpoint endpoint;
  const ClientOptions options;
  std::shared_ptr<WebsocketHandlers> handlers;
  std::shared_ptr<Session> session;
  bool reading = true;
};

class WebsocketClient::Impl::Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(Impl& owner)
      : owner_(&owner),
        loop_(owner.loop),
        endpoint_(owner.endpoint),
        options_(owner.options),
        handlers_(owner.handlers),
        stream_(executor_of(owner.loop)),
        ws_(stream_),
        resume_(executor_of(owner.loop)) {}

  void start() {
    deadline_ = loop_.after(options_.connect_deadline, [self = weak_from_this()] {
      if (const auto session = self.lock()) session->connect_too_late();
    });
    asio::co_spawn(executor_of(loop_), live(shared_from_this()), asio::detached);
  }

  Result<void> send(std::string text) {
    if (phase_ != Phase::Open || broken_)
      return at(ErrorCode::Io, "nothing can be sent, it is not open");
    if (queued_bytes_ + text.size() > options_.max_queued_bytes) {
      return at(ErrorCode::OutOfRange,
                fmt::format("{} bytes wait to be sent and {} more would pass the bound of {}",
                            queued_bytes_, text.size(), options_.max_queued_bytes));
    }
    queued_bytes_ += text.size();
    queue_.push_back(std::move(text));
    if (!writing_) write_next();
    return success();
  }

  void close() {
    if (phase_ == Phase::Closing) return;
    const bool was_open = phase_ == Phase::Open;
    phase_ = Phase::Closing;
    if (!was_open) {
      deadline_.cancel();
      asio::post(executor_of(loop_), [self = shared_from_this()] { self->end_as_asked(); });
      return;
    }
    deadline_ = loop_.after(options_.close_deadline, [self = weak_from_this()] {
      if (const auto session = self.lock()) session->end_as_asked();
    });
    resume_.wake();
    if (!writing_) say_goodbye();
  }

  /// The client has gone: no callback any more.
  void abandon() {
    owner_ = nullptr;
    phase_ = Phase::Closed;
    release();
  }

  void resume() { resume_.wake(); }
  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }

 private:
  // `self` keeps the session alive as long as the coroutine frame lives.
  Task<void> live(std::shared_ptr<Session> self) {
    const auto opened = co_await open();
    if (!owner_) co_return;
    if (!opened) co_return end(opened.error());
    if (phase_ != Phase::Connecting) co_return;  // close() came meanwhile and ends it
    deadline_.cancel();
    phase_ = Phase::Open;
    if (handlers_->on_open) handlers_->on_open();
    if (owner_) co_await read_all();
    static_cast<void>(self);
  }

  Task<Result<void>> open() {
    const auto dialled =
        co_await dial(loop_, stream_, endpoint_, options_.ca_file, options_.connect_deadline);
    if (!dialled) co_return dialled.error();
    ws_.read_message_max(options_.max_frame_bytes);
    ws_.auto_fragment(false);
    ws_.text(true);
    ws_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(beast::http::field::user_agent, "proteus/0.1");
    }));
    websocket::response_type answer;
    const std::string host = host_header(endpoint_);
    const auto [ec] = co_await ws_.async_handshake(answer, host, endpoint_.path, kAwait);
    if (!ec) co_return success();
    if (ec == websocket::error::upgrade_declined) {
      co_return at(ErrorCode::Refused,
                   fmt::format("the upgrade to a websocket at {} was refused with HTTP {} {}",
                               path_without_query(), answer.result_int(),
                               std::string_view{answer.reason().data(), answer.reason().size()}));
    }
    co_return read_error(ec);
  }

  /// A pause that begins in a callback begins before the next read: one read ahead would answer a
  /// ping, and so tell a sender that is paced by our pongs to go on.
  Task<void> read_all() {
    while (owner_) {
      co_await rest();
      if (!owner_) co_return;
      const auto [ec, size] = co_await ws_.async_read(buffer_, kAwait);
      if (!owner_) co_return;
      if (ec) co_return end(read_error(ec));
      co_await rest();  // The pause may have begun while the read waited.
      if (!owner_) co_return;
      if (phase_ == Phase::Open && handlers_->on_text) {
        handlers_->on_text({static_cast<const char*>(buffer_.data().data()), size});
      }
      buffer_.consume(size);
    }
  }

  Task<void> rest() {
    while (owner_ && !owner_->reading && phase_ == Phase::Open) co_await resume_.wait();
  }

  void write_next() {
    writing_ = true;
    ws_.async_write(asio::buffer(queue_.front()),
                    [self = shared_from_this()](error_code ec, std::size_t) { self->written(ec); });
  }

  void written(error_code ec) {
    writing_ = false;
    if (!owner_ || phase_ == Phase::Closed) return;
    if (ec) {
      broken_ = true;
      if (phase_ == Phase::Closing || !owner_->reading) return end(read_error(ec));
      // The read under way fails next and names the cause better (a close frame, say).
      deadline_ = loop_.after(options_.close_deadline, [self = weak_from_this(), ec] {
        if (const auto session = self.lock()) session->end(session->read_error(ec));
      });
      return;
    }
    queued_bytes_ -= queue_.front().size();
    queue_.pop_front();
    if (!queue_.empty()) {
      write_next();
    } else if (phase_ == Phase::Closing) {
      say_goodbye();
    }
  }

  void say_goodbye() {
    ws_.async_close(websocket::close_code::normal,
                    [self = shared_from_this()](error_code) { self->end_as_asked(); });
  }

  void connect_too_late() {
    if (phase_ != Phase::Connecting) return;
    end(at(ErrorCode::Timeout,
           fmt::format(
               "no connection within {} ms (name, TCP, TLS and upgrade together)",
               std::chrono::floor<std::chrono::milliseconds>(options_.connect_deadline).count())));
  }

  void end_as_asked() { end(at(ErrorCode::Io, "closed, as asked")); }

  /// The one end. on_closed may destroy the client or open it again.
  void end(Error why) {
    if (!owner_) return;
    if (phase_ == Phase::Closing) why = at(ErrorCode::Io, "closed, as asked");
    const auto self = shared_from_this();
    phase_ = Phase::Closed;
    release();
    owner_->session.reset();
    owner_ = nullptr;
    if (handlers_->on_closed) handlers_->on_closed(std::move(why));
  }

  void release() {
    deadline_.cancel();
    stream_.close();
    resume_.wake();
  }

  [[nodiscard]] Error at(ErrorCode code, std::string_view text) const {
    return error(code, fmt::format("{}: {}", to_string(endpoint_), text));
  }

  [[nodiscard]] std::string_view path_without_query() const {
    return std::string_view{endpoint_.path}.substr(0, endpoint_.path.find('?'));
  }

  [[nodiscard]] Error read_error(const error_code& ec) const {
    if (ec == websocket::error::closed) {
      const auto& reason = ws_.reason();
      const std::string_view text{reason.reason.data(), reason.reason.size()};
      return at(ErrorCode::Io,
                fmt::format("closed by the other side, code {}{}{}",
                            static_cast<unsigned>(reason.code), text.empty() ? "" : ": ", text));
    }
    if (ec == websocket::error::message_too_big || ec == websocket::error::buffer_overflow) {
      return at(ErrorCode::OutOfRange, fmt::format("a message is larger than the bound of {} bytes",
                                                   options_.max_frame_bytes));
    }
    const bool protocol = ec == websocket::condition::protocol_violation ||
                          ec == websocket::condition::handshake_failed ||
                          std::string_view{ec.category().name()} == "beast.http";
    if (protocol && ec != beast::http::error::end_of_stream &&
        ec != beast::http::error::partial_message) {
      return at(
          ErrorCode::Malformed,
          fmt::format("the other side does not speak the websocket protocol ({})", ec.message()));
    }
    return stream_error(endpoint_, protocol ? error_code{asio::error::eof} : ec);
  }

  Impl* owner_;  ///< null once nobody listens any more
  Loop& loop_;
  const Endpoint endpoint_;
  const ClientOptions options_;
  const std::shared_ptr<WebsocketHandlers> handlers_;
  Stream stream_;
  websocket::stream<Stream&, false> ws_;
  beast::flat_buffer buffer_;
  Signal resume_;
  Timer deadline_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  bool writing_ = false;
  bool broken_ = false;  ///< a write has failed
  Phase phase_ = Phase::Connecting;
};

WebsocketClient::WebsocketClient(Loop& loop, Endpoint endpoint, ClientOptions options,
                                 WebsocketHandlers handlers)
    : impl_(std::make_shared<Impl>(loop, std::move(endpoint), std::move(options),
                                   std::move(handlers))) {}

WebsocketClient::~WebsocketClient() {
  if (impl_->session) impl_->session->abandon();
}

void WebsocketClient::open() {
  if (impl_->session) return;
  impl_->session = std::make_shared<Impl::Session>(*impl_);
  impl_->session->start();
}

Result<void> WebsocketClient::send(std::string text) {
  if (impl_->session) return impl_->session->send(std::move(text));
  return error(ErrorCode::Io,
               fmt::format("{}: nothing can be sent, it is not open", to_string(impl_->endpoint)));
}

void WebsocketClient::close() {
  if (impl_->session) impl_->session->close();
}

void WebsocketClient::set_reading(bool reading) {
  impl_->reading = reading;
  if (reading && impl_->session) impl_->session->resume();
}

bool WebsocketClient::is_open() const {
  return impl_->session && impl_->session->phase() == Phase::Open;
}
bool WebsocketClient::is_closed() const { return !impl_->session; }
std::size_t WebsocketClient::queued_bytes() const {
  return impl_->session ? impl_->session->queued_bytes() : 0;
}
const Endpoint& WebsocketClient::endpoint() const { return impl_->endpoint; }

}  // namespace proteus::net

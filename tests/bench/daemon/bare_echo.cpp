// Completion handlers and nothing around them: no coroutine, no queue, no deadline. The io_context
// is the loop's own, so that both ways share one thread and one reactor.
#include "tests/bench/daemon/bare_echo.hpp"

#include <fmt/format.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdlib>
#include <deque>

#include "connectors/net/asio_loop.hpp"

namespace proteus::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, net::Executor>;
using net::error_code;

/// A benchmark on loopback has no plan for a socket that fails.
void require(const error_code& ec, const char* what) {
  if (!ec) return;
  fmt::print(stderr, "{}: {}\n", what, ec.message());
  std::exit(1);
}

/// One connection, and what is common to both ends.
struct End {
  explicit End(const net::Executor& executor) : ws(executor) {}
  explicit End(Socket socket) : ws(std::move(socket)) {}

  void settle() {
    ws.next_layer().set_option(Tcp::no_delay(true));
    ws.auto_fragment(false);
    ws.text(true);
  }
  websocket::stream<Socket, false> ws;
  beast::flat_buffer buffer;
};

std::string_view text_of(const beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

}  // namespace

struct BareServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(net::Loop& loop, OnText handler)
      : acceptor(net::executor_of(loop), Tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        on_text(std::move(handler)) {}

  void accept() {
    acceptor.async_accept([self = shared_from_this()](error_code ec, Socket socket) {
      if (ec) return;
      self->end = std::make_unique<End>(std::move(socket));
      self->end->settle();
      self->end->ws.async_accept([self](error_code failed) {
        require(failed, "the bare server's handshake");
        self->open = true;
        self->read();
      });
    });
  }
  void read() {
    end->ws.async_read(end->buffer, [self = shared_from_this()](error_code ec, std::size_t) {
      if (ec) return;
      self->on_text(text_of(self->end->buffer));
      self->end->buffer.clear();
      self->read();
    });
  }

  void write_next() {
    end->ws.async_write(asio::buffer(queue.front()),
                        [self = shared_from_this()](error_code ec, std::size_t) {
                          require(ec, "the bare server's write");
                          self->queue.pop_front();
                          if (!self->queue.empty()) self->write_next();
                        });
  }

  asio::basic_socket_acceptor<Tcp, net::Executor> acceptor;
  std::deque<std::string> queue;
  OnText on_text;
  std::unique_ptr<End> end;
  bool open = false;
};

BareServer::BareServer(net::Loop& loop, OnText on_text)
    : impl_(std::make_shared<Impl>(loop, std::move(on_text))) {
  impl_->accept();
}
BareServer::~BareServer() {
  error_code ignored;
  impl_->acceptor.close(ignored);
  if (impl_->end) impl_->end->ws.next_layer().close(ignored);
}
std::uint16_t BareServer::port() const { return impl_->acceptor.local_endpoint().port(); }
bool BareServer::open() const { return impl_->open; }

void BareServer::write(std::string text) {
  impl_->queue.push_back(std::move(text));
  if (impl_->queue.size() == 1) impl_->write_next();
}

struct BareClient::Impl : std::enable_shared_from_this<Impl> {
  Impl(net::Loop& loop, std::string text, std::function<void()> told)
      : end(net::executor_of(loop)), answer(std::move(text)), on_answered(std::move(told)) {}
  void connect(std::uint16_t port) {
    const Tcp::endpoint there(asio::ip::address_v4::loopback(), port);
    end.ws.next_layer().async_connect(there, [self = shared_from_this()](error_code ec) {
      require(ec, "the bare client's connect");
      self->end.settle();
      self->end.ws.async_handshake("127.0.0.1", "/", [self](error_code failed) {
        require(failed, "the bare client's handshake");
        self->read();
      });
    });
  }
  void read() {
    end.ws.async_read(end.buffer, [self = shared_from_this()](error_code ec, std::size_t) {
      if (ec) return;
      self->end.buffer.clear();
      self->end.ws.async_write(asio::buffer(self->answer), [self](error_code failed, std::size_t) {
        require(failed, "the bare client's write");
      });
      self->on_answered();
      self->read();
    });
  }
  End end;
  const std::string answer;
  const std::function<void()> on_answered;
};

BareClient::BareClient(net::Loop& loop, std::uint16_t port, std::string answer,
                       std::function<void()> on_answered)
    : impl_(std::make_shared<Impl>(loop, std::move(answer), std::move(on_answered))) {
  impl_->connect(port);
}
BareClient::~BareClient() {
  error_code ignored;
  impl_->end.ws.next_layer().close(ignored);
}

}  // namespace proteus::bench

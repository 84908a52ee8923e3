// A byte stream over TCP, plain or TLS, as one type: Beast's templates, the dearest part of a
// build, are then compiled once and not twice. Inside of this room only.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "connectors/net/asio_loop.hpp"

namespace proteus::net {

using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using TlsStream = asio::ssl::stream<Socket&>;

class Stream {
 public:
  using executor_type = Executor;

  explicit Stream(const Executor& executor)
      : socket_(executor), gate_(executor, SteadyTimer::time_point::max()) {}
  explicit Stream(Socket socket)
      : socket_(std::move(socket)), gate_(socket_.get_executor(), SteadyTimer::time_point::max()) {}

  executor_type get_executor() noexcept { return socket_.get_executor(); }
  Socket& socket() noexcept { return socket_; }
  TlsStream* tls() noexcept { return tls_.get(); }
  void enable_tls(asio::ssl::context& context) {
    tls_ = std::make_unique<TlsStream>(socket_, context);
  }

  /// Nothing passes any more; operations in flight fail soon, from the loop.
  void close() {
    error_code ignored;
    closed_ = true;
    socket_.close(ignored);
    gate_.cancel();
  }
  /// The same, and the peer sees a reset instead of an orderly end.
  void reset() {
    error_code ignored;
    if (socket_.is_open()) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
  }
  [[nodiscard]] bool closed() const noexcept { return closed_; }

  /// While muted no operation completes with success; they rest until unmuted or closed.
  void mute(bool muted) {
    muted_ = muted;
    if (!muted) gate_.cancel();
  }

  /// While corked, what is written is only collected (to a bound) and goes out with the first write
  /// after that, in one piece: a call of the kernel costs more than a small frame.
  void cork(bool corked) { corked_ = corked; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& where) {
          auto gated = [this, next = std::move(handler)](error_code ec, std::size_t n) mutable {
            if (!muted_ || closed_) return next(ec, n);
            gate_.async_wait([next = std::move(next), ec, n](error_code) mutable { next(ec, n); });
          };
          if (tls_) {
            tls_->async_read_some(where, std::move(gated));
          } else {
            socket_.async_read_some(where, std::move(gated));
          }
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& what) {
          if (!muted_ || closed_) return write(what, std::move(handler));
          gate_.async_wait([this, what, next = std::move(handler)](error_code) mutable {
            write(what, std::move(next));
          });
        },
        token, buffers);
  }

  // What Beast's websocket asks of its lowest layer. TLS ends with the TCP stream: the close frames
  // have already told both sides that nothing was cut off.
  template <class Handler>
  friend void async_teardown(boost::beast::role_type role, Stream& stream, Handler&& handler) {
    boost::beast::websocket::async_teardown(role, stream.socket_, std::forward<Handler>(handler));
  }
  friend void beast_close_socket(Stream& stream) { stream.close(); }

 private:
  static constexpr std::size_t kCombinedBytesMax = 64U * 1024U;

  template <class Buffers, class Handler>
  void write(const Buffers& what, Handler handler) {
    if (!corked_ && pending_.empty()) return pass(what, std::move(handler));
    const std::size_t size = asio::buffer_size(what);
    const std::size_t before = pending_.size();
    pending_.resize(before + size);
    asio::buffer_copy(asio::buffer(pending_) + before, what);
    if (corked_ && pending_.size() < kCombinedBytesMax && !closed_) {
      asio::post(socket_.get_executor(),
                 [next = std::move(handler), size]() mutable { next(error_code{}, size); });
      return;
    }
    flush(0, [this, next = std::move(handler), size](error_code ec) mutable {
      pending_.clear();
      next(ec, ec ? 0 : size);
    });
  }

  template <class Done>
  void flush(std::size_t from, Done done) {
    pass(asio::buffer(pending_) + from,
         [this, from, next = std::move(done)](error_code ec, std::size_t n) mutable {
           if (ec || from + n == pending_.size()) return next(ec);
           flush(from + n, std::move(next));
         });
  }

  template <class Buffers, class Handler>
  void pass(const Buffers& what, Handler handler) {
    if (tls_) {
      tls_->async_write_some(what, std::move(handler));
    } else {
      socket_.async_write_some(what, std::move(handler));
    }
  }

  Socket socket_;
  std::unique_ptr<TlsStream> tls_;
  SteadyTimer gate_;  ///< where muted operations rest
  std::string pending_;
  bool corked_ = false;
  bool muted_ = false;
  bool closed_ = false;
};

}  // namespace proteus::net

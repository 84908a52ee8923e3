// Inside of Loop, for the .cpp files of this room only: what Asio calls things here.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "connectors/net/loop.hpp"

namespace boost::asio::ssl {
class context;
}

namespace proteus::net {

namespace asio = boost::asio;
using boost::system::error_code;

// One concrete executor everywhere: any_io_executor would cost an indirect call an operation.
using Executor = asio::io_context::executor_type;
template <class T>
using Task = asio::awaitable<T, Executor>;
using SteadyTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, Executor>;
/// co_await async_x(..., kAwait) gives a tuple that starts with the error_code and does not throw.
constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> kAwait{};

struct Loop::Impl {
  // Hint 1: one thread runs it; post() and stop() from other threads stay safe.
  asio::io_context io{1};
  asio::executor_work_guard<Executor> work{io.get_executor()};
  /// Trust stores by CA file ("": the system's): reading one takes milliseconds.
  std::map<std::string, std::shared_ptr<asio::ssl::context>> trust;
};

inline Executor executor_of(Loop& loop) { return loop.impl().io.get_executor(); }

/// A place where a coroutine waits until somebody calls wake(). Check the condition in a loop.
class Signal {
 public:
  explicit Signal(const Executor& executor) : timer_(executor, SteadyTimer::time_point::max()) {}
  Task<void> wait() { co_await timer_.async_wait(kAwait); }
  void wake() { timer_.cancel(); }

 private:
  SteadyTimer timer_;
};

}  // namespace proteus::net

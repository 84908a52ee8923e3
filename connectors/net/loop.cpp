#include "connectors/net/loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include "connectors/net/asio_loop.hpp"
#include "engine/core/assert.hpp"

namespace proteus::net {

struct Timer::State {
  State(const Executor& executor, std::function<void()> f) : timer(executor), fn(std::move(f)) {}

  SteadyTimer timer;
  std::function<void()> fn;
  Duration period{};  ///< zero: once
  bool pending = true;
};

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

SteadyTime next_due(SteadyTime due, Duration period) {
  const SteadyTime now = std::chrono::steady_clock::now();
  const SteadyTime next = due + period;
  return next > now ? next : due + period * ((now - due) / period + 1);
}

void wait(const std::shared_ptr<Timer::State>& state) {
  state->timer.async_wait([state](error_code) {
    if (!state->pending) return;
    if (state->period == Duration::zero()) {
      state->pending = false;
      state->fn();
      return;
    }
    state->fn();
    if (!state->pending) return;
    state->timer.expires_at(next_due(state->timer.expiry(), state->period));
    wait(state);
  });
}

using Signals = asio::basic_signal_set<Executor>;

void wait_signal(const std::shared_ptr<Signals>& signals,
                 const std::shared_ptr<std::function<void(int)>>& fn) {
  signals->async_wait([signals, fn](error_code ec, int number) {
    if (ec) return;
    (*fn)(number);
    wait_signal(signals, fn);
  });
}

}  // namespace

Timer::Timer() noexcept = default;
Timer::Timer(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
Timer::Timer(Timer&&) noexcept = default;
Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}
Timer::~Timer() { cancel(); }

void Timer::cancel() noexcept {
  // `fn` stays until the handler lets go of the state: it may be what is running now.
  if (state_ && state_->pending) {
    state_->pending = false;
    state_->timer.cancel();
  }
  state_.reset();
}

bool Timer::pending() const noexcept { return state_ && state_->pending; }

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::run() {
  impl_->io.run();
  impl_->io.restart();
}

bool Loop::run_for(Duration longest) {
  impl_->io.run_for(longest);
  const bool ended = impl_->io.stopped();
  impl_->io.restart();
  return ended;
}

std::size_t Loop::poll() { return impl_->io.poll(); }
void Loop::stop() noexcept { impl_->io.stop(); }
void Loop::post(std::function<void()> fn) { asio::post(impl_->io, std::move(fn)); }

Timer Loop::after(Duration delay, std::function<void()> fn) {
  auto state = std::make_shared<Timer::State>(executor_of(*this), std::move(fn));
  state->timer.expires_after(delay);
  wait(state);
  return Timer{std::move(state)};
}

Timer Loop::every(Duration period, std::function<void()> fn) {
  PROTEUS_ASSERT(period > Duration::zero());
  auto state = std::make_shared<Timer::State>(executor_of(*this), std::move(fn));
  state->period = period;
  state->timer.expires_after(period);
  wait(state);
  return Timer{std::move(state)};
}

void Loop::on_signals(std::initializer_list<int> signals, std::function<void(int)> fn) {
  auto set = std::make_shared<Signals>(executor_of(*this));
  for (const int number : signals) set->add(number);
  wait_signal(set, std::make_shared<std::function<void(int)>>(std::move(fn)));
}

Duration Loop::steady_now() noexcept { return std::chrono::steady_clock::now().time_since_epoch(); }

Timestamp Loop::wall_now() noexcept {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace proteus::net

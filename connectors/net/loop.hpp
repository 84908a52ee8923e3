// The event loop: one thread runs it, and every callback of this room is called on that thread.
// Only post() and stop() may be called from other threads. Everything that was given a Loop must be
// destroyed before the Loop is. Callbacks must not throw.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>

#include "engine/core/time.hpp"

namespace proteus::net {

/// A callback that is due later. Destroying or cancelling it, also from inside its own callback,
/// makes sure that it is not called (again). An empty Timer does nothing.
class [[nodiscard]] Timer {
 public:
  struct State;

  Timer() noexcept;
  explicit Timer(std::shared_ptr<State> state) noexcept;
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

  void cancel() noexcept;
  /// True until it was cancelled, or, for after(), until it fired.
  [[nodiscard]] bool pending() const noexcept;

 private:
  std::shared_ptr<State> state_;
};

class Loop {
 public:
  struct Impl;

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs callbacks until stop(), also while there is nothing to do. May be called again later.
  void run();
  /// The same for at most `longest` of real time. True: ended by stop().
  bool run_for(Duration longest);
  /// Runs what is ready and returns without waiting; the number of callbacks that ran.
  std::size_t poll();
  /// Makes run() return after the present callback. From any thread. A stop() before run() counts.
  void stop() noexcept;

  /// Calls `fn` on the loop, never from inside post(), in the order of the calls. From any thread.
  void post(std::function<void()> fn);
  /// Calls `fn` once, `delay` of real time from now (at the earliest in the next turn of the loop).
  Timer after(Duration delay, std::function<void()> fn);
  /// Calls `fn` every `period` (> 0), the first time one period from now. Due times are multiples
  /// of the period from the start, so it does not drift; turns missed while the loop was busy are
  /// skipped.
  Timer every(Duration period, std::function<void()> fn);
  /// Calls `fn` with the signal's number on the loop, each time one of `signals` arrives, for as
  /// long as the loop lives; the signals lose their usual effect.
  void on_signals(std::initializer_list<int> signals, std::function<void(int)> fn);

  /// Monotonic real time since an unspecified start: for deadlines and latencies.
  [[nodiscard]] static Duration steady_now() noexcept;
  /// The machine's clock, UTC. It may jump.
  [[nodiscard]] static Timestamp wall_now() noexcept;

  /// For the other files of this room.
  [[nodiscard]] Impl& impl() noexcept { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace proteus::net

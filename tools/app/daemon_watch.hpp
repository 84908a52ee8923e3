// What lets a daemon be left alone: it measures the loop, looks at how things stand once a second,
// raises alarms, serves /metrics and /healthz, and tells the service manager. An observer on the
// loop's thread: nothing here is asked by the engine, and nothing here waits.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "connectors/net/loop.hpp"
#include "tools/app/metrics.hpp"
#include "tools/app/watched_journal.hpp"

namespace proteus::app {

/// How a run began.
enum class Beginning : std::uint8_t { Fresh, Resumed };

class DaemonWatch final : public JournalObserver {
 public:
  /// Opens the port of the metrics and tells the service manager that a start is under way, for as
  /// long as the loop turns. Errors: Busy, Malformed, Io: the port, with what to do.
  static Result<std::unique_ptr<DaemonWatch>> create(net::Loop& loop, const Loaded& loaded,
                                                     std::string mode);
  ~DaemonWatch() override;
  DaemonWatch(const DaemonWatch&) = delete;
  DaemonWatch& operator=(const DaemonWatch&) = delete;

  /// From now on things stand as `sources` says, which is called on the loop until `stop`.
  void start(std::function<StatusSources()> sources, Beginning beginning);
  /// Before `start`: the venue has not answered for so long. Alarms tell of it from a minute on.
  void waits_for_venue(Duration waited, const std::string& cause);
  void saw(const Event& event) override;
  void saw(const DecisionRecord& decision) override;
  /// Before what `sources` speaks of goes.
  void stopping();
  /// The last word, when all is written: turns the loop until it is delivered, a moment at most.
  void stopped(const std::string& cause);

  [[nodiscard]] const Alarms& alarms() const;
  [[nodiscard]] const LoopDelay& loop_delay() const;
  /// Port of /metrics; 0: not served.
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Impl;
  explicit DaemonWatch(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proteus::app

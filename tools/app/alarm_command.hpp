// Runs a program for an alarm, without a shell. A thread of its own starts it, feeds it, waits and
// kills it with all it has started when its time is over: a disk on which the program lies, or a
// program that hangs, costs the event loop nothing. One at a time.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "connectors/net/loop.hpp"
#include "tools/app/alarm_way.hpp"

namespace proteus::app {

class AlarmCommand final : public AlarmWay {
 public:
  /// `command` is not empty; its first word is a path, or a name that PATH leads to. The program
  /// inherits the environment but what is meant for this process alone: PROTEUS_ALARM_WEBHOOK and
  /// the service manager's variables. It gets no descriptor but 0 to 2; what it writes is read,
  /// and the first line of its errors is told where it fails.
  AlarmCommand(net::Loop& loop, std::vector<std::string> command, Duration deadline,
               AlarmSender from);
  /// Kills what still runs.
  ~AlarmCommand() override;
  AlarmCommand(const AlarmCommand&) = delete;
  AlarmCommand& operator=(const AlarmCommand&) = delete;

  [[nodiscard]] std::string_view name() const override { return "command"; }
  void send(const Alarm& alarm, OnDone on_done) override;

 private:
  void end();

  net::Loop& loop_;
  std::vector<std::string> command_;
  Duration deadline_;
  AlarmSender from_;
  int cancel_ = -1;                                             ///< eventfd: the thread gives up
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< loop thread only
  std::thread thread_;
};

}  // namespace proteus::app

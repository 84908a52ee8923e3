// A way by which an alarm leaves the process.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tools/app/alarm.hpp"
#include "tools/app/alarm_outbox.hpp"

namespace proteus::app {

class AlarmWay {
 public:
  /// What came of it, and a few words for people without secrets ("status 200, 3 ms").
  using OnDone = std::function<void(Delivery, std::string)>;

  virtual ~AlarmWay() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Begins one attempt and returns at once; `on_done` is called once, later, on the loop, at the
  /// latest after the deadline of the settings and a moment. Not while another is under way.
  virtual void send(const Alarm& alarm, OnDone on_done) = 0;
};

}  // namespace proteus::app

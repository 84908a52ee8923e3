// The two ways into the door: inputs from outside, and reports of a venue that lives in this
// process.
#pragma once

#include "engine/core/event.hpp"

namespace proteus {

/// Takes what a feed, a timer or an operator has to say. Engine time is `received`; it must not go
/// back.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on_input(EventBody body, Timestamp happened, Timestamp received) = 0;
};

/// Takes reports of an in-process venue: OrderUpdate, Fill or FundingSettled, in the order they
/// happened.
class ReportSink {
 public:
  virtual ~ReportSink() = default;
  virtual void report(EventBody body, Timestamp happened) = 0;
};

}  // namespace proteus

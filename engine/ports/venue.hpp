// Where orders go. Paper and live implement it; the engine cannot tell which.
#pragma once

#include "engine/core/archive.hpp"
#include "engine/core/event.hpp"
#include "engine/ports/event_sink.hpp"

namespace proteus {

class Venue {
 public:
  virtual ~Venue() = default;

  /// Shown every input before the engine acts on it. A venue that lives in this process (paper)
  /// answers here with the reports that are due by then (fills at this bar's open, funding,
  /// triggers); a remote one does nothing.
  virtual void before(const Event& input, ReportSink& reports) = 0;
  /// Sends an order. What the venue says at once, if anything, goes to `reports`; the rest comes
  /// later.
  virtual void submit(const OrderRequest& order, Timestamp now, ReportSink& reports) = 0;
  /// Asks to cancel. Cancelling what is closed or unknown is no error and reports nothing.
  virtual void cancel(const ClientOrderId& id, Timestamp now, ReportSink& reports) = 0;
  /// The state of a venue that lives in this process; a remote one keeps its own.
  virtual void archive(Archive& a) = 0;
};

}  // namespace proteus

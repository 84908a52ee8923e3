// The venue port of a live run: orders go to the account's gateway, what became of them comes back
// as inputs. Without a gateway (a session that is told again) nothing leaves.
#pragma once

#include "connectors/live/venue_memory.hpp"
#include "engine/ports/venue.hpp"

namespace proteus::live {

/// Who carries orders to the venue. Neither call may come back into the engine.
class OrderCarrier {
 public:
  virtual ~OrderCarrier() = default;
  virtual void submit(const OrderRequest& order) = 0;
  virtual void cancel(const ClientOrderId& id) = 0;
};

class LiveVenue final : public Venue {
 public:
  LiveVenue(const SessionCode& session, std::size_t instruments) : memory_(session, instruments) {}

  /// From now on orders leave; null: they do not.
  void carry_with(OrderCarrier* carrier) { carrier_ = carrier; }
  [[nodiscard]] const VenueMemory& memory() const { return memory_; }

  void before(const Event& input, ReportSink&) override { memory_.hear(input); }
  void submit(const OrderRequest& order, Timestamp now, ReportSink&) override {
    memory_.submitted(order, now);
    if (carrier_ != nullptr) carrier_->submit(order);
  }
  void cancel(const ClientOrderId& id, Timestamp, ReportSink&) override {
    memory_.cancel_asked(id);
    if (carrier_ != nullptr) carrier_->cancel(id);
  }
  void archive(Archive& a) override { a(memory_); }

 private:
  VenueMemory memory_;
  OrderCarrier* carrier_ = nullptr;
};

}  // namespace proteus::live

// Orders and cancels on their way out, by the trade websocket or by REST, and the answers to them.
// An answer is never more than "accepted": what becomes of the order is told by its rows. A request
// without an answer is of unknown outcome, and is asked about.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "connectors/live/inquiries.hpp"
#include "connectors/live/order_text.hpp"
#include "connectors/live/settings_keeper.hpp"
#include "connectors/live/stream_link.hpp"

namespace proteus::live {

class OrderLane {
 public:
  OrderLane(GatewayParts& parts, RestLane& rest, const StreamLink& trade, ReportDesk& desk,
            Inquiries& inquiries, SettingsKeeper& settings)
      : parts_(parts),
        rest_(rest),
        trade_(trade),
        desk_(desk),
        inquiries_(inquiries),
        settings_(settings),
        creates_(BucketSettings{}),
        cancels_room_(BucketSettings{}) {}

  /// Inside a call of the engine; nothing comes back before the next timer.
  void submit(const OrderRequest& order);
  void cancel(const ClientOrderId& id);
  void on_reply(const TradeReply& reply);
  /// The trade stream is gone: what was on its way has an unknown outcome.
  void trade_lost();
  void on_timer(SteadyTime now);
  /// The order has not left yet, or the answer to it is not due yet.
  [[nodiscard]] bool pending(const ClientOrderId& id) const;
  /// Where an opening order's protective stop lies.
  [[nodiscard]] std::optional<Price> stop_for(const OrderRequest& order) const;

 private:
  struct Sending {
    ClientOrderId id;
    InstrumentId instrument;
    bool cancel = false;
    int tries = 0;
    bool by_rest = false;
    SteadyTime wanted{};  ///< when the engine asked for it
    SteadyTime sent{};
    SteadyTime not_before{};
  };
  void send(Sending sending);
  void send_by_rest(Sending sending, std::string text);
  void answered(Sending sending, Outcome outcome, int code, std::string_view words);
  void create_answered(Sending sending, Outcome outcome, int code, std::string_view words);
  void cancel_answered(const Sending& sending, Outcome outcome);
  void again(Sending sending, Duration pause);
  [[nodiscard]] bool on_its_way(const ClientOrderId& cancelled) const;
  void repeat_cancels(SteadyTime now);

  GatewayParts& parts_;
  RestLane& rest_;
  const StreamLink& trade_;
  ReportDesk& desk_;
  Inquiries& inquiries_;
  SettingsKeeper& settings_;
  std::map<std::string, Sending> out_;  ///< on the trade stream, by request id
  std::deque<Sending> waiting_;         ///< to be sent (again) later
  std::deque<Sending> homeless_;        ///< no way was there; told at the next timer
  std::map<ClientOrderId, SteadyTime>
      cancels_;                      ///< asked for and not seen to have happened: last try
  std::set<ClientOrderId> by_rest_;  ///< creates that REST has not answered
  RequestBucket creates_;            ///< of the trade stream; REST has its own
  RequestBucket cancels_room_;
  std::uint64_t requests_ = 0;
};

}  // namespace proteus::live

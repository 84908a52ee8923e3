// The account at the venue, without I/O: it is told what happened (a connection, a frame, an
// answer, time, an order of the engine) and says what to send; what the engine should know becomes
// inputs. Streams, REST, orders, reports, inquiries, reconciliation and stops are parts of it.
//
//   engine orders -> OrderLane -> trade stream or REST
//   private stream, REST lists -> ReportDesk -> Fill, OrderUpdate, FundingSettled,
//   ExternalAdjustment every doubt -> Inquiries, Reconciler
//
// Thread: the loop's.
#pragma once

#include <memory>
#include <string>

#include "connectors/live/account_facts.hpp"
#include "connectors/live/account_io.hpp"
#include "connectors/live/gateway_parts.hpp"

namespace proteus::live {

struct GatewayStatus {
  bool private_live = false;
  bool trade_live = false;
  bool http_barred = false;
  bool clean = false;          ///< the last look agreed, and nothing has been in doubt since
  bool all_protected = false;  ///< every position has its stop at the venue
  bool stops_settled = true;   ///< no stop of coins is on its way, wrong, or left over
  Duration clean_age{0};       ///< real time since the last clean look; 0: none yet
  Duration private_age{0};     ///< real time since the private stream's last frame
  std::size_t in_doubt = 0;    ///< orders that are being asked about
  std::string refusal;         ///< the venue's words where it does not let us in
  GatewayCounters counters;
};

class AccountGateway final : public OrderCarrier, public AccountEvents {
 public:
  struct Setup {
    const LiveSettings& settings;
    Duration recv_window;  ///< risk.limits.recv_window
    const InstrumentTable& instruments;
    const VenueMemory& memory;
    std::function<LedgerView()> ledger;
    AccountIo& io;
    bybit::VenueClock& clock;
    const Signing& signing;
    EventSink& engine;
    std::function<Timestamp()> reached;     ///< engine time
    std::function<void(std::string)> tell;  ///< a sentence for a person, worth a look
    std::uint64_t seed = 0;
  };
  /// All that is referred to outlives it.
  explicit AccountGateway(Setup setup);
  ~AccountGateway() override;

  /// Asks what the key may and how the account is set, and makes it ready: one-way mode, leverage.
  /// `done` is called once; on_answer and on_timer have to be fed meanwhile.
  void prepare(SteadyTime now, std::function<void(Result<AccountFacts>)> done);
  /// Connects; nothing that increases risk may leave before the first clean look.
  void start(SteadyTime now);
  void stop();
  void on_open(Channel channel, SteadyTime now) override;
  void on_text(Channel channel, std::string_view bytes, SteadyTime now) override;
  void on_closed(Channel channel, const Error& cause, SteadyTime now) override;
  void on_answer(RequestId id, Result<HttpAnswer> answer, SteadyTime now) override;
  void on_timer(SteadyTime now);
  /// Somebody else of this process was answered HTTP 403: nothing leaves by HTTP for ban_pause.
  void bar_http(SteadyTime now);
  /// A look at the venue's books now.
  void reconcile(SteadyTime now);

  void submit(const OrderRequest& order) override;
  void cancel(const ClientOrderId& id) override;

  [[nodiscard]] GatewayStatus status(SteadyTime now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace proteus::live

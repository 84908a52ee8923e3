// The venue's signed REST paths: who asks, how often, and the way to what answers.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "connectors/sim/faults.hpp"
#include "connectors/sim/private/disconnect_guard.hpp"
#include "connectors/sim/private/exchange_core.hpp"
#include "connectors/sim/private/rate_window.hpp"
#include "connectors/sim/private/signed_request.hpp"

namespace proteus::sim {

/// One HTTP request. `target`: path and query as on the request line.
struct HttpCall {
  std::string_view method;
  std::string_view target;
  const HttpHeaders& headers;
  std::string_view body;
};

struct PrivateRequest;

/// The time rule as the venue's clock stands at `now`.
TimeRule time_rule(const Market& market, Timestamp now);

/// What a call came to, and where its rate window then stands.
struct PrivateOutcome {
  Said<std::string> result;  ///< JSON text
  std::int64_t limit = 0;
  std::int64_t left = 0;
  std::int64_t reset_ms = 0;
  std::string ext_info = "{}";
  bool lost = false;  ///< a fault: no answer comes
  Duration delay{0};  ///< a fault: venue time to hold back an answer by websocket
};

class PrivateRest {
 public:
  /// All outlive it.
  PrivateRest(Market& market, MarketView& view, ExchangeCore& core,
              std::span<const AccountSpec> accounts, FaultCounts& counts);
  /// Nothing: it is no private path, or another method's.
  std::optional<HttpReply> answer(const HttpCall& call, Timestamp now, FaultDice& dice);
  /// The same for one who is known already, by POST; `path` is one of the signed ones.
  PrivateOutcome post(AccountId account, std::string_view path, const boost::json::object& body,
                      Timestamp now);
  /// A fault: what the last call did is to be told before its answer. Asked once a call.
  bool take_early() { return std::exchange(early_, false); }
  /// Of faults of orders and of what accounts are told.
  FaultDice& dice() { return dice_; }
  /// A fault: until then nothing that is signed is done.
  void begin_maintenance(Timestamp until);
  [[nodiscard]] bool in_maintenance(Timestamp now) const { return now < maintained_until_; }
  DisconnectGuard& guard() { return guard_; }

 private:
  struct Path;
  static const Path* path_of(std::string_view name, bool post);
  PrivateOutcome run(const Path& path, PrivateRequest request, bool by_rest);
  /// Refusals that a fault makes; such a request has no effect.
  std::optional<Refusal> refused_by_fault(const PrivateRequest& request, bool by_rest);
  void meet_order_faults(const PrivateRequest& request, std::uint64_t before, PrivateOutcome& done);

  Market& market_;
  MarketView& view_;
  ExchangeCore& core_;
  std::span<const AccountSpec> accounts_;
  FaultDice dice_;
  bool early_ = false;
  Timestamp maintained_until_{};
  DisconnectGuard guard_;
  // By account and path, spot apart.
  std::map<std::tuple<AccountId, std::string_view, bool>, RateWindow> windows_;
};

}  // namespace proteus::sim

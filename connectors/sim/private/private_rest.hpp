// The venue's signed REST paths: who asks, how often, and the way to what answers.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "connectors/sim/faults.hpp"
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

/// The time rule as the venue's clock stands at `now`.
TimeRule time_rule(const Market& market, Timestamp now);

class PrivateRest {
 public:
  /// All outlive it.
  PrivateRest(Market& market, MarketView& view, ExchangeCore& core,
              std::span<const AccountSpec> accounts);
  /// Nothing: it is no private path, or another method's.
  std::optional<HttpReply> answer(const HttpCall& call, Timestamp now, FaultDice& dice);

 private:
  Market& market_;
  MarketView& view_;
  ExchangeCore& core_;
  std::span<const AccountSpec> accounts_;
  std::map<std::pair<AccountId, std::string_view>, RateWindow> windows_;  // by account and path
};

}  // namespace proteus::sim

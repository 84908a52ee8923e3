// The questions before anything else (reference 15, start-up order): key, account, fees, position
// mode, leverage. One after the other, each answered before the next.
#pragma once

#include <deque>

#include "connectors/live/account_facts.hpp"
#include "connectors/live/rest_lane.hpp"

namespace proteus::live {

/// What is set at the venue, 1e9 = 1x.
std::int64_t wanted_leverage(const LiveSettings& settings, const Instrument& instrument);

class AccountStart {
 public:
  using Done = std::function<void(Result<AccountFacts>)>;

  AccountStart(GatewayParts& parts, RestLane& rest) : parts_(parts), rest_(rest) {}
  void begin(Done done);

 private:
  void next();
  void read(const char* path, std::string query,
            std::function<Result<void>(const std::string&)> use);
  void set(const char* path, std::string body, std::string what);
  void end(Result<AccountFacts> result);

  GatewayParts& parts_;
  RestLane& rest_;
  AccountCodec codec_;
  Done done_;
  AccountFacts facts_;
  std::deque<std::function<void()>> steps_;
};

}  // namespace proteus::live

// Disconnect protection by REST: section 10.9.
#include <fmt/format.h>

#include "connectors/sim/private/disconnect_guard.hpp"
#include "connectors/sim/private/private_request.hpp"

namespace proteus::sim {
namespace {

constexpr std::int64_t kWindowMin = 3;  // seconds
constexpr std::int64_t kWindowMax = 300;

}  // namespace

Said<std::string> order_disconnected_cancel_all(const PrivateRequest& request) {
  if (!request.owner().rights.guarded)
    return Refusal{10005, "Permission denied, disconnect protection is not granted."};
  BOOST_OUTCOME_TRY(const auto product, text_in(request.body, "product"));
  if (product.value_or("OPTIONS") != "DERIVATIVES")
    return Refusal{10001, "params error: product other than DERIVATIVES is not simulated"};
  const boost::json::value* window = request.body.if_contains("timeWindow");
  if (window == nullptr || !window->is_int64() || window->get_int64() < kWindowMin ||
      window->get_int64() > kWindowMax)
    return wrong("timeWindow");
  request.guard.set(request.account, std::chrono::seconds{window->get_int64()}, request.now);
  return std::string("{}");
}

Said<std::string> account_query_dcp(const PrivateRequest& request) {
  const auto window = request.guard.window(request.account);
  if (!window) return std::string(R"({"dcpInfos":[]})");
  return fmt::format(
      R"({{"dcpInfos":[{{"product":"DERIVATIVES","dcpStatus":"ON","timeWindow":"{}"}}]}})",
      std::chrono::duration_cast<std::chrono::seconds>(*window).count());
}

}  // namespace proteus::sim

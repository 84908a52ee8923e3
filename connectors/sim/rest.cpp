#include "connectors/sim/rest.hpp"

#include <fmt/format.h>

#include "connectors/sim/replies.hpp"
#include "connectors/sim/rest_parts.hpp"

namespace proteus::sim {
namespace {

using Handler = Result<std::string> (*)(const Request&);
struct Path {
  std::string_view name;
  Handler handler;
};

Result<std::string> server_time(const Request& request) {
  const std::int64_t ns = to_unix_ns(request.now) + request.market.clock_offset_ms() * 1'000'000;
  return fmt::format(R"({{"timeSecond":"{}","timeNano":"{}"}})", ns / 1'000'000'000, ns);
}

constexpr Path kPaths[] = {{"/v5/market/time", server_time},
                           {"/v5/market/instruments-info", instruments_info},
                           {"/v5/market/kline", klines},
                           {"/v5/market/mark-price-kline", mark_klines},
                           {"/v5/market/tickers", tickers},
                           {"/v5/market/orderbook", orderbook},
                           {"/v5/market/recent-trade", recent_trades},
                           {"/v5/market/funding/history", funding_history},
                           {"/v5/market/price-limit", price_limit}};

}  // namespace

Rest::Rest(Market& market, PrivateRest& signed_paths, FaultCounts& counts)
    : market_(market),
      signed_(signed_paths),
      dice_(mix(mix(static_cast<std::uint64_t>(market.settings().seed)), "http"), counts) {}

std::optional<HttpReply> Rest::fault(Timestamp now) {
  const SimFaults& faults = market_.settings().faults;
  if (dice_.strikes(FaultKind::Http5xx, faults.http_5xx_per_request))
    return plain_reply(
        502,
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>"
        "502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n",
        "text/html");
  if (dice_.strikes(FaultKind::Http403, faults.http_403_per_request))
    return plain_reply(403, "access too frequent");
  if (dice_.strikes(FaultKind::Http10006, faults.http_10006_per_request)) {
    const std::int64_t told = to_unix_ms(now) + market_.clock_offset_ms();
    HttpReply reply =
        json_reply(envelope(10006, "Too many visits. Exceeded the API Rate Limit.", "{}", told));
    add_limit_headers(reply, 10, 0, told + 1000);
    return reply;
  }
  return std::nullopt;
}

HttpReply Rest::answer(const HttpCall& call, Timestamp now) {
  const SimFaults& faults = market_.settings().faults;
  const std::string_view method = call.method;
  const std::size_t mark = call.target.find('?');
  const std::string_view path = call.target.substr(0, mark);
  const Query query(mark == std::string_view::npos ? std::string_view{}
                                                   : call.target.substr(mark + 1));
  if (auto refused = fault(now)) return *refused;
  if (method == "get") return plain_reply(400, "bad request: the method is written in capitals");
  HttpReply reply =
      signed_.answer(call, now, dice_).value_or(plain_reply(404, "404 page not found"));
  for (const Path& known : kPaths) {
    if (method != "GET" || known.name != path) continue;
    const bool cursor =
        path == "/v5/market/instruments-info" &&
        dice_.strikes(FaultKind::LastPageCursor, faults.last_page_cursor_per_request);
    const auto result = known.handler({market_, query, now, cursor});
    const std::int64_t told = to_unix_ms(now) + market_.clock_offset_ms();
    reply = json_reply(result ? envelope(0, "OK", result.value(), told)
                              : envelope(10001, result.error().context, "{}", told));
  }
  if (dice_.strikes(FaultKind::HttpDelay, faults.http_delay_per_request))
    reply.delay = faults.http_delay;
  return reply;
}

}  // namespace proteus::sim

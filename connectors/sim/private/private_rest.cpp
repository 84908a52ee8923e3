#include "connectors/sim/private/private_rest.hpp"

#include <boost/json.hpp>

#include "connectors/sim/private/private_request.hpp"
#include "connectors/sim/random.hpp"
#include "connectors/sim/replies.hpp"

namespace proteus::sim {
namespace {

namespace json = boost::json;

Said<json::object> body_of(const HttpCall& call, bool post) {
  if (!post) return json::object{};
  boost::system::error_code failed;
  json::value value = json::parse({call.body.data(), call.body.size()}, failed);
  if (failed || !value.is_object())
    return Refusal{10001, "params error: the body is no JSON object"};
  return std::move(value.get_object());
}

HttpReply refused(const Refusal& refusal, std::int64_t told) {
  if (refusal.http != 200) return plain_reply(refusal.http, refusal.text);
  return json_reply(envelope(refusal.code, refusal.text, "{}", told));
}

}  // namespace

struct PrivateRest::Path {
  std::string_view name;
  bool post;
  std::size_t per_second;  ///< section 4.2, linear
  bool paged;
  Said<std::string> (*handler)(const PrivateRequest&);
};

const PrivateRest::Path* PrivateRest::path_of(std::string_view name, bool post) {
  static constexpr Path kPaths[] = {
      {"/v5/order/create", true, 10, false, order_create},
      {"/v5/order/amend", true, 10, false, order_amend},
      {"/v5/order/cancel", true, 10, false, order_cancel},
      {"/v5/order/cancel-all", true, 10, false, order_cancel_all},
      {"/v5/order/realtime", false, 50, true, order_realtime},
      {"/v5/order/history", false, 50, true, order_history},
      {"/v5/execution/list", false, 50, true, execution_list},
      {"/v5/position/list", false, 50, true, position_list},
      {"/v5/position/set-leverage", true, 10, false, position_set_leverage},
      {"/v5/position/switch-mode", true, 10, false, position_switch_mode},
      {"/v5/account/wallet-balance", false, 50, false, account_wallet},
      {"/v5/account/info", false, 50, false, account_info},
      {"/v5/account/fee-rate", false, 5, false, account_fee_rate},
      {"/v5/asset/coin/query-info", false, 5, false, asset_coin_info},
      {"/v5/user/query-api", false, 10, false, user_query_api}};
  for (const Path& known : kPaths)
    if (known.name == name && known.post == post) return &known;
  return nullptr;
}

TimeRule time_rule(const Market& market, Timestamp now) {
  const SimSettings& settings = market.settings();
  return {to_unix_ms(now) + market.clock_offset_ms(), settings.speed, !settings.paced};
}

PrivateRest::PrivateRest(Market& market, MarketView& view, ExchangeCore& core,
                         std::span<const AccountSpec> accounts, FaultCounts& counts)
    : market_(market),
      view_(view),
      core_(core),
      accounts_(accounts),
      dice_(mix(mix(static_cast<std::uint64_t>(market.settings().seed)), "orders"), counts) {}

PrivateOutcome PrivateRest::run(const Path& path, const PrivateRequest& request) {
  RateWindow& window = windows_[{request.account, path.name}];
  const bool room = window.take(path.per_second, request.now);
  Said<std::string> result = Refusal{10006, "Too many visits. Exceeded the API Rate Limit."};
  if (room) result = path.handler(request);
  const SimFaults& faults = market_.settings().faults;
  const bool ordered = result && path.post && path.name.starts_with("/v5/order/");
  const bool lost = ordered && dice_.strikes(FaultKind::OrderLost, faults.order_lost_per_request);
  if (ordered && dice_.strikes(FaultKind::Order10016, faults.order_10016_per_request))
    result = Refusal{10016, "Request timeout, please try again later"};
  early_ = ordered && dice_.strikes(FaultKind::PrivateEarly, faults.private_early_per_request);
  return {std::move(result), static_cast<std::int64_t>(path.per_second),
          static_cast<std::int64_t>(window.left(path.per_second)),
          to_unix_ms(window.reset(path.per_second, request.now)) + market_.clock_offset_ms(), lost};
}

PrivateOutcome PrivateRest::post(AccountId account, std::string_view path, const json::object& body,
                                 Timestamp now) {
  const Path* const known = path_of(path, true);
  PROTEUS_ASSERT(known != nullptr);
  const Query none("");
  return run(*known, {market_, view_, core_, account, none, body, now, false});
}

std::optional<HttpReply> PrivateRest::answer(const HttpCall& call, Timestamp now, FaultDice& dice) {
  const bool post = call.method == "POST";
  if (!post && call.method != "GET") return std::nullopt;
  const std::size_t mark = call.target.find('?');
  const std::string_view query_text =
      mark == std::string_view::npos ? std::string_view{} : call.target.substr(mark + 1);
  const Path* const path = path_of(call.target.substr(0, mark), post);
  if (path == nullptr) return std::nullopt;
  if (!post && !call.body.empty()) return plain_reply(403, "a GET has no body");

  const TimeRule rule = time_rule(market_, now);
  const auto account =
      check_signature(accounts_, call.headers, {post, query_text, call.body}, rule);
  if (!account) return refused(account.error(), rule.told_ms);
  const auto body = body_of(call, post);
  if (!body) return refused(body.error(), rule.told_ms);
  const bool cursor =
      path->paged && dice.strikes(FaultKind::LastPageCursor,
                                  market_.settings().faults.last_page_cursor_per_request);
  const Query query(query_text);
  const PrivateOutcome done =
      run(*path, {market_, view_, core_, account.value(), query, body.value(), now, cursor});
  HttpReply reply = done.result ? json_reply(envelope(0, "OK", done.result.value(), rule.told_ms))
                                : refused(done.result.error(), rule.told_ms);
  reply.lost = done.lost;
  add_limit_headers(reply, done.limit, done.left, done.reset_ms);
  return reply;
}

}  // namespace proteus::sim

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

Refusal too_many() { return {10006, "Too many visits. Exceeded the API Rate Limit."}; }
Refusal server_error() { return {10016, "Request timeout, please try again later"}; }

/// Real time as the venue's clock runs.
Duration of_venue_time(Duration real, const SimSettings& settings) {
  if (settings.paced) return real;
  return Duration{static_cast<std::int64_t>(static_cast<double>(real.count()) * settings.speed)};
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
  bool by_row = false;  ///< a batch takes of its limit row by row
  /// Spot may do some things more often; each category has a window of its own.
  [[nodiscard]] std::size_t limit(bool spot) const {
    const bool more = post && name.starts_with("/v5/order/") && handler != order_amend &&
                      handler != order_disconnected_cancel_all;
    return spot && more ? 2 * per_second : per_second;
  }
};

const PrivateRest::Path* PrivateRest::path_of(std::string_view name, bool post) {
  static constexpr Path kPaths[] = {
      {"/v5/order/create", true, 10, false, order_create},
      {"/v5/order/amend", true, 10, false, order_amend},
      {"/v5/order/cancel", true, 10, false, order_cancel},
      {"/v5/order/cancel-all", true, 10, false, order_cancel_all},
      {"/v5/order/create-batch", true, 10, false, order_create_batch, true},
      {"/v5/order/amend-batch", true, 10, false, order_amend_batch, true},
      {"/v5/order/cancel-batch", true, 10, false, order_cancel_batch, true},
      {"/v5/order/pre-check", true, 10, false, order_pre_check},
      {"/v5/order/disconnected-cancel-all", true, 5, false, order_disconnected_cancel_all},
      {"/v5/order/realtime", false, 50, true, order_realtime},
      {"/v5/order/history", false, 50, true, order_history},
      {"/v5/execution/list", false, 50, true, execution_list},
      {"/v5/position/list", false, 50, true, position_list},
      {"/v5/position/set-leverage", true, 10, false, position_set_leverage},
      {"/v5/position/switch-mode", true, 10, false, position_switch_mode},
      {"/v5/position/trading-stop", true, 10, false, position_trading_stop},
      {"/v5/account/wallet-balance", false, 50, false, account_wallet},
      {"/v5/account/info", false, 50, false, account_info},
      {"/v5/account/fee-rate", false, 5, false, account_fee_rate},
      {"/v5/account/transaction-log", false, 25, true, account_transaction_log},
      {"/v5/account/user-setting-config", false, 50, false, account_user_setting},
      {"/v5/account/set-limit-px-action", true, 10, false, account_set_limit_px_action},
      {"/v5/position/closed-pnl", false, 50, true, position_closed_pnl},
      {"/v5/account/query-dcp-info", false, 5, false, account_query_dcp},
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

void PrivateRest::begin_maintenance(Timestamp until) {
  maintained_until_ = std::max(maintained_until_, until);
  dice_.count(FaultKind::Maintenance);
}

std::optional<Refusal> PrivateRest::refused_by_fault(const PrivateRequest& request, bool by_rest) {
  const SimFaults& faults = market_.settings().faults;
  if (in_maintenance(request.now)) {
    if (!by_rest) return Refusal{10019, "ws trade service is restarting, please reconnect"};
    if (dice_.draws().unit() < 0.5) return Refusal{503, "503 Service Unavailable", 503};
    return server_error();
  }
  if (by_rest && dice_.strikes(FaultKind::Signed403, faults.signed_403_per_request))
    return Refusal{403, "access too frequent", 403};
  if (dice_.strikes(FaultKind::Signed10002, faults.signed_10002_per_request))
    return Refusal{10002,
                   "invalid request, please check your server timestamp or recv_window param."};
  if (dice_.strikes(FaultKind::Signed10006, faults.signed_10006_per_request)) return too_many();
  if (dice_.strikes(FaultKind::Signed10016, faults.signed_10016_per_request)) return server_error();
  return std::nullopt;
}

PrivateOutcome PrivateRest::run(const Path& path, PrivateRequest request, bool by_rest) {
  const SimFaults& faults = market_.settings().faults;
  const bool of_orders = path.post && path.name.starts_with("/v5/order/");
  const AccountRights& rights = core_.account(request.account).rights;
  const json::value* category = request.body.if_contains("category");
  const bool spot =
      category != nullptr && category->is_string() && category->get_string() == "spot";
  Quota quota{windows_[{request.account, path.name, spot}],
              std::max(path.limit(spot), rights.per_second)};
  PrivateOutcome done{Refusal{}, static_cast<std::int64_t>(quota.limit)};
  early_ = false;
  if (auto fault = refused_by_fault(request, by_rest)) {
    done.result = std::move(*fault);
  } else if (of_orders && dice_.strikes(FaultKind::OrderNever, faults.order_never_per_request)) {
    done.lost = true;  // It never came, so nothing of it is counted.
  } else if (!path.by_row && !quota.window.take(quota.limit, request.now)) {
    done.result = too_many();
  } else if (path.post && rights.read_only) {
    done.result = Refusal{10005, "Permission denied, please check your API key permissions."};
  } else {
    request.quota = &quota;
    request.ext_info = &done.ext_info;
    request.cancel_late = path.handler == order_cancel &&
                          dice_.strikes(FaultKind::CancelRace, faults.cancel_race_per_request);
    const std::uint64_t before = core_.orders_made();
    done.result = path.handler(request);
    if (of_orders && done.result) meet_order_faults(request, before, done);
  }
  if (of_orders && !by_rest && dice_.strikes(FaultKind::TradeDelay, faults.trade_delay_per_request))
    done.delay = of_venue_time(faults.http_delay, market_.settings());
  done.left = static_cast<std::int64_t>(quota.window.left(quota.limit));
  done.reset_ms =
      to_unix_ms(quota.window.reset(quota.limit, request.now)) + market_.clock_offset_ms();
  return done;
}

/// What can happen to the answer of an order request that was done, and to what lists say of it.
void PrivateRest::meet_order_faults(const PrivateRequest& request, std::uint64_t before,
                                    PrivateOutcome& done) {
  const SimFaults& faults = market_.settings().faults;
  if (core_.orders_made() > before && dice_.strikes(FaultKind::RestLag, faults.rest_lag_per_order))
    core_.lag_lists(request.account, before, faults.rest_lag, request.now);
  const json::value* link = request.body.if_contains("orderLinkId");
  const bool named = link != nullptr && link->is_string() && !link->get_string().empty();
  if (core_.orders_made() > before && named &&
      dice_.strikes(FaultKind::Create110072, faults.create_110072_per_request))
    done.result = Refusal{110072, "OrderLinkedID is duplicate"};
  done.lost = dice_.strikes(FaultKind::OrderLost, faults.order_lost_per_request);
  if (dice_.strikes(FaultKind::Order10016, faults.order_10016_per_request))
    done.result = server_error();
  early_ = dice_.strikes(FaultKind::PrivateEarly, faults.private_early_per_request);
}

PrivateOutcome PrivateRest::post(AccountId account, std::string_view path, const json::object& body,
                                 Timestamp now) {
  const Path* const known = path_of(path, true);
  PROTEUS_ASSERT(known != nullptr);
  const Query none("");
  return run(*known, {market_, view_, core_, guard_, account, none, body, now}, false);
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
      run(*path, {market_, view_, core_, guard_, account.value(), query, body.value(), now, cursor},
          true);
  HttpReply reply =
      done.result ? json_reply(envelope(0, "OK", done.result.value(), rule.told_ms, done.ext_info))
                  : refused(done.result.error(), rule.told_ms);
  reply.lost = done.lost;
  add_limit_headers(reply, done.limit, done.left, done.reset_ms);
  return reply;
}

}  // namespace proteus::sim

// Orders by websocket, /v5/trade. An answer means that the order was accepted, as by REST, and the
// rate window is REST's.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "connectors/sim/commands.hpp"
#include "connectors/sim/private/private_request.hpp"
#include "connectors/sim/private/private_stream.hpp"

namespace proteus::sim {
namespace {

namespace json = boost::json;

constexpr std::size_t kReqIdCharactersMax = 36;
constexpr std::size_t kReqIdsMax = 100'000;  // of a connection; older ones may come again

std::string_view path_of_op(std::string_view op) {
  if (op == "order.create") return "/v5/order/create";
  if (op == "order.amend") return "/v5/order/amend";
  if (op == "order.cancel") return "/v5/order/cancel";
  if (op == "order.create-batch") return "/v5/order/create-batch";
  if (op == "order.amend-batch") return "/v5/order/amend-batch";
  if (op == "order.cancel-batch") return "/v5/order/cancel-batch";
  return {};
}

/// A text member, or a number as text.
std::string loose_text(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return std::string(std::string_view(value->get_string()));
  return json::serialize(*value);
}

/// {"reqId":..,"retCode":..,"retMsg":..,"op":..: the beginning of every answer.
std::string trade_head(const json::object& message, std::string_view op, int code,
                       std::string_view text) {
  std::string out = "{";
  if (const std::string req_id = loose_text(message, "reqId"); !req_id.empty()) {
    out += "\"reqId\":";
    append_json(out, req_id);
    out += ',';
  }
  out += fmt::format("\"retCode\":{},\"retMsg\":", code);
  append_json(out, text);
  out += ",\"op\":";
  append_json(out, op);
  return out;
}

Said<void> remember_req_id(PrivateSession& session, const std::string& req_id) {
  if (req_id.size() > kReqIdCharactersMax) return wrong("reqId");
  if (req_id.empty()) return boost::outcome_v2::success();
  if (!session.req_ids.insert(req_id).second) return Refusal{20006, "reqId is duplicate"};
  session.req_ids_by_age.push_back(req_id);
  if (session.req_ids_by_age.size() > kReqIdsMax) {
    session.req_ids.erase(session.req_ids_by_age.front());
    session.req_ids_by_age.pop_front();
  }
  return boost::outcome_v2::success();
}

/// The one object of `args`, of a message whose time is right.
Said<json::object> order_in(const json::object& message, const TimeRule& rule) {
  const json::value* header = message.if_contains("header");
  if (header == nullptr || !header->is_object()) return wrong("header");
  const auto timestamp = ms_text(loose_text(header->get_object(), "X-BAPI-TIMESTAMP"));
  const std::string window_text = loose_text(header->get_object(), "X-BAPI-RECV-WINDOW");
  const auto window =
      window_text.empty() ? std::optional<std::int64_t>(5000) : ms_text(window_text);
  if (!timestamp) return wrong("X-BAPI-TIMESTAMP");
  if (!window) return wrong("X-BAPI-RECV-WINDOW");
  BOOST_OUTCOME_TRY(check_time(rule, *timestamp, *window));
  const json::value* args = message.if_contains("args");
  if (args == nullptr || !args->is_array() || args->get_array().size() != 1 ||
      !args->get_array()[0].is_object())
    return wrong("args");
  return args->get_array()[0].get_object();
}

}  // namespace

StreamReply PrivateStream::trade_answer(PrivateSession& session, std::string_view conn,
                                        std::string_view text, Timestamp now) {
  boost::system::error_code failed;
  const json::value value = json::parse({text.data(), text.size()}, failed);
  const json::object message = failed || !value.is_object() ? json::object{} : value.get_object();
  const std::string op = loose_text(message, "op");
  const TimeRule rule = time_rule(market_, now);
  const std::string tail = fmt::format(",\"connId\":\"{}\"}}", conn);
  const auto brief = [&](int code, std::string_view why) {
    return StreamReply{trade_head(message, op, code, why) + tail};
  };
  if (op == "ping")
    return {fmt::format(R"({{"retCode":0,"retMsg":"OK","op":"pong","data":["{}"],"connId":"{}"}})",
                        rule.told_ms, conn)};
  if (op == "auth") {
    if (session.account) return brief(20001, "Repeat auth");
    const auto account = log_in(text, now);
    if (!account) return brief(account.error().code, account.error().text);
    session.account = account.value();
    return brief(0, "OK");
  }
  const std::string_view path = path_of_op(op);
  if (path.empty()) return brief(10404, "op type is not found");
  if (!session.account) return brief(10007, "User authentication failed");
  if (const auto fresh = remember_req_id(session, loose_text(message, "reqId")); !fresh)
    return brief(fresh.error().code, fresh.error().text);
  const auto order = order_in(message, rule);
  if (!order) return brief(order.error().code, order.error().text);

  const PrivateOutcome done = rest_.post(*session.account, path, order.value(), now);
  if (done.lost) return {};
  std::string out =
      done.result ? trade_head(message, op, 0, "OK")
                  : trade_head(message, op, done.result.error().code, done.result.error().text);
  out += ",\"data\":" + (done.result ? done.result.value() : std::string("{}"));
  out += fmt::format(R"(,"retExtInfo":{},"header":{{"X-Bapi-Limit":"{}",)"
                     R"("X-Bapi-Limit-Status":"{}","X-Bapi-Limit-Reset-Timestamp":"{}",)"
                     R"("Traceid":"{:016x}","Timenow":"{}"}})",
                     done.ext_info, done.limit, done.left, done.reset_ms, ++frames_, rule.told_ms);
  return {out + tail, done.delay};
}

}  // namespace proteus::sim

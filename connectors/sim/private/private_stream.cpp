#include "connectors/sim/private/private_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "connectors/sim/commands.hpp"
#include "connectors/sim/private/private_request.hpp"

namespace proteus::sim {
namespace {

namespace json = boost::json;

constexpr std::string_view kCategorised[] = {"order", "execution", "position"};
constexpr std::string_view kCategories[] = {"linear", "spot", "inverse", "option"};

struct StreamAnswer {
  bool success = true;
  std::string ret_msg;
  std::string_view op;
};

std::string stream_answer(const StreamAnswer& what, std::string_view conn,
                          const std::optional<std::string>& req_id) {
  std::string out = what.success ? "{\"success\":true" : "{\"success\":false";
  out += ",\"ret_msg\":";
  append_json(out, what.ret_msg);
  out += ",\"op\":";
  append_json(out, what.op);
  out += ",\"conn_id\":";
  append_json(out, conn);
  if (req_id) {
    out += ",\"req_id\":";
    append_json(out, *req_id);
  }
  out += '}';
  return out;
}

/// Empty: they may stand beside each other and what is there already.
std::string problem_of_topics(const std::set<std::string>& there,
                              const std::vector<std::string>& asked, bool guarded) {
  std::set<std::string> all;
  for (const std::string& name : asked) {
    const bool known = !private_topic(name).empty() || (guarded && name == kGuardTopic);
    if (!known) return "error:handler not found,topic:" + name;
    if (there.contains(name) || !all.insert(name).second)
      return "error:already subscribed,topic:" + name;
  }
  for (const std::string& name : asked) {
    const std::string topic(private_topic(name));
    if (name != topic && all.contains(topic))
      return "error:all-in-one and categorised topic in one request,topic:" + name;
  }
  return {};
}

std::string subscribe_private(PrivateSession& session, const Command& command, bool guarded) {
  if (!session.account) return "Request not authorized";
  if (!command.args || command.args->empty()) return "error:invalid args";
  std::string problem = problem_of_topics(session.topics, *command.args, guarded);
  if (problem.empty()) session.topics.insert(command.args->begin(), command.args->end());
  return problem;
}

std::string unsubscribe_private(PrivateSession& session, const Command& command) {
  if (!command.args || command.args->empty()) return "error:invalid args";
  for (const std::string& name : *command.args)
    if (!session.topics.contains(name)) return "error:handler not found,topic:" + name;
  for (const std::string& name : *command.args) session.topics.erase(name);
  return {};
}

}  // namespace

std::string_view private_topic(std::string_view name) {
  if (name == "wallet") return name;
  if (name == "execution.fast" || name == "execution.fast.linear" || name == "execution.fast.spot")
    return "execution.fast";
  const std::size_t dot = name.find('.');
  const std::string_view topic = name.substr(0, dot);
  bool known = false;
  for (const std::string_view one : kCategorised) known = known || one == topic;
  if (!known) return {};
  if (dot == std::string_view::npos) return topic;
  for (const std::string_view category : kCategories) {
    const bool none = category == "spot" && topic == "position";
    if (name.substr(dot + 1) == category && !none) return topic;
  }
  return {};
}

Said<AccountId> PrivateStream::log_in(std::string_view text, Timestamp now) const {
  boost::system::error_code failed;
  const json::value value = json::parse({text.data(), text.size()}, failed);
  const json::value* args =
      failed || !value.is_object() ? nullptr : value.get_object().if_contains("args");
  if (args == nullptr || !args->is_array() || args->get_array().size() != 3)
    return Refusal{10001, "Params Error"};
  const json::array& three = args->get_array();
  if (!three[0].is_string() || !three[2].is_string()) return Refusal{10001, "Params Error"};
  const std::string expires = three[1].is_string()
                                  ? std::string(std::string_view(three[1].get_string()))
                                  : json::serialize(three[1]);
  return check_login(accounts_, std::string_view(three[0].get_string()), expires,
                     std::string_view(three[2].get_string()), time_rule(market_, now));
}

StreamReply PrivateStream::answer(PrivateSession& session, std::string_view conn,
                                  std::string_view text, Timestamp now) {
  if (session.trade) return trade_answer(session, conn, text, now);
  return {private_answer(session, conn, text, now)};
}

std::string PrivateStream::private_answer(PrivateSession& session, std::string_view conn,
                                          std::string_view text, Timestamp now) {
  const Command command = parse_command(text);
  const auto said = [&](std::string problem) {
    const bool fine = problem.empty();
    return stream_answer({fine, std::move(problem), command.op_text}, conn, command.req_id);
  };
  switch (command.op) {
    case Command::Op::NotJson:
      return said("Failed to decode incoming data:" + command.problem);
    case Command::Op::Subscribe:
      return said(subscribe_private(
          session, command, session.account && core_.account(*session.account).rights.guarded));
    case Command::Op::Unsubscribe:
      return said(unsubscribe_private(session, command));
    case Command::Op::Ping: {
      std::string out = "{";
      if (command.req_id) {
        out += "\"req_id\":";
        append_json(out, *command.req_id);
        out += ',';
      }
      return out + fmt::format(R"("op":"pong","args":["{}"],"conn_id":"{}"}})",
                               to_unix_ms(now) + market_.clock_offset_ms(), conn);
    }
    case Command::Op::Unknown:
      break;
  }
  if (command.op_text != "auth") return said("error:invalid op");
  const auto account = log_in(text, now);
  if (!account) return said("Params Error");
  session.account = account.value();
  return said("");
}

void PrivateStream::tell(Timestamp now, const Deliver& to) {
  for (AccountId id = 0; id < core_.accounts(); ++id) {
    const Changes changes = core_.take_changes(id);
    for (const Category category : {Category::Linear, Category::Spot})
      if (const Changes part = part_of(changes, category); part.any())
        tell_one(id, part, category, now, to);
  }
}

Changes PrivateStream::part_of(const Changes& changes, Category category) const {
  const auto is = [&](InstrumentId id) { return core_.instruments()[id].category == category; };
  Changes part;
  for (const Execution& e : changes.executions)
    if (is(e.order.instrument)) part.executions.push_back(e);
  for (const VenueOrder& order : changes.orders)
    if (is(order.instrument)) part.orders.push_back(order);
  for (const InstrumentId id : changes.positions)
    if (category == Category::Linear && is(id)) part.positions.insert(id);
  return part;
}

void PrivateStream::tell_one(AccountId id, const Changes& changes, Category category, Timestamp now,
                             const Deliver& to) {
  auto told = rows_of(id, changes, now);
  FaultDice& dice = rest_.dice();
  if (dice.strikes(FaultKind::PrivateShuffle, market_.settings().faults.private_shuffle_per_change))
    // Another order in every case: turned by one to three places.
    std::rotate(
        told.begin(),
        told.begin() + 1 + static_cast<std::ptrdiff_t>(dice.draws().next() % (told.size() - 1)),
        told.end());
  tell_fast(id, changes, category, now, to);
  for (const auto& entry : told) {
    const std::string& rows = entry.second;
    if (rows.empty()) continue;
    const std::uint64_t number = ++frames_;
    to(id, entry.first, category, [&](std::string_view name) {
      return fmt::format(R"({{"id":"sim_{}_{}","topic":"{}","creationTime":{},"data":[{}]}})",
                         id + 1, number, name, to_unix_ms(now) + market_.clock_offset_ms(), rows);
    });
  }
}

void PrivateStream::tell_fast(AccountId id, const Changes& changes, Category category,
                              Timestamp now, const Deliver& to) {
  const RowStyle style{false, market_.clock_offset_ms()};
  std::string rows;
  for (const Execution& e : changes.executions) {
    if (e.type != ExecutionType::Trade) continue;
    if (!rows.empty()) rows += ',';
    append_fast_row(rows, e, core_.instruments()[e.order.instrument], style);
  }
  if (rows.empty()) return;
  to(id, "execution.fast", category, [&](std::string_view name) {
    return fmt::format(R"({{"topic":"{}","creationTime":{},"data":[{}]}})", name,
                       to_unix_ms(now) + market_.clock_offset_ms(), rows);
  });
}

PrivateStream::Told PrivateStream::rows_of(AccountId id, const Changes& changes, Timestamp now) {
  const RowStyle style{false, market_.clock_offset_ms()};
  Told told{{{"execution", {}}, {"order", {}}, {"position", {}}, {"wallet", {}}}};
  const auto next_row = [](std::string& rows) -> std::string& {
    if (!rows.empty()) rows += ',';
    return rows;
  };
  for (const Execution& e : changes.executions)
    append_execution_row(next_row(told[0].second), e, core_.instruments()[e.order.instrument],
                         style);
  for (const VenueOrder& order : changes.orders)
    append_order_row(next_row(told[1].second), order, core_.instruments()[order.instrument], style);
  for (const InstrumentId instrument : changes.positions) {
    const Price mark = view_.priced(instrument, now) ? view_.mark(instrument, now) : Price{};
    append_position_rows(next_row(told[2].second), core_, id, instrument, mark, style);
  }
  append_wallet_row(told[3].second, core_, id);
  return told;
}

}  // namespace proteus::sim

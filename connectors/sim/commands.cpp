#include "connectors/sim/commands.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "connectors/sim/text.hpp"

namespace proteus::sim {
namespace {

namespace json = boost::json;

std::optional<std::string> id_text(const json::value* value) {
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (value->is_string()) return std::string(std::string_view(value->get_string()));
  if (value->is_double()) return fmt::format("{}", value->get_double());
  return json::serialize(*value);
}

std::optional<std::vector<std::string>> arg_texts(const json::value* value) {
  if (value == nullptr || !value->is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const json::value& arg : value->get_array()) {
    if (!arg.is_string()) return std::nullopt;
    texts.emplace_back(std::string_view(arg.get_string()));
  }
  return texts;
}

Command::Op op_of(std::string_view text) {
  if (text == "subscribe") return Command::Op::Subscribe;
  if (text == "unsubscribe") return Command::Op::Unsubscribe;
  if (text == "ping") return Command::Op::Ping;
  return Command::Op::Unknown;
}

}  // namespace

Command parse_command(std::string_view text) {
  Command command;
  boost::system::error_code failed;
  const json::value value = json::parse({text.data(), text.size()}, failed);
  if (failed || !value.is_object()) {
    command.op = Command::Op::NotJson;
    command.problem = failed ? failed.message() : "not an object";
    return command;
  }
  const json::object& object = value.get_object();
  if (const json::value* op = object.if_contains("op"); op != nullptr && op->is_string())
    command.op_text = std::string_view(op->get_string());
  command.op = op_of(command.op_text);
  command.req_id = id_text(object.if_contains("req_id"));
  command.args = arg_texts(object.if_contains("args"));
  return command;
}

std::string answer_text(Category category, const Answer& answer, std::string_view conn_id,
                        const std::optional<std::string>& req_id) {
  std::string out = answer.success ? "{\"success\":true" : "{\"success\":false";
  out += ",\"ret_msg\":";
  append_json(out, answer.ret_msg);
  out += ",\"conn_id\":";
  append_json(out, conn_id);
  if (req_id || category == Category::Linear) {
    out += ",\"req_id\":";
    append_json(out, req_id.value_or(""));
  }
  out += ",\"op\":";
  append_json(out, answer.op);
  out += '}';
  return out;
}

}  // namespace proteus::sim

#include "connectors/sim/replies.hpp"

#include <fmt/format.h>

#include "connectors/sim/text.hpp"

namespace proteus::sim {

std::string envelope(int code, std::string_view message, std::string_view result,
                     std::int64_t time_ms, std::string_view ext_info) {
  std::string out = fmt::format("{{\"retCode\":{},\"retMsg\":", code);
  append_json(out, message);
  out += ",\"result\":";
  out += result;
  out += fmt::format(",\"retExtInfo\":{},\"time\":{}}}", ext_info, time_ms);
  return out;
}

HttpReply plain_reply(int status, std::string text, std::string type) {
  return {status, std::move(type), std::move(text), {}, Duration{0}, false};
}

HttpReply json_reply(std::string body) {
  HttpReply reply;
  reply.body = std::move(body);
  return reply;
}

void add_limit_headers(HttpReply& reply, std::int64_t limit, std::int64_t left,
                       std::int64_t reset_ms) {
  reply.headers.emplace_back("X-Bapi-Limit", std::to_string(limit));
  reply.headers.emplace_back("X-Bapi-Limit-Status", std::to_string(left));
  reply.headers.emplace_back("X-Bapi-Limit-Reset-Timestamp", std::to_string(reset_ms));
}

}  // namespace proteus::sim

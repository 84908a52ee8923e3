// The venue's REST envelope, and answers outside of it.
#pragma once

#include <string>
#include <string_view>

#include "connectors/sim/sim_io.hpp"

namespace proteus::sim {

/// {"retCode":..,"retMsg":..,"result":..,"retExtInfo":..,"time":..}; `result` and
/// `ext_info` are JSON text.
std::string envelope(int code, std::string_view message, std::string_view result,
                     std::int64_t time_ms, std::string_view ext_info = "{}");
/// HTTP 200 with that body.
HttpReply json_reply(std::string body);
/// An answer that is not JSON.
HttpReply plain_reply(int status, std::string text, std::string type = "text/plain; charset=utf-8");
/// Adds X-Bapi-Limit, -Status and -Reset-Timestamp.
void add_limit_headers(HttpReply& reply, std::int64_t limit, std::int64_t left,
                       std::int64_t reset_ms);

}  // namespace proteus::sim

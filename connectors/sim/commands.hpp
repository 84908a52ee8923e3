// What a client may say on a public websocket, and how the venue answers it, word for word.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/instrument.hpp"

namespace proteus::sim {

struct Command {
  enum class Op : std::uint8_t { Subscribe, Unsubscribe, Ping, Unknown, NotJson };
  Op op = Op::Unknown;
  std::string op_text;                           ///< as sent; empty if there was none
  std::optional<std::string> req_id;             ///< a number comes as its text
  std::optional<std::vector<std::string>> args;  ///< nothing: missing or not a list of texts
  std::string problem;                           ///< NotJson: what the parser says
};

Command parse_command(std::string_view text);

struct Answer {
  bool success = true;
  std::string ret_msg;
  std::string_view op;
};

/// {"success":..,"ret_msg":..,"conn_id":..,"req_id":..,"op":..}. Without a request id linear writes
/// "", spot leaves the key out.
std::string answer_text(Category category, const Answer& answer, std::string_view conn_id,
                        const std::optional<std::string>& req_id);

}  // namespace proteus::sim

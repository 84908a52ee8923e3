// Reads a document made by this program for showing: what is missing is empty or zero, and nothing
// in it can steer the terminal.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

namespace proteus::app::view {

namespace bj = boost::json;

/// Null where `json` is none.
bj::value parse(const std::string& json);
const bj::value* find(const bj::value& object, std::string_view key);
/// Null where it is missing.
const bj::value& get(const bj::value& object, std::string_view key);
/// The text of a member, of any kind; control characters become '?'.
std::string text(const bj::value& object, std::string_view key);
double number(const bj::value& object, std::string_view key);
bool flag(const bj::value& object, std::string_view key);
const bj::array& list(const bj::value& object, std::string_view key);
std::string upper(std::string text);
/// "2025-06-01T12:34:00.000Z" as "2025-06-01 12:34:00"; empty stays empty.
std::string clock_text(const std::string& time);
/// "2025-06-01 12:34:00.000" of the same.
std::string exact_clock_text(const std::string& time);
/// "12:34:00" of the same.
std::string second_text(const std::string& time);
/// "12:34" of the same.
std::string minute_text(const std::string& time);

}  // namespace proteus::app::view

#include "tools/app/json_view.hpp"

#include <cctype>

namespace proteus::app::view {

bj::value parse(const std::string& json) {
  bj::error_code failed;
  bj::value value = bj::parse(json, failed);
  return failed ? bj::value{} : value;
}

const bj::value* find(const bj::value& object, std::string_view key) {
  return object.is_object() ? object.as_object().if_contains(key) : nullptr;
}

const bj::value& get(const bj::value& object, std::string_view key) {
  static const bj::value kNone;
  const bj::value* found = find(object, key);
  return found == nullptr ? kNone : *found;
}

std::string text(const bj::value& object, std::string_view key) {
  const bj::value* v = find(object, key);
  if (v == nullptr || v->is_null()) return {};
  std::string out = v->is_string() ? std::string(v->as_string()) : bj::serialize(*v);
  for (char& c : out)
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0) c = '?';
  return out;
}

double number(const bj::value& object, std::string_view key) {
  const bj::value* v = find(object, key);
  return v != nullptr && v->is_number() ? v->to_number<double>() : 0.0;
}

bool flag(const bj::value& object, std::string_view key) {
  const bj::value* v = find(object, key);
  return v != nullptr && v->is_bool() && v->as_bool();
}

const bj::array& list(const bj::value& object, std::string_view key) {
  static const bj::array kNone;
  const bj::value* v = find(object, key);
  return v != nullptr && v->is_array() ? v->as_array() : kNone;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string clock_text(const std::string& time) {
  if (time.size() < 19) return time;
  return time.substr(0, 10) + " " + time.substr(11, 8);
}

std::string exact_clock_text(const std::string& time) {
  if (time.size() < 23) return clock_text(time);
  return time.substr(0, 10) + " " + time.substr(11, 12);
}

std::string second_text(const std::string& time) {
  return time.size() < 19 ? time : time.substr(11, 8);
}

std::string minute_text(const std::string& time) {
  return time.size() < 16 ? time : time.substr(11, 5);
}

}  // namespace proteus::app::view

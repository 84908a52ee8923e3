// Builds one JSON object, key by key, in the order of the calls: the status and the reasons are
// read by programs, so their text is stable. Values are spelled as engine/core/json.hpp spells
// them.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "engine/core/json.hpp"

namespace proteus::app {

class JsonObject {
 public:
  template <class T>
  JsonObject& add(std::string_view key, const T& value) {
    begin(key);
    json::append(text_, value);
    return *this;
  }
  /// `value` is JSON already.
  JsonObject& add_raw(std::string_view key, std::string_view value) {
    begin(key);
    text_ += value;
    return *this;
  }
  JsonObject& add(std::string_view key, const JsonObject& value) {
    return add_raw(key, value.text());
  }
  [[nodiscard]] std::string text() const { return text_ + "}"; }

 private:
  void begin(std::string_view key) {
    if (text_.size() > 1) text_ += ',';
    json::append_text(text_, key);
    text_ += ':';
  }
  std::string text_ = "{";
};

class JsonList {
 public:
  JsonList& add_raw(std::string_view value) {
    if (text_.size() > 1) text_ += ',';
    text_ += value;
    return *this;
  }
  JsonList& add(const JsonObject& value) { return add_raw(value.text()); }
  [[nodiscard]] std::string text() const { return text_ + "]"; }

 private:
  std::string text_ = "[";
};

/// {"error":"<sentence>"}: what the daemon answers when it cannot.
inline std::string error_json(std::string_view sentence) {
  return JsonObject{}.add("error", sentence).text();
}

}  // namespace proteus::app

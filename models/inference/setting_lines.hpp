// Settings as lines "name = value", and back: how a checkpoint keeps them.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::inference {

template <class T>
std::string setting_text(const T& value) {
  if constexpr (std::is_enum_v<T>)
    return std::string(EnumNames<T>::names[static_cast<std::size_t>(value)]);
  else if constexpr (std::is_same_v<T, Duration>)
    return fmt::format("{}", value.count());  // ns
  else
    return fmt::format("{}", value);
}

template <class T>
bool read_setting(std::string_view text, T& out) {
  if constexpr (std::is_enum_v<T>) {
    const auto& names = EnumNames<T>::names;
    const auto found = std::ranges::find(names, text);
    if (found == names.end()) return false;
    out = static_cast<T>(found - names.begin());
    return true;
  } else if constexpr (std::is_same_v<T, bool>) {
    out = text == "true";
    return out || text == "false";
  } else if constexpr (std::is_same_v<T, Duration>) {
    std::int64_t count = 0;
    const bool read = read_setting(text, count);
    out = Duration{count};
    return read;
  } else {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
    return failed == std::errc{} && end == text.data() + text.size();
  }
}

/// A line for each setting of `settings`.
template <class T>
std::string setting_lines(const T& settings) {
  std::string out;
  std::apply(
      [&](const auto&... entry) {
        ((out += fmt::format("{} = {}\n", entry.name, setting_text(settings.*entry.member))), ...);
      },
      T::settings());
  return out;
}

class SettingLines {
 public:
  explicit SettingLines(std::string_view text) {
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      if (const std::size_t mark = line.find(" = "); mark != std::string_view::npos)
        entries_[line.substr(0, mark)] = line.substr(mark + 3);
    }
  }
  /// Fills `out`; remembers the name where there is none or it cannot be read or is out of range.
  template <class V>
  void read(std::string_view name, V& out) {
    const auto found = entries_.find(name);
    if (found == entries_.end() || !read_setting(found->second, out)) bad_ = name;
  }
  template <class T>
  void read_all(T& settings) {
    std::apply([&](const auto&... entry) { (read_one(entry, settings.*entry.member), ...); },
               T::settings());
  }
  /// What stands behind the name; empty where it is not there.
  [[nodiscard]] std::string_view text(std::string_view name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? std::string_view{} : found->second;
  }
  /// Name of a setting that could not be read, or nothing.
  [[nodiscard]] const std::string& bad() const { return bad_; }

 private:
  template <class Entry, class V>
  void read_one(const Entry& entry, V& out) {
    read(entry.name, out);
    if constexpr (std::is_arithmetic_v<V> && !std::is_same_v<V, bool>)
      if (!(static_cast<double>(out) >= entry.min && static_cast<double>(out) <= entry.max))
        bad_ = entry.name;
  }
  std::map<std::string_view, std::string_view> entries_;
  std::string bad_;
};

}  // namespace proteus::inference

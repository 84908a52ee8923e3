// A room's setting without its types: what the reader works on. Made from `settings()`.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::config {

/// A setting's value; a choice is its text.
using Value =
    std::variant<bool, std::int64_t, double, std::string, Duration, std::vector<std::string>>;

enum class Kind : std::uint8_t { Bool, Integer, Number, Text, Time, TextList, Choice };

struct Slot {
  std::string name;
  std::string meaning;
  double min = 0.0;  ///< durations: seconds
  double max = 0.0;
  Kind kind = Kind::Text;
  bool optional = false;
  std::span<const std::string_view> choices;
  std::optional<Value> value;  ///< nothing: off
  std::function<void(const std::optional<Value>&)> assign;
};

namespace detail {

template <class T>
struct Unwrap {
  using Type = T;
};
template <class T>
struct Unwrap<std::optional<T>> {
  using Type = T;
};

template <class T>
constexpr Kind kind_of() {
  if constexpr (std::is_same_v<T, bool>) return Kind::Bool;
  if constexpr (std::is_enum_v<T>) return Kind::Choice;
  if constexpr (std::is_integral_v<T>) return Kind::Integer;
  if constexpr (std::is_floating_point_v<T>) return Kind::Number;
  if constexpr (std::is_same_v<T, Duration>) return Kind::Time;
  if constexpr (std::is_same_v<T, std::vector<std::string>>) return Kind::TextList;
  return Kind::Text;
}

template <class T>
Value to_value(const T& typed) {
  if constexpr (std::is_enum_v<T>) {
    return std::string(EnumNames<T>::names[static_cast<std::size_t>(typed)]);
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    return static_cast<std::int64_t>(typed);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<double>(typed);
  } else {
    return typed;
  }
}

template <class T>
T from_value(const Value& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return std::get<bool>(value);
  } else if constexpr (std::is_enum_v<T>) {
    const auto& names = EnumNames<T>::names;
    const auto it = std::find(names.begin(), names.end(), std::get<std::string>(value));
    return static_cast<T>(it - names.begin());
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(std::get<std::int64_t>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(std::get<double>(value));
  } else {
    return std::get<T>(value);
  }
}

}  // namespace detail

/// Slots over `settings`, which must outlive every call of their `assign`, from a table as
/// `S::settings()` gives it.
template <HasSettings S, class Table>
std::vector<Slot> make_slots(S& settings, const Table& table) {
  std::vector<Slot> slots;
  const auto add = [&]<class Member>(const Setting<S, Member>& s) {
    using T = typename detail::Unwrap<Member>::Type;
    Slot slot;
    slot.name = s.name;
    slot.meaning = s.meaning;
    slot.min = s.min;
    slot.max = s.max;
    slot.kind = detail::kind_of<T>();
    slot.optional = !std::is_same_v<T, Member>;
    if constexpr (std::is_enum_v<T>) slot.choices = EnumNames<T>::names;
    if constexpr (std::is_integral_v<T>) {
      slot.min = std::max(slot.min, static_cast<double>(std::numeric_limits<T>::min()));
      // An integer of TOML has 63 bits at most.
      slot.max = std::min(slot.max, static_cast<double>(std::numeric_limits<T>::max()));
      slot.max = std::min(slot.max, static_cast<double>(INT64_MAX));
    }
    Member& member = settings.*(s.member);
    if constexpr (std::is_same_v<T, Member>) {
      slot.value = detail::to_value(member);
      slot.assign = [&member](const std::optional<Value>& value) {
        member = detail::from_value<T>(*value);
      };
    } else {
      if (member) slot.value = detail::to_value(*member);
      slot.assign = [&member](const std::optional<Value>& value) {
        if (value)
          member = detail::from_value<T>(*value);
        else
          member.reset();
      };
    }
    slots.push_back(std::move(slot));
  };
  std::apply([&](const auto&... s) { (add(s), ...); }, table);
  return slots;
}
template <HasSettings S>
std::vector<Slot> make_slots(S& settings) {
  return make_slots(settings, S::settings());
}

}  // namespace proteus::config

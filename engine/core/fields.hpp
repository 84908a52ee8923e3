// One description of a struct's fields, from which its binary form, its JSON and its hash are made,
// so that they cannot drift apart. A struct lists itself once:
//
//   struct Point { int x; int y; static constexpr auto fields() { return std::tuple{field("x",
//   &Point::x), ...}; } };
#pragma once

#include <tuple>

namespace proteus {

template <class T, class M>
struct Field {
  const char* name;
  M T::*member;
};

template <class T, class M>
constexpr Field<T, M> field(const char* name, M T::*member) {
  return {name, member};
}

template <class T>
concept Described = requires {
  T::fields();
};

/// Calls f(name, value) for each field in order. T may be const.
template <class T, class F>
constexpr void for_each_field(T& object, F&& f) {
  std::apply([&](const auto&... entry) { (f(entry.name, object.*(entry.member)), ...); },
             std::remove_const_t<T>::fields());
}

}  // namespace proteus

// Which values of an enum have a name. Bytes from a file are checked with it before they become an
// enum, so that a `to_string` never meets a value it does not know. Made by the compiler from the
// enum itself: a list kept by hand would fall behind.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace proteus {
namespace detail {

inline constexpr std::size_t kEnumValuesMax = 128;

/// GCC and Clang print a value that has no enumerator as a cast, "(Side)2"; one that has, by name.
template <class E, E... Values>
consteval std::array<bool, sizeof...(Values)> named_values() {
  constexpr std::string_view text = __PRETTY_FUNCTION__;
  std::array<bool, sizeof...(Values)> named{};
  std::size_t at = text.find("Values");
  at = text.find_first_of("{<", at) + 1;
  for (std::size_t i = 0; i < sizeof...(Values); ++i) {
    named[i] = text[at] != '(';
    at = text.find(", ", at) + 2;
  }
  return named;
}

template <class E, std::size_t... I>
consteval auto named_values(std::index_sequence<I...>) {
  return named_values<E, static_cast<E>(I)...>();
}

}  // namespace detail

/// True if `value` is one of E's enumerators. E: an enum over an unsigned 8-bit type, values < 128.
template <class E>
constexpr bool is_enumerator(std::underlying_type_t<E> value) {
  static_assert(sizeof(E) == 1 && std::is_unsigned_v<std::underlying_type_t<E>>);
  constexpr auto kNamed =
      detail::named_values<E>(std::make_index_sequence<detail::kEnumValuesMax>{});
  return value < kNamed.size() && kNamed[value];
}

}  // namespace proteus

// How a room describes its settings, once: name, meaning, range. The reader in config/ fills them
// from a file, checks them and prints them; defaults stand in the struct and nowhere else.
//
//   struct Settings {
//     double half_spread_bps = 1.0;
//     static constexpr auto settings() {
//       return std::tuple{setting("half_spread_bps", &Settings::half_spread_bps, "half of the
//       quoted spread", 0.0, 1000.0)};
//     }
//   };
//
// Member types: bool, std::int64_t, double, std::string, Duration (text: "250ms", "5s", "2h"),
// std::vector<std::string>, std::optional of these (absent = off), and enums that have EnumNames.
#pragma once

#include <array>
#include <limits>
#include <string_view>
#include <tuple>

namespace proteus {

template <class T, class M>
struct Setting {
  const char* name;
  M T::*member;
  const char* meaning;  ///< one sentence with the unit
  double min;           ///< for numbers, and for durations in seconds
  double max;
};

template <class T, class M>
constexpr Setting<T, M> setting(const char* name, M T::*member, const char* meaning,
                                double min = -std::numeric_limits<double>::infinity(),
                                double max = std::numeric_limits<double>::infinity()) {
  return {name, member, meaning, min, max};
}

template <class T>
concept HasSettings = requires {
  T::settings();
};

/// Settings of which one, a choice named `profile`, decides the defaults and the ranges of the
/// others: `of(profile)` gives the defaults, `settings(profile)` the ranges.
template <class T>
concept HasProfiles = HasSettings<T> && requires(const T& t) {
  T::of(t.profile);
  T::settings(t.profile);
};

/// Specialise for an enum that can be a setting: `static constexpr std::array<std::string_view, N>
/// names` in the order of its values 0..N-1.
template <class E>
struct EnumNames;

}  // namespace proteus

// Which features a run looks at, as a setting.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/core/settings.hpp"

namespace proteus::features {

enum class Kind : std::uint8_t { None, Chapter, Practitioner, Trend, Market };

}  // namespace proteus::features

template <>
struct proteus::EnumNames<proteus::features::Kind> {
  static constexpr std::array<std::string_view, 5> names = {"none", "chapter", "practitioner",
                                                            "trend", "market"};
};

namespace proteus::features {

inline std::string_view to_string(Kind kind) {
  return EnumNames<Kind>::names[static_cast<std::size_t>(kind)];
}

}  // namespace proteus::features

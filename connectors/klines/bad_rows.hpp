// What becomes of a row that is none: it is refused, or set aside and told. One choice for every
// reader of files.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/core/settings.hpp"

namespace proteus::klines {

/// Refuse: the file ends there with an error. SetAside: the row is left out, counted and told.
enum class BadRows : std::uint8_t { Refuse, SetAside };

struct SetAside {
  static constexpr std::size_t kToldMax = 5;
  std::uint64_t rows = 0;
  std::vector<std::string> first;  ///< sentences with path:line of the first few

  void add(const Error& why) {
    ++rows;
    if (first.size() < kToldMax) first.push_back(why.context);
  }
};

/// A row is at fault, and not the disk or the packing.
inline bool is_bad_row(const Error& why) {
  return why.code == ErrorCode::Malformed || why.code == ErrorCode::OutOfRange;
}

}  // namespace proteus::klines

template <>
struct proteus::EnumNames<proteus::klines::BadRows> {
  static constexpr std::array<std::string_view, 2> names{"refuse", "set_aside"};
};

// What a row of features means: names in order, definitions, warm-up. Its hash goes into
// checkpoints and records, so that a model never sees columns other than those it learned from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace proteus::features {

/// FNV-1a, 64 bits (Fowler, Noll, Vo; offset basis 0xcbf29ce484222325, prime 0x100000001b3).
std::uint64_t fnv1a(std::string_view bytes);

struct FeatureSpec {
  std::string name;
  std::string definition;  ///< formula and parameters; changing either changes the hash
  bool odd = false;        ///< changes its sign where every return does; not part of the hash
};

struct Schema {
  std::string set;            ///< "chapter", "practitioner", "trend", "market", "none"
  std::uint32_t version = 1;  ///< raised when a definition changes in a way its text does not show
  std::size_t warm_up_bars = 0;  ///< closed bars until FeatureSet::ready(), the last one included
  std::vector<FeatureSpec> features;

  /// One line for the set, then one line a feature: "name = definition". What is hashed, and what a
  /// difference is shown with.
  [[nodiscard]] std::string canonical_text() const;
  [[nodiscard]] std::uint64_t hash() const { return fnv1a(canonical_text()); }
};

}  // namespace proteus::features

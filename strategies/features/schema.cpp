#include "strategies/features/schema.hpp"

#include <fmt/format.h>

namespace proteus::features {

std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

std::string Schema::canonical_text() const {
  std::string text = fmt::format("{} version {} warm-up {}\n", set, version, warm_up_bars);
  for (const FeatureSpec& feature : features)
    text += fmt::format("{} = {}\n", feature.name, feature.definition);
  return text;
}

}  // namespace proteus::features

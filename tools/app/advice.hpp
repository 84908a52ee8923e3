// What a person can do about a failure, said behind it: rooms below know no keys of settings.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/result.hpp"

namespace proteus::app {

/// The same failure, with `advice` (a sentence half that names the keys) behind its sentence.
inline Error advised(Error failure, std::string_view advice) {
  failure.context.append("; ").append(advice);
  return failure;
}

}  // namespace proteus::app

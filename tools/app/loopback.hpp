// Who can reach an address that something listens on.
#pragma once

#include <string_view>

namespace proteus::app {

/// Only this machine can. `bind` is an address that was checked when it was read.
inline bool is_loopback(std::string_view bind) { return bind.starts_with("127.") || bind == "::1"; }

}  // namespace proteus::app

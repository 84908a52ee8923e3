// The version that session files and `proteus version` tell.
#pragma once

namespace proteus::app {
inline constexpr const char* kVersion = "0.1.0";
}

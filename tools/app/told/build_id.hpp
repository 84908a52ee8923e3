// Which build of the program runs: the linker's fingerprint of it.
#pragma once

#include <string>

namespace proteus::app::told {

/// Hexadecimal digits of the GNU build id of this program; empty: it has none.
std::string build_id();

}  // namespace proteus::app::told

// The one line that a signal's handler may say: that the signal was heard.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace proteus::app {

/// Writes to stderr, at once and unbuffered; fit for handlers of signals.
inline void say_in_handler(std::string_view line) {
  const int kept = errno;
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) {
  }  // Nobody reads it: no reason not to end.
  errno = kept;
}

}  // namespace proteus::app

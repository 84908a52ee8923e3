// The exchange and the daemon as programs of their own, and what a daemon's socket and folder tell.
#pragma once

#include <string>
#include <vector>

#include "tests/integration/child.hpp"
#include "tests/integration/support.hpp"

namespace proteus::app {

/// `words`, and --set before each of `settings`.
std::vector<std::string> with_settings(std::vector<std::string> words, const Overrides& settings);

/// `proteus sim`, paced by its reader, on a port of its own; `more` on top of what it is told.
class SimProgram {
 public:
  explicit SimProgram(const Overrides& more = {});
  [[nodiscard]] Overrides where() const;
  Child& child() { return child_; }

 private:
  Child child_;
  std::string address_;
};

/// Waits until the daemon at `socket` has decided so many bars.
bool run_to_bars(Child& daemon, const std::string& socket, std::int64_t bars);

/// The one session below runs/ of `folder`.
std::filesystem::path only_session(const Folder& folder);

}  // namespace proteus::app

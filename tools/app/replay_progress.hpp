// How far a replay has come: a line that is written over on a terminal, lines in the log elsewhere.
#pragma once

#include <string>

#include "tools/app/playing.hpp"

namespace proteus::app {

/// Bars, bars a second, how far, and when it will be over at this pace; one line.
std::string progress_line(const Playing& playing, Duration since);

class ReplayProgress {
 public:
  explicit ReplayProgress(Duration begin);
  /// Tells where it is time to.
  void look(const Playing& playing, Duration now);
  /// Clears the line on a terminal.
  void end() const;

 private:
  bool terminal_;
  Duration begin_;
  Duration told_;
};

}  // namespace proteus::app

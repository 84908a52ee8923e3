// A daemon at a scripted venue that has decided two bars.
#pragma once

#include "tests/integration/scripted_venue.hpp"

namespace proteus::app {

struct ScriptedSession {
  explicit ScriptedSession(const Overrides& more = {})
      : venue(loop), daemon(loop, ScriptedVenue::daemon() + in(folder) + venue.where() + more) {
    EXPECT_TRUE(run_until(loop, [&] { return venue.has_reader(); }));
    venue.close_bar(bar(0), {});
    venue.close_bar(bar(1), {});
    EXPECT_TRUE(daemon.run_to_bars(2)) << daemon.status();
  }
  static Timestamp bar(int number) {
    return kMarketStart + std::chrono::hours{24} + number * std::chrono::minutes{1};
  }
  Log end() {
    daemon.stop();
    return read_log(daemon.folder());
  }

  Folder folder;
  net::Loop loop;
  ScriptedVenue venue;
  Daemon daemon;
};

}  // namespace proteus::app

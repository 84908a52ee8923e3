// A replay from what was named to its end, once: what the verb does, without what it prints.
#pragma once

#include "tools/app/playing.hpp"
#include "tools/app/replay_sources.hpp"

namespace proteus::app {

/// Kline files or recordings, wired and ready. Errors: those of Replay and FeedReplay.
Result<std::unique_ptr<Playing>> open_replay(const Loaded& loaded, const ReplaySources& sources,
                                             Timestamp wall);

/// "max" (nothing), or so many times real time. Errors: Malformed.
Result<std::optional<double>> parse_pace(const std::string& text);

/// Ctrl-C and SIGTERM end what is played; true once they came.
void hear_signals();
bool replay_interrupted();

/// Plays all of it, or until a signal. Returns the real time it took. `speed`: so many seconds of
/// the market in a real one, the warm-up apart; nothing: as fast as it goes.
Duration play_through(Playing& playing, std::optional<double> speed);

}  // namespace proteus::app

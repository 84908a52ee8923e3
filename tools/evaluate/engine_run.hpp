// One run of the engine over a stretch of bars in memory: the strategies, sizing, limits, paper
// venue and order of steps that trade, with nothing on disk.
#pragma once

#include "models/evaluation/track.hpp"
#include "tools/app/settings.hpp"
#include "tools/evaluate/memory_market.hpp"

namespace proteus::app::evaluate {

/// Plays `market` to its end; decisions, and the track, begin with the bar that opens at `from`;
/// `feed.warm_up_bars` before it fill windows. Each instrument of the market is traded.
/// What is still held at the end is valued at the last close. Errors: those of the strategies and
/// of the risk settings; Refused, where the stretch holds no bar to decide on.
Result<evaluation::Track> run_engine(const Loaded& loaded, MemoryMarket& market, Timestamp from);

}  // namespace proteus::app::evaluate

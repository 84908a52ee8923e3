// Which public topics are recorded, and over which connections: "linear:kline.1.BTCUSDT" is a
// category of the venue and a topic as the venue spells it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "connectors/bybit/subscription_plan.hpp"
#include "engine/core/instrument.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app::record {

/// Connections for `topics`, one a category and more where the venue's limit on the size of their
/// names demands it; doubles are taken once. The category linear may be left out. Errors:
/// Malformed, naming the topic.
Result<std::vector<bybit::StreamPlan>> plan_topics(std::span<const std::string> topics);

/// What a session with these settings would follow of each instrument: bars, tickers, book.
Result<std::vector<std::string>> topics_of_session(const Settings& settings);

/// Instruments that the topics are about, as far as they are linear or spot; each once.
std::vector<InstrumentName> instruments_of(std::span<const bybit::StreamPlan> plans);

}  // namespace proteus::app::record

// A market made for a benchmark, the same each time: seeded random walks of three perpetuals, as
// recorded kline frames in which every frame is a closed bar, or as packed kline files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "connectors/sim/file_source.hpp"
#include "connectors/storage/feed_names.hpp"
#include "engine/core/bar.hpp"

namespace proteus::bench {

struct MadeMarket {
  Interval interval = Interval::M1;
  std::uint64_t bars = 0;  ///< of each instrument
};

std::vector<InstrumentName> made_instruments();
/// Writes and packs feed/public-linear-0-*.jsonl.zst below `folder`, as `proteus record` does.
std::vector<storage::FeedStream> made_feed(const MadeMarket& market,
                                           const std::filesystem::path& folder);
/// A page of instruments-info that describes them.
std::string made_page();
/// Writes bybit-linear_SYMBOL_1m.csv.gz below `folder` for the first `instruments` of them.
std::vector<sim::KlineInput> made_files(const MadeMarket& market, std::size_t instruments,
                                        const std::filesystem::path& folder);

}  // namespace proteus::bench

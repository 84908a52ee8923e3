#include "tests/bench/policy/kline_files.hpp"

#include <fmt/format.h>
#include <fmt/os.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "engine/core/assert.hpp"
#include "engine/market/random.hpp"

namespace proteus::bench {
namespace {

namespace fs = std::filesystem;

struct Walk {
  const char* symbol;
  double price;
  double tick;
};
constexpr std::array<Walk, 3> kWalks = {
    {{"BTCUSDT", 30'000.0, 0.1}, {"ETHUSDT", 2'000.0, 0.01}, {"SOLUSDT", 100.0, 0.01}}};
constexpr std::uint64_t kWalkSeed = 20'250'529;
constexpr std::int64_t kFirstMs = 1'600'000'000'000 / 3'600'000 * 3'600'000;
constexpr double kDeviation = 0.006;  // of an hour's log return

fs::path data_folder() {
  if (const char* given = std::getenv("PROTEUS_DATA_DIR")) return given;
  return fs::path(PROTEUS_SOURCES) / ".." / "shared" / "data";
}

void write_walk(const fs::path& path, const Walk& walk, std::size_t rows) {
  market::Random random{kWalkSeed, walk.symbol};
  auto out = fmt::output_file(path.string());
  out.print("start_ms,open,high,low,close,volume,turnover\n");
  const auto on_tick = [&](double price) {
    return std::max(1.0, std::round(price / walk.tick)) * walk.tick;
  };
  double close = on_tick(walk.price);
  for (std::size_t i = 0; i < rows; ++i) {
    const double open = close;
    // The walk is drawn back, so that it stays among prices that the instrument may have.
    const double back = 1e-4 * std::log(walk.price / open);
    close = on_tick(open * std::exp(kDeviation * random.normal() + back));
    const double high = on_tick(std::max(open, close) * 1.001);
    const double low = on_tick(std::min(open, close) * 0.999);
    out.print("{},{:.2f},{:.2f},{:.2f},{:.2f},{:.3f},{:.3f}\n",
              kFirstMs + static_cast<std::int64_t>(i) * 3'600'000, open, std::max(high, open),
              std::min(low, open), close, 1'000.0, 1'000.0 * close);
  }
}

}  // namespace

KlineFiles::KlineFiles(std::size_t rows, bool tiny) {
  const fs::path data = data_folder();
  std::vector<InstrumentName> names;
  for (const Walk& walk : kWalks) names.push_back({Category::Linear, walk.symbol});
  std::error_code ignored;
  const bool there = !tiny && std::ranges::all_of(names, [&](const InstrumentName& name) {
    return fs::exists(data / "klines" / fmt::format("bybit-linear_{}_1h.csv.gz", name.symbol),
                      ignored);
  });
  if (!there) {
    made_ = fs::temp_directory_path() / fmt::format("bench_policy.{}", ::getpid());
    fs::create_directories(made_);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = fmt::format("bybit-linear_{}_1h.csv", names[i].symbol);
    if (!there) write_walk(made_ / name, kWalks[i], rows);
    sim::KlineInput input =
        sim::FileSource::input_named(there ? data / "klines" / (name + ".gz") : made_ / name)
            .value();
    const fs::path funding =
        data / "funding" / fmt::format("bybit-linear_{}_funding.csv.gz", names[i].symbol);
    if (there && fs::exists(funding, ignored)) input.funding = funding;
    inputs_.push_back(std::move(input));
  }
  told_ = there ? "recorded 1 h bars of BTC, ETH and SOL, packed by gzip"
                : "seeded random walks of 1 h, not packed (no recorded bars at " + data.string() +
                      "; PROTEUS_DATA_DIR says where they are)";
}

KlineFiles::~KlineFiles() {
  std::error_code ignored;
  if (!made_.empty()) fs::remove_all(made_, ignored);
}

}  // namespace proteus::bench

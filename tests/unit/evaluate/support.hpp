// Kline files of made-up hours, and a plan over them.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <string>

#include "engine/core/time.hpp"
#include "tests/support/folder.hpp"

namespace proteus::app::evaluate {

inline constexpr std::int64_t kHour = 3'600'000;
inline const Timestamp kStart = parse_time("2024-01-01").value();

inline Timestamp hour(std::int64_t n) { return kStart + std::chrono::hours{n}; }

/// Hours from `first` on: a wave of `period` bars around 100. Returns the file's path.
inline std::string write_klines(const test::Folder& folder, const std::string& symbol,
                                std::int64_t bars, double period = 37.0, std::int64_t first = 0) {
  const std::string file = (folder / fmt::format("bybit-linear_{}_1h.csv", symbol)).string();
  std::ofstream out(file);
  out << "start_ms,open,high,low,close,volume,turnover\n";
  const auto price = [&](std::int64_t i) {
    return std::round((100.0 + 5.0 * std::sin(static_cast<double>(i) * 6.283 / period) +
                       std::sin(static_cast<double>(i) * 2.1)) *
                      10.0) /
           10.0;
  };
  for (std::int64_t i = first; i < first + bars; ++i) {
    const double open = price(i);
    const double close = price(i + 1);
    out << fmt::format("{},{:.1f},{:.1f},{:.1f},{:.1f},100000,\n", to_unix_ms(kStart) + i * kHour,
                       open, std::max(open, close) + 0.2, std::min(open, close) - 0.2, close);
  }
  return file;
}

/// Two instruments, two blocks of 200 hours, a plain rule judged.
inline std::string write_plan(const test::Folder& folder, const std::string& more = "") {
  const std::string btc = write_klines(folder, "BTCUSDT", 1'000);
  const std::string eth = write_klines(folder, "ETHUSDT", 1'000, 53.0);
  const std::string file = (folder / "evaluate.toml").string();
  std::ofstream(file) << fmt::format(
      "[evaluate]\njudged = \"rule\"\nfolder = \"{0}/runs\"\nregistry = \"{0}/registry.jsonl\"\n"
      "warm_up_bars = 100\ndraws = 200\nnoise_markets = 1\nregime_bars = 24\n{3}\n"
      "[data]\nfiles = [\"{1}\", \"{2}\"]\n"
      "[folds]\ntests = [\"2024-01-15/2024-01-23\", \"2024-01-23/2024-01-31\"]\n"
      "validation = \"3d\"\nembargo = \"1d\"\n"
      "[candidate.rule]\nset = [\"strategy.name=sma_cross\", \"strategy.fast=5\", "
      "\"strategy.slow=20\", \"risk.sizing.kelly_floor=1\"]\n",
      folder.path().string(), btc, eth, more);
  return file;
}

}  // namespace proteus::app::evaluate

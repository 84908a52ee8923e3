// What the tests of training's settings and data share: a folder, and kline files in it.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/core/time.hpp"
#include "tests/support/folder.hpp"
#include "tools/train/configuration.hpp"

namespace proteus::app::train::test {

/// Whose paths are texts, as settings have them.
struct Folder : proteus::test::Folder {
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (proteus::test::Folder::path() / name).string();
  }
  [[nodiscard]] std::string path() const { return proteus::test::Folder::path().string(); }
};

inline constexpr Timestamp kFirst{std::chrono::sys_days{std::chrono::January / 1 / 2025}};

/// Hourly bars from kFirst on; those of `missing` are left out. Prices move a little.
inline std::string write_bars(const Folder& folder, const std::string& name, int bars,
                              const std::vector<int>& missing = {}) {
  std::ofstream out(folder / name);
  out << "start_ms,open,high,low,close,volume,turnover\n";
  for (int i = 0; i < bars; ++i) {
    if (std::find(missing.begin(), missing.end(), i) != missing.end()) continue;
    const int open = 50'000 + 10 * (i % 7);
    const int close = 50'000 + 10 * ((i + 1) % 7);
    out << fmt::format("{},{},{},{},{},{}.5,\n", to_unix_ms(kFirst + std::chrono::hours{i}), open,
                       std::max(open, close) + 5, std::min(open, close) - 5, close, 100 + i % 5);
  }
  return folder / name;
}

/// Everything that is wrong with a file of these lines.
inline std::string complaint(const std::string& text,
                             const std::vector<std::string>& overrides = {}) {
  const Folder folder;
  std::ofstream(folder / "train.toml") << text;
  const auto made = read_configuration(folder / "train.toml", overrides, maml_models());
  return made.has_value() ? "" : made.error().context;
}

}  // namespace proteus::app::train::test

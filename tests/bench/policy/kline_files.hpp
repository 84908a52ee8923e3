// The kline files that the whole engine is measured on: recorded ones where the data lies
// (PROTEUS_DATA_DIR, or shared/data beside the sources), else seeded random walks, written for the
// run in the same format.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "connectors/sim/file_source.hpp"

namespace proteus::bench {

class KlineFiles {
 public:
  /// BTC, ETH and SOL perpetuals, bars of one hour. rows: of each file that has to be made; tiny:
  /// files are made in any case.
  KlineFiles(std::size_t rows, bool tiny);
  KlineFiles(const KlineFiles&) = delete;
  KlineFiles& operator=(const KlineFiles&) = delete;
  ~KlineFiles();

  [[nodiscard]] const std::vector<sim::KlineInput>& inputs() const { return inputs_; }
  /// What they are, in words.
  [[nodiscard]] const std::string& told() const { return told_; }

 private:
  std::vector<sim::KlineInput> inputs_;
  std::filesystem::path made_;  ///< empty: the files were there
  std::string told_;
};

}  // namespace proteus::bench

// The rows of one kline file as bars of a wanted interval, one after the other, nothing kept.
#pragma once

#include <filesystem>
#include <optional>

#include "connectors/klines/kline_reader.hpp"
#include "connectors/sim/bar_aggregator.hpp"

namespace proteus::sim {

class RowStream {
 public:
  RowStream(std::filesystem::path path, InstrumentId id, Interval own, Interval into,
            klines::BadRows bad_rows)
      : path_(std::move(path)), id_(id), own_(own), into_(into), bad_rows_(bad_rows), sum_(into) {}

  /// The bar that opens at `open`; nothing: there is none, or the file could not be read on
  /// (`failure`). Times that go back begin with the file anew.
  std::optional<Bar> at(Timestamp open);
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  void advance();
  std::optional<Bar> next_row();

  std::filesystem::path path_;
  InstrumentId id_;
  Interval own_, into_;
  klines::BadRows bad_rows_;
  BarAggregator sum_;
  std::optional<klines::KlineReader> reader_;
  std::optional<Bar> head_;
  Timestamp reached_ = Timestamp::min();
  bool ended_ = false;
  std::optional<Error> failure_;
};

}  // namespace proteus::sim

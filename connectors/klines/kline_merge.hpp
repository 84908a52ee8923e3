// Several kline files as one stream of bars, in the order in which a market closes them. Constant
// memory: one bar a file waits. The thinnest replay reads from here.
#pragma once

#include <span>
#include <vector>

#include "connectors/klines/kline_reader.hpp"

namespace proteus::klines {

struct KlineFile {
  std::filesystem::path path;
  InstrumentId instrument;
  Interval interval = Interval::M1;
};

class KlineMerge {
 public:
  /// Opens all files and reads the first bar of each. Errors: those of KlineReader; Malformed if
  /// two files carry the same instrument and interval.
  static Result<KlineMerge> open(std::span<const KlineFile> files);

  /// The next bar: ordered by close time, then instrument, then interval (short before long).
  /// Nothing when every file has ended. An error in any file ends the stream; it comes again at
  /// each call.
  Result<std::optional<Bar>> next();

 private:
  struct Head {
    Bar bar;
    std::size_t reader = 0;
  };
  static bool later(const Head& a, const Head& b);
  Result<void> pull(std::size_t reader);

  std::vector<KlineReader> readers_;
  std::vector<Head> heap_;  // heap_.front() closes first
  std::optional<Error> failed_;
};

}  // namespace proteus::klines

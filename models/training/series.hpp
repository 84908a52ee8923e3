// The bars of one instrument in memory, without holes (but for the times when its market is closed,
// where that was said), with the features of every bar and the
// funding that falls due in it. Features are computed once, by the same stream that trades, into
// one row-major array. A Series never changes after it is made; any number of environments and
// threads read it at once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/bar.hpp"
#include "engine/core/instrument.hpp"
#include "engine/core/result.hpp"
#include "engine/matching/funding.hpp"
#include "strategies/features/feature_set.hpp"

namespace proteus::training {

/// What longs paid to shorts at `time`, in 1e-9 of the position's value.
struct FundingPoint {
  Timestamp time{};
  std::int64_t rate_e9 = 0;
};

struct SeriesSource {
  std::string name;  ///< for messages: a file, or what generated the bars
  Instrument instrument;
  Interval interval = Interval::H1;
  std::vector<Bar> bars;              ///< ascending, without holes; their instrument id is not read
  std::vector<FundingPoint> funding;  ///< known settlements, ascending; others are assumed
  features::Kind features = features::Kind::Chapter;
  Duration gap_max{0};  ///< time without bars that is no hole: a market that closes
};

class Series {
 public:
  /// Errors, with name and range: NotFound (no bars), OutOfRange (fewer bars than the features'
  /// warm-up and one step need; a funding rate beyond ±1), Malformed (a hole, bars out of order or
  /// twice, a bar that cannot be true or is not of the interval, an instrument that nobody can
  /// trade), Unsupported (features that the interval does not have, or that a market which closes
  /// does not have: practitioner).
  static Result<std::shared_ptr<const Series>> create(SeriesSource source);
  /// All of a run at once, in the same order: what features::Kind::Market sees of the others is
  /// what it would see if it traded them together. Errors: those of create(), of the first.
  static Result<std::vector<std::shared_ptr<const Series>>> create_all(
      std::vector<SeriesSource> sources);

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Its id is 0: it stands alone in table().
  [[nodiscard]] const Instrument& instrument() const { return *table_.begin(); }
  [[nodiscard]] const InstrumentTable& table() const { return table_; }
  [[nodiscard]] Interval interval() const { return interval_; }
  [[nodiscard]] std::span<const Bar> bars() const { return bars_; }
  [[nodiscard]] std::size_t size() const { return bars_.size(); }
  /// As many as the interval has; where the market closes, as many as there were in a year.
  [[nodiscard]] double bars_a_year() const;

  [[nodiscard]] const features::Schema& schema() const { return schema_; }
  /// The first bar whose features are ready: the earliest decision.
  [[nodiscard]] std::size_t first_ready() const { return first_ready_; }
  [[nodiscard]] std::size_t columns() const { return schema_.features.size(); }
  /// After bar i was seen. Before first_ready() all zero.
  [[nodiscard]] std::span<const double> features(std::size_t i) const {
    return std::span(rows_).subspan(i * columns(), columns());
  }
  /// The rows of bars [from, to), one after the other.
  [[nodiscard]] std::span<const double> rows(std::size_t from, std::size_t to) const {
    return std::span(rows_).subspan(from * columns(), (to - from) * columns());
  }
  /// Settlements in (open_time, close_time] of bar i, in order; none for spot.
  [[nodiscard]] std::span<const matching::FundingTime> settlements(std::size_t i) const {
    return std::span(settlements_)
        .subspan(settlement_begin_[i], settlement_begin_[i + 1] - settlement_begin_[i]);
  }

 private:
  Series() = default;
  class FeatureStream;
  static Result<Series> without_features(SeriesSource& source);
  void place_settlements(std::span<const FundingPoint> funding);

  std::string name_;
  InstrumentTable table_;
  Interval interval_ = Interval::H1;
  std::vector<Bar> bars_;
  features::Schema schema_;
  std::size_t first_ready_ = 0;
  std::vector<double> rows_;
  std::vector<matching::FundingTime> settlements_;
  std::vector<std::uint32_t> settlement_begin_;  // of bar i; one more at the end
};

/// The longest stretches without a hole of more than `gap_max`, in order: a file with holes becomes
/// several series. Cuts also where bars repeat or go back; what cannot be true is left to
/// Series::create.
std::vector<std::span<const Bar>> contiguous_runs(std::span<const Bar> bars,
                                                  Duration gap_max = Duration{0});

}  // namespace proteus::training

#include "models/training/series.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "strategies/features/market_board.hpp"
#include "strategies/features/settled_funding.hpp"

namespace proteus::training {
namespace {

bool follows(const Bar& before, const Bar& bar, Duration gap_max) {
  const Duration gap = bar.open_time - before.close_time;
  return gap >= Duration{0} && gap <= gap_max;
}

/// Where the bars stop being a run, as an error; success: nowhere.
Result<void> check_order(const std::string& name, std::span<const Bar> bars, Interval interval,
                         Duration gap_max) {
  std::size_t holes = 0;
  std::string first_hole;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    const char* wrong = absurdity(bar);
    if (wrong == nullptr &&
        (bar.interval != interval || bar.close_time != next_open(bar.open_time, interval) ||
         bar_open(bar.open_time, interval) != bar.open_time))
      wrong = "it does not span one interval";
    if (wrong != nullptr)
      return error(ErrorCode::Malformed,
                   fmt::format("{}: the {} bar of {}: {}", name, to_string(interval),
                               format_time(bar.open_time), wrong));
    if (i == 0 || follows(bars[i - 1], bar, gap_max)) continue;
    if (bar.open_time < bars[i - 1].close_time)
      return error(
          ErrorCode::Malformed,
          fmt::format("{}: the bar of {} comes after that of {}: sort the bars and drop "
                      "repeats",
                      name, format_time(bar.open_time), format_time(bars[i - 1].open_time)));
    if (holes++ == 0)
      first_hole = fmt::format("from {} to {}", format_time(bars[i - 1].close_time),
                               format_time(bar.open_time));
  }
  if (holes == 0) return success();
  return error(ErrorCode::Malformed,
               fmt::format("{}: {} hole{} in the {} bars, the first {}: fill them or cut the data "
                           "into runs without one",
                           name, holes, holes == 1 ? "" : "s", to_string(interval), first_hole));
}

/// The practitioner features look at whole bars of a higher interval, which a market that closes
/// never has: two of them would stay 0 without a word.
Result<void> check_features(const std::string& name, std::span<const Bar> bars,
                            features::Kind kind) {
  if (kind != features::Kind::Practitioner || contiguous_runs(bars).size() == 1) return success();
  return error(ErrorCode::Unsupported,
               fmt::format("{}: the market closes between bars, and the practitioner features need "
                           "whole weeks and days: set data.features to \"chapter\" or \"trend\"",
                           name));
}

Result<void> check_funding(const std::string& name, std::span<const FundingPoint> funding) {
  for (std::size_t i = 0; i < funding.size(); ++i) {
    if (i > 0 && funding[i].time <= funding[i - 1].time)
      return error(ErrorCode::Malformed, fmt::format("{}: the funding of {} is not in order", name,
                                                     format_time(funding[i].time)));
    if (std::abs(funding[i].rate_e9) > kFixedScale)
      return error(ErrorCode::OutOfRange, fmt::format("{}: the funding rate of {} is beyond 100 %",
                                                      name, format_time(funding[i].time)));
  }
  return success();
}

}  // namespace

/// The stream that trades, over the bars of a series. The funding a feature sees is the last rate
/// that was settled by the bar's close: a history does not tell what a ticker announced for the
/// next one.
class Series::FeatureStream {
 public:
  static Result<FeatureStream> open(Series& series, features::Kind kind,
                                    std::vector<FundingPoint> funding,
                                    std::shared_ptr<features::MarketBoard> board) {
    BOOST_OUTCOME_TRY(auto set, features::make_feature_set(kind, series.instrument(),
                                                           series.interval_, std::move(board)));
    series.schema_ = set->schema();
    const std::size_t warm_up = series.schema_.warm_up_bars;
    series.first_ready_ = warm_up > 0 ? warm_up - 1 : 0;
    if (series.size() < series.first_ready_ + 2)
      return error(
          ErrorCode::OutOfRange,
          fmt::format("{}: {} {} bars from {} to {} are too few: the {} features need {} and a "
                      "step one more",
                      series.name_, series.size(), to_string(series.interval_),
                      format_time(series.bars_.front().open_time),
                      format_time(series.bars_.back().close_time), series.schema_.set,
                      series.first_ready_ + 1));
    series.rows_.resize(series.size() * series.columns());
    return FeatureStream(series, std::move(set), std::move(funding));
  }
  /// Of the next bar; max: there is none.
  [[nodiscard]] Timestamp next_close() const {
    return bar_ < series_->size() ? series_->bars_[bar_].close_time : Timestamp::max();
  }
  void step() {
    const Bar& bar = series_->bars_[bar_];
    for (; next_ < funding_.size() && funding_[next_].time <= bar.close_time; ++next_)
      told_.settled(funding_[next_].time, funding_[next_].rate_e9);
    set_->update(bar, told_.at(bar.close_time));
    std::ranges::copy(set_->values(), series_->rows_.begin() +
                                          static_cast<std::ptrdiff_t>(bar_++ * series_->columns()));
  }

 private:
  FeatureStream(Series& series, std::unique_ptr<features::FeatureSet> set,
                std::vector<FundingPoint> funding)
      : series_(&series), set_(std::move(set)), funding_(std::move(funding)) {}
  Series* series_;
  std::unique_ptr<features::FeatureSet> set_;
  std::vector<FundingPoint> funding_;
  features::SettledFunding told_;
  std::size_t next_ = 0;
  std::size_t bar_ = 0;
};

Result<std::shared_ptr<const Series>> Series::create(SeriesSource source) {
  std::vector<SeriesSource> one;
  one.push_back(std::move(source));
  BOOST_OUTCOME_TRY(auto all, create_all(std::move(one)));
  return std::move(all.front());
}

Result<std::vector<std::shared_ptr<const Series>>> Series::create_all(
    std::vector<SeriesSource> sources) {
  const auto board = std::make_shared<features::MarketBoard>();
  std::vector<std::shared_ptr<const Series>> all;
  std::vector<FeatureStream> streams;
  for (SeriesSource& source : sources) {
    BOOST_OUTCOME_TRY(auto bare, without_features(source));
    const auto series = std::make_shared<Series>(std::move(bare));
    series->place_settlements(source.funding);
    BOOST_OUTCOME_TRY(auto stream, FeatureStream::open(*series, source.features,
                                                       std::move(source.funding), board));
    streams.push_back(std::move(stream));
    all.push_back(series);
  }
  // Close by close, as a run sees them.
  for (Timestamp close{}; close != Timestamp::max();) {
    Timestamp following = Timestamp::max();
    for (FeatureStream& stream : streams) {
      if (stream.next_close() <= close) stream.step();
      following = std::min(following, stream.next_close());
    }
    close = following;
  }
  return all;
}

Result<Series> Series::without_features(SeriesSource& source) {
  Series series;
  series.name_ = std::move(source.name);
  series.interval_ = source.interval;
  series.bars_ = std::move(source.bars);
  if (series.bars_.empty())
    return error(ErrorCode::NotFound, fmt::format("{}: there are no bars", series.name_));
  BOOST_OUTCOME_TRY(check_order(series.name_, series.bars_, series.interval_, source.gap_max));
  BOOST_OUTCOME_TRY(check_features(series.name_, series.bars_, source.features));
  BOOST_OUTCOME_TRY(check_funding(series.name_, source.funding));
  if (source.instrument.status != InstrumentStatus::Trading)
    return error(ErrorCode::Malformed,
                 fmt::format("{}: {} is described as {}, not as trading", series.name_,
                             source.instrument.name(), to_string(source.instrument.status)));
  if (const auto added = series.table_.add(source.instrument); !added)
    return error(added.error().code, fmt::format("{}: {}", series.name_, added.error().context));
  for (Bar& bar : series.bars_) bar.instrument = InstrumentId{0};
  return series;
}

/// As FundingClock counts: from the grid, then one interval after another, unless a known time
/// comes first. A rate that is not known stays so, and its holder is charged the assumed one.
void Series::place_settlements(std::span<const FundingPoint> funding) {
  const Duration interval = instrument().funding_interval;
  settlement_begin_.assign(bars_.size() + 1, 0);
  if (interval <= Duration{0}) return;
  matching::FundingClock grid;
  grid.start(interval, bars_.front().open_time);
  Timestamp due = grid.due().time;
  auto known = std::ranges::upper_bound(funding, bars_.front().open_time, {}, &FundingPoint::time);
  for (std::size_t i = 0; i < bars_.size(); ++i) {
    settlement_begin_[i] = static_cast<std::uint32_t>(settlements_.size());
    for (;;) {
      const bool told = known != funding.end() && known->time - due < interval;
      const Timestamp time = told ? known->time : due;
      if (time > bars_[i].close_time) break;
      settlements_.push_back({.time = time, .known = told, .rate_e9 = told ? known->rate_e9 : 0});
      if (told) ++known;
      due = time + interval;
    }
  }
  settlement_begin_.back() = static_cast<std::uint32_t>(settlements_.size());
}

double Series::bars_a_year() const {
  const double of_interval = bars_per_year(interval_);
  const auto runs = contiguous_runs(bars_);
  if (runs.size() == 1) return of_interval;
  const std::chrono::duration<double> span = bars_.back().close_time - bars_.front().open_time;
  return std::min(static_cast<double>(size()) * 365.0 * 86400.0 / span.count(), of_interval);
}

std::vector<std::span<const Bar>> contiguous_runs(std::span<const Bar> bars, Duration gap_max) {
  std::vector<std::span<const Bar>> runs;
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= bars.size(); ++i) {
    if (i < bars.size() && follows(bars[i - 1], bars[i], gap_max)) continue;
    runs.push_back(bars.subspan(begin, i - begin));
    begin = i;
  }
  return runs;
}

}  // namespace proteus::training

#include "tools/record/fetch_series.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/klines/funding_reader.hpp"
#include "connectors/klines/kline_reader.hpp"

namespace proteus::app::record {
namespace fs = std::filesystem;
namespace {

using namespace std::chrono_literals;

constexpr int kRowsAtOnce = 1000;          // bars
constexpr Duration kFundingWindow = 199h;  // 200 rows at most, and no settlement is closer than 1 h
constexpr Duration kFundingApart = 8h;     // further apart is a hole
constexpr std::size_t kUnderWayMax = 4;

/// Reads a whole file of the job, every row of it; nothing: it has none.
Result<std::optional<FileSpan>> check_file(const FetchJob& job, const fs::path& path,
                                           const std::function<void(Timestamp)>& see = {}) {
  std::optional<FileSpan> span;
  const auto row = [&](Timestamp time) {
    if (!span) span = FileSpan{path, time, time};
    span->last = time;
    if (see) see(time);
  };
  if (job.kind == FetchKind::Funding) {
    BOOST_OUTCOME_TRY(const auto rates, klines::read_funding(path));
    for (const auto& rate : rates) row(rate.time);
    return span;
  }
  BOOST_OUTCOME_TRY(auto reader, klines::KlineReader::open(path, InstrumentId{}, job.interval));
  for (;;) {
    BOOST_OUTCOME_TRY(const auto bar, reader.next());
    if (!bar) return span;
    row(bar->open_time);
  }
}

std::string header_of(FetchKind kind) {
  return kind == FetchKind::Funding ? "time_ms,rate"
                                    : "start_ms,open,high,low,close,volume,turnover";
}

}  // namespace

std::string job_text(const FetchJob& job) {
  const std::string name = fmt::format("{}:{}", to_string(job.name.category), job.name.symbol);
  if (job.kind == FetchKind::Funding) return name + " funding";
  return fmt::format("{} {}{}", name, to_string(job.interval),
                     job.kind == FetchKind::MarkKlines ? " mark" : "");
}

std::string job_stem(const FetchJob& job) {
  const std::string name =
      fmt::format("bybit-{}_{}_", to_string(job.name.category), job.name.symbol);
  if (job.kind == FetchKind::Funding) return name + "funding";
  return fmt::format("{}{}{}", name, to_string(job.interval),
                     job.kind == FetchKind::MarkKlines ? "_mark" : "");
}

FetchSeries::FetchSeries(FetchJob job, FetchFile file, Timestamp end)
    : job_(std::move(job)), file_(std::move(file)), end_(end) {}

Result<FetchSeries> FetchSeries::open(const FetchJob& job, const fs::path& folder, Timestamp from,
                                      Timestamp end) {
  if (job.kind != FetchKind::Funding) {
    const Timestamp open = bar_open(from, job.interval);
    from = open < from ? next_open(open, job.interval) : open;
  }
  BOOST_OUTCOME_TRY(FetchFile file, FetchFile::open(folder / job_stem(job), header_of(job.kind),
                                                    from, [&job](const fs::path& path) {
                                                      return check_file(job, path);
                                                    }));
  FetchSeries series{job, std::move(file), end};
  series.from_ = from;
  // A part that goes on: what its rows say of holes is read again.
  if (series.file_.next() > from) {
    const fs::path part = (folder / job_stem(job)).string() + ".csv.part";
    BOOST_OUTCOME_TRY(check_file(job, part, [&](Timestamp row) { series.see(row); }));
  }
  series.asking_ = series.file_.next();
  BOOST_OUTCOME_TRY(series.flush());
  return series;
}

Timestamp FetchSeries::after(Timestamp row) const {
  // Settlements are hours apart: a second behind one there is none.
  return job_.kind == FetchKind::Funding ? row + 1s : next_open(row, job_.interval);
}

FetchSeries::Window FetchSeries::window_at(Timestamp from) const {
  Timestamp stop = end_;
  if (const auto& earlier = file_.earlier(); earlier && from < earlier->first)
    stop = earlier->first;
  if (job_.kind == FetchKind::Funding)
    return {from, std::min<Timestamp>(from + kFundingWindow, stop - 1ms)};
  Timestamp until = from;
  for (int i = 1; i < kRowsAtOnce && next_open(until, job_.interval) < stop; ++i)
    until = next_open(until, job_.interval);
  return {from, until};
}

std::optional<FetchSeries::Window> FetchSeries::ask() {
  if (complete_ || under_way_ >= kUnderWayMax) return std::nullopt;
  if (!again_.empty()) {
    const Window window = again_.front();
    again_.pop_front();
    ++under_way_;
    return window;
  }
  // What an earlier fetch has is not asked for; beyond it only once it is taken over.
  const auto& earlier = file_.earlier();
  const Timestamp stop = earlier ? earlier->first : end_;
  if (asking_ >= stop || arrived_.size() >= 2 * kUnderWayMax) return std::nullopt;
  const Window window = window_at(asking_);
  asking_ = job_.kind == FetchKind::Funding ? window.until + 1ms : after(window.until);
  ++under_way_;
  return window;
}

Result<void> FetchSeries::take(const Window& window, std::vector<FetchRow> rows) {
  --under_way_;
  std::erase_if(
      rows, [&](const FetchRow& row) { return row.time < window.from || row.time > window.until; });
  std::ranges::sort(rows, {}, &FetchRow::time);
  const auto doubles = std::ranges::unique(rows, {}, &FetchRow::time);
  rows.erase(doubles.begin(), doubles.end());
  arrived_[window.from] = {window, std::move(rows)};
  return flush();
}

// Bars lack between two rows, or behind one up to the end of the window.
bool FetchSeries::has_hole(const Window& window, const std::vector<FetchRow>& rows) const {
  if (job_.kind == FetchKind::Funding) return false;
  std::optional<Timestamp> last = last_;
  for (const FetchRow& row : rows) {
    if (last && row.time > after(*last)) return true;
    last = row.time;
  }
  return last && *last < window.until;
}

void FetchSeries::see(Timestamp row) {
  const Timestamp due = last_ && job_.kind == FetchKind::Funding ? *last_ + kFundingApart
                        : last_                                  ? after(*last_)
                                                                 : row;
  if (row > due) {
    FetchGap gap{due, row, 0};
    if (job_.kind != FetchKind::Funding)
      for (Timestamp t = due; t < row; t = after(t)) ++gap.rows;
    missing_ += gap.rows;
    gaps_.push_back(gap);
  }
  last_ = row;
  ++rows_;
}

Result<void> FetchSeries::enter_earlier() {
  const Timestamp next = after(file_.earlier()->last);
  return file_.take_earlier(next, [this](std::string_view line) {
    // Every row of it was read before: its time is a number.
    if (const auto time = klines::parse_unix_ms(line.substr(0, line.find(',')))) see(*time);
  });
}

Result<void> FetchSeries::flush() {
  for (;;) {
    if (file_.earlier() && file_.next() >= file_.earlier()->first) {
      BOOST_OUTCOME_TRY(enter_earlier());
      asking_ = file_.next();
    }
    const auto first = arrived_.find(file_.next());
    if (first == arrived_.end()) break;
    const auto& [window, rows] = first->second;
    // An answer may lack what the next one has.
    if (has_hole(window, rows) && asked_twice_.insert(window.from).second) {
      again_.push_back(window);
      arrived_.erase(first);
      break;
    }
    for (const FetchRow& row : rows) see(row.time);
    const Timestamp next =
        job_.kind == FetchKind::Funding ? window.until + 1ms : after(window.until);
    BOOST_OUTCOME_TRY(file_.append(rows, next));
    ++done_;
    arrived_.erase(first);
  }
  complete_ = file_.next() >= end_ && !file_.earlier();
  return success();
}

std::uint64_t FetchSeries::windows_left() const {
  if (file_.next() >= end_) return 0;
  const Duration length =
      job_.kind == FetchKind::Funding
          ? kFundingWindow
          : kRowsAtOnce * (next_open(file_.next(), job_.interval) - file_.next());
  return static_cast<std::uint64_t>((end_ - file_.next() + length - Duration{1}) / length);
}

Result<void> FetchSeries::finish(klines::Packing packing) {
  if (rows_ == 0) {
    file_.drop();
    return error(ErrorCode::NotFound, fmt::format("the venue has none between {} and {}",
                                                  format_time(from_), format_time(end_)));
  }
  if (last_ && job_.kind != FetchKind::Funding && after(*last_) < end_) {
    FetchGap gap{after(*last_), end_, 0};
    for (Timestamp t = gap.from; t < end_; t = after(t)) ++gap.rows;
    missing_ += gap.rows;
    gaps_.push_back(gap);
  }
  BOOST_OUTCOME_TRY(path_, file_.finish(packing));
  BOOST_OUTCOME_TRY(span_, check_file(job_, path_));
  return success();
}

}  // namespace proteus::app::record

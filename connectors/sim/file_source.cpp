#include "connectors/sim/file_source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/klines/archive_reader.hpp"
#include "connectors/klines/describe.hpp"
#include "connectors/klines/file_name.hpp"
#include "engine/market/instruments.hpp"

namespace proteus::sim {
namespace {

Result<Interval> interval_or_default(const KlineInput& input) {
  if (input.interval) return *input.interval;
  Result<klines::KlineFileName> name = klines::parse_kline_file_name(input.klines);
  if (!name)
    return error(ErrorCode::Malformed,
                 fmt::format("{}: the name does not say the interval of the bars; give it with the "
                             "file",
                             input.klines.string()));
  return name.value().interval;
}

/// First price of the row that lies off the tick.
std::optional<Price> off_tick(const Bar& row, Price tick) {
  for (const Price price : {row.open, row.high, row.low, row.close})
    if (price.raw() % tick.raw() != 0) return price;
  return std::nullopt;
}

/// The tick that is given, or that of the table; zero: neither is known.
Price usual_tick(const KlineInput& input) {
  if (input.description) return input.description->tick_size;
  const auto known = market::known_instrument(input.name);
  return known ? known->description.tick_size : Price{};
}

}  // namespace

Result<FileSource> FileSource::open(const std::vector<KlineInput>& inputs) {
  if (inputs.empty())
    return error(ErrorCode::Malformed, "a market from files needs at least one kline file");
  BOOST_OUTCOME_TRY(const Interval interval, interval_or_default(inputs.front()));
  for (const KlineInput& input : inputs) {
    BOOST_OUTCOME_TRY(const Interval own, interval_or_default(input));
    if (own != interval)
      return error(ErrorCode::Malformed,
                   fmt::format("{} has {} bars and {} has {} bars; a market from files needs one "
                               "interval, larger ones are made of it",
                               inputs.front().klines.string(), to_string(interval),
                               input.klines.string(), to_string(own)));
  }
  return open_all(inputs, FileSource(interval, false, true));
}

Result<FileSource> FileSource::open_as(const std::vector<KlineInput>& inputs, Interval into,
                                       std::uintmax_t kept_max) {
  if (inputs.empty())
    return error(ErrorCode::Malformed, "a market from files needs at least one kline file");
  std::uintmax_t bytes = 0;
  for (const KlineInput& input : inputs) {
    std::error_code failed;
    const std::uintmax_t size = std::filesystem::file_size(input.klines, failed);
    if (!failed) bytes += size;
  }
  return open_all(inputs, FileSource(into, true, bytes <= kept_max));
}

Result<FileSource> FileSource::open_all(const std::vector<KlineInput>& inputs, FileSource source) {
  InstrumentTable table;
  for (const KlineInput& input : inputs) {
    BOOST_OUTCOME_TRY(source.add(input, table));
  }
  return source;
}

Result<FileSource> FileSource::open_folder(
    const std::filesystem::path& folder, std::string_view exchange,
    const std::vector<InstrumentName>& names, Interval interval,
    const std::optional<std::filesystem::path>& funding_folder) {
  BOOST_OUTCOME_TRY(const auto paths, klines::find_kline_files(folder, exchange, names, interval));
  std::vector<KlineInput> inputs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    KlineInput input{.name = names[i], .klines = paths[i], .interval = interval};
    for (const char* ending : {".csv", ".csv.zst", ".csv.gz"}) {
      if (!funding_folder || names[i].category != Category::Linear) break;
      const std::filesystem::path path =
          *funding_folder /
          fmt::format("{}-linear_{}_funding{}", exchange, names[i].symbol, ending);
      std::error_code ec;
      if (std::filesystem::is_regular_file(path, ec)) input.funding = path;
    }
    inputs.push_back(std::move(input));
  }
  return open(inputs);
}

Result<KlineInput> FileSource::input_named(const std::filesystem::path& klines) {
  BOOST_OUTCOME_TRY(const klines::KlineFileName name, klines::parse_kline_file_name(klines));
  return KlineInput{.name = name.instrument, .klines = klines, .interval = name.interval};
}

Result<klines::SetAside> FileSource::read_rows(const KlineInput& input, InstrumentId id,
                                               Interval own,
                                               const std::function<void(const Bar&)>& take) {
  // Opened once where it is a kline file: it may be a pipe.
  auto reader = klines::KlineReader::open(input.klines, id, own, input.bad_rows);
  while (reader) {
    BOOST_OUTCOME_TRY(const std::optional<Bar> bar, reader.value().next());
    if (!bar) return reader.value().set_aside();
    take(*bar);
  }
  if (reader.error().code != ErrorCode::Malformed || !klines::archive_layout(input.klines))
    return reader.error();
  BOOST_OUTCOME_TRY(const auto archive, klines::read_archive(input.klines, own, input.bad_rows));
  if (!archive.symbol.empty() && archive.symbol != input.name.symbol)
    return error(ErrorCode::Malformed,
                 fmt::format("{}: its rows are of {}, and it was given for {}",
                             input.klines.string(), archive.symbol, input.name.symbol));
  for (const Bar& bar : archive.bars) take(bar);
  return archive.set_aside;
}

Result<void> FileSource::add(const KlineInput& input, InstrumentTable& table) {
  const InstrumentId id{static_cast<std::uint32_t>(instruments_.size())};
  BOOST_OUTCOME_TRY(const Interval own, interval_or_default(input));
  Series series;
  klines::StepFinder steps;
  const Price usual = usual_tick(input);
  std::optional<OffTick> off;
  std::optional<Timestamp> first, last;
  const auto keep = [&](const Bar& bar) {
    series.rows.push_back(
        {bar.open_time, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.turnover});
  };
  // What lies in no file that can be read again has to be kept.
  std::error_code ignored;
  const bool keeps = keeps_ || !std::filesystem::is_regular_file(input.klines, ignored) ||
                     klines::archive_layout(input.klines) != klines::ArchiveLayout::Klines;
  BarAggregator sum(interval_);
  const auto take = [&](const Bar& bar) {
    steps.see(bar);
    if (!off && usual > Price{})
      if (const auto price = off_tick(bar, usual)) off = OffTick{*price, bar.open_time};
    if (!first) first = bar.open_time;
    last = bar.open_time;
    if (!keeps) return;
    if (!aggregates_ || own == interval_) return keep(bar);
    if (const auto whole = sum.add(bar)) keep(*whole);
  };
  BOOST_OUTCOME_TRY(const klines::SetAside set_aside, read_rows(input, id, own, take));
  if (const auto whole = sum.finish()) keep(*whole);
  if (set_aside.rows > 0)
    notes_.push_back(fmt::format("{} rows of {} are set aside, the first: {}", set_aside.rows,
                                 input.klines.filename().string(), set_aside.first.front()));
  if (!first)
    return error(
        ErrorCode::Malformed,
        fmt::format("{}: has no rows, so there is nothing to show of {}:{}", input.klines.string(),
                    to_string(input.name.category), input.name.symbol));
  if (input.funding) {
    BOOST_OUTCOME_TRY(series.funding, klines::read_funding(*input.funding));
  }
  BOOST_OUTCOME_TRY(
      Instrument description,
      describe(input, steps.tick(), klines::derived_description(input.name, steps), off));
  BOOST_OUTCOME_TRY(description.id, table.add(description));
  if (aggregates_ && !makes_whole(own, interval_, *first))
    return error(
        ErrorCode::Refused,
        fmt::format("{} bars are not made of whole {} bars: choose engine.interval so that "
                    "they are",
                    to_string(interval_), to_string(own)));
  if (!keeps) series.stream.emplace(input.klines, id, own, interval_, input.bad_rows);
  first_ = std::min(first_, *first);
  end_ = std::max(end_, next_open(*last, own));
  instruments_.push_back(description);
  series_.push_back(std::move(series));
  return success();
}

Result<Instrument> FileSource::describe(const KlineInput& input, Price found_tick,
                                        Instrument derived, const std::optional<OffTick>& off) {
  if (input.description) {
    Instrument given = *input.description;
    given.category = input.name.category;
    given.symbol = derived.symbol;
    if (given.tick_size <= Price{}) return given;  // the table says what is wrong with it
    if (off)
      return error(
          ErrorCode::Malformed,
          fmt::format("{}: the price {} at {} is not on the tick {} given for {}",
                      input.klines.string(), off->price.to_string(), format_time(off->open_time),
                      given.tick_size.to_string(), given.name()));
    return given;
  }
  const std::optional<market::InstrumentSpec> known = market::known_instrument(input.name);
  if (!known) {
    notes_.push_back(fmt::format(
        "{} is not among the well-known instruments: tick {} and lot {} are derived from {}",
        derived.name(), derived.tick_size.to_string(), derived.lot_step.to_string(),
        input.klines.filename().string()));
    return derived;
  }
  Instrument description = known->description;
  if (found_tick < description.tick_size && off) {
    notes_.push_back(fmt::format("{}: prices in {} are finer than the usual tick {}; {} is used",
                                 description.name(), input.klines.filename().string(),
                                 description.tick_size.to_string(), found_tick.to_string()));
    description.tick_size = found_tick;
  }
  return description;
}

std::optional<Bar> FileSource::bar(InstrumentId id, Timestamp open) {
  Series& series = series_.at(id.index);
  if (series.stream) return series.stream->at(open);
  const std::vector<Row>& rows = series.rows;
  if (open < rows.front().open_time || open > rows.back().open_time) return std::nullopt;
  // Where it lies if no row is missing before it; behind a hole it is looked for.
  const Duration length = next_open(open, interval_) - open;
  const auto place = static_cast<std::size_t>((open - rows.front().open_time) / length);
  auto row = rows.begin() + static_cast<std::ptrdiff_t>(std::min(place, rows.size() - 1));
  if (row->open_time != open) row = std::ranges::lower_bound(rows, open, {}, &Row::open_time);
  if (row->open_time != open) return std::nullopt;
  return Bar{.instrument = id,
             .interval = interval_,
             .open_time = open,
             .close_time = next_open(open, interval_),
             .open = row->open,
             .high = row->high,
             .low = row->low,
             .close = row->close,
             .volume = row->volume,
             .turnover = row->turnover};
}

std::optional<Error> FileSource::failure() const {
  for (const Series& series : series_)
    if (series.stream && series.stream->failure()) return series.stream->failure();
  return std::nullopt;
}

std::optional<std::int64_t> FileSource::funding_rate_e9(InstrumentId id, Timestamp funding_time) {
  const std::vector<klines::FundingRate>& funding = series_.at(id.index).funding;
  const auto found =
      std::ranges::lower_bound(funding, funding_time, {}, &klines::FundingRate::time);
  if (found == funding.end() || found->time != funding_time) return std::nullopt;
  return found->rate_e9;
}

}  // namespace proteus::sim

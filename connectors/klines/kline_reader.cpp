#include "connectors/klines/kline_reader.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace proteus::klines {
namespace {

constexpr std::string_view kKlineHeader = "start_ms,open,high,low,close,volume,turnover";

enum Column : std::size_t { Start, Open, High, Low, Close, Volume, Turnover, Columns };

/// A plain decimal >= 0 as a double: what the market reports, not what is owed.
std::optional<double> parse_amount(std::string_view text) {
  double value = 0.0;
  const auto [end, ec] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (ec != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) ||
      std::signbit(value))
    return std::nullopt;
  return value;
}

/// Its beginning, as a terminal may show it: a file of anything may be named by mistake.
std::string shown(std::string_view line) {
  std::string out;
  for (const char c : line.substr(0, 80)) out += c >= ' ' && c <= '~' ? c : '?';
  return out;
}

}  // namespace

Result<KlineReader> KlineReader::open(const std::filesystem::path& path, InstrumentId instrument,
                                      Interval interval, BadRows bad_rows) {
  BOOST_OUTCOME_TRY(LineReader lines, LineReader::open(path));
  BOOST_OUTCOME_TRY(const std::optional<std::string_view> header, lines.next());
  if (!header)
    return error(ErrorCode::Malformed,
                 fmt::format("{}:1: the file is empty; its first line has to be \"{}\"",
                             path.string(), kKlineHeader));
  if (*header != kKlineHeader)
    return lines.at_line(
        ErrorCode::Malformed,
        fmt::format("the header is \"{}\" and has to be \"{}\"", shown(*header), kKlineHeader));
  return KlineReader{std::move(lines), instrument, interval, bad_rows};
}

Result<std::optional<Bar>> KlineReader::next() {
  if (failed_) return *failed_;
  if (ended_) return std::optional<Bar>{};
  Result<std::optional<Bar>> bar = read();
  if (!bar)
    failed_ = bar.error();
  else
    ended_ = !bar.value();
  return bar;
}

Result<std::optional<Bar>> KlineReader::read() {
  for (;;) {
    BOOST_OUTCOME_TRY(const std::optional<std::string_view> line, lines_.next());
    if (!line) return std::optional<Bar>{};
    const Result<Bar> bar = take(*line);
    if (bar) return std::optional{bar.value()};
    if (bad_rows_ == BadRows::Refuse || !is_bad_row(bar.error())) return bar.error();
    set_aside_.add(bar.error());
  }
}

Result<Bar> KlineReader::take(std::string_view line) {
  BOOST_OUTCOME_TRY(const Bar bar, parse(line));
  if (last_open_ && bar.open_time <= *last_open_)
    return lines_.at_line(
        ErrorCode::Malformed,
        bar.open_time == *last_open_
            ? fmt::format("the bar of {} stands here a second time", format_time(bar.open_time))
            : fmt::format("the bar of {} comes after that of {}; sort the file by start_ms",
                          format_time(bar.open_time), format_time(*last_open_)));
  last_open_ = bar.open_time;
  return bar;
}

Result<Bar> KlineReader::parse(std::string_view line) const {
  const auto parts = split<Columns>(line);
  if (!parts)
    return lines_.at_line(
        ErrorCode::Malformed,
        fmt::format("not {} columns: \"{}\"", static_cast<std::size_t>(Columns), shown(line)));
  const auto refuse = [&](ErrorCode code, std::string_view column, std::string_view what) {
    return lines_.at_line(code, fmt::format("{}: {}", column, what));
  };
  const std::optional<Timestamp> open_time = parse_unix_ms((*parts)[Start]);
  if (!open_time)
    return refuse(ErrorCode::Malformed, "start_ms",
                  fmt::format("not milliseconds since 1970: \"{}\"", shown((*parts)[Start])));
  if (bar_open(*open_time, interval_) != *open_time)
    return refuse(ErrorCode::Malformed, "start_ms",
                  fmt::format("{} is no opening time of a {} bar", format_time(*open_time),
                              to_string(interval_)));
  Bar bar{.instrument = instrument_,
          .interval = interval_,
          .open_time = *open_time,
          .close_time = next_open(*open_time, interval_)};
  struct PriceColumn {
    Column column;
    const char* name;
    Price Bar::*member;
  };
  static constexpr PriceColumn kPrices[] = {{Open, "open", &Bar::open},
                                            {High, "high", &Bar::high},
                                            {Low, "low", &Bar::low},
                                            {Close, "close", &Bar::close}};
  for (const auto& [column, name, member] : kPrices) {
    const Result<std::int64_t> raw = parse_fixed((*parts)[column]);
    if (!raw) return refuse(raw.error().code, name, raw.error().context);
    bar.*member = Price::from_raw(raw.value());
  }
  const std::optional<double> volume = parse_amount((*parts)[Volume]);
  if (!volume)
    return refuse(ErrorCode::Malformed, "volume",
                  fmt::format("not a plain decimal from 0: \"{}\"", shown((*parts)[Volume])));
  const std::optional<double> turnover =
      (*parts)[Turnover].empty() ? 0.0 : parse_amount((*parts)[Turnover]);
  if (!turnover)
    return refuse(
        ErrorCode::Malformed, "turnover",
        fmt::format("neither empty nor a plain decimal from 0: \"{}\"", shown((*parts)[Turnover])));
  bar.volume = *volume;
  bar.turnover = *turnover;
  if (const char* reason = absurdity(bar))
    return lines_.at_line(ErrorCode::Malformed, fmt::format("cannot be a bar: {}", reason));
  return bar;
}

Result<std::vector<Bar>> read_klines(const std::filesystem::path& path, InstrumentId instrument,
                                     Interval interval) {
  BOOST_OUTCOME_TRY(KlineReader reader, KlineReader::open(path, instrument, interval));
  std::vector<Bar> bars;
  while (true) {
    BOOST_OUTCOME_TRY(const std::optional<Bar> bar, reader.next());
    if (!bar) return bars;
    bars.push_back(*bar);
  }
}

}  // namespace proteus::klines

#include "connectors/klines/archive_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "connectors/klines/kline_reader.hpp"
#include "connectors/klines/line_reader.hpp"
#include "engine/core/fixed.hpp"

namespace proteus::klines {
namespace {

using namespace std::chrono_literals;

constexpr Duration kMetaTraderAhead = 3h;  // its clock is UTC+3
constexpr std::string_view kTradesHeader = "timestamp,symbol,side,size,price,";
constexpr std::string_view kSpotHeader = "id,timestamp,price,volume,side";
constexpr std::string_view kIndexHeader = "start_at,symbol,period,open,high,low,close";
constexpr std::string_view kOwnHeader = "start_ms,";

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 80)) out += c >= ' ' && c <= '~' ? c : '?';
  return out;
}

std::optional<double> amount(std::string_view text) {
  double value = 0.0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || !(value >= 0.0) ||
      !std::isfinite(value))
    return std::nullopt;
  return value;
}

/// "2021.01.31 23:59" on a clock that is three hours ahead.
std::optional<Timestamp> metatrader_time(std::string_view text) {
  if (text.size() != 16 || text[4] != '.' || text[7] != '.' || text[10] != ' ' || text[13] != ':')
    return std::nullopt;
  std::string iso{text};
  iso[4] = iso[7] = '-';
  iso[10] = 'T';
  const auto time = parse_time(iso + ":00Z");
  if (!time) return std::nullopt;
  return time.value() - kMetaTraderAhead;
}

struct ArchiveTrade {
  Timestamp time{};
  Price price;
  double size = 0.0;
  std::string_view symbol;
};

/// A bar in the making. Of several trades of one instant the order of the file decides, and whether
/// that runs forwards is known only later: both ends are kept.
struct Making {
  Timestamp first{}, last{};
  Price first_seen_first, first_seen_last;  ///< at the first instant: the row seen first, and last
  Price last_seen_first, last_seen_last;
  Price high, low;
  double volume = 0.0, turnover = 0.0;
};

class ArchiveReader {
 public:
  ArchiveReader(LineReader lines, Interval interval, BadRows bad_rows)
      : lines_(std::move(lines)), interval_(interval), bad_rows_(bad_rows) {}

  Result<ArchiveBars> read(ArchiveLayout layout, std::optional<std::string> first_row) {
    found_.layout = layout;
    for (;;) {
      std::optional<std::string_view> line;
      if (first_row) {
        line = *first_row;
      } else {
        BOOST_OUTCOME_TRY(line, lines_.next());
      }
      if (!line) break;
      const Result<void> taken = row(*line);
      first_row.reset();
      if (taken) {
        ++found_.rows;
        continue;
      }
      if (bad_rows_ == BadRows::Refuse || !is_bad_row(taken.error())) return taken.error();
      found_.set_aside.add(taken.error());
    }
    if (layout == ArchiveLayout::DerivativeTrades || layout == ArchiveLayout::SpotTrades)
      make_bars();
    else
      for (auto& [open, bar] : bars_) found_.bars.push_back(bar);
    return std::move(found_);
  }

 private:
  [[nodiscard]] Error bad(std::string_view what) const {
    return lines_.at_line(ErrorCode::Malformed, what);
  }

  Result<void> row(std::string_view line) {
    switch (found_.layout) {
      case ArchiveLayout::DerivativeTrades:
        return derivative_trade(line);
      case ArchiveLayout::SpotTrades:
        return spot_trade(line);
      case ArchiveLayout::MetaTrader:
        return metatrader_bar(line);
      default:
        return index_bar(line);
    }
  }

  Result<void> same_symbol(std::string_view symbol) {
    if (symbol.empty()) return bad("the symbol is empty");
    if (found_.symbol.empty()) found_.symbol = symbol;
    if (symbol != found_.symbol)
      return bad(
          fmt::format("is of {}, and the rows before are of {}", printable(symbol), found_.symbol));
    return success();
  }

  Result<Price> price_of(std::string_view text, std::string_view column) const {
    const Result<std::int64_t> raw = parse_fixed(text);
    if (!raw)
      return lines_.at_line(raw.error().code, fmt::format("{}: {}", column, raw.error().context));
    if (raw.value() <= 0) return bad(fmt::format("{}: not above zero", column));
    return Price::from_raw(raw.value());
  }

  // The first columns; newer files have more behind them.
  template <std::size_t N>
  Result<std::array<std::string_view, N>> columns(std::string_view line) const {
    std::array<std::string_view, N> parts;
    for (std::size_t i = 0; i < N; ++i) {
      if (line.data() == nullptr) return bad(fmt::format("fewer than {} columns", N));
      const std::size_t comma = line.find(',');
      parts[i] = line.substr(0, comma);
      line = comma == std::string_view::npos ? std::string_view{} : line.substr(comma + 1);
    }
    return parts;
  }

  Result<void> derivative_trade(std::string_view line) {
    BOOST_OUTCOME_TRY(const auto part, columns<5>(line));
    const Result<std::int64_t> ns = parse_fixed(part[0]);  // seconds in units of 1e-9
    if (!ns || ns.value() <= 0)
      return bad(fmt::format("timestamp: not seconds since 1970: \"{}\"", printable(part[0])));
    BOOST_OUTCOME_TRY(same_symbol(part[1]));
    return trade(from_unix_ns(ns.value()), part[4], part[3], "size");
  }

  Result<void> spot_trade(std::string_view line) {
    BOOST_OUTCOME_TRY(const auto part, columns<5>(line));
    const auto time = parse_unix_ms(part[1]);
    if (!time)
      return bad(fmt::format("timestamp: not milliseconds since 1970: \"{}\"", printable(part[1])));
    return trade(*time, part[2], part[3], "volume");
  }

  Result<void> trade(Timestamp time, std::string_view price_text, std::string_view size_text,
                     std::string_view size_name) {
    BOOST_OUTCOME_TRY(const Price price, price_of(price_text, "price"));
    const auto size = amount(size_text);
    if (!size)
      return bad(
          fmt::format("{}: not a plain number from 0: \"{}\"", size_name, printable(size_text)));
    if (last_time_ && time != *last_time_) (time < *last_time_ ? falls_ : rises_) += 1;
    last_time_ = time;
    const auto [it, anew] = making_.try_emplace(bar_open(time, interval_));
    Making& m = it->second;
    if (anew || time < m.first) {
      m.first = time;
      m.first_seen_first = price;
    }
    if (time == m.first) m.first_seen_last = price;
    if (anew || time > m.last) {
      m.last = time;
      m.last_seen_first = price;
    }
    if (time == m.last) m.last_seen_last = price;
    m.high = anew ? price : std::max(m.high, price);
    m.low = anew ? price : std::min(m.low, price);
    m.volume += *size;
    m.turnover += *size * price.to_double();
    return success();
  }

  Result<void> metatrader_bar(std::string_view line) {
    BOOST_OUTCOME_TRY(const auto part, columns<6>(line));
    const auto time = metatrader_time(part[0]);
    if (!time)
      return bad(fmt::format("not a time as in 2021.01.31 23:59: \"{}\"", printable(part[0])));
    const auto volume = amount(part[5]);
    if (!volume)
      return bad(fmt::format("volume: not a plain number from 0: \"{}\"", printable(part[5])));
    return bar(*time, std::span{part}.subspan(1, 4), *volume);
  }

  Result<void> index_bar(std::string_view line) {
    BOOST_OUTCOME_TRY(const auto part, columns<7>(line));
    const Result<std::int64_t> ns = parse_fixed(part[0]);
    if (!ns || ns.value() <= 0)
      return bad(fmt::format("start_at: not seconds since 1970: \"{}\"", printable(part[0])));
    BOOST_OUTCOME_TRY(same_symbol(part[1]));
    return bar(from_unix_ns(ns.value()), std::span{part}.subspan(3, 4), 0.0);
  }

  Result<void> bar(Timestamp open, std::span<const std::string_view> prices, double volume) {
    if (bar_open(open, interval_) != open)
      return bad(fmt::format("{} is no opening time of a {} bar", format_time(open),
                             to_string(interval_)));
    Bar made{.interval = interval_, .open_time = open, .close_time = next_open(open, interval_)};
    BOOST_OUTCOME_TRY(made.open, price_of(prices[0], "open"));
    BOOST_OUTCOME_TRY(made.high, price_of(prices[1], "high"));
    BOOST_OUTCOME_TRY(made.low, price_of(prices[2], "low"));
    BOOST_OUTCOME_TRY(made.close, price_of(prices[3], "close"));
    made.volume = volume;
    if (const char* reason = absurdity(made))
      return bad(fmt::format("cannot be a bar: {}", reason));
    if (!bars_.emplace(open, made).second)
      return bad(fmt::format("the bar of {} stands here a second time", format_time(open)));
    return success();
  }

  void make_bars() {
    const bool backwards = falls_ > rises_;
    for (const auto& [open, m] : making_) {
      // Between two bars with trades the market stood still.
      while (!found_.bars.empty() && found_.bars.back().close_time < open) {
        Bar flat = found_.bars.back();
        flat.open_time = flat.close_time;
        flat.close_time = next_open(flat.open_time, interval_);
        flat.open = flat.high = flat.low = flat.close;
        flat.volume = flat.turnover = 0.0;
        found_.bars.push_back(flat);
        ++found_.flat;
      }
      found_.bars.push_back({.interval = interval_,
                             .open_time = open,
                             .close_time = next_open(open, interval_),
                             .open = backwards ? m.first_seen_last : m.first_seen_first,
                             .high = m.high,
                             .low = m.low,
                             .close = backwards ? m.last_seen_first : m.last_seen_last,
                             .volume = m.volume,
                             .turnover = m.turnover});
    }
  }

  LineReader lines_;
  Interval interval_;
  BadRows bad_rows_;
  ArchiveBars found_;
  std::map<Timestamp, Making> making_;
  std::map<Timestamp, Bar> bars_;
  std::optional<Timestamp> last_time_;
  std::uint64_t falls_ = 0, rises_ = 0;
};

Result<ArchiveBars> read_own(const std::filesystem::path& path, Interval interval,
                             BadRows bad_rows) {
  BOOST_OUTCOME_TRY(KlineReader reader,
                    KlineReader::open(path, InstrumentId{}, interval, bad_rows));
  ArchiveBars found;
  for (;;) {
    BOOST_OUTCOME_TRY(const auto bar, reader.next());
    if (!bar) break;
    found.bars.push_back(*bar);
  }
  found.rows = found.bars.size();
  found.set_aside = reader.set_aside();
  return found;
}

std::optional<ArchiveLayout> layout_of(std::string_view head) {
  if (head.starts_with(kOwnHeader)) return ArchiveLayout::Klines;
  if (head.starts_with(kTradesHeader)) return ArchiveLayout::DerivativeTrades;
  if (head.starts_with(kSpotHeader)) return ArchiveLayout::SpotTrades;
  if (head.starts_with(kIndexHeader)) return ArchiveLayout::IndexBars;
  if (metatrader_time(head.substr(0, head.find(',')))) return ArchiveLayout::MetaTrader;
  return std::nullopt;
}

}  // namespace

std::optional<ArchiveLayout> archive_layout(const std::filesystem::path& path) {
  // A pipe would wait for a writer, and what is read of it is gone.
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  auto lines = LineReader::open(path);
  if (!lines) return std::nullopt;
  const auto first = lines.value().next();
  if (!first || !first.value()) return std::nullopt;
  return layout_of(*first.value());
}

std::string_view to_string(ArchiveLayout layout) {
  constexpr std::array<std::string_view, 5> kNames = {"trades of derivatives", "trades of spot",
                                                      "bars for MetaTrader", "bars of an index",
                                                      "klines"};
  return kNames[static_cast<std::size_t>(layout)];
}

Result<ArchiveBars> read_archive(const std::filesystem::path& path, Interval interval,
                                 BadRows bad_rows) {
  BOOST_OUTCOME_TRY(LineReader lines, LineReader::open(path));
  BOOST_OUTCOME_TRY(const auto first, lines.next());
  const std::string head{first.value_or("")};
  const auto layout = layout_of(head);
  if (layout == ArchiveLayout::Klines) return read_own(path, interval, bad_rows);
  // Bars for MetaTrader have no header: the first line is a row.
  std::optional<std::string> row;
  if (layout == ArchiveLayout::MetaTrader) row = head;
  if (!layout)
    return lines.at_line(
        ErrorCode::Malformed,
        fmt::format("\"{}\" begins no file of the archive: trades ({}...; {}), bars (2021.01.31 "
                    "23:59,...; {}) or klines (start_ms,...)",
                    printable(head), kTradesHeader, kSpotHeader, kIndexHeader));
  return ArchiveReader{std::move(lines), interval, bad_rows}.read(*layout, row);
}

}  // namespace proteus::klines

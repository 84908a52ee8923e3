#include "connectors/klines/yahoo_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "connectors/klines/line_reader.hpp"
#include "engine/core/cells.hpp"

namespace proteus::klines {
namespace {

enum YahooColumn : std::size_t { Day, YOpen, YHigh, YLow, YClose, YVolume, YAdjusted, YColumns };
constexpr std::array<std::string_view, YColumns> kYahooNames = {
    "Date", "Open", "High", "Low", "Close", "Volume", "Adj Close"};
constexpr std::array<std::string_view, 3> kUnread = {"Dividends", "Stock Splits", "Capital Gains"};

/// Its beginning, as a terminal may show it.
std::string seen(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 80)) out += c >= ' ' && c <= '~' ? c : '?';
  return out;
}

std::optional<double> number(std::string_view text) {
  double value = 0.0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

/// "+05:30" or "-0500" behind a time, as what it is ahead of UTC. Empty, "Z": none.
std::optional<Duration> offset_of(std::string_view text) {
  if (text.empty() || text == "Z") return Duration{0};
  std::string digits;
  for (const char c : text.substr(1))
    if (c != ':') digits += c;
  if ((text[0] != '+' && text[0] != '-') || digits.size() != 4 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  const Duration ahead = std::chrono::hours{std::stoi(digits.substr(0, 2))} +
                         std::chrono::minutes{std::stoi(digits.substr(2))};
  return text[0] == '-' ? -ahead : ahead;
}

/// "2024-01-02" or "2024-01-02 09:30:00-05:00"; of a day the date where it was written.
std::optional<Timestamp> time_of(std::string_view text, Interval interval) {
  constexpr std::size_t kDay = 10;
  constexpr std::size_t kSecond = 19;
  const bool by_day = next_open(Timestamp{}, interval) - Timestamp{} >= std::chrono::hours{24};
  if (text.size() != kDay && text.size() < kSecond) return std::nullopt;
  const Result<Timestamp> local = parse_time(text.substr(0, kSecond));
  const auto ahead =
      text.size() == kDay ? Duration{0} : offset_of(text.substr(std::min(text.size(), kSecond)));
  if (!local || !ahead) return std::nullopt;
  return by_day ? local.value() : local.value() - *ahead;
}

class Table {
 public:
  Table(LineReader lines, const YahooSettings& settings)
      : lines_(std::move(lines)), settings_(settings) {}

  Result<YahooBars> read() {
    BOOST_OUTCOME_TRY(read_header());
    found_.adjusted = place_[YAdjusted].has_value();
    while (true) {
      BOOST_OUTCOME_TRY(const auto line, lines_.next());
      if (!line) break;
      std::string why;
      const std::optional<Bar> bar = bar_of(*line, why);
      if (!bar && !settings_.skip_bad_rows)
        return bad(why + "; put it right, or leave such rows out with --skip-bad-rows");
      if (!bar) {
        if (found_.skipped.empty()) found_.first_skipped = bad(why).context;
        found_.skipped.push_back(lines_.line());
        continue;
      }
      BOOST_OUTCOME_TRY(append(*bar));
    }
    if (found_.bars.empty()) return bad("there is no row of a bar in this file");
    return std::move(found_);
  }

 private:
  [[nodiscard]] Error bad(std::string_view what) const {
    return lines_.at_line(ErrorCode::Malformed, what);
  }

  Result<void> read_header() {
    BOOST_OUTCOME_TRY(const auto first, lines_.next());
    const std::string_view line = first.value_or("");
    const auto names = cells_of(line);
    count_ = names.size();
    const bool titled = names.front() == "Price";  // two more lines of titles follow
    for (std::size_t i = 0; i < names.size(); ++i) {
      const bool is_time = i == 0 && (titled || names[i] == "Datetime" || names[i].empty());
      const auto known = std::ranges::find(kYahooNames, is_time ? kYahooNames[Day] : names[i]);
      if (known == kYahooNames.end() && std::ranges::find(kUnread, names[i]) != kUnread.end())
        continue;
      if (known == kYahooNames.end())
        return bad(
            fmt::format("\"{}\" is no column of a Yahoo file, whose first line is like "
                        "\"Date,Open,High,Low,Close,Adj Close,Volume\"",
                        seen(names[i])));
      auto& place = place_[static_cast<std::size_t>(known - kYahooNames.begin())];
      if (place) return bad(fmt::format("the column {} is there twice", *known));
      place = i;
    }
    for (std::size_t c = 0; c < YAdjusted; ++c)
      if (!place_[c])
        return bad(
            fmt::format("the column {} is missing; the first line has to be like "
                        "\"Date,Open,High,Low,Close,Adj Close,Volume\"",
                        kYahooNames[c]));
    return titled ? read_titles() : success();
  }

  Result<void> read_titles() {
    BOOST_OUTCOME_TRY(const auto tickers, lines_.next());
    const auto names = cells_of(tickers.value_or(""));
    if (names.front() != "Ticker" || names.size() != count_)
      return bad("below \"Price,...\" stands \"Ticker,...\" with a name for each column");
    for (const std::string_view name : names)
      if (name != names.front() && name != names[1])
        return bad(fmt::format("holds {} and {}: write each of them to a file of its own",
                               seen(names[1]), seen(name)));
    BOOST_OUTCOME_TRY(const auto date, lines_.next());
    if (!date || (cells_of(*date).front() != "Date" && cells_of(*date).front() != "Datetime"))
      return bad("below \"Ticker,...\" stands \"Date,...\"");
    return success();
  }

  /// Nothing: it is none, and why.
  std::optional<Bar> bar_of(std::string_view line, std::string& why) const {
    const auto parts = cells_of(line);
    if (parts.size() != count_) {
      why = fmt::format("{} columns where the first line has {}: \"{}\"", parts.size(), count_,
                        seen(line));
      return std::nullopt;
    }
    const std::string_view day = parts[*place_[Day]];
    const auto open_time = time_of(day, settings_.interval);
    if (!open_time || bar_open(*open_time, settings_.interval) != *open_time) {
      why = open_time ? fmt::format(
                            "no {} bar begins at {} ({}); say what they are with "
                            "--interval, and fetch bars of 30 minutes or less where a "
                            "market opens at half past",
                            to_string(settings_.interval), seen(day), format_time(*open_time))
                      : fmt::format("\"{}\" is no date such as 2024-01-02", seen(day));
      return std::nullopt;
    }
    std::array<double, YColumns> value{};
    for (std::size_t c = YOpen; c < YColumns; ++c) {
      if (!place_[c]) continue;
      const std::string_view text = parts[*place_[c]];
      const auto read = number(text);
      if (!read || *read < 0.0 || (c != YVolume && *read == 0.0)) {
        why = fmt::format("{} is \"{}\"{}", kYahooNames[c], seen(text),
                          read ? ", which no bar has" : ", which is no number");
        return std::nullopt;
      }
      value[c] = *read;
    }
    return priced({.interval = settings_.interval,
                   .open_time = *open_time,
                   .close_time = next_open(*open_time, settings_.interval)},
                  value, why);
  }

  std::optional<Bar> priced(Bar bar, const std::array<double, YColumns>& value,
                            std::string& why) const {
    const double scale = place_[YAdjusted] ? value[YAdjusted] / value[YClose] : 1.0;
    for (const auto& [column, member] : {std::pair{YOpen, &Bar::open},
                                         {YHigh, &Bar::high},
                                         {YLow, &Bar::low},
                                         {YClose, &Bar::close}}) {
      const double price = value[column] * scale;
      if (!(price < 9e9)) {
        why = fmt::format("{} is {}, more than a price can be (9e9)", kYahooNames[column], price);
        return std::nullopt;
      }
      bar.*member = Price::from_raw(std::llround(price * 1e6) * 1'000);
    }
    // Of a pair the money is told; how much was traded for it follows from the price of that day.
    const double volume = value[YVolume];
    bar.volume =
        settings_.volume_in_quote ? std::round(volume / value[YClose] * 1e4) / 1e4 : volume;
    bar.turnover = settings_.volume_in_quote ? volume : 0.0;
    if (const char* reason = absurdity(bar)) {
      why = fmt::format("cannot be a bar: {}", reason);
      return std::nullopt;
    }
    return bar;
  }

  Result<void> append(const Bar& bar) {
    if (!found_.bars.empty()) {
      const Bar& last = found_.bars.back();
      if (bar.open_time <= last.open_time)
        return bad(bar.open_time == last.open_time
                       ? fmt::format("{} stands here a second time: take one of the two rows out",
                                     format_time(bar.open_time))
                       : fmt::format("{} comes after {}: sort the rows by their date",
                                     format_time(bar.open_time), format_time(last.open_time)));
      const Duration gap = bar.open_time - last.close_time;
      found_.gaps += gap > Duration{0} ? 1U : 0U;
      found_.gap = std::max(found_.gap, gap);
    }
    found_.bars.push_back(bar);
    return success();
  }

  LineReader lines_;
  YahooSettings settings_;
  std::array<std::optional<std::size_t>, YColumns> place_{};
  std::size_t count_ = 0;
  YahooBars found_;
};

/// Without an exponent and without zeros at its end.
std::string plain(double value) {
  std::string text = fmt::format("{:.4f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

Result<YahooBars> read_yahoo(const std::filesystem::path& path, const YahooSettings& settings) {
  BOOST_OUTCOME_TRY(LineReader lines, LineReader::open(path));
  return Table(std::move(lines), settings).read();
}

std::string kline_text(const std::vector<Bar>& bars) {
  std::string text = "start_ms,open,high,low,close,volume,turnover\n";
  for (const Bar& bar : bars)
    text += fmt::format(
        "{},{},{},{},{},{},{}\n", bar.open_time.time_since_epoch() / std::chrono::milliseconds{1},
        bar.open.to_string(), bar.high.to_string(), bar.low.to_string(), bar.close.to_string(),
        plain(bar.volume), bar.turnover > 0.0 ? plain(bar.turnover) : "");
  return text;
}

}  // namespace proteus::klines

#include "connectors/klines/file_name.hpp"

#include <fmt/format.h>

#include <array>

namespace proteus::klines {
namespace {

constexpr std::array<std::string_view, 3> kEndings = {".csv.gz", ".csv.zst", ".csv"};

std::string_view cut(std::string_view& rest, char at) {
  const std::size_t end = std::min(rest.find(at), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

}  // namespace

Result<KlineFileName> parse_kline_file_name(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const auto refuse = [&] {
    return error(
        ErrorCode::Malformed,
        fmt::format("{}: the name does not follow exchange-market_SYMBOL_interval.csv[.gz], "
                    "as in bybit-linear_BTCUSDT_1m.csv.gz",
                    path.string()));
  };
  std::string_view rest = name;
  for (const std::string_view ending : kEndings)
    if (rest.ends_with(ending)) {
      rest.remove_suffix(ending.size());
      break;
    }
  if (rest.size() == name.size()) return refuse();
  KlineFileName found;
  found.exchange = cut(rest, '-');
  const std::string_view market = cut(rest, '_');
  const std::string_view symbol = cut(rest, '_');
  const std::optional<Interval> interval = parse_interval(cut(rest, '_'));
  found.suffix = rest;
  const std::string_view category = market == "usdm" ? "linear" : market;
  Result<InstrumentName> instrument = parse_instrument_name(fmt::format("{}:{}", category, symbol));
  if (found.exchange.empty() || !interval || !instrument) return refuse();
  found.instrument = std::move(instrument).value();
  found.interval = *interval;
  return found;
}

Result<std::vector<std::filesystem::path>> find_kline_files(
    const std::filesystem::path& directory, std::string_view exchange,
    std::span<const InstrumentName> instruments, Interval interval) {
  std::vector<std::filesystem::path> paths;
  std::string missing;
  for (const InstrumentName& instrument : instruments) {
    const std::string stem = fmt::format("{}-{}_{}_{}", exchange, to_string(instrument.category),
                                         instrument.symbol, to_string(interval));
    std::filesystem::path found;
    for (const std::string_view ending : kEndings) {
      std::error_code ec;
      const std::filesystem::path path = directory / fmt::format("{}{}", stem, ending);
      if (found.empty() && std::filesystem::is_regular_file(path, ec)) found = path;
    }
    if (found.empty())
      missing += fmt::format("{}{}.csv[.gz|.zst]", missing.empty() ? "" : ", ", stem);
    paths.push_back(std::move(found));
  }
  if (!missing.empty())
    return error(ErrorCode::NotFound, fmt::format("{}: lacks {}", directory.string(), missing));
  return paths;
}

}  // namespace proteus::klines

// `proteus import yahoo FILE... --out FOLDER`: files of Yahoo Finance as kline files, each under
// the name by which train, evaluate and replay know its instrument and interval.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "config/value_text.hpp"
#include "connectors/klines/file_name.hpp"
#include "connectors/klines/yahoo_reader.hpp"
#include "connectors/storage/file.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;

/// Instrument and interval come from the name: "aapl.csv" is spot:AAPL, "BTC-USD.csv" spot:BTC-USD.
Result<std::string> symbol_of(const fs::path& file) {
  std::string symbol = file.filename().string();
  symbol = symbol.substr(0, symbol.find('.'));
  std::ranges::transform(symbol, symbol.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  if (parse_instrument_name("spot:" + symbol)) return symbol;
  return error(
      ErrorCode::Malformed,
      fmt::format("{}: the name is to say what it holds, as AAPL.csv and BTC-USD.csv do, in "
                  "letters, digits and dashes: rename it",
                  file.string()));
}

/// Yahoo tells the volume of a pair of currencies in its second one.
bool is_pair(std::string_view symbol) {
  return symbol.ends_with("-USD") || symbol.ends_with("-EUR") || symbol.ends_with("-USDT");
}

Result<void> import_file(const fs::path& file, Interval interval, const Options& options) {
  BOOST_OUTCOME_TRY(const std::string symbol, symbol_of(file));
  const fs::path out =
      fs::path(options.out) / fmt::format("yahoo-spot_{}_{}.csv", symbol, to_string(interval));
  std::error_code ec;
  if (fs::exists(out, ec))
    return error(ErrorCode::Busy, fmt::format("{} is there already: remove it, or choose another "
                                              "folder with --out",
                                              out.string()));
  BOOST_OUTCOME_TRY(const auto read,
                    klines::read_yahoo(file, {interval, options.skip_bad_rows, is_pair(symbol)}));
  fs::create_directories(options.out, ec);
  BOOST_OUTCOME_TRY(storage::write_file(out, klines::kline_text(read.bars)));
  fmt::print("{}: {} bars from {} to {}, prices {}\n", out.string(), read.bars.size(),
             format_time(read.bars.front().open_time), format_time(read.bars.back().close_time),
             read.adjusted ? "adjusted for splits and dividends by Adj Close"
                           : "as they stand: there is no Adj Close");
  if (!read.skipped.empty())
    fmt::print("  {} rows left out, the first: {}\n", read.skipped.size(), read.first_skipped);
  if (read.gaps > 0)
    fmt::print(
        "  {} times without trade, the longest of {}: to go on over them set data.gap_max "
        "(train) and engine.gap_max (evaluate, replay)\n",
        read.gaps, config::format_duration(read.gap));
  return success();
}

}  // namespace

void declare_import_yahoo(CLI::App& app, Options& options) {
  app.add_option("FILE", options.files, "CSV files, each named like its ticker: AAPL.csv")
      ->required();
  app.add_option("--out", options.out, "folder for the kline files; made where it is not there")
      ->required();
  app.add_option("--interval", options.interval, "of the rows: 1d, or of a Datetime 1m to 12h");
  app.add_flag("--skip-bad-rows", options.skip_bad_rows,
               "leaves out rows that are empty, cut off or cannot be, and says how many");
}

int run_import_yahoo(const Options& options) {
  const auto interval = parse_interval(options.interval);
  if (!interval)
    return fail(error(ErrorCode::Malformed,
                      fmt::format("--interval: \"{}\" is none of 1m, 5m, 15m, 30m, 1h, 1d, 1w, 1M",
                                  options.interval)),
                kUsage);
  for (const std::string& file : options.files)
    if (const auto done = import_file(file, *interval, options); done.has_error())
      return fail(done.error(), kError);
  return kOk;
}

}  // namespace proteus::app

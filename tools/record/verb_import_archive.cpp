// `proteus import archive FILE... --instrument NAME --out FOLDER`: files of the venue's public
// archive, a day or a month each, put together to one kline file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "connectors/klines/archive_reader.hpp"
#include "connectors/klines/pack_file.hpp"
#include "connectors/klines/yahoo_reader.hpp"
#include "connectors/storage/file.hpp"
#include "tools/record/verbs.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;

struct Gathered {
  std::map<Timestamp, std::pair<Bar, const std::string*>> bars;  ///< with the file that brought it
};

bool same_bar(const Bar& a, const Bar& b) {
  return a.open == b.open && a.high == b.high && a.low == b.low && a.close == b.close &&
         a.volume == b.volume;
}

Result<void> gather(const std::string& file, const InstrumentName& name, Interval interval,
                    klines::BadRows bad_rows, Gathered& all) {
  BOOST_OUTCOME_TRY(const auto read, klines::read_archive(file, interval, bad_rows));
  if (!read.symbol.empty() && read.symbol != name.symbol)
    return error(ErrorCode::Malformed,
                 fmt::format("{}: its rows are of {}, and --instrument says {}", file, read.symbol,
                             name.symbol));
  for (const Bar& bar : read.bars) {
    const auto [it, anew] = all.bars.try_emplace(bar.open_time, bar, &file);
    if (!anew && !same_bar(it->second.first, bar))
      return error(ErrorCode::Malformed,
                   fmt::format("the bar of {} is another in {} than in {}: leave one of them out",
                               format_time(bar.open_time), file, *it->second.second));
  }
  fmt::print("{}: {}, {} rows, {} bars{}\n", file, klines::to_string(read.layout), read.rows,
             read.bars.size(),
             read.flat > 0 ? fmt::format(" ({} of them without a trade)", read.flat) : "");
  for (const std::string& why : read.set_aside.first) fmt::print("  set aside: {}\n", why);
  if (read.set_aside.rows > read.set_aside.first.size())
    fmt::print("  and {} more\n", read.set_aside.rows - read.set_aside.first.size());
  return success();
}

Result<void> write_bars(const Gathered& all, const InstrumentName& name, Interval interval,
                        klines::Packing packing, const fs::path& folder) {
  if (all.bars.empty()) return error(ErrorCode::NotFound, "the files hold no bar");
  const std::string stem =
      fmt::format("bybit-{}_{}_{}.csv", to_string(name.category), name.symbol, to_string(interval));
  const fs::path out = folder / fmt::format("{}{}", stem, klines::ending_of(packing));
  std::error_code ec;
  if (fs::exists(out, ec))
    return error(ErrorCode::Busy, fmt::format("{} is there already: remove it, or choose another "
                                              "folder with --out",
                                              out.string()));
  fs::create_directories(folder, ec);
  std::vector<Bar> bars;
  std::uint64_t missing = 0;
  for (const auto& [open, bar] : all.bars) {
    if (!bars.empty() && bars.back().close_time < open)
      missing += static_cast<std::uint64_t>((open - bars.back().close_time) /
                                            (bar.first.close_time - open));
    bars.push_back(bar.first);
  }
  const fs::path plain = folder / (stem + ".part");
  BOOST_OUTCOME_TRY(storage::write_file(plain, klines::kline_text(bars)));
  BOOST_OUTCOME_TRY(klines::pack_file(plain, out, packing));
  fs::remove(plain, ec);
  fmt::print("{}: {} bars from {} to {}{}\n", out.string(), bars.size(),
             format_time(bars.front().open_time), format_time(bars.back().close_time),
             missing > 0 ? fmt::format(", {} missing between them", missing) : "");
  return success();
}

}  // namespace

void declare_import_archive(CLI::App& app, Options& options) {
  options.interval = "1m";
  app.add_option("FILE", options.files, "files of the archive, all of one instrument")->required();
  app.add_option("--instrument", options.instrument, "whose they are, as in linear:BTCUSDT")
      ->required()
      ->type_name("NAME");
  app.add_option("--interval", options.interval, "of the bars: that of the rows, or made of trades")
      ->capture_default_str();
  app.add_option("--out", options.out, "folder for the kline file; made where it is not there")
      ->required();
  app.add_option("--packing", options.packing, "gz, zst or none")->capture_default_str();
  app.add_flag("--skip-bad-rows", options.skip_bad_rows,
               "sets rows aside that are none, and says how many and which first");
}

int run_import_archive(const Options& options) {
  const auto interval = parse_interval(options.interval);
  const auto packing = klines::parse_packing(options.packing);
  const auto name = parse_instrument_name(options.instrument);
  if (name.has_error()) return fail(name.error(), kUsage);
  if (!interval || !packing)
    return fail(error(ErrorCode::Malformed,
                      !interval ? fmt::format("--interval: \"{}\" is none of 1m, 3m, 5m, 15m, 30m, "
                                              "1h, 2h, 4h, 6h, 12h, 1d, 1w, 1M",
                                              options.interval)
                                : fmt::format("--packing: \"{}\" is none of gz, zst, none",
                                              options.packing)),
                kUsage);
  Gathered all;
  const auto bad_rows = options.skip_bad_rows ? klines::BadRows::SetAside : klines::BadRows::Refuse;
  for (const std::string& file : options.files)
    if (const auto done = gather(file, name.value(), *interval, bad_rows, all); done.has_error())
      return fail(done.error(), kError);
  if (const auto done = write_bars(all, name.value(), *interval, *packing, options.out);
      done.has_error())
    return fail(done.error(), kError);
  return kOk;
}

}  // namespace proteus::app

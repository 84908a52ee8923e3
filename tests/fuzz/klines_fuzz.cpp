// Rows from files, plain or packed: the input is a file. A bar that comes out can be true and comes
// after the one before it; what was read, written as rows and read again is the same; an error in a
// row names the file and its line, and comes again at the next call.
#include <fmt/format.h>

#include "connectors/klines/describe.hpp"
#include "connectors/klines/funding_reader.hpp"
#include "connectors/klines/kline_reader.hpp"
#include "tests/fuzz/property.hpp"

namespace proteus::klines {
namespace {

constexpr std::size_t kBarsMax = 100'000;

void check_error(const Error& error, const std::string& path, std::uint64_t line) {
  fuzz::check_sentence(error, path + ":");
  if (error.code == ErrorCode::Malformed || error.code == ErrorCode::OutOfRange)
    FUZZ_CHECK(error.context.starts_with(fmt::format("{}:{}: ", path, line)), error.context);
}

/// Every bar up to the end or the first error.
std::vector<Bar> read(const std::string& path, Interval interval, bool& whole) {
  std::vector<Bar> bars;
  whole = false;
  Result<KlineReader> opened = KlineReader::open(path, InstrumentId{3}, interval);
  if (!opened) {
    check_error(opened.error(), path, 1);
    return bars;
  }
  KlineReader reader = std::move(opened.value());
  while (bars.size() < kBarsMax) {
    const Result<std::optional<Bar>> bar = reader.next();
    if (!bar) {
      check_error(bar.error(), path, reader.line());
      const Result<std::optional<Bar>> again = reader.next();
      FUZZ_CHECK(!again && again.error().context == bar.error().context);
      return bars;
    }
    if (!bar.value()) {
      whole = true;
      return bars;
    }
    bars.push_back(*bar.value());
  }
  return bars;
}

std::string written(const std::vector<Bar>& bars) {
  std::string text = "start_ms,open,high,low,close,volume,turnover\n";
  for (const Bar& b : bars)
    text += fmt::format("{},{},{},{},{},{:f},{:f}\n", to_unix_ms(b.open_time), b.open.to_string(),
                        b.high.to_string(), b.low.to_string(), b.close.to_string(), b.volume,
                        b.turnover);
  return text;
}

void check_klines(const std::string& path, Interval interval) {
  bool whole = false;
  const std::vector<Bar> bars = read(path, interval, whole);
  StepFinder steps;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    FUZZ_CHECK(absurdity(bars[i]) == nullptr, absurdity(bars[i]));
    FUZZ_CHECK(i == 0 || bars[i].open_time > bars[i - 1].open_time);
    FUZZ_CHECK(bar_open(bars[i].open_time, interval) == bars[i].open_time);
    FUZZ_CHECK(next_open(bars[i].open_time, interval) == bars[i].close_time);
    steps.see(bars[i]);
    FUZZ_CHECK(bars[i].close.raw() % steps.tick().raw() == 0);
  }
  FUZZ_CHECK(steps.tick() > Price{} && steps.lot() > Quantity{});
  if (bars.empty() || bars.size() == kBarsMax) return;
  const fuzz::MemoryFile copy(written(bars));
  const std::vector<Bar> back = read(copy.path(), interval, whole);
  FUZZ_CHECK(whole && back.size() == bars.size());
  for (std::size_t i = 0; i < bars.size(); ++i) {
    FUZZ_CHECK(back[i].open_time == bars[i].open_time && back[i].open == bars[i].open &&
               back[i].high == bars[i].high && back[i].low == bars[i].low &&
               back[i].close == bars[i].close);
  }
}

void check_funding(const std::string& path) {
  const Result<std::vector<FundingRate>> rates = read_funding(path);
  if (!rates) return fuzz::check_sentence(rates.error(), path + ":");
  for (std::size_t i = 0; i < rates.value().size(); ++i) {
    FUZZ_CHECK(rates.value()[i].rate_e9 <= kFixedScale && rates.value()[i].rate_e9 >= -kFixedScale);
    FUZZ_CHECK(i == 0 || rates.value()[i].time > rates.value()[i - 1].time);
  }
}

}  // namespace
}  // namespace proteus::klines

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace proteus;
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  klines::check_klines(file.path(), Interval::M1);
  klines::check_klines(file.path(), Interval::Month);
  klines::check_funding(file.path());
  return 0;
}

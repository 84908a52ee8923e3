// REST answers. The first byte chooses the HTTP status, the rest is the body, which is given to
// every reader. An error is one bounded sentence; candles come out aligned, sorted and once each;
// an instrument without a complaint is one that a table takes; a cursor can stand in a request.
#include <algorithm>
#include <cmath>

#include "connectors/bybit/rest_codec.hpp"
#include "connectors/bybit/topics.hpp"
#include "tests/fuzz/property.hpp"

namespace proteus::bybit {
namespace {

constexpr int kStatus[] = {200, 204, 301, 400, 403, 404, 429, 500, 503};
constexpr std::size_t kRowsMax = 5'000;

template <class T>
bool read(const Result<T>& result) {
  if (!result) fuzz::check_sentence(result.error());
  return result.has_value();
}

void check_klines(RestCodec& codec, std::string_view body) {
  for (const Interval interval : {Interval::M1, Interval::W1, Interval::Month}) {
    const Result<BarPage> page = codec.klines(body, InstrumentId{7}, interval);
    if (!read(page)) continue;
    FUZZ_CHECK(page.value().bars.size() <= kRowsMax);
    Timestamp before = Timestamp::min();
    for (const Bar& bar : page.value().bars) {
      FUZZ_CHECK(bar.instrument.index == 7 && bar.interval == interval);
      FUZZ_CHECK(bar.open_time > before);
      FUZZ_CHECK(bar_open(bar.open_time, interval) == bar.open_time);
      FUZZ_CHECK(bar.close_time == next_open(bar.open_time, interval));
      FUZZ_CHECK(std::isfinite(bar.volume) && std::isfinite(bar.turnover));
      FUZZ_CHECK(body.find(bar.close.to_string()) != std::string_view::npos);
      before = bar.open_time;
    }
  }
}

void check_instruments(RestCodec& codec, std::string_view body) {
  for (const Category category : {Category::Linear, Category::Spot}) {
    const Result<InstrumentPage> page = codec.instruments(body, category);
    if (!read(page)) continue;
    FUZZ_CHECK(page.value().rows.size() <= kRowsMax);
    const std::string target = instruments_target(category, page.value().next_cursor);
    FUZZ_CHECK(target.size() < 1'200);
    FUZZ_CHECK(std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 127; }),
               target);
    for (const InstrumentRow& row : page.value().rows) {
      FUZZ_CHECK(row.problem.size() <= fuzz::kSentenceMax, row.problem);
      if (!row.problem.empty()) continue;
      InstrumentTable table;
      const Result<InstrumentId> added = table.add(row.instrument);
      FUZZ_CHECK(added.has_value(), added ? "" : added.error().context);
    }
  }
}

void check_others(RestCodec& codec, std::string_view body) {
  if (const auto time = codec.server_time(body); read(time))
    FUZZ_CHECK(time.value() > Timestamp{} && body.find_first_of("123456789") != body.npos);
  if (const auto marks = codec.mark_klines(body); read(marks))
    FUZZ_CHECK(std::is_sorted(
        marks.value().begin(), marks.value().end(),
        [](const MarkBar& a, const MarkBar& b) { return a.open_time < b.open_time; }));
  if (const auto tickers = codec.tickers(body); read(tickers))
    for (const TickerRow& row : tickers.value()) FUZZ_CHECK(!row.symbol.empty());
  if (const auto rates = codec.funding_history(body); read(rates))
    FUZZ_CHECK(
        std::is_sorted(rates.value().begin(), rates.value().end(),
                       [](const FundingRow& a, const FundingRow& b) { return a.time < b.time; }));
}

void run(int status, std::string_view body) {
  RestCodec codec;
  const RestCheck check = codec.check_answer(HttpResponse(status, std::string(body)));
  const bool good = check.verdict == RestVerdict::Good;
  FUZZ_CHECK(good == check.reason.empty(), check.reason);
  FUZZ_CHECK(!good || status == 200);
  FUZZ_CHECK(check.reason.size() <= fuzz::kSentenceMax, check.reason);
  // Readers may rely on the gate, but must stand without it.
  check_klines(codec, body);
  check_instruments(codec, body);
  check_others(codec, body);
}

}  // namespace
}  // namespace proteus::bybit

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t status = data[0] % std::size(proteus::bybit::kStatus);
  proteus::bybit::run(proteus::bybit::kStatus[status], proteus::fuzz::text_of(data + 1, size - 1));
  return 0;
}

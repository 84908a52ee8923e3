// Decoding of public frames. The same linear kline frame is read by simdjson on-demand alone
// (fields to doubles, the reference of this machine) and by the codec (exact prices, instrument
// resolved, range checks); then one frame of each other kind.
#include <simdjson.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "connectors/bybit/codec.hpp"
#include "tests/bench/measure.hpp"

namespace proteus::bench {
namespace {

using namespace proteus::bybit;

constexpr double kCodecGoal =
    350.0;  // on a machine where simdjson alone takes 106 for such a frame

constexpr std::string_view kKline =
    R"({"topic":"kline.1.BTCUSDT","data":[{"start":1748538300000,"end":1748538359999,"interval":"1",)"
    R"("open":"106631.1","close":"106640.2","high":"106655","low":"106620.3","volume":"23.456",)"
    R"("turnover":"2501234.5678","confirm":true,"timestamp":1748538359876}],"ts":1748538360012,)"
    R"("type":"snapshot"})";
constexpr std::string_view kTicker =
    R"({"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"106631.10",)"
    R"("bid1Size":"2.000"},"cs":95322394311,"ts":1748538360012})";
constexpr std::string_view kBook =
    R"({"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1748538360012,"data":{"s":"BTCUSDT",)"
    R"("b":[["106631.10","0.600"],["106631.00","0"]],"a":[["106631.20","1.250"]],"u":18521289,)"
    R"("seq":79616387255},"cts":1748538360010})";

/// The reference: every field of the frame, prices as doubles, nothing checked.
std::uint64_t read_plain(simdjson::ondemand::parser& parser, const simdjson::padded_string& frame) {
  simdjson::ondemand::document document;
  if (parser.iterate(frame).get(document)) return 0;
  std::string_view topic, type;
  std::int64_t ts = 0, start = 0, end = 0, stamp = 0;
  double prices[6] = {};
  bool confirm = false;
  if (document["topic"].get(topic)) return 0;
  simdjson::ondemand::array rows;
  if (document["data"].get_array().get(rows)) return 0;
  for (auto row : rows) {
    simdjson::ondemand::object object;
    if (std::move(row).get_object().get(object)) return 0;
    std::string_view interval;
    const bool bad = object["start"].get(start) || object["end"].get(end) ||
                     object["interval"].get(interval) ||
                     object["open"].get_double_in_string().get(prices[0]) ||
                     object["close"].get_double_in_string().get(prices[1]) ||
                     object["high"].get_double_in_string().get(prices[2]) ||
                     object["low"].get_double_in_string().get(prices[3]) ||
                     object["volume"].get_double_in_string().get(prices[4]) ||
                     object["turnover"].get_double_in_string().get(prices[5]) ||
                     object["confirm"].get(confirm) || object["timestamp"].get(stamp);
    if (bad) return 0;
  }
  if (document["ts"].get(ts) || document["type"].get(type)) return 0;
  std::uint64_t sum = static_cast<std::uint64_t>(start) + topic.size() + (confirm ? 1 : 0);
  for (const double price : prices) sum = sum * 31 + std::bit_cast<std::uint64_t>(price);
  return sum;
}

InstrumentTable five_instruments() {
  InstrumentTable table;
  for (const char* symbol : {"ETHUSDT", "SOLUSDT", "BTCUSDT", "XRPUSDT", "DOGEUSDT"}) {
    Instrument instrument;
    instrument.symbol = symbol;
    instrument.tick_size = Price::from_raw(100'000'000);
    instrument.lot_step = Quantity::from_raw(1'000'000);
    PROTEUS_ASSERT(table.add(instrument).has_value());
  }
  return table;
}

/// One frame to what the engine is told of it; aborts where it is not understood.
std::uint64_t decode(Codec& codec, std::string_view text) {
  const Result<Frame> decoded = codec.decode(text);
  if (!decoded) std::abort();
  std::uint64_t sum = decoded.value().index();
  if (const auto* kline = std::get_if<KlineFrame>(&decoded.value()))
    for (const Kline& row : kline->rows) {
      const BarClosed event{row.bar, BarSource::Stream};
      sum += static_cast<std::uint64_t>(event.bar.close.raw());
    }
  return sum;
}

}  // namespace

void measure_codec(const Size& size, Report& report) {
  const InstrumentTable table = five_instruments();
  const SymbolIndex index(table, Category::Linear);
  Codec codec(index);
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded{kKline};
  const auto timed = [&](auto&& once) {
    return [&size, &report, once] {
      std::uint64_t sum = 0;
      const Took took = time_of([&] {
        for (int i = 0; i < size.frames; ++i) sum += once();
      });
      report.mix(sum);
      return took / size.frames;
    };
  };
  const int rounds = size.tiny ? size.rounds : 12 * size.rounds;
  const auto [plain, kline, ticker, book] = take_turns(
      rounds, timed([&] { return read_plain(parser, padded); }),
      timed([&] { return decode(codec, kKline); }), timed([&] { return decode(codec, kTicker); }),
      timed([&] { return decode(codec, kBook); }));
  const std::string reference = "simdjson alone, the kline frame";
  report.figures.push_back({"kline frame to BarClosed", kline, reference, plain, kCodecGoal});
  report.figures.push_back({"ticker delta", ticker, reference, plain, {}});
  report.figures.push_back({"book delta, 3 levels", book, reference, plain, {}});
}

}  // namespace proteus::bench

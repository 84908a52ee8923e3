// Decoding of public frames. The same linear kline frame is read by simdjson on-demand alone
// (fields to doubles, the reference of this machine) and by the codec (exact prices, instrument
// resolved, range checks), in one run; then one frame of each other kind. Prints medians and a hash
// of what was read, so that nothing can be optimised away.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/bybit/codec.hpp"

namespace {

using namespace proteus;
using namespace proteus::bybit;

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

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  return (hash ^ value) * 1099511628211ULL;
}

/// Median nanoseconds a call over `rounds` rounds of `calls` calls each.
template <class F>
double median_ns(int rounds, int calls, F&& call) {
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i) call();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    times.push_back(took.count() / calls);
  }
  std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
  return times[static_cast<std::size_t>(rounds / 2)];
}

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
  std::uint64_t hash = mix(mix(static_cast<std::uint64_t>(start), confirm), topic.size());
  for (const double price : prices) hash = mix(hash, std::bit_cast<std::uint64_t>(price));
  return hash;
}

}  // namespace

/// Usage: codec_bench [rounds] [calls a round]; defaults 201 and 5000.
int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 201;
  const int calls = argc > 2 ? std::max(1, std::atoi(argv[2])) : 5000;

  InstrumentTable table;
  for (const char* symbol : {"ETHUSDT", "SOLUSDT", "BTCUSDT", "XRPUSDT", "DOGEUSDT"}) {
    Instrument instrument;
    instrument.symbol = symbol;
    instrument.tick_size = Price::from_raw(100'000'000);
    instrument.lot_step = Quantity::from_raw(1'000'000);
    if (!table.add(instrument)) return 1;
  }
  const SymbolIndex index(table, Category::Linear);
  Codec codec(index);
  std::uint64_t hash = 14695981039346656037ULL;

  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded{kKline};
  const double plain =
      median_ns(rounds, calls, [&] { hash = mix(hash, read_plain(parser, padded)); });

  const auto decode = [&](std::string_view frame) {
    const Result<Frame> decoded = codec.decode(frame);
    if (!decoded) std::abort();
    if (const auto* kline = std::get_if<KlineFrame>(&decoded.value()))
      for (const Kline& row : kline->rows) {
        const BarClosed event{row.bar, BarSource::Stream};
        hash = mix(hash, static_cast<std::uint64_t>(event.bar.close.raw()));
      }
    hash = mix(hash, decoded.value().index());
  };
  const double kline = median_ns(rounds, calls, [&] { decode(kKline); });
  const double ticker = median_ns(rounds, calls, [&] { decode(kTicker); });
  const double book = median_ns(rounds, calls, [&] { decode(kBook); });

  fmt::print("kline, simdjson on-demand alone {:8.1f} ns   ({} bytes)\n", plain, kKline.size());
  fmt::print("kline frame to BarClosed        {:8.1f} ns   (goal: at most 350)\n", kline);
  fmt::print("ticker delta                    {:8.1f} ns\n", ticker);
  fmt::print("book delta, 3 levels            {:8.1f} ns\n", book);
  fmt::print("hash {:016x}\n", hash);
  return 0;
}

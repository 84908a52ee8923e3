#include "tests/bench/replay/made_market.hpp"

#include <fmt/format.h>
#include <fmt/os.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "connectors/klines/pack_file.hpp"
#include "connectors/storage/feed_pack.hpp"
#include "connectors/storage/feed_recorder.hpp"
#include "engine/market/random.hpp"
#include "tests/bench/daemon/must.hpp"

namespace proteus::bench {
namespace {

namespace fs = std::filesystem;

struct Walk {
  const char* symbol;
  double price;
  double tick;
  double lot;
};
constexpr std::array<Walk, 3> kMade = {{{"BTCUSDT", 60'000.0, 0.1, 0.001},
                                        {"ETHUSDT", 3'000.0, 0.01, 0.01},
                                        {"SOLUSDT", 150.0, 0.01, 0.1}}};
constexpr std::uint64_t kMadeSeed = 20'251'123;
constexpr std::int64_t kBeginMs = 1'640'995'200'000;  // 2022-01-01
constexpr double kMinuteDeviation = 0.0008;           // of a minute's log return

std::int64_t minutes_of(Interval interval) { return interval == Interval::H1 ? 60 : 1; }

struct MadeBar {
  std::int64_t start_ms = 0;
  double open = 0.0, high = 0.0, low = 0.0, close = 0.0, volume = 0.0;
};

/// The bars of one instrument, one after the other.
class Walker {
 public:
  Walker(const Walk& walk, Interval interval)
      : walk_(walk),
        step_ms_(minutes_of(interval) * 60'000),
        deviation_(kMinuteDeviation * std::sqrt(static_cast<double>(minutes_of(interval)))),
        random_(kMadeSeed, walk.symbol),
        close_(walk.price) {}

  MadeBar next() {
    MadeBar row;
    row.start_ms = kBeginMs + step_ms_ * static_cast<std::int64_t>(made_++);
    row.open = close_;
    // The walk is drawn back, so that it stays among prices that the instrument may have.
    const double back = 1e-5 * std::log(walk_.price / close_);
    close_ = on_tick(close_ * std::exp(deviation_ * random_.normal() + back));
    row.close = close_;
    row.high = on_tick(std::max(row.open, close_) * 1.0002);
    row.low = on_tick(std::min(row.open, close_) * 0.9998);
    row.volume = 500.0 + 100.0 * std::abs(random_.normal());
    return row;
  }

 private:
  [[nodiscard]] double on_tick(double price) const {
    return std::max(1.0, std::round(price / walk_.tick)) * walk_.tick;
  }
  const Walk& walk_;
  std::int64_t step_ms_;
  double deviation_;
  market::Random random_;
  double close_;
  std::uint64_t made_ = 0;
};

}  // namespace

std::vector<InstrumentName> made_instruments() {
  std::vector<InstrumentName> names;
  for (const Walk& walk : kMade) names.push_back({Category::Linear, walk.symbol});
  return names;
}

std::vector<storage::FeedStream> made_feed(const MadeMarket& market, const fs::path& folder) {
  const fs::path feed = folder / "feed";
  fs::create_directories(feed);
  std::vector<Walker> walkers;
  for (const Walk& walk : kMade) walkers.emplace_back(walk, market.interval);
  const std::int64_t minutes = minutes_of(market.interval);
  {
    // Parts by size: an hour of frames that are all closed bars would be a handful.
    storage::StorageSettings settings;
    settings.feed_part_age = std::chrono::hours{24 * 365 * 50};
    storage::FeedRecorder recorder{
        feed, settings, [](const fs::path& part) { must(storage::pack_feed_part(part, 3)); }};
    for (std::uint64_t bar = 0; bar < market.bars; ++bar)
      for (std::size_t i = 0; i < kMade.size(); ++i) {
        const MadeBar row = walkers[i].next();
        const std::int64_t end = row.start_ms + minutes * 60'000;
        const std::int64_t sent = end + static_cast<std::int64_t>(i);
        const std::string frame = fmt::format(
            R"({{"topic":"kline.{}.{}","data":[{{"start":{},"end":{},"interval":"{}","open":"{:.2f}",)"
            R"("close":"{:.2f}","high":"{:.2f}","low":"{:.2f}","volume":"{:.3f}","turnover":"{:.4f}",)"
            R"("confirm":true,"timestamp":{}}}],"ts":{},"type":"snapshot"}})",
            minutes, kMade[i].symbol, row.start_ms, end - 1, minutes, row.open, row.close, row.high,
            row.low, row.volume, row.volume * row.close, sent, sent);
        recorder.record("public-linear-0", 1, from_unix_ms(sent + 5), frame);
      }
  }
  return must(storage::feed_streams(std::array{feed}));
}

std::string made_page() {
  std::string list;
  for (const Walk& walk : kMade) {
    const std::string symbol = walk.symbol;
    list += fmt::format(
        R"({}{{"symbol":"{}","contractType":"LinearPerpetual","status":"Trading","baseCoin":"{}",)"
        R"("quoteCoin":"USDT","launchTime":"1585526400000","deliveryTime":"0","deliveryFeeRate":"",)"
        R"("priceScale":"2","leverageFilter":{{"minLeverage":"1","maxLeverage":"100","leverageStep":"0.01"}},)"
        R"("priceFilter":{{"minPrice":"{:g}","maxPrice":"1999999","tickSize":"{:g}"}},)"
        R"("lotSizeFilter":{{"maxOrderQty":"10000","minOrderQty":"{:g}","qtyStep":"{:g}",)"
        R"("postOnlyMaxOrderQty":"10000","maxMktOrderQty":"1000","minNotionalValue":"5"}},)"
        R"("unifiedMarginTrade":true,"fundingInterval":480,"settleCoin":"USDT","copyTrading":"none",)"
        R"("upperFundingRate":"0.00375","lowerFundingRate":"-0.00375","isPreListing":false,)"
        R"("preListingInfo":null}})",
        list.empty() ? "" : ",", symbol, symbol.substr(0, 3), walk.tick, walk.tick, walk.lot,
        walk.lot);
  }
  return fmt::format(R"({{"retCode":0,"retMsg":"OK","result":{{"category":"linear","list":[{}],)"
                     R"("nextPageCursor":""}},"retExtInfo":{{}},"time":{}}})",
                     list, kBeginMs);
}

std::vector<sim::KlineInput> made_files(const MadeMarket& market, std::size_t instruments,
                                        const fs::path& folder) {
  std::vector<sim::KlineInput> inputs;
  for (std::size_t i = 0; i < instruments; ++i) {
    const fs::path plain = folder / fmt::format("bybit-linear_{}_1m.csv", kMade[i].symbol);
    {
      auto out = fmt::output_file(plain.string());
      out.print("start_ms,open,high,low,close,volume,turnover\n");
      Walker walker(kMade[i], market.interval);
      for (std::uint64_t bar = 0; bar < market.bars; ++bar) {
        const MadeBar row = walker.next();
        out.print("{},{:.2f},{:.2f},{:.2f},{:.2f},{:.3f},{:.4f}\n", row.start_ms, row.open,
                  row.high, row.low, row.close, row.volume, row.volume * row.close);
      }
    }
    const fs::path packed = plain.string() + ".gz";
    must(klines::pack_file(plain, packed, klines::Packing::Gzip));
    fs::remove(plain);
    inputs.push_back(must(sim::FileSource::input_named(packed)));
  }
  return inputs;
}

}  // namespace proteus::bench

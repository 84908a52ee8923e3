// Damaged frames: nothing crashes, and a bar that comes out closed has prices that stand in the
// damaged text as plain decimals.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <random>

#include "connectors/bybit/codec.hpp"
#include "connectors/bybit/rest_codec.hpp"
#include "samples.hpp"

namespace proteus::bybit {
namespace {

using namespace test;

constexpr std::array<std::string_view, 6> kFrames = {kKline,     kTickerSnapshot, kTickerDelta,
                                                     kBookDelta, kBookSnapshot,   kTrade};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  std::string damage(std::string_view frame) {
    std::string text(frame);
    for (std::size_t i = 0, n = 1 + below(4); i < n && !text.empty(); ++i) {
      const std::size_t at = below(text.size());
      switch (below(6)) {
        case 0:
          text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
          break;
        case 1:
          text[at] = static_cast<char>(below(256));
          break;
        case 2:
          text.resize(at);
          break;
        case 3:
          text.erase(at, 1 + below(8));
          break;
        case 4:
          text.insert(at, 1, "\"{}[],:0-.eE\\n"[below(14)]);
          break;
        default:  // A piece of itself somewhere else.
          text.insert(at, std::string(text, below(text.size()), below(40)));
          break;
      }
    }
    return text;
  }

 private:
  std::mt19937_64 engine_;
};

/// The price, written shortest, stands in the damaged frame: nothing was rounded or made up.
bool stands_in(const std::string& frame, Price price) {
  return frame.find(price.to_string()) != std::string::npos;
}

TEST(CodecFuzz, NeverMakesAClosedBarOfWhatIsNoDecimal) {
  const std::uint64_t seed = 20250529;
  RecordProperty("seed", std::to_string(seed));
  const InstrumentTable instruments = table();
  const SymbolIndex linear(instruments, Category::Linear);
  Codec codec(linear);
  Mutator mutator(seed);
  const std::string closed = kline_frame(1699999980000, "36500", "36511", "36499.9", "36510.5",
                                         "0.329", true, 1700000040010);
  int read = 0, refused = 0;
  for (int i = 0; i < 60'000; ++i) {
    const std::string frame = mutator.damage(closed);
    const Result<Frame> decoded = codec.decode(frame);
    if (!decoded) {
      ++refused;
      ASSERT_FALSE(decoded.error().context.empty());
      continue;
    }
    const auto* klines = std::get_if<KlineFrame>(&decoded.value());
    if (klines == nullptr) continue;
    for (const Kline& kline : klines->rows) {
      if (!kline.confirmed) continue;
      ++read;
      for (const Price price : {kline.bar.open, kline.bar.high, kline.bar.low, kline.bar.close})
        ASSERT_TRUE(stands_in(frame, price)) << "seed " << seed << " round " << i << ": " << frame;
    }
  }
  EXPECT_GT(refused, 10'000);
  EXPECT_GT(read, 1'000);  // Else the test would look at nothing.
}

TEST(CodecFuzz, SurvivesDamagedFramesOfEveryKind) {
  const std::uint64_t seed = 7;
  RecordProperty("seed", std::to_string(seed));
  const InstrumentTable instruments = table();
  const SymbolIndex linear(instruments, Category::Linear);
  Codec codec(linear);
  Mutator mutator(seed);
  int good = 0;
  for (int i = 0; i < 60'000; ++i)
    good +=
        codec.decode(mutator.damage(kFrames[mutator.below(kFrames.size())])).has_value() ? 1 : 0;
  EXPECT_GT(good, 1'000);
  for (const std::string_view frame : kFrames) EXPECT_TRUE(codec.decode(frame).has_value());
}

TEST(CodecFuzz, SurvivesDamagedAnswers) {
  const std::uint64_t seed = 11;
  RecordProperty("seed", std::to_string(seed));
  const std::array<std::string, 3> bodies = {
      R"({"retCode":0,"retMsg":"OK","result":{"category":"linear","symbol":"BTCUSDT","list":[["1700000040000","36510.5","36512","36500","36505","12.001","438112.3"],["1699999980000","36500","36511","36499.9","36510.5","31.7","1157200.1"]]},"retExtInfo":{},"time":1700000051000})",
      R"({"retCode":0,"retMsg":"OK","result":{"list":[{"symbol":"BTCUSDT","status":"Trading","priceFilter":{"tickSize":"0.1"},"lotSizeFilter":{"qtyStep":"0.001","maxOrderQty":"100"},"fundingInterval":480,"preListingInfo":null}],"nextPageCursor":"a%3Db"},"time":1})",
      R"({"retCode":0,"result":{"timeSecond":"1700000000","timeNano":"1700000000123456789"},"time":1})"};
  RestCodec codec;
  Mutator mutator(seed);
  int good = 0;
  for (int i = 0; i < 30'000; ++i) {
    HttpResponse response(200, mutator.damage(bodies[mutator.below(3)]));
    if (codec.check_answer(response).verdict != RestVerdict::Good) continue;
    good += codec.klines(response.body, InstrumentId{0}, Interval::M1).has_value() ? 1 : 0;
    good += codec.instruments(response.body, Category::Linear).has_value() ? 1 : 0;
    good += codec.server_time(response.body).has_value() ? 1 : 0;
  }
  EXPECT_GT(good, 100);
}

}  // namespace
}  // namespace proteus::bybit

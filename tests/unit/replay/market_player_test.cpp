#include "connectors/replay/market_player.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace proteus::replay {
namespace {

using namespace literals;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr InstrumentId kBtc{0};
constexpr InstrumentId kEth{1};
/// 2025-06-01T07:00:00Z; funding is due an hour later.
const Timestamp kStart = parse_time("2025-06-01T07:00:00Z").value();

/// Minutes 0 .. 89 of two perpetuals, without those that a test takes out.
class TwoPerpetuals final : public sim::MarketSource {
 public:
  TwoPerpetuals() {
    for (const InstrumentId id : {kBtc, kEth}) {
      Instrument instrument;
      instrument.id = id;
      instrument.symbol = id == kBtc ? "BTCUSDT" : "ETHUSDT";
      instrument.funding_interval = 8h;
      instruments_.push_back(instrument);
    }
  }
  std::span<const Instrument> instruments() const override { return instruments_; }
  Interval base_interval() const override { return Interval::M1; }
  Timestamp first() const override { return kStart; }
  std::optional<Timestamp> end() const override { return kStart + 90min; }
  std::optional<Bar> bar(InstrumentId id, Timestamp open) override {
    const auto minute = (open - kStart) / 1min;
    if (minute < 0 || minute >= 90 || holes.contains({id.index, minute})) return std::nullopt;
    Bar bar;
    bar.instrument = id;
    bar.open_time = open;
    bar.close_time = open + 1min;
    bar.open = Price::from_raw((100 + minute) * kFixedScale);
    bar.high = bar.open + "0.5"_px;
    bar.low = bar.open - "0.25"_px;
    bar.close = bar.open + "0.1"_px;
    bar.volume = 0.1;
    return bar;
  }
  std::optional<std::int64_t> funding_rate_e9(InstrumentId id, Timestamp at) override {
    if (id == kEth || at != kStart + 1h) return std::nullopt;
    return 12'500;
  }
  std::string_view regime(InstrumentId, Timestamp) override { return {}; }

  std::map<std::pair<std::uint32_t, std::int64_t>, bool> holes;

 private:
  std::vector<Instrument> instruments_;
};

/// Writes down each input in a few letters: "60 bar BTC 59" is minute 59, received at minute 60.
class Notes final : public EventSink {
 public:
  void on_input(EventBody body, Timestamp, Timestamp received) override {
    const double at = std::chrono::duration<double, std::ratio<60>>(received - kStart).count();
    EXPECT_GE(at, last_);
    last_ = at;
    if (const auto* closed = std::get_if<BarClosed>(&body)) {
      bars.push_back(closed->bar);
      lines.push_back(fmt::format("{:g} {} {} {}", at, to_string(closed->source),
                                  name(closed->bar.instrument),
                                  (closed->bar.open_time - kStart) / 1min));
    } else if (const auto* ticker = std::get_if<TickerUpdated>(&body)) {
      lines.push_back(fmt::format("{:g} funding {} {} {}", at, name(ticker->instrument),
                                  (ticker->next_funding - kStart) / 1h,
                                  ticker->funding_known ? std::to_string(ticker->funding_rate_e9)
                                                        : std::string("unknown")));
    } else if (std::holds_alternative<ClockTick>(body)) {
      lines.push_back(fmt::format("{:g} tick", at));
    }
  }
  static std::string name(InstrumentId id) { return id == kBtc ? "BTC" : "ETH"; }
  std::vector<std::string> lines;
  std::vector<Bar> bars;

 private:
  double last_ = 0.0;
};

struct Play {
  explicit Play(PlaySpan span, Interval decision = Interval::M1, TwoPerpetuals given = {})
      : source(std::move(given)) {
    auto made = MarketPlayer::create(source, decision, span, notes);
    EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().context);
    if (!made) return;
    while (made.value().step()) {
    }
  }
  TwoPerpetuals source;
  Notes notes;
};

PlaySpan minutes(std::int64_t from, std::int64_t until, std::int64_t warm_up = 0) {
  return {kStart + from * 1min, kStart + until * 1min, warm_up, 0s};
}

TEST(MarketPlayer, GivesTheBarsOfACloseInInstrumentOrderAtThatClose) {
  const Play play(minutes(1, 3));
  EXPECT_THAT(play.notes.lines,
              ElementsAre("1 funding BTC 1 12500", "1 funding ETH 1 unknown", "2 file BTC 1",
                          "2 file ETH 1", "3 file BTC 2", "3 file ETH 2"));
}

TEST(MarketPlayer, CallsBarsBeforeTheStartWarmUp) {
  const Play play(minutes(2, 3, 1));
  EXPECT_THAT(play.notes.lines,
              ElementsAre("1 funding BTC 1 12500", "1 funding ETH 1 unknown", "2 warmup BTC 1",
                          "2 warmup ETH 1", "3 file BTC 2", "3 file ETH 2"));
}

TEST(MarketPlayer, BeginsAfterTheWarmUpWhereNoStartIsNamed) {
  const Play play(PlaySpan{{}, kStart + 6min, 5, 0s});
  EXPECT_EQ(play.notes.lines.at(play.notes.lines.size() - 3), "5 warmup ETH 4");
  EXPECT_EQ(play.notes.lines.back(), "6 file ETH 5");
}

TEST(MarketPlayer, LeavesAHoleAHoleAndLetsTheBarrierPass) {
  TwoPerpetuals source;
  source.holes[{kEth.index, 1}] = true;
  PlaySpan span = minutes(1, 3);
  span.barrier = 15s;
  const Play play(span, Interval::M1, source);
  EXPECT_THAT(play.notes.lines,
              ElementsAre("1 funding BTC 1 12500", "1 funding ETH 1 unknown", "2 file BTC 1",
                          "2.25 tick", "3 file BTC 2", "3 file ETH 2"));
}

TEST(MarketPlayer, NamesTheNextFundingOnceOneHasPassed) {
  const Play play(minutes(59, 61));
  EXPECT_THAT(play.notes.lines,
              ElementsAre("59 funding BTC 1 12500", "59 funding ETH 1 unknown", "60 file BTC 59",
                          "60 file ETH 59", "60 funding BTC 9 unknown", "60 funding ETH 9 unknown",
                          "61 file BTC 60", "61 file ETH 60"));
}

TEST(MarketPlayer, NamesTheFundingAtTheEndOfALargerBarBeforeThatBar) {
  // [60, 90) is no whole hour and is not played.
  const Play play(PlaySpan{kStart, {}, 0, 0s}, Interval::H1);
  EXPECT_THAT(play.notes.lines,
              ElementsAre("0 funding BTC 1 12500", "0 funding ETH 1 unknown", "60 file BTC 0",
                          "60 file ETH 0", "60 funding BTC 9 unknown", "60 funding ETH 9 unknown"));
}

TEST(MarketPlayer, MakesLargerBarsOfTheBaseBarsThatExist) {
  TwoPerpetuals source;
  source.holes[{kBtc.index, 3}] = source.holes[{kBtc.index, 4}] = true;
  const Play play(minutes(0, 5), Interval::M5, source);
  ASSERT_EQ(play.notes.bars.size(), 2U);
  const Bar& bar = play.notes.bars[0];
  EXPECT_EQ(bar.interval, Interval::M5);
  EXPECT_EQ(bar.close_time, kStart + 5min);
  EXPECT_EQ(bar.open, "100"_px);
  EXPECT_EQ(bar.high, "102.5"_px);
  EXPECT_EQ(bar.low, "99.75"_px);
  EXPECT_EQ(bar.close, "102.1"_px);
  EXPECT_EQ(bar.volume, 0.3);  // As the venue adds decimals; 0.1 + 0.1 + 0.1 in doubles is more.
  EXPECT_EQ(play.notes.bars[1].volume, 0.5);
}

std::string refusal(const PlaySpan& span, Interval decision) {
  TwoPerpetuals source;
  Notes notes;
  const auto made = MarketPlayer::create(source, decision, span, notes);
  return made ? "" : made.error().context;
}

TEST(MarketPlayer, SaysWhatTheFilesReachWhenNothingIsLeftToPlay) {
  EXPECT_THAT(refusal(minutes(90, 200), Interval::M1),
              AllOf(HasSubstr("from 2025-06-01T07:00:00.000Z to 2025-06-01T08:30:00.000Z"),
                    HasSubstr("choose an earlier start")));
}

TEST(MarketPlayer, RefusesAWarmUpThatLeavesNoBar) {
  EXPECT_THAT(refusal(PlaySpan{{}, {}, 90, 0s}, Interval::M1), HasSubstr("fewer warm-up bars"));
}

}  // namespace
}  // namespace proteus::replay

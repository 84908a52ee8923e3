// Rows of the venue that are not as they should be, given to the desk alone.
#include "connectors/live/report_desk.hpp"

#include <gtest/gtest.h>

#include "connectors/bybit/venue_clock.hpp"
#include "engine/ledger/ledger.hpp"

namespace proteus::live {
namespace {

using namespace literals;
using namespace std::chrono_literals;

constexpr InstrumentId kBtc{0};
constexpr InstrumentId kEth{1};
constexpr InstrumentId kCoins{2};
constexpr Timestamp kTakenOver{1'000'000s};

class NoIo final : public AccountIo {
 public:
  void open(Channel) override {}
  void send(Channel, std::string) override {}
  void close(Channel) override {}
  void request(RequestId, HttpCall) override {}
};
class NoKey final : public Signing {
 public:
  [[nodiscard]] std::string_view key() const override { return "k"; }
  [[nodiscard]] std::string sign(std::string_view) const override { return {}; }
};

class ReportDeskTest : public testing::Test, public EventSink {
 protected:
  ReportDeskTest() {
    Instrument i{.symbol = "BTCUSDT",
                 .base_coin = "BTC",
                 .quote_coin = "USDT",
                 .tick_size = "0.1"_px,
                 .lot_step = "0.001"_qty};
    EXPECT_TRUE(table_.add(i));
    i.symbol = "ETHUSDT";
    EXPECT_TRUE(table_.add(i));
    i.symbol = "BTCUSDT";
    i.category = Category::Spot;
    EXPECT_TRUE(table_.add(i));
    ledger_.emplace("10000"_usdt, table_);
    take_over();
  }
  void on_input(EventBody body, Timestamp happened, Timestamp) override {
    Event event;
    event.ts_event = happened;
    event.body = body;
    memory_.hear(event);
    if (const auto* fill = std::get_if<Fill>(&body)) ledger_->apply(*fill);
    if (const auto* line = std::get_if<ExternalAdjustment>(&body)) ledger_->apply(*line);
    heard_.push_back(std::move(body));
  }
  void take_over() {
    ExternalAdjustment capital;
    capital.kind = AdjustmentKind::Capital;
    capital.time = kTakenOver;
    parts_.inputs.put(capital, kTakenOver);
    heard_.clear();
  }
  static ExecutionRow trade(InstrumentId id, std::string_view execution, Side side,
                            Quantity quantity, Price price) {
    ExecutionRow row;
    row.category = id == kCoins ? Category::Spot : Category::Linear;
    row.symbol = id == kEth ? "ETHUSDT" : "BTCUSDT";
    row.order_id = "1";
    row.execution = execution;
    row.side = side;
    row.quantity = quantity;
    row.price = price;
    row.time = kTakenOver + 1s;
    return row;
  }
  template <class T>
  std::vector<T> heard() const {
    std::vector<T> found;
    for (const EventBody& body : heard_)
      if (const auto* one = std::get_if<T>(&body)) found.push_back(*one);
    return found;
  }

  LiveSettings settings_;
  InstrumentTable table_;
  std::optional<Ledger> ledger_;
  VenueMemory memory_{"0123456789abc", 3};
  NoIo io_;
  NoKey key_;
  bybit::VenueClock clock_{bybit::ClockMode::Steady, 1.0, [] { return bybit::SteadyTime{1s}; }};
  GatewayCounters counters_;
  std::vector<std::string> told_;
  InputQueue inputs_{*this, [] { return kTakenOver; }};
  GatewayParts parts_{{settings_, 5s, table_, io_, clock_, key_, counters_,
                       [this](const std::string& words) { told_.push_back(words); }, 1},
                      memory_,
                      [this] { return ledger_->view(); },
                      inputs_};
  ReportDesk desk_{parts_};
  std::vector<EventBody> heard_;
};

TEST_F(ReportDeskTest, AnExecutionIdIsUniqueWithinItsInstrumentOnly) {
  desk_.apply(trade(kBtc, "e1", Side::Buy, "1"_qty, "100"_px), false);
  desk_.apply(trade(kEth, "e1", Side::Buy, "2"_qty, "10"_px), false);
  desk_.apply(trade(kBtc, "e1", Side::Buy, "1"_qty, "100"_px), true);
  EXPECT_EQ(ledger_->view()[kBtc].quantity, "1"_qty);
  EXPECT_EQ(ledger_->view()[kEth].quantity, "2"_qty);
}

TEST_F(ReportDeskTest, WhatHappenedBeforeTheTakeOverIsNotBookedAgain) {
  ExecutionRow row = trade(kBtc, "e1", Side::Buy, "1"_qty, "100"_px);
  row.time = kTakenOver;
  desk_.apply(row, true);
  row.kind = ExecutionKind::Funding;
  row.fee = "1"_usdt;
  desk_.apply(row, true);
  EXPECT_TRUE(heard_.empty());
}

TEST_F(ReportDeskTest, AFillOfAnOrderThatIsOverIsTakenFromTheListAlone) {
  ExecutionRow row = trade(kBtc, "e1", Side::Buy, "1"_qty, "100"_px);
  row.link_id = make_order_id(memory_.session(), kBtc, kTakenOver, Purpose::Open, 1).view();
  desk_.apply(row, false);
  EXPECT_TRUE(heard_.empty());
  EXPECT_FALSE(desk_.take_question().empty());
  desk_.apply(row, true);
  EXPECT_EQ(heard<Fill>().size(), 1U);
}

TEST_F(ReportDeskTest, FundingIsBookedFromTheListAlone) {
  ExecutionRow row = trade(kBtc, "f1", Side::Buy, "1"_qty, "100"_px);
  row.kind = ExecutionKind::Funding;
  row.fee = "1"_usdt;
  desk_.apply(row, false);
  EXPECT_TRUE(heard_.empty());
  EXPECT_FALSE(desk_.take_question().empty());
  desk_.apply(row, true);
  desk_.apply(row, true);
  desk_.apply(row, false);
  EXPECT_EQ(heard<FundingSettled>().size(), 1U);
  EXPECT_TRUE(desk_.take_question().empty());
}

TEST_F(ReportDeskTest, NobodySellsMoreCoinsThanTheBooksHave) {
  desk_.apply(trade(kCoins, "e1", Side::Buy, "1"_qty, "100"_px), false);
  desk_.apply(trade(kCoins, "e2", Side::Sell, "3"_qty, "100"_px), false);
  EXPECT_EQ(ledger_->view()[kCoins].quantity, Quantity{});
  EXPECT_TRUE(ledger_->check());
  // Once: the same row through REST is known.
  const std::size_t lines = heard_.size();
  desk_.apply(trade(kCoins, "e2", Side::Sell, "3"_qty, "100"_px), true);
  EXPECT_EQ(heard_.size(), lines);
}

TEST_F(ReportDeskTest, WhatNoBooksCanHoldIsToldAndLeftToReconciliation) {
  ExecutionRow huge = trade(kBtc, "e1", Side::Buy, "9000000000"_qty, "9000000000"_px);
  desk_.apply(huge, false);
  ExecutionRow rounded = trade(kBtc, "e2", Side::Buy, "1"_qty, "100"_px);
  rounded.exact = false;
  desk_.apply(rounded, false);
  ExecutionRow fee = trade(kBtc, "e3", Side::Buy, "1"_qty, "100"_px);
  fee.fee = "9000000000"_usdt;
  desk_.apply(fee, false);
  ExecutionRow value = trade(kBtc, "e4", Side::Buy, "0.084"_qty, "100"_px);
  value.value = "0.4"_usdt;  // 0.004 it was, before a bit fell over.
  desk_.apply(value, false);
  EXPECT_TRUE(heard_.empty());
  EXPECT_EQ(counters_.malformed, 4U);
  EXPECT_EQ(told_.size(), 4U);
  EXPECT_FALSE(desk_.take_question().empty());
  EXPECT_TRUE(desk_.take_question().empty());
}

struct SpotFee {
  Side side;
  const char* fee;
  const char* coin;
  const char* held;  ///< after a holding of 2
};

class SpotFees : public ReportDeskTest, public testing::WithParamInterface<SpotFee> {};
// Reference 12.8: with a positive rate Buy pays in base, Sell in quote; a maker's rebate the other
// way round. The coin may not be named.
INSTANTIATE_TEST_SUITE_P(All, SpotFees,
                         testing::Values(SpotFee{Side::Buy, "0.001", "BTC", "2.999"},
                                         SpotFee{Side::Buy, "0.001", "", "2.999"},
                                         SpotFee{Side::Buy, "-0.1", "USDT", "3"},
                                         SpotFee{Side::Buy, "-0.1", "", "3"},
                                         SpotFee{Side::Sell, "0.1", "USDT", "1"},
                                         SpotFee{Side::Sell, "0.1", "", "1"},
                                         SpotFee{Side::Sell, "-0.001", "BTC", "1.001"},
                                         SpotFee{Side::Sell, "-0.001", "", "1.001"}));
TEST_P(SpotFees, AreTakenInTheirCoin) {
  desk_.apply(trade(kCoins, "e0", Side::Buy, "2"_qty, "100"_px), false);
  // An order of ours, over already: its fill is still ours.
  ExecutionRow row = trade(kCoins, "e1", GetParam().side, "1"_qty, "100"_px);
  row.link_id = make_order_id(memory_.session(), kCoins, kTakenOver, Purpose::Open, 1).view();
  row.fee = Money::parse(GetParam().fee).value();
  row.fee_coin = GetParam().coin;
  row.maker = row.fee < Money{};
  desk_.apply(row, true);
  EXPECT_EQ(heard<Fill>().size(), 1U);
  EXPECT_EQ(ledger_->view()[kCoins].quantity, Quantity::parse(GetParam().held).value());
  EXPECT_TRUE(ledger_->check());
}

TEST_F(ReportDeskTest, AStopThatFiredIsNoStrangersTrade) {
  desk_.apply(trade(kBtc, "e1", Side::Buy, "2"_qty, "100"_px), false);
  ExecutionRow row = trade(kBtc, "e2", Side::Sell, "1"_qty, "90"_px);
  row.stop_order_type = "StopLoss";
  desk_.apply(row, false);
  const auto lines = heard<ExternalAdjustment>();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].kind, AdjustmentKind::ForeignTrade);
  EXPECT_EQ(lines[1].kind, AdjustmentKind::ProtectiveStop);
}

TEST_F(ReportDeskTest, ExecutionsAreForgottenLongAfterALookAgreed) {
  const auto agree = [&](Timestamp at) {
    parts_.inputs.put(HoldChanged{Hold::Reconciling, false, false, {}, ""}, at);
  };
  const auto many = static_cast<int>(VenueMemory::kExecutionsKept) + 10;
  for (int i = 0; i < many; ++i)
    desk_.apply(
        trade(kBtc, std::to_string(i), i % 2 == 0 ? Side::Buy : Side::Sell, "1"_qty, "100"_px),
        false);
  agree(kTakenOver + 30min);
  EXPECT_TRUE(memory_.booked(kBtc, "0"));
  agree(kTakenOver + 2h);
  EXPECT_FALSE(memory_.booked(kBtc, "0"));
  EXPECT_FALSE(memory_.booked(kBtc, "9"));
  EXPECT_TRUE(memory_.booked(kBtc, "10"));
}

}  // namespace
}  // namespace proteus::live

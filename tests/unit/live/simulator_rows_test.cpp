// What the simulator writes reads back as what it wrote, over the stream and over REST.
#include <gtest/gtest.h>

#include <array>

#include "connectors/live/account_codec.hpp"
#include "connectors/sim/private/rows.hpp"

namespace proteus::live {
namespace {

using namespace literals;
using namespace std::chrono_literals;

constexpr Timestamp kNow = from_unix_ms(1700000000444);

Instrument linear_btc() {
  Instrument btc;
  btc.symbol = "BTCUSDT";
  btc.base_coin = "BTC";
  btc.quote_coin = "USDT";
  btc.tick_size = "0.1"_px;
  btc.lot_step = "0.001"_qty;
  btc.quantity_min = "0.001"_qty;
  btc.notional_min = "5"_usdt;
  btc.leverage_max_e9 = 100 * kFixedScale;
  btc.funding_interval = 8h;
  return btc;
}

sim::VenueOrder some_order() {
  sim::VenueOrder order;
  order.id = "5cf98598-0000-4000-8000-000000000001";
  order.link_id = "p0123456789abc-001-abcdefg-o001";
  order.side = Side::Sell;
  order.price = "36500.1"_px;
  order.quantity = "0.02"_qty;
  order.filled = "0.005"_qty;
  order.value = "182.5005"_usdt;
  order.fee = "0.0365001"_usdt;
  order.status = sim::OrderStatus::PartiallyFilled;
  order.reduce_only = true;
  order.created = kNow;
  order.updated = kNow + 26ms;
  return order;
}

std::string frame(std::string_view topic, const std::string& row) {
  return "{\"id\":\"1\",\"topic\":\"" + std::string(topic) +
         "\",\"creationTime\":1700000000500,\"data\":[" + row + "]}";
}
std::string page(const std::string& row) {
  return R"({"retCode":0,"retMsg":"OK","result":{"nextPageCursor":"","list":[)" + row +
         R"(]},"retExtInfo":{},"time":1700000000500})";
}

template <class Rows>
auto only_row(AccountCodec& codec, const std::string& bytes) {
  const auto read = codec.decode_private(bytes);
  EXPECT_TRUE(read) << (read ? "" : read.error().context);
  return std::get<Rows>(read.value()).rows[0];
}

TEST(SimulatorRows, Order) {
  const sim::VenueOrder order = some_order();
  const Instrument btc = linear_btc();
  AccountCodec codec;
  std::string text;
  append_order_row(text, order, btc, {});
  const OrderRow row = only_row<OrderRows>(codec, frame("order", text));
  EXPECT_EQ(row.category, Category::Linear);
  EXPECT_EQ(row.symbol, btc.symbol);
  EXPECT_EQ(row.order_id.view(), order.id);
  EXPECT_EQ(row.link_id.view(), order.link_id);
  EXPECT_EQ(row.side, order.side);
  EXPECT_EQ(row.market, order.market);
  EXPECT_EQ(row.status, VenueOrderStatus::PartiallyFilled);
  EXPECT_EQ(row.price, order.price);
  EXPECT_EQ(row.avg_price, "36500.1"_px);
  EXPECT_EQ(row.quantity, order.quantity);
  EXPECT_EQ(row.filled, order.filled);
  EXPECT_EQ(row.reduce_only, order.reduce_only);
  EXPECT_EQ(row.created, order.created);
  EXPECT_EQ(row.updated, order.updated);
  EXPECT_TRUE(row.exact);

  text.clear();
  append_order_row(text, order, btc, {true, 0});
  const auto rest = codec.orders(page(text));
  ASSERT_TRUE(rest) << rest.error().context;
  EXPECT_EQ(rest.value().rows.at(0), row);
}

TEST(SimulatorRows, StopThatWaits) {
  sim::VenueOrder order = some_order();
  order.market = true;
  order.filled = {};
  order.value = {};
  order.status = sim::OrderStatus::Untriggered;
  order.stop_type = sim::kStopLoss;
  order.trigger.price = "35000.5"_px;
  order.attached.stop_loss = "34000"_px;
  order.close_on_trigger = true;
  AccountCodec codec;
  std::string text;
  append_order_row(text, order, linear_btc(), {});
  const OrderRow row = only_row<OrderRows>(codec, frame("order", text));
  EXPECT_EQ(row.status, VenueOrderStatus::Untriggered);
  EXPECT_TRUE(is_open(row.status));
  EXPECT_TRUE(row.market);
  EXPECT_TRUE(row.close_on_trigger);
  EXPECT_EQ(row.stop_order_type.view(), "StopLoss");
  EXPECT_EQ(row.trigger_price, order.trigger.price);
  EXPECT_EQ(row.stop_loss, order.attached.stop_loss);
}

TEST(SimulatorRows, ExecutionsOfAllTypes) {
  const Instrument btc = linear_btc();
  AccountCodec codec;
  for (const auto type :
       {sim::ExecutionType::Trade, sim::ExecutionType::Funding, sim::ExecutionType::BustTrade}) {
    sim::Execution e;
    e.type = type;
    e.order = some_order();
    e.id = "0ab1bdf7-0000-5000-8000-000000000001";
    e.price = "36500.1"_px;
    e.quantity = "0.005"_qty;
    e.value = "182.5005"_usdt;
    e.fee = "-0.0365001"_usdt;
    e.fee_rate_e9 = -200'000;
    e.maker = true;
    e.mark = "36501.1"_px;
    e.seq = 140612148849;
    e.time = kNow + 26ms;
    std::string text;
    append_execution_row(text, e, btc, {});
    const ExecutionRow row = only_row<ExecutionRows>(codec, frame("execution", text));
    EXPECT_EQ(row.symbol, btc.symbol);
    EXPECT_EQ(row.order_id.view(), e.order.id);
    EXPECT_EQ(row.link_id.view(), e.order.link_id);
    EXPECT_EQ(row.execution.view(), e.id);
    EXPECT_EQ(row.side, e.order.side);
    EXPECT_EQ(to_string(row.kind), to_string(e.type));
    EXPECT_EQ(row.maker, e.maker);
    EXPECT_EQ(row.price, e.price);
    EXPECT_EQ(row.quantity, e.quantity);
    EXPECT_EQ(row.value, e.value);
    EXPECT_EQ(row.fee, e.fee);
    EXPECT_EQ(row.fee_coin.view(), "USDT");
    EXPECT_EQ(row.fee_rate_e9, e.fee_rate_e9);
    EXPECT_EQ(row.mark, e.mark);
    EXPECT_EQ(row.time, e.time);
    EXPECT_EQ(row.seq, e.seq);
    text.clear();
    append_execution_row(text, e, btc, {true, 0});
    const auto rest = codec.executions(page(text));
    ASSERT_TRUE(rest) << rest.error().context;
    EXPECT_EQ(rest.value().rows.at(0), row);
  }
}

class StillMarket final : public sim::MarketView {
 public:
  bool priced(InstrumentId, Timestamp) override { return true; }
  Price last(InstrumentId, Timestamp) override { return "36500"_px; }
  Price mark(InstrumentId, Timestamp) override { return "36500"_px; }
  sim::Ladder ladder(InstrumentId, std::size_t, Timestamp) override {
    sim::Ladder book;
    book.bids = {{"36499.9"_px.raw(), 1000}};
    book.asks = {{"36500"_px.raw(), 1000}};
    return book;
  }
  std::span<const sim::PathTrade> trades(InstrumentId, Timestamp) override { return {}; }
  Timestamp next_funding(InstrumentId, Timestamp t) override {
    return Timestamp{(t.time_since_epoch() / 8h + 1) * 8h};
  }
  std::int64_t funding_rate_e9(InstrumentId, Timestamp) override { return 100'000; }
};

TEST(SimulatorRows, PositionAndWallet) {
  const std::array instruments{linear_btc()};
  const std::vector<sim::AccountSpec> specs{{"one", "secret", "100000"_usdt}};
  StillMarket view;
  auto core =
      std::move(sim::ExchangeCore::create(specs, instruments, matching::make_rates({}), view, 1))
          .value();
  core->on_market(kNow);
  sim::NewOrder wish;
  wish.side = Side::Sell;
  wish.market = true;
  wish.quantity = "0.25"_qty;
  const auto position = [&](bool rest) {
    AccountCodec codec;
    std::string text;
    append_position_rows(text, *core, 0, InstrumentId{0}, "36500"_px, {rest, 0});
    if (!rest) return only_row<PositionRows>(codec, frame("position", text));
    const auto read = codec.positions(page(text));
    EXPECT_TRUE(read) << (read ? "" : read.error().context);
    return read.value().rows.at(0);
  };
  EXPECT_TRUE(position(false).quantity.is_zero());
  EXPECT_TRUE(position(true).quantity.is_zero());
  ASSERT_TRUE(core->submit(0, wish, kNow));
  const PositionRow row = position(false);
  EXPECT_EQ(row, position(true));
  EXPECT_EQ(row.quantity, "-0.25"_qty);
  EXPECT_EQ(row.entry, "36499.9"_px);
  EXPECT_EQ(row.leverage_e9, 10 * kFixedScale);
  EXPECT_EQ(row.updated, kNow);
  EXPECT_EQ(row.status.view(), "Normal");

  AccountCodec codec;
  std::string text;
  append_wallet_row(text, *core, 0);
  const WalletRow wallet = only_row<WalletRows>(codec, frame("wallet", text));
  EXPECT_TRUE(wallet.totals_known);
  EXPECT_EQ(wallet.total_equity, core->account(0).equity());
  ASSERT_EQ(wallet.coins.size(), 1U);
  EXPECT_EQ(wallet.coins[0].coin.view(), "USDT");
  EXPECT_EQ(wallet.coins[0].wallet, core->account(0).wallet());
  EXPECT_EQ(wallet.coins[0].equity, core->account(0).equity());
}

}  // namespace
}  // namespace proteus::live

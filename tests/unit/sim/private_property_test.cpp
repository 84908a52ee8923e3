// Seeded random clients against the exchange's core: what has to hold after every step whatever
// they do. Everything is counted here a second time, from the executions told.
#include <random>

#include "private_fixture.hpp"

namespace proteus::sim::private_test {
namespace {

/// What the executions told so far come to.
struct Tally {
  Quantity position;
  Money realised, fees, funding;
  std::map<std::string, Quantity> filled;  // by order
};

class RandomClients {
 public:
  explicit RandomClients(std::uint64_t seed) : draw_(seed) {}
  std::int64_t pick(std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(draw_() % static_cast<std::uint64_t>(to - from + 1));
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      step();
      for (AccountId id : {AccountId{0}, AccountId{1}}) check(id);
    }
  }

  CoreBench bench;
  std::array<Tally, 2> tallies;
  std::int64_t accepted = 0, refused = 0, fills = 0, busts = 0, settlements = 0;
  std::int64_t fired = 0, protections = 0;

 private:
  Price near(std::int64_t ticks) {
    return Price::from_raw(bench.view.last_.raw() + pick(-ticks, ticks) * 100'000'000);
  }

  void step() {
    const auto who = static_cast<AccountId>(pick(0, 1));
    const std::int64_t what = pick(0, 99);
    if (what < 45) {
      submit(who);
    } else if (what < 55) {
      amend(who);
    } else if (what < 62) {
      const VenueOrder* const order = any_open(who);
      EXPECT_TRUE(order == nullptr || bench.core->cancel(who, {{}, order->id, ""}, bench.now));
    } else if (what < 64) {
      bench.core->cancel_all(who, std::nullopt, bench.now);
    } else if (what < 66) {
      ProtectionChange change;
      if (pick(0, 1) == 0) change.take_profit = pick(0, 3) == 0 ? Price{} : near(60);
      if (pick(0, 1) == 0) change.stop_loss = near(60);
      (void)bench.core->protect(who, {}, change, bench.now);
    } else if (what < 67) {
      (void)bench.core->set_leverage(who, {}, pick(1, 110) * kFixedScale);
    } else {
      market_moves();
    }
  }

  void submit(AccountId who) {
    NewOrder wish;
    wish.side = pick(0, 1) == 0 ? Side::Buy : Side::Sell;
    wish.market = pick(0, 3) == 0;
    wish.quantity = Quantity::from_raw(pick(1, pick(0, 9) == 0 ? 60'000 : 3000) * 1'000'000);
    if (!wish.market) wish.price = near(30);
    wish.time_in_force = static_cast<TimeInForce>(pick(0, 3));
    wish.reduce_only = pick(0, 4) == 0;
    if (pick(0, 5) == 0) {
      wish.trigger = {near(60), pick(0, 1) == 0, static_cast<TriggerBy>(pick(1, 3))};
    } else if (pick(0, 3) == 0) {
      const Price up = Price::from_raw(bench.view.last_.raw() + pick(31, 90) * 100'000'000);
      const Price down = Price::from_raw(bench.view.last_.raw() - pick(31, 90) * 100'000'000);
      const bool buys = wish.side == Side::Buy;
      wish.attached.take_profit = pick(0, 1) == 0 ? Price{} : buys ? up : down;
      wish.attached.stop_loss = buys ? down : up;
    }
    const auto said = bench.core->submit(who, wish, bench.now);
    ++(said ? accepted : refused);
  }
  void amend(AccountId who) {
    const VenueOrder* order = any_open(who);
    if (order == nullptr) return;
    OrderChange change{{{}, order->id, ""}, {}, {}};
    if (pick(0, 1) == 0) change.quantity = Quantity::from_raw(pick(1, 4000) * 1'000'000);
    if (pick(0, 1) == 0) change.price = near(30);
    (void)bench.core->amend(who, change, bench.now);
  }
  const VenueOrder* any_open(AccountId who) {
    const auto& open = bench.account(who).open;
    if (open.empty()) return nullptr;
    return &std::next(open.begin(), pick(0, static_cast<std::int64_t>(open.size()) - 1))->second;
  }
  void market_moves() {
    const std::int64_t trades = pick(0, 3);
    const std::int64_t wild = pick(0, 60) == 0 ? 20'000 : 15;
    for (std::int64_t i = 0; i < trades; ++i)
      bench.view.trade(std::max(near(wild), "100"_px), pick(1, 4000), pick(0, 1) == 0);
    ScriptedView::Levels bids, asks;
    for (std::int64_t i = 0; i < pick(0, 20); ++i) {
      bids.emplace_back(Price::from_raw(bench.view.last_.raw() - (i + 1) * 100'000'000),
                        pick(1, 3000));
      asks.emplace_back(Price::from_raw(bench.view.last_.raw() + i * 100'000'000), pick(1, 3000));
    }
    bench.view.book(bids, asks);
    bench.view.funding_e9_ = pick(-3, 3) * 100'000;
    bench.move(pick(0, 30) == 0 ? Duration{5h} : Duration{1s});
  }

  void count(AccountId id, const Execution& e) {
    Tally& tally = tallies[id];
    if (e.type == ExecutionType::Funding) {
      tally.funding += e.fee;
      ++settlements;
      return;
    }
    EXPECT_GT(e.quantity, Quantity{});
    const bool buys = e.order.side == Side::Buy;
    if (!e.order.market) {
      EXPECT_TRUE(buys ? e.price <= e.order.price : e.price >= e.order.price) << "its limit holds";
    }
    if (e.order.reduce_only) {
      EXPECT_EQ(e.closed, e.quantity) << "reduce-only only reduces";
    }
    tally.position += signed_quantity(e.order.side, e.quantity);
    tally.realised += e.pnl;
    tally.fees += e.fee;
    tally.filled[e.order.id] += e.quantity;
    EXPECT_LE(tally.filled[e.order.id], e.order.quantity) << "no fill beyond the order";
    EXPECT_EQ(tally.filled[e.order.id], e.order.filled);
    ++(e.type == ExecutionType::BustTrade ? busts : fills);
  }

  void check(AccountId id) {
    const Changes changes = bench.core->take_changes(id);
    for (const Execution& e : changes.executions) count(id, e);
    for (const VenueOrder& order : changes.orders)
      if (order.status == OrderStatus::Triggered) ++fired;
    const TradingAccount& account = bench.account(id);
    const Tally& tally = tallies[id];
    EXPECT_EQ(account.position({}), tally.position) << "position = sum of fills";
    EXPECT_EQ(account.wallet(), "100000"_usdt + tally.realised - tally.fees - tally.funding)
        << "wallet = start + realised - fees - funding";
    EXPECT_TRUE(account.books.check());
    for (const auto& [number, order] : account.open) {
      EXPECT_TRUE(order.open());
      EXPECT_GT(order.leaves(), Quantity{});
      if (!order.live()) continue;
      EXPECT_TRUE(order.time_in_force == TimeInForce::Gtc ||
                  order.time_in_force == TimeInForce::PostOnly)
          << "nothing else rests";
    }
    protected_as_told(id);
    never_crossed();
  }
  /// Each price of the protection has one order, for the whole position and against it; a flat
  /// account has neither.
  void protected_as_told(AccountId id) {
    const TradingAccount& account = bench.account(id);
    const PositionNotes& notes = account.notes[0];
    const Quantity held = account.position({});
    std::size_t orders = 0;
    for (const auto& [number, order] : account.open) {
      if (!order.protects() || order.live()) continue;
      ++orders;
      EXPECT_EQ(order.quantity, abs(held));
      EXPECT_EQ(order.side, held > Quantity{} ? Side::Sell : Side::Buy);
      const bool stops = order.stop_type == kStopLoss;
      EXPECT_EQ(order.trigger.price,
                stops ? notes.protection.stop_loss : notes.protection.take_profit);
      EXPECT_EQ(number, stops ? notes.stop_order : notes.take_order);
    }
    const std::size_t wanted = (notes.protection.take_profit.is_zero() ? 0U : 1U) +
                               (notes.protection.stop_loss.is_zero() ? 0U : 1U);
    EXPECT_EQ(orders, wanted);
    if (held.is_zero()) {
      EXPECT_EQ(wanted, 0U);
    }
    protections += static_cast<std::int64_t>(wanted);
  }
  void never_crossed() {
    std::optional<Price> bid, ask;
    for (AccountId id : {AccountId{0}, AccountId{1}})
      for (const auto& [number, order] : bench.account(id).open) {
        if (!order.live()) continue;
        if (order.side == Side::Buy) bid = std::max(bid.value_or(order.price), order.price);
        if (order.side == Side::Sell) ask = std::min(ask.value_or(order.price), order.price);
      }
    if (bid && ask) {
      EXPECT_LT(*bid, *ask) << "our own orders never stand crossed";
    }
  }

  std::mt19937_64 draw_;
};

TEST(PrivateProperty, BooksAgreeWithWhatWasToldWhateverClientsDo) {
  std::int64_t fills = 0, busts = 0, settlements = 0, refused = 0, fired = 0, protections = 0;
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6, 7, 8}) {
    SCOPED_TRACE(seed);
    RandomClients clients(seed);
    clients.run(3000);
    fills += clients.fills;
    busts += clients.busts;
    settlements += clients.settlements;
    refused += clients.refused;
    fired += clients.fired;
    protections += clients.protections;
  }
  // The clients did meet what they are to be tried with.
  EXPECT_GT(fills, 5000);
  EXPECT_GT(busts, 0);
  EXPECT_GT(settlements, 50);
  EXPECT_GT(refused, 50);
  EXPECT_GT(fired, 300);
  EXPECT_GT(protections, 5000);
}

TEST(PrivateProperty, TheSameStepsGiveTheSameBooksAndIds) {
  RandomClients one(11), two(11);
  one.run(2000);
  two.run(2000);
  for (AccountId id : {AccountId{0}, AccountId{1}}) {
    EXPECT_EQ(one.bench.account(id).books.hash(), two.bench.account(id).books.hash());
    EXPECT_EQ(one.bench.account(id).executions.back().id,
              two.bench.account(id).executions.back().id);
  }
}

}  // namespace
}  // namespace proteus::sim::private_test

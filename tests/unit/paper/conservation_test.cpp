// Random bars, books and orders: money is conserved, the engine's books follow from the reports,
// and every order lives a legal life.
#include <map>
#include <random>
#include <set>

#include "tests/unit/paper/venue_fixture.hpp"

namespace proteus::paper {
namespace {

/// mt19937_64's raw output is defined by the standard; distributions are not.
struct Dice {
  explicit Dice(std::uint64_t seed) : engine(seed) {}
  std::int64_t roll(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(high - low + 1));
  }
  std::mt19937_64 engine;
};

/// Applies reports to a ledger and to the life of each order; what is impossible asserts.
struct Follower final : ReportSink {
  Follower(Money capital, const InstrumentTable& table) : books(capital, table) {}
  void report(EventBody body, Timestamp) override {
    if (const auto* fill = std::get_if<Fill>(&body)) {
      EXPECT_TRUE(executions.insert(std::string(fill->execution.view())).second);
      books.apply(*fill);
      if (!fill->liquidation) filled[fill->id] += fill->quantity;
      ++fills;
      liquidations += fill->liquidation ? 1 : 0;
    }
    if (const auto* paid = std::get_if<FundingSettled>(&body)) books.apply(*paid);
    if (const auto* update = std::get_if<OrderUpdate>(&body)) {
      Order& order = orders.at(update->id);
      EXPECT_TRUE(order.apply(*update)) << to_string(order.state()) << to_string(update->state);
      EXPECT_EQ(order.filled(), filled[update->id]);
    }
  }
  void sending(const OrderRequest& request) {
    orders.try_emplace(request.id, request).first->second.submitted();
  }
  Ledger books;
  std::map<ClientOrderId, Order> orders;
  std::map<ClientOrderId, Quantity> filled;
  std::set<std::string> executions;
  int fills = 0;
  int liquidations = 0;
};

class Session {
 public:
  Session(std::uint64_t seed, matching::FillMode mode, Money capital)
      : dice_(seed),
        table_(test_instruments()),
        venue_(settings(mode), Interval::M1, capital, table_),
        follower_(capital, table_),
        mode_(mode) {}

  void minute() {
    for (std::uint32_t i = 0; i < 3; ++i) show(InstrumentId{i});
    now_ += 1min;
    for (std::uint32_t i = 0; i < 3; ++i) act(InstrumentId{i});
  }
  void compare() {
    ASSERT_TRUE(venue_.books().check());
    ASSERT_TRUE(follower_.books.check());
    ASSERT_EQ(venue_.books().hash(), follower_.books.hash());
    ASSERT_EQ(venue_.books().view().equity, follower_.books.view().equity);
    ASSERT_GE(venue_.books()[kSpot].quantity, Quantity{});
  }
  [[nodiscard]] const Follower& follower() const { return follower_; }
  [[nodiscard]] const PaperVenue& venue() const { return venue_; }

 private:
  static matching::VenueSettings settings(matching::FillMode mode) {
    matching::VenueSettings s;
    s.fill_mode = mode;
    s.leverage = 20.0;
    return s;
  }
  [[nodiscard]] Price tick_price(InstrumentId id, std::int64_t raw) const {
    return round_to_step(Price::from_raw(raw), table_[id].tick_size);
  }
  void event(EventBody body) {
    const Event e{.ts_event = now_, .ts_recv = now_, .body = std::move(body)};
    venue_.before(e, follower_);
    if (mode_ == matching::FillMode::Bar) {
      const auto* closed = std::get_if<BarClosed>(&e.body);
      if (closed != nullptr) follower_.books.mark(closed->bar.instrument, closed->bar.close);
    } else if (const auto* ticker = std::get_if<TickerUpdated>(&e.body)) {
      follower_.books.mark(ticker->instrument, ticker->mark);
    }
  }
  void show(InstrumentId id) {
    std::int64_t& level = level_[id.index];
    const std::int64_t open = level;
    level = std::clamp<std::int64_t>(level + level * dice_.roll(-300, 300) / 10'000,
                                     20 * kFixedScale, 500 * kFixedScale);
    const std::int64_t spread = level / 200;
    if (mode_ == matching::FillMode::Bar) {
      const Bar bar{.instrument = id,
                    .open_time = now_,
                    .close_time = now_ + 1min,
                    .open = tick_price(id, open),
                    .high = tick_price(id, std::max(open, level) + dice_.roll(0, spread)),
                    .low = tick_price(id, std::min(open, level) - dice_.roll(0, spread)),
                    .close = tick_price(id, level),
                    .volume = static_cast<double>(dice_.roll(0, 2'000)) / 10.0};
      event(BarClosed{bar});
      return;
    }
    event(TickerUpdated{.instrument = id, .mark = tick_price(id, level)});
    BookUpdated book{.instrument = id};
    const Price tick = table_[id].tick_size;
    for (int depth = 1; depth <= 4; ++depth) {
      const auto size = [&] {
        return round_to_step(Quantity::from_raw(dice_.roll(1, 5'000) * 1'000'000),
                             table_[id].lot_step);
      };
      const Price away = tick * (depth * dice_.roll(1, 3));
      book.bids.push_back({tick_price(id, level) - away, size()});
      book.asks.push_back({tick_price(id, level) + away, size()});
    }
    std::ranges::sort(book.bids, std::greater{}, &BookLevel::price);
    std::ranges::sort(book.asks, std::less{}, &BookLevel::price);
    event(book);
  }
  void act(InstrumentId id) {
    if (dice_.roll(0, 9) == 0 && !follower_.orders.empty()) {
      const auto victim =
          std::next(follower_.orders.begin(),
                    dice_.roll(0, static_cast<std::int64_t>(follower_.orders.size()) - 1));
      venue_.cancel(victim->first, now_, follower_);
    }
    if (dice_.roll(0, 2) != 0) return;
    OrderRequest order{
        .id = ClientOrderId{"r" + std::to_string(++ids_)},
        .instrument = id,
        .side = dice_.roll(0, 1) == 0 ? Side::Buy : Side::Sell,
        .type = static_cast<OrderType>(dice_.roll(0, 2)),
        .time_in_force = static_cast<TimeInForce>(dice_.roll(0, 3)),
        .reduce_only = dice_.roll(0, 3) == 0,
        .quantity = round_to_step(Quantity::from_raw(dice_.roll(1, 200) * 100'000'000),
                                  table_[id].lot_step),
        .decided_at = now_};
    const Price near = tick_price(id, level_[id.index] * dice_.roll(970, 1030) / 1000);
    if (order.type == OrderType::Limit) order.price = near;
    if (order.type == OrderType::StopMarket) order.trigger = near;
    follower_.sending(order);
    const std::uint64_t before = venue_.books().hash();
    const std::size_t open = venue_.open_orders();
    venue_.submit(order, now_, follower_);
    EXPECT_EQ(venue_.books().hash(), before);
    const bool refused = follower_.orders.at(order.id).state() == OrderState::Rejected;
    EXPECT_EQ(venue_.open_orders(), open + (refused ? 0 : 1));
  }

  Dice dice_;
  InstrumentTable table_;
  PaperVenue venue_;
  Follower follower_;
  matching::FillMode mode_;
  Timestamp now_ = kStart;
  std::int64_t level_[3] = {100 * kFixedScale, 100 * kFixedScale, 100 * kFixedScale};
  int ids_ = 0;
};

void run(matching::FillMode mode) {
  int fills = 0, liquidations = 0, rejected = 0, cancelled = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Session session(seed, mode, "3000"_usdt);
    for (int minute = 0; minute < 1500; ++minute) {
      session.minute();
      session.compare();
      if (testing::Test::HasFatalFailure()) return;
    }
    fills += session.follower().fills;
    liquidations += session.follower().liquidations;
    std::size_t open = 0;
    for (const auto& [id, order] : session.follower().orders) {
      open += order.open() ? 1 : 0;
      rejected += order.state() == OrderState::Rejected ? 1 : 0;
      cancelled += order.state() == OrderState::Cancelled ? 1 : 0;
    }
    EXPECT_EQ(open, session.venue().open_orders());
  }
  // The dice reached what they are there for.
  EXPECT_GT(fills, 500);
  EXPECT_GT(liquidations, 0);
  EXPECT_GT(rejected, 100);
  EXPECT_GT(cancelled, 100);
}

TEST(Conservation, HoldsOverRandomBarsAndOrders) { run(matching::FillMode::Bar); }

TEST(Conservation, HoldsOverRandomBooksAndOrders) { run(matching::FillMode::Quote); }

TEST(Conservation, TheSameSeedTellsTheSameStory) {
  std::uint64_t hashes[2];
  for (std::uint64_t& hash : hashes) {
    Session session(7, matching::FillMode::Bar, "3000"_usdt);
    for (int minute = 0; minute < 500; ++minute) session.minute();
    hash = session.venue().books().hash();
  }
  EXPECT_EQ(hashes[0], hashes[1]);
}

}  // namespace
}  // namespace proteus::paper

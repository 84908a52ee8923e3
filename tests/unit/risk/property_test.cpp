// Over many random states: an order that only reduces is never trapped, and no approved increase
// breaks a limit.
#include <gtest/gtest.h>

#include <random>

#include "risk/limits/controls.hpp"
#include "tests/unit/risk/builders.hpp"

namespace proteus::risk {
namespace {

constexpr std::uint64_t kSeed = 20'250'529;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(n));
  }
  bool coin() { return below(2) == 1; }

 private:
  std::mt19937_64 engine_;
};

Quantity lots(std::int64_t n) { return Quantity::from_raw(n * 1'000'000); }  // of 0.001

/// Any books and any latched state short of Halted, any equity, also none and debts; fresh data.
World random_world(Dice& dice) {
  World w;
  w.books.hold(kBtc, lots(dice.below(2'000'000) - 1'000'000), "100"_px);
  w.books.hold(kEth, lots(dice.below(1'000'000)), "50"_px);
  w.equity(Money::from_raw((dice.below(40'000) - 5'000) * kFixedScale));
  if (w.gate.status(w.books.view()).state == TradingState::Halted)
    w.operate(OperatorAction::Resume);
  if (dice.coin()) w.operate(OperatorAction::Reduce);
  if (dice.coin()) w.see(HoldChanged{Hold::Backlog, true, false, {}, "full"}, w.now);
  if (dice.coin()) w.see(HoldChanged{Hold::Cooldown, true, true, kBtc, "losses"}, w.now);
  return w;
}

TEST(ReducingOrder, IsNeverTrapped) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Dice dice{kSeed};
  int seen = 0;
  for (int i = 0; i < 5'000; ++i) {
    World w = random_world(dice);
    const Quantity held = w.books.positions[0].quantity;
    if (held.is_zero()) continue;
    const Side side = held > Quantity{} ? Side::Sell : Side::Buy;
    const Quantity size = lots(1 + dice.below(abs(held).raw() / 1'000'000));
    OrderRequest order = w.order(side, size, "100"_px, Purpose::Close);
    order.reduce_only = dice.coin();
    std::vector<OrderRequest> open;
    if (dice.coin()) open.push_back(w.order(opposite(side), lots(1 + dice.below(1'000'000))));
    const Verdict verdict = w.review(order, open);
    const auto* approved = std::get_if<Approved>(&verdict);
    ASSERT_NE(approved, nullptr) << i << ": " << spell(std::get<Refused>(verdict).by);
    EXPECT_GT(approved->order.quantity, Quantity{});
    EXPECT_EQ(approved->order.quantity, std::min(size, "100"_qty));  // The venue's largest.
    ++seen;
  }
  EXPECT_GT(seen, 4'900);
}

TEST(ApprovedOrder, KeepsEveryLimit) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Dice dice{kSeed};
  int approvals = 0;
  for (int i = 0; i < 20'000; ++i) {
    World w;
    w.books.hold(kBtc, lots(dice.below(100'000) - 50'000), "100"_px);
    w.books.hold(kEth, lots(dice.below(100'000)), "50"_px);
    w.equity(Money::from_raw((8'100 + dice.below(8'000)) * kFixedScale));
    const Side side = dice.coin() ? Side::Buy : Side::Sell;
    const Quantity size = lots(1 + dice.below(60'000));
    const Quantity pending = lots(1 + dice.below(10'000));
    const Quantity held = w.books.positions[0].quantity;
    const Verdict verdict = w.review(w.order(side, size), {w.order(side, pending)});
    if (!std::holds_alternative<Approved>(verdict)) continue;
    ++approvals;
    // In whole USDT x 1e9, from the definitions.
    const std::int64_t sign = side == Side::Buy ? 1 : -1;
    const std::int64_t after = held.raw() + sign * (size.raw() + pending.raw());
    const bool increases =
        std::abs(after) > std::abs(held.raw()) || (after > 0) != (held.raw() > 0);
    if (!increases) continue;
    const std::int64_t equity = w.books.equity.raw();
    EXPECT_LE(size.raw() * 100, equity / 4);
    EXPECT_LE(std::abs(after) * 100, equity / 2);
    EXPECT_LE(std::abs(after) * 100 + w.books.positions[1].quantity.raw() * 50, equity);
    EXPECT_LE(std::abs(after) * 100 + w.books.positions[1].quantity.raw() * 50,
              10'000 * kFixedScale);
  }
  EXPECT_GT(approvals, 1'000);
}

}  // namespace
}  // namespace proteus::risk

// Controls that latch a state, and the person's own: 11, 12, 15, 25.
#include <fmt/format.h>

#include <algorithm>

#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

constexpr Money kUnit = Money::from_raw(1);

bool cancelled(const Stage& stage, const ClientOrderId& id) {
  return std::ranges::any_of(stage.notes().updates, [&](const OrderUpdate& update) {
    return update.id == id && update.state == OrderState::Cancelled;
  });
}

}  // namespace

void daily_loss(Trial& trial, const Bench& bench) {
  const risk::LimitSettings& limits = bench.limits();
  const Money most = part_of(kCapital, limits.daily_loss_max);
  const Money flat = part_of(kCapital, limits.daily_loss_flat);
  trial.did(fmt::format("loss of {} in a day, a unit more than the limit", usdt(most + kUnit)));
  if (limits.drawdown_max <= limits.daily_loss_max) trial.stricter(Control::Drawdown);
  Stage near = bench.stage();
  near.lose(most);
  trial.inside(near.trade(kPerpetual, lots(kFewLots)), "an order at exactly the limit");
  Stage stage = bench.stage({.wired = false});  // Days pass.
  stage.hold(kPerpetual, lots(3 * kFewLots));
  stage.lose(most + kUnit);
  trial.refused(stage.trade(kPerpetual, lots(kFewLots)), quote(most), quote(most + kUnit),
                "an order beyond the loss of the day");
  trial.must(stage.status().state >= TradingState::Reducing, "the state did not latch");
  if (stage.status().state == TradingState::Reducing)
    trial.passes(stage.trade(kPerpetual, lots(-kFewLots)), "a reduction");
  stage.next_day();
  trial.waits(stage.trade(kPerpetual, lots(kFewLots)), "an order on the next day");

  Stage ruin = bench.stage();
  ruin.hold(kPerpetual, lots(3 * kFewLots));
  ruin.lose(flat + kUnit);
  ruin.close(3);
  trial.must(ruin.status().state == TradingState::Halted, "the second limit did not halt");
  const Quantity left = ruin.position(kPerpetual);
  const bool closes = limits.daily_loss_flatten;
  trial.must(!closes || left.is_zero(), "the second limit did not close the position");
  if (!left.is_zero()) trial.passes(ruin.flatten(kPerpetual), "a flatten when halted");
}

namespace {

/// Loses until `loss` of the capital is gone, a little every day: less than the day's limit.
void lose_slowly(Stage& stage, Money loss, double daily_max) {
  for (;;) {
    const Money equity = stage.ledger().equity;
    const Money left = loss - (kCapital - equity);
    if (left <= Money{}) return;
    stage.lose(std::min(left, std::max(part_of(equity, daily_max), kUnit)));
    stage.next_day();
  }
}

}  // namespace

void drawdown(Trial& trial, const Bench& bench) {
  const risk::LimitSettings& limits = bench.limits();
  const std::int64_t most = to_fixed_raw(limits.drawdown_max);
  const std::int64_t halt = to_fixed_raw(limits.drawdown_halt);
  const Money loss = part_of(kCapital, most);
  trial.did(fmt::format("loss of {} over days, a unit more than the limit", usdt(loss + kUnit)));
  Stage stage = bench.stage({.wired = false});  // Days pass.
  stage.hold(kPerpetual, lots(3 * kFewLots));
  lose_slowly(stage, loss, limits.daily_loss_max);
  trial.inside(stage.trade(kPerpetual, lots(kFewLots)), "an order at exactly the limit");
  stage.close();
  stage.lose(kUnit);
  const TradingState first = most == halt ? TradingState::Halted : TradingState::Reducing;
  // A unit above the limit, rounded up to units of 1e-9.
  trial.refused(stage.trade(kPerpetual, lots(kFewLots)), ratio(most), ratio(most + 1),
                "an order beyond the drawdown");
  trial.must(stage.status().state == first, "the state did not latch");
  if (first == TradingState::Reducing)
    trial.passes(stage.trade(kPerpetual, lots(-kFewLots)), "a reduction");
  stage.close();
  if (halt > most) {
    lose_slowly(stage, part_of(kCapital, halt) + kUnit, limits.daily_loss_max);
    trial.waits(stage.wish(kPerpetual, Quantity{}), "a reduction beyond the halting limit");
    trial.must(stage.status().state == TradingState::Halted, "the halting limit did not halt");
  }
  trial.passes(stage.flatten(kPerpetual), "a flatten");
}

void kill(Trial& trial, const Bench& bench) {
  trial.did("halt by a person");
  // Buys far below the market, within the collar: they rest.
  const double away = std::min(bench.limits().price_band_bps / 2, 50.0);
  Stage stage = bench.stage({.passive_bps = away});
  const Said resting = stage.trade(kPerpetual, lots(kFewLots));
  trial.inside(resting, "before it an order");
  const auto open = stage.engine().open_orders();
  stage.operate(OperatorAction::Halt);
  trial.must(open.size() == 1 && cancelled(stage, open[0].request().id),
             "the halt did not cancel the order that was open");
  trial.refused(stage.trade(kPerpetual, lots(kFewLots)), count(0), count(2),
                "an order after the halt");

  Stage held = bench.stage();
  held.hold(kPerpetual, lots(kFewLots));
  held.operate(OperatorAction::Reduce);
  trial.refused(held.trade(kPerpetual, lots(kFewLots)), count(0), count(1),
                "an order while only reductions may pass");
  trial.passes(held.trade(kPerpetual, lots(-1)), "a reduction while reducing");
  held.close();
  held.operate(OperatorAction::Halt);
  trial.refused(held.trade(kPerpetual, lots(-1)), count(1), count(2), "a reduction when halted");
  trial.passes(held.flatten(kPerpetual), "a flatten when halted");
  held.operate(OperatorAction::Resume);
  trial.inside(held.trade(kPerpetual, lots(kFewLots)), "after a person's resume it");
  held.close();
  held.operate(OperatorAction::Flatten);
  held.close();
  trial.must(held.position(kPerpetual).is_zero(), "a person's flatten left a position");
}

void override_of(Trial& trial, const Bench& bench) {
  const Money limit = part_of(kCapital, bench.limits().order_value_max);
  const std::int64_t large = lots_in(limit) + 1;
  const auto lift = [](Control control, Timestamp expires) {
    return OverrideChanged{
        .control = control, .active = true, .expires = expires, .reason = "self-test"};
  };
  trial.did("order above the order value, lifted by a person for a second, when that is over");
  Stage stage = bench.stage();
  const Timestamp end = stage.engine().now() + std::chrono::seconds{1};
  const Duration left{1};
  stage.input(lift(Control::OrderValue, end));
  stage.input(ClockTick{}, end - left);
  const Said lifted = stage.ask(kPerpetual, lots(large));
  const ControlResult* own = lifted.word(Control::Override);
  trial.must(own != nullptr && own->actual.raw == left.count() &&
                 own->limit.raw == static_cast<std::int64_t>(Control::OrderValue),
             "no word of control 25 tells that control 4 was lifted and for how long");
  trial.inside(own != nullptr && lifted.by.control != Control::OrderValue,
               "while it stands the order");
  stage.input(ClockTick{}, end);
  trial.refused_by(Control::OrderValue, stage.ask(kPerpetual, lots(large + 1)), quote(limit),
                   quote(worth(large + 1)), "an order when the override is over");

  Stage killed = bench.stage();
  killed.input(lift(Control::Kill, killed.engine().now() + std::chrono::hours{1}));
  killed.operate(OperatorAction::Halt);
  trial.refused_by(Control::Kill, killed.ask(kPerpetual, lots(kFewLots)), count(0), count(2),
                   "an order after a halt, which nobody lifts,");
}

}  // namespace proteus::app::selftest

// Controls that latch a state, and the person's own: 12, 15.
#include <fmt/format.h>

#include <algorithm>

#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

constexpr std::int64_t kFewLots = 10;
constexpr Money kUnit = Money::from_raw(1);

bool cancelled(const Stage& stage, const ClientOrderId& id) {
  return std::ranges::any_of(stage.notes().events, [&](const Event& event) {
    const auto* update = std::get_if<OrderUpdate>(&event.body);
    return update != nullptr && update->id == id && update->state == OrderState::Cancelled;
  });
}

}  // namespace

void drawdown(Trial& trial, const Bench& bench) {
  const std::int64_t most = to_fixed_raw(bench.limits().drawdown_max);
  const std::int64_t halt = to_fixed_raw(bench.limits().drawdown_halt);
  const Money loss = part_of(kCapital, most);
  trial.did(fmt::format("loss of {} USDT, a unit more than the limit", (loss + kUnit).to_string()));
  Stage stage = bench.stage();
  stage.hold(kPerpetual, lots(3 * kFewLots));
  stage.lose(loss);
  trial.inside(stage.trade(kPerpetual, lots(kFewLots)), "an order at exactly the limit");
  stage.close();
  stage.lose(kUnit);
  const TradingState first = most == halt ? TradingState::Halted : TradingState::Reducing;
  trial.refused(stage.trade(kPerpetual, lots(kFewLots)), ratio(most), ratio(most + 1),
                "an order beyond the drawdown");
  trial.must(stage.status().state == first, "the state did not latch");
  if (first == TradingState::Reducing)
    trial.passes(stage.trade(kPerpetual, lots(-kFewLots)), "a reduction");
  stage.close();
  if (halt > most) {
    stage.lose(part_of(kCapital, halt) - loss);
    trial.waits(stage.wish(kPerpetual, Quantity{}), "beyond the halting limit it");
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
  trial.must(held.trade(kPerpetual, lots(kFewLots)).approved,
             "after a person's resume an order should pass");
}

}  // namespace proteus::app::selftest

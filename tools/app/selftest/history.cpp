// Controls that remember orders and fills: 3, 6, 7, 8, 13.
#include <fmt/format.h>

#include <cmath>

#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

using namespace std::chrono_literals;

/// Limit prices a unit apart, so that no order is another's double.
Price distinct(std::int64_t n) { return kPrice - Price::from_raw(n); }

}  // namespace

void price_drift(Trial& trial, const Bench& bench) {
  const std::int64_t most_e9 = to_fixed_raw(bench.limits().price_drift_bps / 1e4);
  // Three fills of one order that was decided at 100, each so much worse in money. Two lots turn a
  // unit of money into 500 of price, so that what is paid is exact.
  const Quantity part = lots(2);
  const Money value = worth(2);
  const Money most = part_of(value, most_e9);
  const auto filled_worse = [&](Stage& stage, Money worse) {
    (void)stage.trade(kPerpetual, lots(kFewLots));
    const ClientOrderId id = stage.last_id();
    const Price price = kPrice + Price::from_raw(worse.raw() * (kFixedScale / part.raw()));
    for (int i = 0; i < 3; ++i) stage.fill(kPerpetual, part, price, id);
  };
  const Money beyond = most + Money::from_raw(1);
  const auto drift_e9 = static_cast<std::int64_t>(
      divide(Int128{beyond.raw()} * kFixedScale, value.raw(), Rounding::Up));
  trial.did(fmt::format("three fills of {}, each {} worse than decided, then an order", usdt(value),
                        usdt(beyond)));
  Stage stage = bench.stage();
  stage.lift(Control::RepeatedExecution);  // Three fills may be too many for it.
  filled_worse(stage, beyond);
  trial.refused(stage.ask(kPerpetual, lots(kFewLots + 1)), ratio(most_e9), ratio(drift_e9),
                "an order after fills that drift");
  trial.passes(stage.ask(kPerpetual, lots(-6), Purpose::Close), "a reduction");
  Stage near = bench.stage();
  near.lift(Control::RepeatedExecution);
  filled_worse(near, most);
  trial.inside(near.ask(kPerpetual, lots(kFewLots + 1)), "a unit less of drift");
}

void message_rate(Trial& trial, const Bench& bench) {
  const risk::LimitSettings& limits = bench.limits();
  const auto most = static_cast<std::int64_t>(
      std::floor(static_cast<double>(limits.message_burst) * (1.0 - limits.message_room)));
  trial.did(fmt::format("{} orders at one moment", most + 1));
  Stage stage = bench.stage();
  stage.hold(kPerpetual, lots(kFewLots));
  Said last;
  for (std::int64_t n = 0; n < most; ++n)
    last = stage.ask(kPerpetual, lots(kFewLots), Purpose::Open, distinct(n));
  trial.inside(last, fmt::format("the order number {}", most));
  trial.refused(stage.ask(kPerpetual, lots(kFewLots), Purpose::Open, distinct(most)), count(most),
                count(most + 1), "one order more");
  trial.passes(stage.ask(kPerpetual, lots(-1), Purpose::Close), "a reduction");
  // The bucket runs out at the rate that the settings give.
  const auto a_message = Duration{static_cast<std::int64_t>(std::ceil(1e9 / limits.message_rate))};
  stage.wait(stage.engine().now() + 2 * a_message);
  trial.inside(stage.ask(kPerpetual, lots(kFewLots), Purpose::Open, distinct(most + 1)),
               "after a while it");
}

void repeated_execution(Trial& trial, const Bench& bench) {
  const std::int64_t most = bench.limits().executions_max;
  trial.did(fmt::format("{} orders that filled, then another", most));
  Stage stage = bench.stage();
  // At one moment, which the message rate would not allow.
  stage.lift(Control::MessageRate);
  const auto execute = [&](std::int64_t n) {
    const Said said = stage.ask(kPerpetual, lots(kFewLots), Purpose::Open, distinct(n));
    if (said.approved) stage.fill(kPerpetual, Quantity::from_raw(1), kPrice, stage.last_id());
    return said;
  };
  for (std::int64_t n = 1; n < most; ++n)
    if (!trial.must(execute(n).approved, "an order was refused before the limit")) return;
  trial.inside(execute(most), fmt::format("the order number {}", most));
  trial.refused(stage.ask(kPerpetual, lots(kFewLots), Purpose::Open, distinct(most + 1)),
                count(most), count(most), "one more");
  trial.passes(stage.ask(kPerpetual, -stage.position(kPerpetual), Purpose::Close), "a reduction");
  stage.wait(stage.engine().now() + bench.limits().executions_window + 1ns);
  trial.waits(stage.ask(kPerpetual, lots(kFewLots), Purpose::Open, distinct(most + 2)),
              "an order after the window");
  stage.operate(OperatorAction::Resume);
  trial.inside(stage.ask(kPerpetual, lots(kFewLots), Purpose::Open, distinct(most + 3)),
               "after a person's resume it");
}

void duplicate_order(Trial& trial, const Bench& bench) {
  const Duration window = bench.limits().duplicate_window;
  trial.did("the same order twice at one moment");
  Stage stage = bench.stage();
  stage.hold(kOther, lots(3 * kFewLots));
  const Timestamp first = stage.engine().now();
  trial.inside(stage.ask(kPerpetual, lots(kFewLots)), "the first of them");
  trial.refused(stage.ask(kPerpetual, lots(kFewLots)), count(0), count(1), "its double");
  trial.inside(stage.ask(kPerpetual, lots(kFewLots + 1)), "another size");
  trial.must(stage.ask(kOther, lots(-kFewLots), Purpose::Close).approved,
             "a reduction was refused");
  trial.passes(stage.ask(kOther, lots(-kFewLots), Purpose::Close), "the same reduction twice");
  stage.wait(first + window - 1ns);
  trial.refused(stage.ask(kPerpetual, lots(kFewLots)), count(0), count(1),
                "its double at the end of the window");
  stage.wait(first + window);
  trial.inside(stage.ask(kPerpetual, lots(kFewLots)), "its double after the window");
}

void loss_streak(Trial& trial, const Bench& bench) {
  const std::int64_t most = bench.limits().loss_streak_max;
  trial.did(fmt::format("{} losing long positions in a row, then an order", most));
  Stage stage = bench.stage();
  const auto lose_once = [&] {
    stage.fill(kPerpetual, lots(kFewLots), kPrice);
    stage.fill(kPerpetual, lots(-kFewLots), kPrice - Price::from_raw(1000));
  };
  for (std::int64_t n = 1; n < most; ++n) lose_once();
  trial.inside(stage.ask(kPerpetual, lots(kFewLots)), "with one loss less it");
  lose_once();
  const Timestamp since = stage.engine().now();
  trial.refused(stage.ask(kPerpetual, lots(kFewLots + 1)), count(most), count(most),
                "an order after the last loss");
  trial.must(stage.holding(Hold::Cooldown), "no hold tells of the cool-down");
  trial.must(stage.ask(kPerpetual, lots(-kFewLots)).approved,
             "the other side should go on, but its order was refused");
  stage.hold(kPerpetual, lots(kFewLots));
  trial.passes(stage.ask(kPerpetual, lots(-kFewLots), Purpose::Close), "a reduction");
  const Duration pause = bench.limits().cooldown;
  if (since + pause - 1ns > stage.engine().now()) {
    stage.wait(since + pause - 1ns);
    trial.waits(stage.ask(kPerpetual, lots(kFewLots + 2)), "an order before the end of the pause");
  }
  stage.wait(std::max(since + pause, stage.engine().now()));
  trial.inside(stage.ask(kPerpetual, lots(kFewLots + 3)), "after the pause it");
}

}  // namespace proteus::app::selftest

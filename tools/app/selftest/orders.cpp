// Controls on the size of an order and of what it leads to: 1, 4, 5, 9, 30.
#include <fmt/format.h>

#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

std::string usdt(Money amount) { return amount.to_string() + " USDT"; }
Money worth(std::int64_t count) { return Money::from_raw(count * kLotValue.raw()); }
constexpr std::int64_t kFewLots = 6;  // above the venue's least value, below every limit

}  // namespace

void order_value(Trial& trial, const Bench& bench) {
  const Money limit = part_of(kCapital, bench.limits().order_value_max);
  const std::int64_t most = lots_in(limit);
  trial.did(fmt::format("order of {} on an equity of {}", usdt(worth(most + 1)), usdt(kCapital)));
  Stage stage = bench.stage();
  trial.refused(stage.trade(kPerpetual, lots(most + 1)), quote(limit), quote(worth(most + 1)),
                "an order a lot above the limit");
  trial.inside(stage.trade(kPerpetual, lots(most)), "the largest within it");

  Stage full = bench.stage();
  full.hold(kPerpetual, lots(2 * most));
  trial.passes(full.wish(kPerpetual, Quantity{}), "a reduction of twice the limit");
}

void order_quantity(Trial& trial, const Bench& bench) {
  // A market so thin that the share of its volume is twenty lots and a half.
  const double share = bench.limits().quantity_volume_max;
  const double volume = 20.5 * kLot.to_double() / share;
  const Quantity limit = Quantity::from_raw(to_fixed_raw(volume * share));
  trial.did("order of 21 lots where the share of the mean volume is 20.5");
  Stage stage = bench.stage({.volume = volume});
  trial.refused(stage.trade(kPerpetual, lots(21)), base(limit), base(lots(21)),
                "an order above the share of the volume");
  trial.inside(stage.trade(kPerpetual, lots(20)), "the largest within it");

  const Instrument told = stage_instruments()[kPerpetual.index];
  trial.refused(stage.ask(kPerpetual, lots(1)), base(told.quantity_min), base(lots(1)),
                "an order below the venue's least");
  const Quantity odd = lots(kFewLots) + Quantity::from_raw(1);
  trial.refused(stage.ask(kPerpetual, odd), base(kLot), base(odd), "an order off the lot");
  // What is too large to leave is cut, not refused, where it takes risk away.
  Stage large = bench.stage({.largest_order = lots(30)});
  large.hold(kPerpetual, lots(20));
  large.hold(kPerpetual, lots(40));
  const Said cut = large.wish(kPerpetual, Quantity{});
  trial.passes(cut, "a reduction above the venue's largest, cut to it,");
  trial.must(!cut.approved || cut.quantity == lots(30),
             fmt::format("a reduction of 40 lots left as {}, the venue takes 0.03",
                         cut.quantity.to_string()));
}

void position_limit(Trial& trial, const Bench& bench) {
  const risk::LimitSettings& limits = bench.limits();
  // One instrument's limit cannot be seen where that of all together is lower.
  const bool own = limits.position_max < limits.gross_max;
  const Money limit = part_of(kCapital, std::min(limits.position_max, limits.gross_max));
  const std::int64_t room = kFewLots;
  const std::int64_t held = lots_in(limit) - room;
  trial.did(fmt::format("a position of {}, and an order of {} more", usdt(worth(held)),
                        usdt(worth(room + 1))));
  const InstrumentId filled = own ? kPerpetual : kOther;
  Stage stage = bench.stage();
  stage.hold(filled, lots(held));
  trial.refused(stage.trade(kPerpetual, lots(room + 1)), quote(limit),
                quote(worth(held + room + 1)), "a position a lot above the limit");
  trial.inside(stage.trade(kPerpetual, lots(room)), "the largest within it");
  stage.close();
  trial.refused(stage.ask(kPerpetual, lots(kFewLots)), quote(limit),
                quote(worth(held + room + kFewLots)), "any more on top");
  trial.passes(stage.wish(filled, Quantity{}), "a reduction of all of it");

  // All together: the other instrument fills the room.
  const Money gross = part_of(kCapital, limits.gross_max);
  const std::int64_t others = lots_in(gross) - room;
  Stage whole = bench.stage();
  whole.hold(kOther, lots(others));
  trial.refused(whole.trade(kPerpetual, lots(room + 1)), quote(gross),
                quote(worth(others + room + 1)), "an order that takes all positions over theirs");
  trial.inside(whole.trade(kPerpetual, lots(room)), "the largest within theirs");
}

void capital_threshold(Trial& trial, const Bench& bench) {
  const risk::LimitSettings& limits = bench.limits();
  const Money limit = part_of(kCapital, limits.capital_at_risk_max);
  const std::int64_t room = kFewLots;
  const std::int64_t held = lots_in(limit) - room;
  // A profit that lifts the limits which grow with equity out of the way.
  const Money equity = Money::from_raw(static_cast<std::int64_t>(
      Int128{2} * limit.raw() * kFixedScale / to_fixed_raw(limits.gross_max)));
  const Money profit = std::max(equity - kCapital, Money{});
  trial.did(fmt::format("equity grown by {}, {} held, an order of {} more", usdt(profit),
                        usdt(worth(held)), usdt(worth(room + 1))));
  Stage stage = bench.stage();
  stage.hold(kOther, lots(held));
  stage.lose(-profit);
  trial.refused(stage.trade(kPerpetual, lots(room + 1)), quote(limit),
                quote(worth(held + room + 1)), "more than the capital at risk");
  trial.inside(stage.trade(kPerpetual, lots(room)), "the largest within it");
  stage.close();
  trial.passes(stage.wish(kOther, Quantity{}), "a reduction of all of it");
}

void dust_and_minimum(Trial& trial, const Bench& bench) {
  const Money least = stage_instruments()[kPerpetual.index].notional_min;
  const std::int64_t few = lots_in(least);
  trial.did(fmt::format("order of {} at a venue that takes {}", usdt(worth(few - 1)), usdt(least)));
  Stage stage = bench.stage();
  trial.refused(stage.trade(kPerpetual, lots(few - 1)), quote(least), quote(worth(few - 1)),
                "an order a lot below the venue's least");
  trial.inside(stage.trade(kPerpetual, lots(few)), "the least itself");
  stage.close();

  Stage dust = bench.stage();
  dust.hold(kPerpetual, lots(few));
  trial.passes(dust.trade(kPerpetual, lots(-1)), "a reduction of a single lot");
  dust.close();
  trial.passes(dust.wish(kPerpetual, Quantity{}), "the remainder, closed whole,");
}

}  // namespace proteus::app::selftest

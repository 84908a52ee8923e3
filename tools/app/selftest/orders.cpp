// Controls on the size of an order and of what it leads to: 1, 4, 5, 9, 10, 14, 26, 30.
#include <fmt/format.h>

#include <algorithm>

#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

constexpr std::int64_t kLeastLots = 6;  // above the venue's least value, below every limit

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
  const double volume =
      Quantity::from_raw(to_fixed_raw(20.5 * kLot.to_double() / share)).to_double();
  const Quantity limit = Quantity::from_raw(to_fixed_raw(volume * share));
  trial.did("order of 21 lots where the share of the mean volume is 20.5");
  Stage stage = bench.stage({.volume = volume});
  trial.refused(stage.trade(kPerpetual, lots(21)), base(limit), base(lots(21)),
                "an order above the share of the volume");
  trial.inside(stage.trade(kPerpetual, lots(20)), "the largest within it");

  const Instrument told = stage_instruments()[kPerpetual.index];
  trial.refused(stage.ask(kPerpetual, lots(1)), base(told.quantity_min), base(lots(1)),
                "an order below the venue's least");
  const Quantity odd = lots(kLeastLots) + Quantity::from_raw(1);
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
  const std::int64_t room = kLeastLots;
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
  const std::int64_t room = kLeastLots;
  const std::int64_t held = lots_in(limit) - room;
  // A profit that lifts the limits which grow with equity out of the way.
  const Money equity = Money::from_raw(static_cast<std::int64_t>(
      Int128{2} * limit.raw() * kFixedScale / to_fixed_raw(limits.gross_max)));
  const Money profit = std::max(equity - kCapital, Money{});
  trial.did(fmt::format("equity grown by {}, {} held, an order of {} more", usdt(profit),
                        usdt(worth(held)), usdt(worth(room + 1))));
  Stage stage = bench.stage();
  stage.lift(Control::Stage);  // Its caps may be lower.
  stage.hold(kOther, lots(held));
  stage.lose(-profit);
  trial.refused(stage.trade(kPerpetual, lots(room + 1)), quote(limit),
                quote(worth(held + room + 1)), "more than the capital at risk");
  trial.inside(stage.trade(kPerpetual, lots(room)), "the largest within it");
  stage.close();
  trial.passes(stage.wish(kOther, Quantity{}), "a reduction of all of it");
}

void open_order_value(Trial& trial, const Bench& bench) {
  const Money limit = part_of(kCapital, bench.limits().open_order_value_max);
  const std::int64_t open = lots_in(limit) - kLeastLots;
  trial.did(fmt::format("{} on their way, an order of {} more", usdt(worth(open)),
                        usdt(worth(kLeastLots + 1))));
  Stage stage = bench.stage();
  stage.hold(kOther, lots(2 * kLeastLots));
  stage.place(kPerpetual, lots(open));
  trial.refused(stage.ask(kOther, lots(kLeastLots + 1)), quote(limit),
                quote(worth(open + kLeastLots + 1)), "an order a lot above the limit");
  trial.inside(stage.ask(kOther, lots(kLeastLots)), "the largest within it");
  trial.passes(stage.ask(kOther, lots(-2 * kLeastLots), Purpose::Close), "a reduction");
}

namespace {

/// The page's words: rest = equity - value x margin, over what a unit of a long position loses.
Price liquidation_distance(Money equity, std::int64_t position_lots, std::int64_t margin_e9) {
  const Int128 value = worth(position_lots).raw();
  const Int128 rest = equity.raw() - divide(value * margin_e9, kFixedScale, Rounding::Up);
  const Int128 loses = Int128{lots(position_lots).raw()} * (kFixedScale - margin_e9);
  return Price::from_raw(
      static_cast<std::int64_t>(divide(rest * kFixedScale * kFixedScale, loses, Rounding::Down)));
}

}  // namespace

void leverage(Trial& trial, const Bench& bench) {
  const risk::LimitSettings& limits = bench.limits();
  // All perpetuals against equity. The limits of 1, 9, 10 and 26 may be lower: they are lifted.
  const std::int64_t most_e9 = to_fixed_raw(limits.leverage_max);
  const std::int64_t held = lots_in(part_of(kCapital, most_e9)) - kLeastLots;
  Stage stage = bench.stage();
  lift_exposure(stage);
  stage.fill(kOther, lots(held), kPrice);
  trial.did(fmt::format("{} held on an equity of {}, the caps on exposure lifted, {} more",
                        usdt(worth(held)), usdt(kCapital), usdt(worth(kLeastLots + 1))));
  const Int128 above = Int128{worth(held + kLeastLots + 1).raw()} * kFixedScale;
  trial.refused(stage.trade(kPerpetual, lots(kLeastLots + 1)), ratio(most_e9),
                ratio(static_cast<std::int64_t>(divide(above, kCapital.raw(), Rounding::Up))),
                "an order a lot above the leverage");
  trial.inside(stage.trade(kPerpetual, lots(kLeastLots)), "the largest within it");
  stage.close();
  trial.passes(stage.wish(kOther, Quantity{}), "a reduction of all of it");

  // The way to liquidation, in bars whose range is set so that one lot more is too near.
  const double share = 0.5 * std::min({limits.position_max, limits.gross_max, limits.leverage_max,
                                       limits.capital_at_risk_max});
  const std::int64_t held_near = lots_in(part_of(kCapital, share));
  const std::int64_t margin_e9 = to_fixed_raw(bench.config.paper.maintenance_margin_bps / 1e4);
  const Price distance = liquidation_distance(kCapital, held_near + kLeastLots, margin_e9);
  const Price nearer = liquidation_distance(kCapital, held_near + kLeastLots + 1, margin_e9);
  const Price range = Price::from_raw(static_cast<std::int64_t>(
                          static_cast<double>(distance.raw()) / limits.liquidation_ranges_min)) -
                      Price::from_raw(1);
  const double true_range = (kPrice + range).to_double() - kPrice.to_double();
  const Price least = Price::from_raw(to_fixed_raw(true_range * limits.liquidation_ranges_min));
  Stage wide = bench.stage({.range = range});
  lift_exposure(wide);
  wide.hold(kPerpetual, lots(held_near));
  trial.refused(wide.trade(kPerpetual, lots(kLeastLots + 1)), price(least), price(nearer),
                "an order that brings liquidation too near");
  trial.inside(wide.trade(kPerpetual, lots(kLeastLots)), "a lot less");
  wide.close();
  trial.passes(wide.wish(kPerpetual, Quantity{}), "a reduction near liquidation");
}

void stage_caps(Trial& trial, const Bench& bench) {
  const risk::LimitSettings& limits = bench.limits();
  const bool paper = limits.stage == risk::Stage::Paper;
  const bool micro = limits.stage == risk::Stage::MicroLive;
  const Money order_cap = Money::from_raw(to_fixed_raw(paper   ? limits.paper_order_cap
                                                       : micro ? limits.micro_live_order_cap
                                                               : limits.live_order_cap));
  const Money gross_cap = Money::from_raw(to_fixed_raw(paper   ? limits.paper_gross_cap
                                                       : micro ? limits.micro_live_gross_cap
                                                               : limits.live_gross_cap));
  // So rich that no share of equity is below the caps, as far as money can be counted.
  const double share = std::min(
      {limits.order_value_max, limits.open_order_value_max, limits.position_max, limits.gross_max});
  constexpr double kRichest = 4e9;
  const double wanted = 2.0 * std::max(order_cap, gross_cap).to_double() / share;
  if (wanted > kRichest) {
    trial.stricter(Control::OrderValue);
    trial.stricter(Control::OpenOrderValue);
    trial.stricter(Control::PositionLimit);
  }
  const Money equity =
      std::max(kCapital, Money::from_raw(to_fixed_raw(std::min(wanted, kRichest))));
  const std::int64_t most = lots_in(order_cap);
  trial.did(fmt::format("order of {} on an equity of {}", usdt(worth(most + 1)), usdt(equity)));
  Stage stage = bench.stage();
  stage.lift(Control::CapitalThreshold);  // It does not grow with the equity.
  stage.lose(kCapital - equity);
  stage.close();
  trial.refused(stage.ask(kPerpetual, lots(most + 1)), quote(order_cap), quote(worth(most + 1)),
                "an order a lot above the cap of the stage");
  trial.inside(stage.ask(kPerpetual, lots(most)), "the largest within it");

  const std::int64_t held = lots_in(gross_cap) - kLeastLots;
  stage.fill(kOther, lots(held), kPrice);
  trial.refused(stage.ask(kPerpetual, lots(kLeastLots + 1)), quote(gross_cap),
                quote(worth(held + kLeastLots + 1)), "an order above the cap on all positions");
  trial.inside(stage.ask(kPerpetual, lots(kLeastLots)), "the largest within that");
  trial.passes(stage.ask(kOther, lots(-held), Purpose::Close), "a reduction of all of it");
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

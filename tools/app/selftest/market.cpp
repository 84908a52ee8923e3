// Controls on the data and the clock that an order rests on: 2, 18, 19, 20.
#include <fmt/format.h>

#include <cmath>

#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

using namespace std::chrono_literals;

/// |expected - reference| / reference in units of 1e-9, rounded up.
std::int64_t distance_e9(Price expected, Price reference) {
  const Int128 off = abs(expected - reference).raw();
  return static_cast<std::int64_t>((off * kFixedScale + reference.raw() - 1) / reference.raw());
}

BookUpdated book_around(Price mid) {
  const Price half = Price::from_raw(kFixedScale / 100);
  return {kPerpetual, {{mid - half, lots(1000)}}, {{mid + half, lots(1000)}}};
}

/// Feeds a ticker that is `age` old when a later bar closes, and the bars up to that one.
void age_ticker(Stage& stage, Duration age, Interval interval) {
  Timestamp target = stage.next_close();
  while (target - age < stage.engine().now()) target = next_open(target, interval);
  stage.tell_mark(kPerpetual, kPrice, target - age);
  while (stage.next_close() < target) stage.close();
}

/// A bar that must not be touched, handed in as the next one of the perpetual.
bool set_aside(Stage& stage, const Bar& bar) {
  const std::uint64_t hash = stage.engine().ledger_hash();
  stage.input(BarClosed{bar}, std::max(stage.engine().now(), bar.close_time));
  return stage.decision(kPerpetual).outcome == Outcome::SetAside &&
         stage.engine().ledger_hash() == hash;
}

}  // namespace

void price_collar(Trial& trial, const Bench& bench) {
  const std::int64_t band = to_fixed_raw(bench.limits().price_band_bps / 1e4);
  // Against the last close: the limit price at which the distance is the band, to the unit.
  const Price most = kPrice + Price::from_raw(band * (kPrice.raw() / kFixedScale));
  const Price beyond = most + Price::from_raw(1);
  trial.did(fmt::format("limit order at {} when the close was 100", beyond.to_string()));
  Stage stage = bench.stage();
  stage.hold(kPerpetual, lots(kFewLots));
  trial.refused(stage.ask(kPerpetual, lots(kFewLots), Purpose::Open, beyond), ratio(band),
                ratio(distance_e9(beyond, kPrice)), "an order beyond the band");
  trial.inside(stage.ask(kPerpetual, lots(kFewLots), Purpose::Open, most), "an order at the band");
  trial.waits(stage.ask(kPerpetual, lots(-kFewLots), Purpose::Close, beyond), "a reduction");
  trial.passes(stage.ask(kPerpetual, lots(-kFewLots), Purpose::Flatten, beyond), "a flatten");

  // Against mark and middle, as far as these would not be taken for absurd.
  const Int128 divisor = Int128{kFixedScale} + band;
  const Price mark = Price::from_raw(static_cast<std::int64_t>(
                         (Int128{kPrice.raw()} * kFixedScale + divisor - 1) / divisor)) -
                     Price::from_raw(1);
  if (std::log(kPrice.to_double() / mark.to_double()) > 0.99 * bench.limits().jump_max) return;
  Stage marked = bench.stage();
  marked.tell_mark(kPerpetual, mark, marked.next_close() - 1ms);
  trial.refused(marked.trade(kPerpetual, lots(kFewLots)), ratio(band),
                ratio(distance_e9(kPrice, mark)), "an order away from the mark");
  Stage books = bench.stage();
  books.input(book_around(mark), books.next_close() - 1ms);
  trial.refused(books.trade(kPerpetual, lots(kFewLots)), ratio(band),
                ratio(distance_e9(kPrice, mark)), "an order away from the middle of the book");
}

void stale_data(Trial& trial, const Bench& bench) {
  const Interval interval = bench.config.engine.interval;
  const Duration most = bench.limits().ticker_age_max;
  trial.did(fmt::format("order while the ticker is {} ns older than it may be", 1));
  Stage stage = bench.stage();
  stage.hold(kPerpetual, lots(kFewLots));
  age_ticker(stage, most + 1ns, interval);
  trial.refused(stage.trade(kPerpetual, lots(kFewLots)), elapsed(most), elapsed(most + 1ns),
                "an order on a stale ticker");
  trial.must(stage.holding(Hold::StaleData), "no hold tells of stale data");
  trial.waits(stage.wish(kPerpetual, Quantity{}), "a reduction");
  trial.passes(stage.flatten(kPerpetual), "a flatten");
  age_ticker(stage, most, interval);
  trial.inside(stage.trade(kPerpetual, lots(kFewLots)), "as old as it may be");

  // A connection that is lost holds what trades on the others too.
  Stage torn = bench.stage();
  torn.cut(Category::Linear);
  torn.close();
  trial.refused(torn.ask(kSpot, lots(kFewLots)), count(0), count(1),
                "an order while a stream is lost");
  torn.close();
  trial.inside(torn.ask(kSpot, lots(kFewLots)), "when it is live again an order");

  Stage silent = bench.stage({.wired = false});  // Nothing comes any more.
  const Timestamp last = silent.engine().now();
  const Duration bars = bar_length(last, interval) * 3 / 2;
  silent.input(ClockTick{}, last + bars);
  trial.inside(silent.ask(kPerpetual, lots(kFewLots)), "1.5 intervals after a close");
  silent.input(ClockTick{}, last + bars + 1ns);
  trial.refused(silent.ask(kPerpetual, lots(kFewLots + 1)), elapsed(bars), elapsed(bars + 1ns),
                "an order without a bar for more than 1.5 intervals");
}

void absurd_data(Trial& trial, const Bench& bench) {
  const double jump = bench.limits().jump_max;
  const auto jumped = [&](double nudge) {
    return Price::from_raw(to_fixed_raw(kPrice.to_double() * std::exp(jump) * (1.0 + nudge)));
  };
  const Price far = jumped(1e-9);
  trial.did(fmt::format("bar that jumps from 100 to {}, then an order", far.to_string()));
  Stage stage = bench.stage();
  stage.hold(kPerpetual, lots(kFewLots));
  stage.price(kPerpetual, far);
  trial.must(!stage.trade(kPerpetual, lots(kFewLots)).asked &&
                 stage.decision(kPerpetual).outcome == Outcome::SetAside,
             "a bar that jumps should be set aside, but it was decided on");
  const double distance = std::abs(std::log(far.to_double() / kPrice.to_double()));
  trial.refused(stage.ask(kPerpetual, lots(kFewLots)), ratio(to_fixed_raw(jump)),
                ratio(to_fixed_raw(distance)), "an order after a bar that jumped");
  trial.waits(stage.ask(kPerpetual, lots(-kFewLots), Purpose::Close), "a reduction");
  trial.passes(stage.flatten(kPerpetual), "a flatten");
  Stage stays = bench.stage();
  stays.price(kPerpetual, far);
  // A second bar confirms the first; beyond a factor of ten it takes a third.
  stays.close(jump > std::log(10.0) ? 3 : 2);
  trial.inside(stays.trade(kPerpetual, lots(kFewLots)), "a jump that is confirmed");

  Stage small = bench.stage();
  small.price(kPerpetual, jumped(-1e-9));
  trial.inside(small.trade(kPerpetual, lots(kFewLots)), "a jump just within");

  const auto broken_bar = [&](void (*breaks)(Bar&)) {
    Stage broken = bench.stage({.wired = false});  // The feed would not let it through.
    Bar bar = broken.next_bar(kPerpetual);
    breaks(bar);
    return set_aside(broken, bar);
  };
  trial.must(broken_bar([](Bar& bar) { bar.high = bar.low - Price::from_raw(1); }),
             "a bar whose high lies below its low was used");
  trial.must(broken_bar([](Bar& bar) { bar.low = Price{}; }),
             "a bar with a price of zero was used");
  Stage twice = bench.stage();
  const Bar bar = twice.next_bar(kPerpetual);
  twice.close();
  trial.must(set_aside(twice, bar), "a bar that came twice was used again");
  Stage quoted = bench.stage();
  quoted.tell_mark(kPerpetual, far, quoted.engine().now());
  trial.must(quoted.status().quotes_set_aside == 1, "a ticker that jumps was believed");
}

void clock_skew(Trial& trial, const Bench& bench) {
  const Duration fast = bench.limits().clock_fast_max;
  const Duration slow = bench.limits().recv_window / 2;
  trial.did("our clock measured a unit too far ahead, then too far behind");
  Stage stage = bench.stage();
  stage.hold(kPerpetual, lots(kFewLots));
  stage.input(ClockMeasured{-(fast + 1ns), 0ns});
  trial.refused(stage.trade(kPerpetual, lots(kFewLots)), elapsed(fast), elapsed(fast + 1ns),
                "an order on a clock that runs ahead");
  trial.must(stage.holding(Hold::ClockSkew), "no hold tells of the clock");
  trial.waits(stage.wish(kPerpetual, Quantity{}), "a reduction");
  trial.passes(stage.flatten(kPerpetual), "a flatten");
  stage.input(ClockMeasured{-fast, 0ns});
  trial.inside(stage.ask(kPerpetual, lots(kFewLots)), "as far ahead as it may be, an order");
  stage.input(ClockMeasured{slow + 1ns, 0ns});
  trial.refused(stage.trade(kPerpetual, lots(kFewLots + 1)), elapsed(slow), elapsed(slow + 1ns),
                "an order on a clock that runs behind");
  stage.input(ClockMeasured{slow, 0ns});
  trial.inside(stage.ask(kPerpetual, lots(kFewLots + 2)), "as far behind as it may be, an order");
}

}  // namespace proteus::app::selftest

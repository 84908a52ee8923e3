// Controls on the data that an order rests on: 2, 18, 19.
#include <fmt/format.h>

#include <cmath>
#include <functional>

#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kFewLots = 10;

/// The bar that closes next is decided under this mark.
Said under_mark(Stage& stage, Price mark, const std::function<Said()>& act) {
  stage.tell_mark(kPerpetual, mark, stage.next_close() - 1ms);
  return act();
}

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
  // The mark below 100 at which the distance is the band, to the unit.
  const Int128 wide = Int128{kPrice.raw()} * kFixedScale;
  const Int128 divisor = Int128{kFixedScale} + band;
  const Price near = Price::from_raw(static_cast<std::int64_t>((wide + divisor - 1) / divisor));
  const Price far = near - Price::from_raw(1);
  trial.did(fmt::format("order at 100 while the mark is {}", far.to_string()));

  Stage stage = bench.stage();
  stage.hold(kPerpetual, lots(kFewLots));
  const auto more = [&] { return stage.trade(kPerpetual, lots(kFewLots)); };
  trial.refused(under_mark(stage, far, more), ratio(band), ratio(distance_e9(kPrice, far)),
                "an order beyond the band");
  trial.waits(under_mark(stage, far, [&] { return stage.wish(kPerpetual, Quantity{}); }),
              "a reduction");
  trial.passes(stage.flatten(kPerpetual), "a flatten");
  trial.inside(under_mark(stage, near, more), "an order at the band");

  Stage books = bench.stage();
  books.input(book_around(far), books.next_close() - 1ms);
  trial.refused(books.trade(kPerpetual, lots(kFewLots)), ratio(band),
                ratio(distance_e9(kPrice, far)), "an order away from the middle of the book");
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

  Stage silent = bench.stage();
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
  stays.close(2);
  trial.must(stays.trade(kPerpetual, lots(kFewLots)).approved,
             "a jump that the second bar confirms should be traded on");

  Stage small = bench.stage();
  small.price(kPerpetual, jumped(-1e-9));
  trial.inside(small.trade(kPerpetual, lots(kFewLots)), "a jump just within");

  Stage broken = bench.stage();
  Bar crossed = broken.next_bar(kPerpetual);
  crossed.high = crossed.low - Price::from_raw(1);
  trial.must(set_aside(broken, crossed), "a bar whose high lies below its low was used");
  Bar zero = broken.next_bar(kPerpetual);
  zero.low = Price{};
  trial.must(set_aside(broken, zero), "a bar with a price of zero was used");
  const Bar fine = broken.next_bar(kPerpetual);
  broken.close();
  trial.must(set_aside(broken, fine), "a bar that came twice was used again");
}

}  // namespace proteus::app::selftest

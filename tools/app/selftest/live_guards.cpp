// What protects an account when we cannot: 16, 17, 31.
#include <fmt/format.h>

#include <algorithm>

#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

using namespace std::chrono_literals;

constexpr double kAway = 50.0;  ///< bps from the market, where nobody trades

bool cancelled_by(LiveStage& live, std::string_view why) {
  return std::ranges::any_of(live.venue_orders(),
                             [&](const VenueOrder& order) { return order.cancel_type == why; });
}

/// An ordinary account: nothing rests for longer than until the next decision.
void short_lives(Trial& trial, const Bench& bench) {
  LiveStage market = bench.live();
  trial.must(market.hold(kPerpetual, lots(kFewLots)), "a market order was not executed");
  trial.must(market.venue_open() == 0, "a market order left something at the venue");

  LiveStage live = bench.live({.passive_bps = kAway});
  live.place(kPerpetual, lots(kFewLots));
  live.run(1s);
  trial.must(live.venue_open() == 1, "the limit order does not rest at the venue");
  live.network().cut(true, false);
  live.run(5s);
  trial.inside(live.venue_open() == 1, "before the next decision a limit order that rests");
  trial.must(live.holding(Hold::Reconnecting), "risk may grow although no stream tells");
  live.close();
  live.run(live.settings().ack_deadline + 2s);
  trial.fires(live.venue_open() == 0, "at the next decision it is cancelled, without a stream:");
  live.network().cut(false, false);
  trial.must(live.run_until([&] { return live.status().private_live; },
                            live.settings().backoff_max + 5s) &&
                 live.until_clean(),
             "the gateway did not come back and reconcile");
  trial.must(live.engine().open_orders().empty(), "an order is open here that the venue ended");
}

/// Where the account is granted it, the venue cancels for us.
void venue_cancels(Trial& trial, const Bench& bench) {
  LiveStage live = bench.live(
      {.rights = ":dcp", .passive_bps = kAway, .disconnect_protection = true, .push_interval = 1s});
  if (!trial.must(live.refusal().empty(), "disconnect protection was not armed")) return;
  live.place(kPerpetual, lots(kFewLots));
  live.run(1s);
  live.network().cut(true, true);  // The daemon can do nothing at all.
  const Duration window =
      std::chrono::round<std::chrono::seconds>(live.settings().disconnect_window);
  const Duration pushes = 2s;  // The venue looks once a second.
  live.run(window - pushes);
  trial.must(live.venue_open() == 1, "the venue cancelled before its window was over");
  live.run(2 * pushes);
  trial.fires(live.venue_open() == 0 && cancelled_by(live, "CancelByDCP"),
              "an order while all connections have been dead for the window");
  live.network().cut(false, false);
  trial.must(live.run_until([&] { return live.status().private_live; },
                            live.settings().backoff_max + 5s) &&
                 live.until_clean() && live.engine().open_orders().empty(),
             "what the venue cancelled was not learned on return");

  const LiveStage ordinary = bench.live({.disconnect_protection = true});
  trial.must(ordinary.refusal().find("disconnect protection") != std::string::npos,
             "an account without the grant started as if it were protected");
}

}  // namespace

void cancel_on_disconnect(Trial& trial, const Bench& bench) {
  trial.did(
      "all connections of the account cut while a limit order rests: cancelled by REST at the next "
      "decision; with disconnect protection granted and armed, cancelled by the venue");
  short_lives(trial, bench);
  venue_cancels(trial, bench);
}

void protective_stop(Trial& trial, const Bench& bench) {
  LiveStage live = bench.live();
  const double distance = live.settings().stop_distance;
  const auto stop_at = [&](double side) {
    const Price raw = Price::from_raw(to_fixed_raw(kPrice.to_double() * (1.0 - side * distance)));
    return round_to_step(raw, live.instrument(kPerpetual).tick_size,
                         side > 0 ? Rounding::Up : Rounding::Down);
  };
  trial.did(
      fmt::format("positions of {} and {}; somebody takes the stop away; the venue refuses "
                  "every stop",
                  lots(3 * kFewLots).to_string(), lots(-kFewLots).to_string()));
  trial.must(live.hold(kPerpetual, lots(3 * kFewLots)) && live.hold(kOther, lots(-kFewLots)),
             "the positions were not opened");
  trial.inside(
      live.venue_stop(kPerpetual) == stop_at(1.0) && live.venue_stop(kOther) == stop_at(-1.0),
      fmt::format("the venue has the stops {} and {} as soon as the positions, which",
                  live.venue_stop(kPerpetual).to_string(), live.venue_stop(kOther).to_string()));
  trial.must(live.creates("\"stopLoss\"") == 2 && live.sent("/v5/position/trading-stop") == 0,
             "an opening order did not carry its stop");
  live.stranger_removes_stop(kPerpetual);
  trial.must(live.venue_stop(kPerpetual).is_zero(), "the stop could not be taken away");
  trial.fires(live.run_until([&] { return !live.venue_stop(kPerpetual).is_zero(); }, 3s),
              "a position whose stop somebody took away");
  trial.must(live.venue_stop(kPerpetual) <= stop_at(1.0) + live.instrument(kPerpetual).tick_size,
             "the stop that was set again lies elsewhere");
  trial.passes(live.ask(kPerpetual, lots(-1), Purpose::Close), "a reduction");

  live.refuse("/v5/position/trading-stop");
  live.stranger_removes_stop(kPerpetual);
  trial.fires(live.run_until(
                  [&] {
                    return live.venue_position(kPerpetual).is_zero() &&
                           live.venue_position(kOther).is_zero();
                  },
                  90s),
              "positions of which one cannot have a stop are closed:");
  trial.must(live.risk().state == TradingState::Halted,
             "trading goes on although no stop can be set");
}

void key_permissions(Trial& trial, const Bench& bench) {
  struct Key {
    const char* rights;
    const char* words;
    const char* what;
  };
  constexpr Key kKeys[] = {{":withdraw", "may withdraw", "a key that may withdraw"},
                           {":readonly", "may only read", "a key that may only read"},
                           {":expires=2025-01-31", "ran out", "a key that has run out"}};
  trial.did("keys that may withdraw, may only read, have run out: refused before a connection");
  for (const Key& key : kKeys) {
    const LiveStage live = bench.live({.rights = key.rights});
    trial.fires(
        live.refusal().find(key.words) != std::string::npos && live.sent("\"op\":\"auth\"") == 0,
        key.what);
  }
  const LiveStage live = bench.live({.rights = ":expires=2035-01-31"});
  trial.inside(live.refusal().empty() && live.sent("\"op\":\"auth\"") == 2,
               "a key that may trade, and no more,");
}

}  // namespace proteus::app::selftest

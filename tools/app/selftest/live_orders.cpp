// Orders on their way to the venue: 21, 22.
#include <fmt/format.h>

#include <algorithm>

#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPrevention = "\"smpType\":\"Cancel";

/// How often the venue has an order by that name.
std::size_t times_at_venue(LiveStage& live, const ClientOrderId& id) {
  return static_cast<std::size_t>(std::ranges::count_if(
      live.venue_orders(), [&](const VenueOrder& order) { return order.link == id.view(); }));
}

bool in_doubt(LiveStage& live) {
  const auto open = live.engine().open_orders();
  return open.size() == 1 && open[0].state() == OrderState::Unknown;
}

/// While nobody knows, and after it has been asked. `took_effect`: the order did reach the venue.
void lost_acknowledgement(Trial& trial, const Bench& bench, bool took_effect) {
  LiveStage live = bench.live();
  const Quantity before = lots(3 * kFewLots);
  const std::string_view what = took_effect ? "after its effect" : "before its effect";
  if (!trial.must(live.hold(kPerpetual, before), "the position was not opened")) return;
  trial.inside(live.ask(kPerpetual, lots(kFewLots)), "before the doubt an order");
  if (took_effect) live.fault_private(sim::FaultKind::Silent);  // Else its fill would tell.
  live.fault(took_effect ? sim::FaultKind::OrderLost : sim::FaultKind::OrderNever);
  if (!trial.must(
          live.place_until(kPerpetual, before + lots(kFewLots + 1), [&] { return in_doubt(live); }),
          fmt::format("an acknowledgement lost {} left no doubt", what)))
    return;
  const ClientOrderId id = live.engine().open_orders()[0].request().id;
  trial.refused(live.ask(kPerpetual, lots(kFewLots + 2)), count(0), count(1),
                fmt::format("an increase while an acknowledgement lost {} is in doubt", what));
  trial.waits(live.ask(kPerpetual, lots(-1), Purpose::Close), "an automatic reduction");
  trial.passes(live.flatten(kPerpetual), "a flatten");
  if (!took_effect) {
    live.operate(OperatorAction::Flatten);
    live.run(200ms);
    trial.must(live.cancels(id) == 1, "no cancel left in the doubt");
  }
  trial.must(live.run_until(
                 [&] {
                   return live.engine().open_orders().empty() ||
                          live.engine().open_orders()[0].request().id != id;
                 },
                 live.settings().unknown_settle + 30s) &&
                 live.status().counters.inquiries > 0,
             "the doubt was not resolved by asking");
  trial.must(times_at_venue(live, id) == (took_effect ? 1 : 0),
             "the venue has the order a wrong number of times");
  trial.must(live.creates(id.view()) == 1, "the order was sent again");
  const Quantity wanted = took_effect ? before + lots(kFewLots + 1) : Quantity{};
  trial.must(live.run_until(
                 [&] {
                   return live.position(kPerpetual) == wanted &&
                          live.venue_position(kPerpetual) == wanted;
                 },
                 70s),
             fmt::format("after an acknowledgement lost {} the venue's position is another", what));
  if (took_effect)
    trial.inside(live.ask(kPerpetual, lots(kFewLots + 3)), "when it is resolved an order");
}

}  // namespace

void self_trade(Trial& trial, const Bench& bench) {
  trial.did("an order of ours that would trade with another of ours");
  // So wide a spread that an order lies in it, and nothing moves for as long as it takes.
  LiveStage live = bench.live({.spread_ticks = 100, .push_interval = 20s});
  const LiveStage::Best best = live.best(kPerpetual);
  const bool below = best.bid >= kPrice;  // On the far side of the last price, where nobody trades.
  const Price half = Price::from_raw((best.ask - best.bid).raw() / 2);
  const Price middle = best.bid + half;
  const Quantity rests = below ? lots(-kFewLots) : lots(kFewLots);
  live.run(1s);
  live.send(kPerpetual, rests, middle, TimeInForce::Gtc);
  live.run(200ms);
  trial.must(live.venue_open() == 1, "the order does not rest");
  live.send(kPerpetual, -rests, middle, TimeInForce::Ioc);
  live.run(1s);
  const auto orders = live.venue_orders();
  const bool prevented = std::ranges::any_of(
      orders, [](const VenueOrder& order) { return order.cancel_type == "CancelBySmp"; });
  trial.fires(prevented && live.venue_position(kPerpetual).is_zero() && live.venue_open() == 0 &&
                  live.engine().counters().fills == 0,
              "a trade of ours with ours");
  live.send(kPerpetual, -rests, below ? best.ask : best.bid, TimeInForce::Ioc);
  live.run(1s);
  trial.inside(live.venue_position(kPerpetual) == -rests, "a trade with somebody else");
  trial.must(live.hold(kPerpetual, Quantity{}), "a reduction did not pass");
  trial.must(live.creates() == 4 && live.creates(kPrevention) == 4,
             "an order left without smpType");
}

void unknown_outcome(Trial& trial, const Bench& bench) {
  trial.did("acknowledgement of an order lost, after it took effect and before it could");
  lost_acknowledgement(trial, bench, true);
  lost_acknowledgement(trial, bench, false);
}

}  // namespace proteus::app::selftest

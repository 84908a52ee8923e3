// The venue's books and ours: 23, 24.
#include <fmt/format.h>

#include <algorithm>

#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

using namespace std::chrono_literals;

/// A fill of which no stream tells.
void lost_fill(Trial& trial, const Bench& bench) {
  LiveStage live = bench.live();
  live.fault_private(sim::FaultKind::Silent);
  live.place(kPerpetual, lots(kFewLots));
  live.run(1s);
  trial.must(live.venue_position(kPerpetual) == lots(kFewLots), "the order was not executed");
  live.look();
  trial.must(live.run_until([&] { return live.position(kPerpetual) == lots(kFewLots); }, 5s) &&
                 live.status().counters.executions_fetched == 1 && live.until_clean(),
             "a fill of which no stream told was not found by the next look");
  trial.must(live.notes().adjustments.size() == 1 && live.risk().state == TradingState::Active,
             "our own fill was taken for somebody else's");
}

void strangers_trade(Trial& trial, const Bench& bench, bool told) {
  LiveStage live = bench.live();
  if (!trial.must(live.hold(kPerpetual, lots(3 * kFewLots)), "the position was not opened")) return;
  trial.inside(live.ask(kPerpetual, lots(kFewLots)), "while nobody else trades an order");
  if (!told) live.fault_private(sim::FaultKind::OmitExecution);
  live.stranger_trades(kPerpetual, lots(kFewLots));
  live.run(1s);
  if (!told) live.look();
  const Quantity wanted = lots(4 * kFewLots);
  trial.must(live.run_until([&] { return live.position(kPerpetual) == wanted; }, 5s),
             "somebody else's trade is not in our books");
  const auto& lines = live.notes().adjustments;
  trial.must(lines.size() == 2 && lines[1].kind == AdjustmentKind::ForeignTrade &&
                 lines[1].quantity == lots(kFewLots) && live.engine().counters().fills == 1,
             "somebody else's trade is no line of its own");
  trial.must(live.risk().state == TradingState::Reducing &&
                 live.risk().state_cause.find("foreign_trade") != std::string_view::npos,
             "the state after somebody else's trade does not name it");
  trial.refused_by(Control::Reconciliation, live.ask(kPerpetual, lots(kFewLots + 1)), count(0),
                   count(1), "an increase after somebody else's trade");
  trial.passes(live.ask(kPerpetual, lots(-1), Purpose::Close), "a reduction while reducing");
  live.operate(OperatorAction::Flatten);
  trial.must(live.run_until([&] { return live.venue_position(kPerpetual).is_zero(); }, 70s),
             "a person's flatten left a position");
}

}  // namespace

void reconciliation(Trial& trial, const Bench& bench) {
  trial.did(
      "books in doubt after a reconnect; a fill of which no stream told; somebody else's trade, "
      "told "
      "and not told");
  LiveStage live = bench.live();
  trial.must(live.hold(kPerpetual, lots(3 * kFewLots)), "the position was not opened");
  live.fault_private(sim::FaultKind::Drop);
  trial.must(live.run_until([&] { return !live.status().private_live; }, 5s) &&
                 live.run_until([&] { return live.status().private_live; },
                                live.settings().backoff_max + 5s) &&
                 !live.status().clean,
             "the stream did not come back with the books in doubt");
  trial.refused(live.ask(kPerpetual, lots(kFewLots)), count(0), count(1),
                "an increase before the books have been compared");
  trial.passes(live.ask(kPerpetual, lots(-1), Purpose::Close), "a reduction meanwhile");
  trial.passes(live.flatten(kPerpetual), "a flatten");
  trial.must(live.until_clean(), "the books were never compared");
  trial.inside(live.ask(kPerpetual, lots(kFewLots + 1)), "when they agree it");
  lost_fill(trial, bench);
  strangers_trade(trial, bench, true);
  strangers_trade(trial, bench, false);
}

void start_reconciliation(Trial& trial, const Bench& bench) {
  const Quantity held = lots(3 * kFewLots);
  trial.did(fmt::format("account that holds {} already, whose positions are not told for a while",
                        held.to_string()));
  LiveStage live = bench.live({.held = held, .unanswered = "/v5/position/list"});
  const Said early = live.wish(kPerpetual, lots(4 * kFewLots));
  trial.refused_by(Control::Reconciliation, early, count(0), count(1),
                   "an order before the account has been read");
  trial.must(live.creates() == 0 && live.position(kPerpetual).is_zero() &&
                 live.notes().adjustments.empty(),
             "something left, or was adopted, before the lists answered");
  live.answer_all();
  if (!trial.must(live.until_clean(), "the account was never read")) return;
  const auto& lines = live.notes().adjustments;
  trial.must(live.position(kPerpetual) == held && !lines.empty() &&
                 lines[0].kind == AdjustmentKind::Capital && lines[0].quantity == held,
             "the position that was there is not in our books");
  trial.must(live.creates() == 0 && live.risk().state == TradingState::Active,
             "what was there at the start was taken for a mismatch");
  trial.must(live.run_until([&] { return !live.venue_stop(kPerpetual).is_zero(); }, 5s),
             "the position that was there has no stop");
  trial.inside(live.ask(kPerpetual, lots(kFewLots)), "when it has been adopted an order");
  trial.passes(live.ask(kPerpetual, lots(-1), Purpose::Close), "a reduction of it");
  live.operate(OperatorAction::Flatten);
  trial.must(live.run_until([&] { return live.venue_position(kPerpetual).is_zero(); }, 70s),
             "a person's flatten left a position");
}

}  // namespace proteus::app::selftest

#include "connectors/live/stop_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/live/order_text.hpp"

namespace proteus::live {
namespace {

constexpr Duration kStopPause = std::chrono::seconds{1};
/// A position that has had no stop for that long, whatever the cause, is closed.
constexpr Duration kNakedMost = std::chrono::seconds{15};
/// A row may come before the execution that it counts: our books are flat for sure after that.
constexpr Duration kFlatFor = std::chrono::seconds{3};

bool protects(Price stop, const PositionRow& row) {
  if (stop <= Price{}) return false;
  const Price from = row.mark > Price{} ? row.mark : row.entry;
  return row.quantity > Quantity{} ? stop < from : stop > from;
}

}  // namespace

Price StopKeeper::wanted(const Instrument& instrument, const PositionRow& row) const {
  const bool long_side = row.quantity > Quantity{};
  // From the mark where the entry's own stop would have fired already.
  const double share = 1.0 + parts_.settings.stop_distance * (long_side ? -1.0 : 1.0);
  const auto at = [&](Price from) {
    return std::max(instrument.tick_size,
                    round_to_step(Price::from_raw(to_fixed_raw(from.to_double() * share)),
                                  instrument.tick_size, long_side ? Rounding::Up : Rounding::Down));
  };
  const Price stop = at(row.entry > Price{} ? row.entry : row.mark);
  return protects(stop, row) ? stop : at(row.mark);
}

void StopKeeper::see(const PositionRow& row, SteadyTime now) {
  if (row.category != Category::Linear) return;
  const auto id = parts_.find(row.category, row.symbol.view());
  if (!id) return;
  Kept& kept = kept_[id->index];
  kept.quantity = row.quantity;
  kept.stop = row.stop_loss;
  if (row.quantity.is_zero() || protects(row.stop_loss, row)) {
    kept.tries = 0;
    kept.naked.reset();
    kept.naked_since.reset();
    return;
  }
  if (!kept.naked_since) kept.naked_since = now;
  kept.naked = row;
  if (now - *kept.naked_since >= kNakedMost) return give_up(*id, now);
  if (!kept.asking && now >= kept.not_before) set(*id, wanted(parts_.instruments[*id], row));
}

/// Requests that wait, for a bar of HTTP or an answer, hold this up no more than refusals do.
void StopKeeper::give_up(InstrumentId id, SteadyTime now) {
  Kept& kept = kept_[id.index];
  kept.naked_since = now;  // And again, should the position survive that.
  parts_.inputs.put(OperatorCommand{
      OperatorAction::Flatten,
      std::string_view{fmt::format("no protective stop could be set for {} at the venue",
                                   parts_.instruments[id].name())}});
}

void StopKeeper::on_timer(SteadyTime now) {
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    Kept& kept = kept_[i];
    if (!kept.naked) continue;
    const bool flat = parts_.ledger().positions[i].quantity.is_zero();
    if (!flat) kept.flat_since.reset();
    if (flat && !kept.flat_since) kept.flat_since = now;
    if (flat && now - *kept.flat_since >= kFlatFor) {
      kept.naked.reset();  // Closed meanwhile: its row is on the way.
      kept.naked_since.reset();
      continue;
    }
    see(PositionRow(*kept.naked), now);
  }
}

void StopKeeper::set(InstrumentId id, Price stop) {
  Kept& kept = kept_[id.index];
  kept.asking = true;
  ++kept.tries;
  const Instrument& instrument = parts_.instruments[id];
  rest_.post(
      "/v5/position/trading-stop", trading_stop_text(instrument, stop), RequestKind::Setting,
      [this, id, stop](Result<RestReply> reply) {
        Kept& now_kept = kept_[id.index];
        now_kept.asking = false;
        now_kept.not_before = rest_.now() + kStopPause;
        if (outcome_of(RequestKind::Setting, reply) == Outcome::Done) {
          now_kept.stop = stop;  // Verified by the next row of the position.
          now_kept.naked.reset();
          ++parts_.counters.stops_set;
          return;
        }
        parts_.tell(fmt::format(
            "A protective stop was not set. instrument={} stop={} try={} cause=\"{}\"",
            parts_.instruments[id].name(), stop.to_string(), now_kept.tries, words_of(reply)));
      });
}

bool StopKeeper::all_protected() const {
  return std::ranges::all_of(
      kept_, [](const Kept& k) { return k.quantity.is_zero() || k.stop > Price{}; });
}

}  // namespace proteus::live

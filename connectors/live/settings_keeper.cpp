#include "connectors/live/settings_keeper.hpp"

#include <fmt/format.h>

#include "connectors/live/account_start.hpp"
#include "connectors/live/order_text.hpp"

namespace proteus::live {
namespace {

/// A person who holds on to another setting is not fought ten times a second.
constexpr Duration kBetween = std::chrono::seconds{5};
constexpr int kLeverageTries = 3;

}  // namespace

void SettingsKeeper::see(const PositionRow& row, SteadyTime now) {
  if (row.category != Category::Linear) return;
  const auto id = parts_.find(row.category, row.symbol.view());
  if (!id) return;
  if (row.position_idx != 0 && !row.quantity.is_zero()) return mode_refused(*id, now);
  const Instrument& instrument = parts_.instruments[*id];
  const std::int64_t wanted = wanted_leverage(parts_.settings, instrument);
  if (row.leverage_e9 == 0) return;
  Kept& kept = kept_[id->index];
  if (row.leverage_e9 != kept.leverage_e9) kept.tries = 0;
  kept.leverage_e9 = row.leverage_e9;
  // The venue may round what it is given, or refuse it for good.
  if (row.leverage_e9 == wanted || kept.tries >= kLeverageTries) return;
  set(*id, "/v5/position/set-leverage", set_leverage_text(instrument, wanted),
      fmt::format("leverage is {}, not {}", format_fixed(row.leverage_e9), format_fixed(wanted)),
      now);
}

void SettingsKeeper::mode_refused(InstrumentId id, SteadyTime now) {
  set(id, "/v5/position/switch-mode", switch_mode_text(parts_.instruments[id]),
      "position mode is hedge, not one-way", now);
}

void SettingsKeeper::set(InstrumentId id, const char* path, std::string body, std::string what,
                         SteadyTime now) {
  Kept& kept = kept_[id.index];
  if (kept.asking || now < kept.not_before) return;
  kept.asking = true;
  ++kept.tries;
  ++parts_.counters.settings_restored;
  const std::string name = parts_.instruments[id].name();
  parts_.tell(fmt::format(
      "Somebody has changed the account: its {}; setting it back. instrument={}", what, name));
  rest_.post(
      path, std::move(body), RequestKind::Setting, [this, id, what](Result<RestReply> reply) {
        Kept& now_kept = kept_[id.index];
        now_kept.asking = false;
        now_kept.not_before = rest_.now() + kBetween;
        if (outcome_of(RequestKind::Setting, reply) == Outcome::Done) return;
        parts_.tell(fmt::format("The venue does not set it back: {}. instrument={} cause=\"{}\"",
                                what, parts_.instruments[id].name(), words_of(reply)));
      });
}

}  // namespace proteus::live

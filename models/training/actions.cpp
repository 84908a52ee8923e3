#include "models/training/actions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "risk/limits/controls.hpp"
#include "risk/sizing.hpp"

namespace proteus::training {
namespace {

/// The share of exposure_max that is asked for; nothing: keep.
std::optional<double> asked(const ActionSettings& settings, const Action& action,
                            const PositionView& position, double held) {
  const bool is_long = position.quantity > Quantity{};
  const bool is_short = position.quantity < Quantity{};
  switch (settings.set) {
    case ActionSet::BuySellHold:
      if (action.choice == 0 && !is_long) return 1.0;
      if (action.choice == 1 && !is_short) return -1.0;
      return std::nullopt;
    case ActionSet::Target:
      return static_cast<double>(action.choice) - 1.0;
    case ActionSet::Adjust:
      if (action.choice == 2) return std::nullopt;
      if (action.choice == 3) return 0.0;
      return held + (action.choice == 0 ? settings.adjust_step : -settings.adjust_step);
    case ActionSet::Weight:
      break;
  }
  return action.weight;
}

}  // namespace

std::int64_t choices(ActionSet set) {
  switch (set) {
    case ActionSet::BuySellHold:
    case ActionSet::Target:
      return 3;
    case ActionSet::Adjust:
      return 4;
    case ActionSet::Weight:
      break;
  }
  return 0;
}

bool meaningless(ActionSet set, const Action& action) {
  if (set == ActionSet::Weight) return !std::isfinite(action.weight);
  return action.choice < 0 || action.choice >= choices(set);
}

double wished_weight(const ActionSettings& settings, const Action& action, double last) {
  if (meaningless(settings.set, action)) return std::numeric_limits<double>::quiet_NaN();
  const auto share = settings.set == ActionSet::BuySellHold
                         ? (action.choice == 2   ? last
                            : action.choice == 0 ? 1.0
                                                 : -1.0)
                         : asked(settings, action, PositionView{}, last).value_or(last);
  return std::clamp(share, -1.0, 1.0);
}

std::optional<Quantity> wanted_quantity(const ActionSettings& settings, const Action& action,
                                        const Instrument& instrument, const PositionView& position,
                                        Money equity, Price close) {
  if (meaningless(settings.set, action)) return std::nullopt;
  const bool solvent = equity > Money{};
  const double current =
      solvent ? position.value.to_double() / (equity.to_double() * settings.exposure_max) : 0.0;
  const auto share = asked(settings, action, position, current);
  if (!share) return std::nullopt;
  const double lowest = instrument.category == Category::Spot ? 0.0 : -1.0;
  const double wish = solvent ? std::clamp(*share, lowest, 1.0) : 0.0;
  if (wish != 0.0 && std::abs(wish - current) < settings.no_trade_band) return std::nullopt;
  if (wish == 0.0 && position.quantity.is_zero()) return std::nullopt;

  const auto quantity =
      risk::to_quantity(wish * settings.exposure_max, equity, close, instrument.lot_step);
  if (!quantity) return std::nullopt;
  Sized sized{.wanted = *quantity};
  risk::settle_dust(instrument, close, position.quantity, sized);
  if (sized.wanted == position.quantity) return std::nullopt;
  return sized.wanted;
}

}  // namespace proteus::training

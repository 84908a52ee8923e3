// Settings of sizing and of the limits. Every limit has a range with a finite top and a bottom
// above zero: none can be switched off. Fractions are plain numbers: 0.25 is a quarter.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "engine/core/instrument.hpp"
#include "engine/core/result.hpp"
#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::risk {

/// What a model output that is not finite or out of range leads to (control 27).
enum class BadOutput : std::uint8_t { Flat, Hold };

/// How the strategy's record becomes a cap on its target. See docs/reference/sizing.md.
enum class KellyForm : std::uint8_t { Continuous, Discrete, Drawdown };

/// The way from target to weight. See docs/reference/sizing.md.
struct SizingSettings {
  double volatility_target = 0.5;
  double volatility_scale_max = 2.0;
  std::int64_t volatility_span = 60;
  std::int64_t volatility_returns_min = 20;
  KellyForm kelly = KellyForm::Continuous;
  double kelly_fraction = 0.25;
  double kelly_floor = 0.05;
  std::int64_t kelly_bars_min = 100;
  std::optional<std::int64_t> kelly_half_life;
  double kelly_confidence = 1.0;
  std::int64_t kelly_trips_min = 20;
  double kelly_drawdown = 0.3;
  double kelly_drawdown_chance = 0.1;
  double gross_max = 1.0;
  double share_max = 0.25;
  std::vector<std::string> shares;
  double no_trade_band = 0.01;
  BadOutput bad_output = BadOutput::Flat;

  static constexpr auto settings() {
    using S = SizingSettings;
    return std::tuple{
        setting("volatility_target", &S::volatility_target,
                "standard deviation of log returns a year that a full target is scaled to", 0.01,
                10.0),
        setting("volatility_scale_max", &S::volatility_scale_max,
                "largest factor by which a calm market enlarges a target", 0.1, 20.0),
        setting("volatility_span", &S::volatility_span,
                "span of the exponential window over log returns, in bars", 2, 10'000),
        setting("volatility_returns_min", &S::volatility_returns_min,
                "returns that must be known before a position is taken", 2, 10'000),
        setting(
            "kelly", &S::kelly,
            "what caps a target: continuous (mean over variance), discrete (odds of closed round "
            "trips) or drawdown (chance of a drawdown)"),
        setting("kelly_fraction", &S::kelly_fraction, "share of the Kelly fraction that is used",
                0.01, 1.0),
        setting(
            "kelly_floor", &S::kelly_floor,
            "smallest cap on |target|, so that a paper run goes on learning; mainnet takes 0 alone",
            0.0, 1.0),
        setting("kelly_bars_min", &S::kelly_bars_min,
                "bars the shadow ledger must have held something before Kelly may exceed the floor",
                2, 10'000'000),
        setting("kelly_half_life", &S::kelly_half_life,
                "half-life in bars of the shadow ledger's memory; absent: all bars weigh the same",
                10, 10'000'000),
        setting("kelly_confidence", &S::kelly_confidence,
                "discrete: standard errors that the chance of winning is taken lower", 0.5, 5.0),
        setting("kelly_trips_min", &S::kelly_trips_min,
                "discrete: round trips that must have closed before Kelly may exceed the floor", 2,
                1'000'000),
        setting("kelly_drawdown", &S::kelly_drawdown,
                "drawdown: the fall below the start that has to stay unlikely", 0.01, 0.9),
        setting("kelly_drawdown_chance", &S::kelly_drawdown_chance,
                "drawdown: bound on the chance of ever falling that far", 0.001, 0.5),
        setting("gross_max", &S::gross_max,
                "fraction of equity that full targets of all instruments together hold", 0.001,
                20.0),
        setting("share_max", &S::share_max,
                "largest share of gross_max an instrument gets where `shares` is empty", 0.001,
                1.0),
        setting(
            "shares", &S::shares,
            "shares of gross_max, as \"linear:BTCUSDT=0.5\", for every instrument; empty: equal "
            "shares, none above share_max"),
        setting("no_trade_band", &S::no_trade_band,
                "change of weight that is not worth an order, as a fraction of the instrument's "
                "allotment",
                0.0, 0.5),
        setting("bad_output", &S::bad_output,
                "what a target that is not finite or out of range leads to: flat or hold")};
  }
};

/// How much real money a run may move: caps in quote currency that bind on top of the shares of
/// equity (control 26).
enum class Stage : std::uint8_t { Paper, MicroLive, Live };

/// Standard limits, or wide ones for back-tests and training, where a control that latches by
/// itself is a reported outcome and does not stop the run.
enum class LimitProfile : std::uint8_t { Standard, Research };

/// Limits of the gate, by control number in docs/reference/risk-controls.md.
struct LimitSettings {
  LimitProfile profile = LimitProfile::Standard;
  double capital_at_risk_max = 1.0;
  double price_band_bps = 200.0;
  double price_drift_bps = 50.0;
  Duration price_drift_window = std::chrono::hours{1};
  Duration ticker_age_max = std::chrono::seconds{30};
  double order_value_max = 0.25;
  double quantity_volume_max = 0.1;
  double message_rate = 10.0;
  std::int64_t message_burst = 200;
  double message_room = 0.25;
  std::int64_t executions_max = 200;
  Duration executions_window = std::chrono::hours{1};
  Duration duplicate_window = std::chrono::seconds{10};
  double position_max = 0.5;
  double gross_max = 1.0;
  double open_order_value_max = 1.0;
  double daily_loss_max = 0.05;
  double daily_loss_flat = 0.08;
  bool daily_loss_flatten = true;
  double drawdown_max = 0.20;
  double drawdown_halt = 0.30;
  std::int64_t loss_streak_max = 20;
  Duration cooldown = std::chrono::minutes{30};
  double leverage_max = 2.0;
  double liquidation_ranges_min = 10.0;
  double jump_max = 0.25;
  Duration clock_fast_max = std::chrono::milliseconds{800};
  Duration recv_window = std::chrono::seconds{5};
  Duration clock_start_max = std::chrono::seconds{1};
  std::string override_file;
  Stage stage = Stage::Paper;
  double paper_order_cap = 250'000.0;
  double paper_gross_cap = 1'000'000.0;
  double micro_live_order_cap = 25.0;
  double micro_live_gross_cap = 100.0;
  double live_order_cap = 2'500.0;
  double live_gross_cap = 10'000.0;

  /// The defaults of a profile.
  static LimitSettings of(LimitProfile profile);
  /// With the ranges of a profile; research reaches further.
  static auto settings(LimitProfile profile);

  static constexpr auto settings() {
    using L = LimitSettings;
    return std::tuple{
        setting(
            "profile", &L::profile,
            "standard, or research: wide limits that live refuses, for back-tests and training; "
            "changes the defaults and ranges of the keys below"),
        setting("capital_at_risk_max", &L::capital_at_risk_max,
                "control 1: gross exposure with open orders, as a fraction of the starting capital",
                0.001, 20.0),
        setting("price_band_bps", &L::price_band_bps,
                "control 2: distance of an order's price from mark and mid, in basis points", 1.0,
                2'000.0),
        setting("price_drift_bps", &L::price_drift_bps,
                "control 3: how much worse than their references an instrument's fills of the "
                "window were on the mean, in basis points",
                1.0, 2'000.0),
        setting("price_drift_window", &L::price_drift_window, "control 3: the window", 1.0,
                604'800.0),
        setting("ticker_age_max", &L::ticker_age_max,
                "controls 2 and 18: age beyond which a ticker or book is stale", 0.1, 600.0),
        setting("order_value_max", &L::order_value_max,
                "control 4: value of one order, as a fraction of equity", 0.0001, 20.0),
        setting("quantity_volume_max", &L::quantity_volume_max,
                "control 5: quantity of one order, as a fraction of the mean volume of a bar",
                0.0001, 100.0),
        setting("message_rate", &L::message_rate,
                "control 6: orders and cancels a second, in the long run", 0.1, 1'000.0),
        setting("message_burst", &L::message_burst, "control 6: orders and cancels at one moment",
                2, 10'000),
        setting("message_room", &L::message_room,
                "control 6: fraction of the burst that is kept for cancels and reductions", 0.05,
                0.9),
        setting("executions_max", &L::executions_max,
                "control 7: executed increases of an instrument and side in the window, after "
                "which it stops until a person resumes",
                1, 1'000'000),
        setting("executions_window", &L::executions_window, "control 7: the window", 1.0,
                604'800.0),
        setting("duplicate_window", &L::duplicate_window,
                "control 8: how long an order of the same side, size and price is a duplicate",
                0.001, 3'600.0),
        setting("position_max", &L::position_max,
                "control 9: exposure of one instrument with its open orders, as a fraction of "
                "equity",
                0.0001, 20.0),
        setting("gross_max", &L::gross_max,
                "control 9: exposure of all instruments with open orders, as a fraction of equity",
                0.0001, 20.0),
        setting("open_order_value_max", &L::open_order_value_max,
                "control 10: value of all orders that are not executed yet, as a fraction of "
                "equity",
                0.0001, 20.0),
        setting("daily_loss_max", &L::daily_loss_max,
                "control 11: loss since 00:00 UTC beyond which only reductions pass, as a fraction "
                "of the equity of that moment",
                0.001, 0.99),
        setting("daily_loss_flat", &L::daily_loss_flat,
                "control 11: that loss beyond which all positions are closed", 0.001, 0.99),
        setting("daily_loss_flatten", &L::daily_loss_flatten,
                "control 11: whether daily_loss_flat closes positions; false: it only halts"),
        setting("drawdown_max", &L::drawdown_max,
                "control 12: drawdown beyond which only reductions pass", 0.001, 0.99),
        setting("drawdown_halt", &L::drawdown_halt,
                "control 12: drawdown beyond which trading halts", 0.001, 0.99),
        setting("loss_streak_max", &L::loss_streak_max,
                "control 13: losing positions in a row, of an instrument and side, that lead to a "
                "cool-down",
                2, 1'000),
        setting("cooldown", &L::cooldown, "control 13: how long that side then waits", 1.0,
                604'800.0),
        setting("leverage_max", &L::leverage_max,
                "control 14: exposure of all perpetuals with open orders, as a multiple of equity",
                0.1, 100.0),
        setting("liquidation_ranges_min", &L::liquidation_ranges_min,
                "control 14: distance to the price of liquidation, in mean true ranges of a bar",
                1.0, 1'000.0),
        setting("jump_max", &L::jump_max,
                "control 19: |log(close / last close)| beyond which a bar waits for a second one",
                0.001, 5.0),
        setting("clock_fast_max", &L::clock_fast_max,
                "control 20: no increase while our clock may be this far ahead of the venue's",
                0.001, 60.0),
        setting("recv_window", &L::recv_window,
                "control 20: how old a request may be when the venue reads it; no increase while "
                "our clock may be half of it behind",
                0.1, 60.0),
        setting("clock_start_max", &L::clock_start_max,
                "control 20: no start while the venue's time is not known this exactly", 0.01,
                60.0),
        setting("override_file", &L::override_file,
                "control 25: TOML file in which a person lifts single controls for a time; empty: "
                "none"),
        setting("stage", &L::stage, "control 26: whose caps bind: paper, micro_live or live"),
        setting("paper_order_cap", &L::paper_order_cap,
                "control 26: value of one order in paper, in quote currency", 1.0, 1e9),
        setting("paper_gross_cap", &L::paper_gross_cap,
                "control 26: gross exposure with open orders in paper, in quote currency", 1.0,
                1e9),
        setting("micro_live_order_cap", &L::micro_live_order_cap,
                "control 26: the same for the first real money", 1.0, 1e6),
        setting("micro_live_gross_cap", &L::micro_live_gross_cap, "control 26: gross of it", 1.0,
                1e6),
        setting("live_order_cap", &L::live_order_cap, "control 26: the same for live", 1.0, 1e8),
        setting("live_gross_cap", &L::live_gross_cap, "control 26: gross of it", 1.0, 1e8)};
  }
};

/// What the research profile widens, by key: the default and both ends of the range; durations in
/// seconds. The rest is as in the standard profile: what says whether data and clocks can be
/// believed, how long a window is, and caps of real money.
struct ResearchLimit {
  std::string_view key;
  double value;
  double min;
  double max;
};
inline constexpr ResearchLimit kResearchLimits[] = {
    {"capital_at_risk_max", 1e3, 0.001, 1e6},
    {"price_band_bps", 5e3, 1.0, 1e4},
    {"price_drift_bps", 1e4, 1.0, 1e5},
    {"order_value_max", 1e3, 0.0001, 1e6},
    {"quantity_volume_max", 1e3, 0.0001, 1e6},
    {"message_rate", 1e5, 0.1, 1e6},
    {"message_burst", 1e6, 2, 1e7},
    {"executions_max", 1e5, 1, 1e6},
    {"duplicate_window", 0.001, 0.001, 3'600.0},
    {"position_max", 1e3, 0.0001, 1e6},
    {"gross_max", 1e3, 0.0001, 1e6},
    {"open_order_value_max", 1e3, 0.0001, 1e6},
    {"daily_loss_max", 0.99, 0.001, 0.999},
    {"daily_loss_flat", 0.99, 0.001, 0.999},
    {"drawdown_max", 0.99, 0.001, 0.999},
    {"drawdown_halt", 0.99, 0.001, 0.999},
    {"loss_streak_max", 1e6, 2, 1e7},
    {"cooldown", 1.0, 0.001, 604'800.0},
    {"leverage_max", 1e3, 0.1, 1e6},
    {"liquidation_ranges_min", 0.001, 0.001, 1'000.0},
    {"paper_order_cap", 1e9, 1.0, 9e9},
    {"paper_gross_cap", 9e9, 1.0, 9e9},
};

constexpr const ResearchLimit* research_limit(std::string_view key) {
  for (const ResearchLimit& limit : kResearchLimits)
    if (limit.key == key) return &limit;
  return nullptr;
}

inline LimitSettings LimitSettings::of(LimitProfile profile) {
  LimitSettings limits;
  limits.profile = profile;
  if (profile == LimitProfile::Standard) return limits;
  const auto widen = [&limits]<class T>(const Setting<LimitSettings, T>& entry) {
    const ResearchLimit* const wide = research_limit(entry.name);
    if (wide == nullptr) return;
    if constexpr (std::is_same_v<T, Duration>)
      limits.*(entry.member) = Duration{static_cast<std::int64_t>(wide->value * 1e9)};
    else if constexpr (std::is_same_v<T, double> || std::is_same_v<T, std::int64_t>)
      limits.*(entry.member) = static_cast<T>(wide->value);
  };
  std::apply([&](const auto&... entry) { (widen(entry), ...); }, settings());
  return limits;
}

inline auto LimitSettings::settings(LimitProfile profile) {
  auto all = settings();
  if (profile == LimitProfile::Standard) return all;
  const auto widen = [](auto& entry) {
    const ResearchLimit* const wide = research_limit(entry.name);
    if (wide == nullptr) return;
    entry.min = wide->min;
    entry.max = wide->max;
  };
  std::apply([&](auto&... entry) { (widen(entry), ...); }, all);
  return all;
}

/// Whether real money may be traded under these limits; the error says why not.
Result<void> fit_for_live(const LimitSettings& limits);

/// What trading costs, as fractions of its value: 0.00055 is 5.5 basis points.
struct Costs {
  double linear_taker_fee = 0.00055;
  double spot_taker_fee = 0.001;
  double half_spread = 0.0001;
  double assumed_funding = 0.0001;    ///< of holding a perpetual for 8 h, where no rate is known
  double maintenance_margin = 0.005;  ///< of the value of perpetuals: below it they are liquidated
  /// Of a change by one unit.
  [[nodiscard]] double of(Category category) const {
    return (category == Category::Linear ? linear_taker_fee : spot_taker_fee) + half_spread;
  }
};

}  // namespace proteus::risk

namespace proteus {
template <>
struct EnumNames<risk::KellyForm> {
  static constexpr std::array<std::string_view, 3> names = {"continuous", "discrete", "drawdown"};
};
template <>
struct EnumNames<risk::BadOutput> {
  static constexpr std::array<std::string_view, 2> names = {"flat", "hold"};
};
template <>
struct EnumNames<risk::LimitProfile> {
  static constexpr std::array<std::string_view, 2> names = {"standard", "research"};
};
template <>
struct EnumNames<risk::Stage> {
  static constexpr std::array<std::string_view, 3> names = {"paper", "micro_live", "live"};
};
}  // namespace proteus

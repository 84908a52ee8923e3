// The reason of every bar: one DecisionRecord per closed bar, also when there is no target and no
// order. It is filled in place and copied as it is: no allocation.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/core/control.hpp"
#include "engine/core/event.hpp"
#include "engine/core/fields.hpp"
#include "engine/core/inline_list.hpp"

namespace proteus {

/// What a strategy wants to hold: a share of what is allotted to the instrument, -1 (all short) to
/// 1 (all long).
struct Target {
  double weight = 0.0;
  double confidence = 1.0;  ///< [0, 1]
  static constexpr auto fields() {
    return std::tuple{field("weight", &Target::weight), field("confidence", &Target::confidence)};
  }
};

/// The steps of the way from wish to weight; their order is told in docs/reference/sizing.md.
enum class SizingStepId : std::uint8_t {
  Target,
  Confidence,
  VolatilityTarget,
  KellyCap,
  Allocation,
  NoTradeBand,
  KellyContinuous,  ///< the form of Kelly that is used, with its fraction as the record says it
  KellyDiscrete,
  KellyDrawdown,
  KellySamples,    ///< how much that rests on
  KellyShrinkage,  ///< what the error of the estimate leaves of it
  KellyFraction    ///< the share of it that is used
};
std::string_view to_string(SizingStepId id);

struct SizingStep {
  SizingStepId id = SizingStepId::Target;
  double weight = 0.0;  ///< after this step
  double factor = 0.0;  ///< what the step used: confidence, sigma_target/sigma, cap, share, band
  static constexpr auto fields() {
    return std::tuple{field("id", &SizingStep::id), field("weight", &SizingStep::weight),
                      field("factor", &SizingStep::factor)};
  }
};
using SizingSteps = InlineList<SizingStep, 12>;

/// A number with its unit, exact: quote, base and price in units of 1e-9, ratio in 1e-9, time in
/// ns, count as it is.
enum class Unit : std::uint8_t { Quote, Base, Price, Ratio, Nanoseconds, Count };
std::string_view to_string(Unit unit);
struct Measure {
  std::int64_t raw = 0;
  Unit unit = Unit::Count;
  static constexpr auto fields() {
    return std::tuple{field("raw", &Measure::raw), field("unit", &Measure::unit)};
  }
};

/// One control's word on one order.
struct ControlResult {
  Control control = Control::None;
  bool passed = true;
  Measure limit;
  Measure actual;
  static constexpr auto fields() {
    using C = ControlResult;
    return std::tuple{field("control", &C::control), field("passed", &C::passed),
                      field("limit", &C::limit), field("actual", &C::actual)};
  }
};

/// The words of all orders of one decision: two orders, each with a word of every control and with
/// those of the overrides that let it pass.
using ControlWords = InlineList<ControlResult, 80>;

/// How the bar ended for its instrument.
enum class Outcome : std::uint8_t {
  Ordered,    ///< at least one order left
  Refused,    ///< a control said no to all that was wanted
  Unchanged,  ///< the position already is what is wanted, or within the no-trade band, or the lot
              ///< is too coarse
  NoTarget,   ///< the strategy had nothing to say
  WarmingUp,  ///< windows are still filling
  Late,       ///< processed too long after its close (contract 1): updates state, sends nothing
  SetAside,   ///< the bar itself is absurd or out of order (control 19)
  Pending,    ///< an open order of the instrument has to close first
  Stopping    ///< the run was told to end: updates state, sends nothing
};
std::string_view to_string(Outcome outcome);

struct DecisionOrder {
  ClientOrderId id;
  Side side = Side::Buy;
  bool reduce_only = false;
  Quantity quantity;
  bool approved = false;
  Control refused_by = Control::None;
  static constexpr auto fields() {
    using D = DecisionOrder;
    return std::tuple{field("id", &D::id),
                      field("side", &D::side),
                      field("reduce_only", &D::reduce_only),
                      field("quantity", &D::quantity),
                      field("approved", &D::approved),
                      field("refused_by", &D::refused_by)};
  }
};

/// What a policy said to a bar, and in which state it was when it said it.
struct PolicyWords {
  double chance_short = 0.0;  ///< of several policies the mean
  double chance_flat = 0.0;
  double chance_long = 0.0;
  double value = 0.0;           ///< what it expects of the rest of the trial, in units
  double confidence = 0.0;      ///< 1 - entropy of the chances / ln 3
  double spread = 0.0;          ///< largest less smallest weight of several policies
  double reward = 0.0;          ///< of the bar, net, of its own unit account, in units
  double state_norm = 0.0;      ///< Euclidean, of the hidden state
  double state_drift = 0.0;     ///< Euclidean, of its change over the bar
  std::uint32_t trial_bar = 0;  ///< bars of the trial that have passed, those of its rebuilding too
  std::uint32_t trial_bars = 0;  ///< of a whole trial
  std::uint32_t version = 0;     ///< of the weights; 0: the base
  std::uint8_t policies = 0;     ///< that spoke
  std::uint8_t outside = 0;      ///< features beyond what training saw
  bool finite = true;            ///< false: an input or an output was no number
  InlineText<12> kernel;         ///< what computed it
  static constexpr auto fields() {
    using P = PolicyWords;
    return std::tuple{field("chance_short", &P::chance_short),
                      field("chance_flat", &P::chance_flat),
                      field("chance_long", &P::chance_long),
                      field("value", &P::value),
                      field("confidence", &P::confidence),
                      field("spread", &P::spread),
                      field("reward", &P::reward),
                      field("state_norm", &P::state_norm),
                      field("state_drift", &P::state_drift),
                      field("trial_bar", &P::trial_bar),
                      field("trial_bars", &P::trial_bars),
                      field("version", &P::version),
                      field("policies", &P::policies),
                      field("outside", &P::outside),
                      field("finite", &P::finite),
                      field("kernel", &P::kernel)};
  }
};

struct DecisionRecord {
  std::uint64_t sequence = 0;  ///< of the event that closed the batch
  Timestamp time{};            ///< engine time of the decision
  InstrumentId instrument;
  Timestamp bar_open{};
  Price close;
  Outcome outcome = Outcome::NoTarget;
  InlineText<64> reason;  ///< in words: the strategy's or the engine's
  InlineList<double, 32> observation;
  InlineList<PolicyWords, 1> policy;  ///< empty: a rule trades, or the policy did not speak
  bool has_target = false;
  Target target;
  SizingSteps sizing;
  Quantity position;  ///< before
  Quantity wanted;    ///< after, if all that was wanted fills
  Money equity;
  ControlWords controls;  ///< of every order of this decision, in order
  InlineList<DecisionOrder, 2> orders;

  static constexpr auto fields() {
    using D = DecisionRecord;
    return std::tuple{field("sequence", &D::sequence),     field("time", &D::time),
                      field("instrument", &D::instrument), field("bar_open", &D::bar_open),
                      field("close", &D::close),           field("outcome", &D::outcome),
                      field("reason", &D::reason),         field("observation", &D::observation),
                      field("policy", &D::policy),         field("has_target", &D::has_target),
                      field("target", &D::target),         field("sizing", &D::sizing),
                      field("position", &D::position),     field("wanted", &D::wanted),
                      field("equity", &D::equity),         field("controls", &D::controls),
                      field("orders", &D::orders)};
  }
};

}  // namespace proteus

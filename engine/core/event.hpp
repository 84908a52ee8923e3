// Events: everything that can happen. One plain struct each, never changed after it is made. They
// enter the engine through one door, one at a time, on one thread, and get their sequence number
// there.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/bar.hpp"
#include "engine/core/control.hpp"
#include "engine/core/fields.hpp"
#include "engine/core/order.hpp"

namespace proteus {

/// How a closed bar reached us. Warmup bars lie before the run's first decision: they only fill
/// windows.
enum class BarSource : std::uint8_t { Stream, Backfill, Warmup, File };
std::string_view to_string(BarSource source);

struct BarClosed {
  Bar bar;
  BarSource source = BarSource::Stream;
  static constexpr auto fields() {
    return std::tuple{field("bar", &BarClosed::bar), field("source", &BarClosed::source)};
  }
};

/// The merged state of an instrument's ticker after a frame. Zero prices and an epoch time mean
/// "not known". For spot only `last` (and mark = last) is there.
struct TickerUpdated {
  InstrumentId instrument;
  Price last;
  Price mark;
  Price index;
  bool funding_known = false;
  std::int64_t funding_rate_e9 =
      0;  ///< what will be charged at `next_funding`; 1e9 = 100 %; > 0: longs pay
  Timestamp next_funding{};
  static constexpr auto fields() {
    using T = TickerUpdated;
    return std::tuple{field("instrument", &T::instrument),
                      field("last", &T::last),
                      field("mark", &T::mark),
                      field("index", &T::index),
                      field("funding_known", &T::funding_known),
                      field("funding_rate_e9", &T::funding_rate_e9),
                      field("next_funding", &T::next_funding)};
  }
};

struct BookLevel {
  Price price;
  Quantity size;
  friend constexpr bool operator==(const BookLevel&, const BookLevel&) = default;
  static constexpr auto fields() {
    return std::tuple{field("price", &BookLevel::price), field("size", &BookLevel::size)};
  }
};

/// The whole local book after a frame: bids descending, asks ascending, not crossed, at most the
/// subscribed depth.
struct BookUpdated {
  InstrumentId instrument;
  std::vector<BookLevel> bids;
  std::vector<BookLevel> asks;
  static constexpr auto fields() {
    using B = BookUpdated;
    return std::tuple{field("instrument", &B::instrument), field("bids", &B::bids),
                      field("asks", &B::asks)};
  }
};

/// The venue's description of an instrument changed (daily refresh): tick, lot, limits, status,
/// delisting.
struct InstrumentChanged {
  Instrument instrument;
  static constexpr auto fields() {
    return std::tuple{field("instrument", &InstrumentChanged::instrument)};
  }
};

enum class FeedState : std::uint8_t { Connecting, Live, Lost };
std::string_view to_string(FeedState state);

/// A stream's connection came up (all its topics acknowledged) or was lost.
struct FeedChanged {
  InlineText<48> stream;  ///< "public:linear#0"
  FeedState state = FeedState::Connecting;
  InlineText<120> cause;
  static constexpr auto fields() {
    using F = FeedChanged;
    return std::tuple{field("stream", &F::stream), field("state", &F::state),
                      field("cause", &F::cause)};
  }
};

/// What the feed saw and set aside. Counted, shown, never traded on.
enum class AnomalyKind : std::uint8_t {
  Malformed,  ///< not JSON, truncated, wrong types, a money field that is no decimal
  UnknownTopic,
  DuplicateBar,    ///< the same closed bar again, equal values
  ConflictingBar,  ///< the same closed bar again with other values; the REST row wins
  OutOfOrderBar,   ///< an older bar after a newer one
  MissingBar,      ///< a hole that REST could not fill; the instrument stands aside
  AbsurdBar,       ///< see absurdity()
  FutureBar,       ///< opens after now, or claims to be closed before its end
  PriceJump,       ///< further from the last close than the jump limit
  CrossedBook,
  BookGap,
  BookStale,  ///< a delta before its snapshot
  TickerBeforeSnapshot,
  AbsurdTicker,
  SubscriptionRefused,
  PongMissing,
  RestFailed,
  RateLimited,
  ClockSkew
};
std::string_view to_string(AnomalyKind kind);

struct FeedAnomaly {
  AnomalyKind kind = AnomalyKind::Malformed;
  bool has_instrument = false;
  InstrumentId instrument;
  InlineText<200> detail;  ///< what and where, with the first bytes of the frame where that helps
  static constexpr auto fields() {
    using F = FeedAnomaly;
    return std::tuple{field("kind", &F::kind), field("has_instrument", &F::has_instrument),
                      field("instrument", &F::instrument), field("detail", &F::detail)};
  }
};

/// Time passed with nothing else to say. Staleness, barriers and holds move on these.
struct ClockTick {
  static constexpr auto fields() { return std::tuple<>{}; }
};

/// Funding settled on a position, by the venue. amount > 0: we paid.
struct FundingSettled {
  InstrumentId instrument;
  Timestamp time{};
  Quantity position;  ///< signed, at that instant
  Price mark;
  std::int64_t rate_e9 = 0;
  Money amount;
  bool rate_assumed = false;  ///< no rate was known: 1 bp per 8 h against the holder
  static constexpr auto fields() {
    using F = FundingSettled;
    return std::tuple{field("instrument", &F::instrument),    field("time", &F::time),
                      field("position", &F::position),        field("mark", &F::mark),
                      field("rate_e9", &F::rate_e9),          field("amount", &F::amount),
                      field("rate_assumed", &F::rate_assumed)};
  }
};

/// Flatten: halts, and closes every position however long that takes.
enum class OperatorAction : std::uint8_t { Stop, Halt, Reduce, Resume, Flatten };
std::string_view to_string(OperatorAction action);

struct OperatorCommand {
  OperatorAction action = OperatorAction::Stop;
  InlineText<120> cause;
  static constexpr auto fields() {
    return std::tuple{field("action", &OperatorCommand::action),
                      field("cause", &OperatorCommand::cause)};
  }
};

/// Latched: becomes stricter by itself, looser only by a person.
enum class TradingState : std::uint8_t { Active, Reducing, Halted };
std::string_view to_string(TradingState state);

struct TradingStateChanged {
  TradingState from = TradingState::Active;
  TradingState to = TradingState::Active;
  InlineText<120> cause;
  static constexpr auto fields() {
    using T = TradingStateChanged;
    return std::tuple{field("from", &T::from), field("to", &T::to), field("cause", &T::cause)};
  }
};

/// Holds block increases and clear by themselves.
enum class Hold : std::uint8_t {
  StaleData,
  Reconnecting,
  Reconciling,
  ClockSkew,
  Cooldown,
  Backlog,
  MissingBar,
  RepeatedExecution,  ///< the one that latches: goes only by a person's resume
  UnknownOutcome      ///< nobody knows what became of an order; the venue is being asked
};
std::string_view to_string(Hold hold);

struct HoldChanged {
  Hold hold = Hold::StaleData;
  bool active = false;
  bool has_instrument = false;
  InstrumentId instrument;
  InlineText<120> cause;
  static constexpr auto fields() {
    using H = HoldChanged;
    return std::tuple{field("hold", &H::hold), field("active", &H::active),
                      field("has_instrument", &H::has_instrument),
                      field("instrument", &H::instrument), field("cause", &H::cause)};
  }
};

/// The program was started again and goes on where the log ends. What was stopped may trade again.
struct SessionResumed {
  InlineText<32> version;  ///< of the program
  static constexpr auto fields() { return std::tuple{field("version", &SessionResumed::version)}; }
};

/// A reading of the venue's clock against ours, in real time. Ours is corrected by every reading,
/// so this is what was left since the one before.
struct ClockMeasured {
  Duration offset{0};       ///< the venue's clock less ours: > 0 where ours is slow
  Duration uncertainty{0};  ///< half of the round trip
  static constexpr auto fields() {
    return std::tuple{field("offset", &ClockMeasured::offset),
                      field("uncertainty", &ClockMeasured::uncertainty)};
  }
};

/// A person lifts one control until a time, or takes that back. From the override file.
struct OverrideChanged {
  Control control = Control::None;
  bool active = false;
  bool has_instrument = false;  ///< false: for all instruments
  InstrumentId instrument;
  Timestamp expires{};
  InlineText<120> reason;
  static constexpr auto fields() {
    using O = OverrideChanged;
    return std::tuple{field("control", &O::control),
                      field("active", &O::active),
                      field("has_instrument", &O::has_instrument),
                      field("instrument", &O::instrument),
                      field("expires", &O::expires),
                      field("reason", &O::reason)};
  }
};

/// A control would have latched, under limits that only report it (the research profile).
struct ControlLatched {
  Control control = Control::None;
  TradingState state = TradingState::Reducing;  ///< what it would have led to
  InlineText<120> cause;
  static constexpr auto fields() {
    using C = ControlLatched;
    return std::tuple{field("control", &C::control), field("state", &C::state),
                      field("cause", &C::cause)};
  }
};

/// Why a stretch of bars went to the learner.
enum class AdaptationCause : std::uint8_t { Periodic, Change };
std::string_view to_string(AdaptationCause cause);

/// The bars from which the learner is to adapt an instrument's policy. Ordinals count the cuts of
/// an instrument from 1; one is out at a time.
struct AdaptationCut {
  InstrumentId instrument;
  std::uint32_t ordinal = 0;
  AdaptationCause cause = AdaptationCause::Periodic;
  Timestamp from{};   ///< opening time of the first bar
  Timestamp until{};  ///< closing time of the last
  std::uint32_t bars = 0;
  static constexpr auto fields() {
    using A = AdaptationCut;
    return std::tuple{field("instrument", &A::instrument), field("ordinal", &A::ordinal),
                      field("cause", &A::cause),           field("from", &A::from),
                      field("until", &A::until),           field("bars", &A::bars)};
  }
};

/// What the learner answered, with the weights themselves: a session that is told again needs no
/// learner. Returns are net, means a bar, in units of the volatility target.
struct AdaptationProposed {
  InstrumentId instrument;
  std::uint32_t ordinal = 0;    ///< of the cut
  std::uint32_t steps = 0;      ///< gradient steps
  double step_norm = 0.0;       ///< Euclidean length of the change
  double kl = 0.0;              ///< mean over the bars of KL(base || adapted), nats
  double support_before = 0.0;  ///< on the bars that were learned from
  double support_after = 0.0;
  double held_base = 0.0;  ///< on the bars that were held back
  double held_adapted = 0.0;
  std::vector<float> weights;  ///< the changed parameters, in the order of Policy::weights
  static constexpr auto fields() {
    using A = AdaptationProposed;
    return std::tuple{field("instrument", &A::instrument),
                      field("ordinal", &A::ordinal),
                      field("steps", &A::steps),
                      field("step_norm", &A::step_norm),
                      field("kl", &A::kl),
                      field("support_before", &A::support_before),
                      field("support_after", &A::support_after),
                      field("held_base", &A::held_base),
                      field("held_adapted", &A::held_adapted),
                      field("weights", &A::weights)};
  }
};

/// The learner has no answer: its queue was full, it is dead or hung, its loss was no number.
struct AdaptationFailed {
  InstrumentId instrument;
  std::uint32_t ordinal = 0;
  InlineText<120> cause;
  static constexpr auto fields() {
    using A = AdaptationFailed;
    return std::tuple{field("instrument", &A::instrument), field("ordinal", &A::ordinal),
                      field("cause", &A::cause)};
  }
};

enum class AdaptationVerdict : std::uint8_t {
  Adopted,
  Refused,
  RolledBack,  ///< it fell behind the base
  Lost         ///< no answer, or weights that could not be kept or read again
};
std::string_view to_string(AdaptationVerdict verdict);

/// What became of an adaptation. Version 0 is the base.
struct AdaptationJudged {
  InstrumentId instrument;
  std::uint32_t ordinal = 0;
  AdaptationVerdict verdict = AdaptationVerdict::Refused;
  std::uint32_t version_before = 0;
  std::uint32_t version_after = 0;
  std::uint64_t weights_hash = 0;  ///< FNV-1a of the weights' bytes; 0: there are none
  double shadow_gain = 0.0;        ///< of the adapted over the base since adoption, net, in units
  InlineText<120> reason;
  static constexpr auto fields() {
    using A = AdaptationJudged;
    return std::tuple{field("instrument", &A::instrument),
                      field("ordinal", &A::ordinal),
                      field("verdict", &A::verdict),
                      field("version_before", &A::version_before),
                      field("version_after", &A::version_after),
                      field("weights_hash", &A::weights_hash),
                      field("shadow_gain", &A::shadow_gain),
                      field("reason", &A::reason)};
  }
};

/// What the venue did, or has, that we did not ask for.
enum class AdjustmentKind : std::uint8_t {
  Capital,         ///< what the account holds when a run begins: money put in
  Transfer,        ///< money that came or went with no trade of ours
  ForeignTrade,    ///< somebody else traded on this account
  ProtectiveStop,  ///< the stop that rests at the venue fired
  Liquidation,
  Deleveraging,
  Settlement,
  Position,  ///< the venue's position differs from ours, and no execution tells why
  Balance    ///< the same of the money: counted as profit or loss
};
std::string_view to_string(AdjustmentKind kind);

/// One line of the books that no order of ours led to. A change of a position is booked as a trade
/// at `price`; `cash` besides moves the balance. With an instrument it is its profit or loss,
/// without one it is capital put in (> 0) or taken out.
struct ExternalAdjustment {
  AdjustmentKind kind = AdjustmentKind::Position;
  bool has_instrument = false;
  InstrumentId instrument;
  InlineText<40> execution;  ///< the venue's identity of it; empty: it named none
  Quantity quantity;         ///< signed change of the position; only with an instrument
  Price price;               ///< > 0 where there is a quantity
  Money fee;                 ///< > 0 paid
  Money cash;
  Timestamp time{};
  InlineText<120> cause;
  static constexpr auto fields() {
    using A = ExternalAdjustment;
    return std::tuple{field("kind", &A::kind),
                      field("has_instrument", &A::has_instrument),
                      field("instrument", &A::instrument),
                      field("execution", &A::execution),
                      field("quantity", &A::quantity),
                      field("price", &A::price),
                      field("fee", &A::fee),
                      field("cash", &A::cash),
                      field("time", &A::time),
                      field("cause", &A::cause)};
  }
};

using EventBody =
    std::variant<BarClosed, TickerUpdated, BookUpdated, InstrumentChanged, FeedChanged, FeedAnomaly,
                 ClockTick, OrderUpdate, Fill, FundingSettled, OperatorCommand, TradingStateChanged,
                 HoldChanged, SessionResumed, ClockMeasured, OverrideChanged, ControlLatched,
                 AdaptationCut, AdaptationProposed, AdaptationFailed, AdaptationJudged,
                 ExternalAdjustment>;
/// "bar_closed", "fill", ...: the name of a body in journals, by variant index.
std::string_view event_name(std::size_t index);
inline std::string_view event_name(const EventBody& body) { return event_name(body.index()); }

/// Inputs come from outside and suffice to run a session again; the rest follows from them.
enum class Origin : std::uint8_t { Input, Derived };

struct Event {
  std::uint64_t sequence = 0;
  Origin origin = Origin::Input;
  Timestamp ts_event{};  ///< when it happened, by the venue's word
  Timestamp ts_recv{};   ///< when it reached us, in venue time; never goes back
  EventBody body;
};

}  // namespace proteus

// From a wish to an order, or to a reason why not. Owns limits, counters, holds and the latched
// trading state.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/decision.hpp"
#include "engine/core/event.hpp"
#include "engine/core/ledger_view.hpp"
#include "engine/ports/event_sink.hpp"

namespace proteus {

/// All that sizing may look at. Called once for each closed bar of the decision interval, with or
/// without a target.
struct SizingInput {
  const Bar& bar;
  const Instrument& instrument;
  std::optional<Target> target;
  bool may_trade = true;  ///< false: warming up, late; the shadow ledger still moves
  const LedgerView& ledger;
  /// What the strategy itself expects a position to bring before costs, as a fraction of its value.
  std::optional<double> edge{};
};

struct Sized {
  double weight = 0.0;      ///< of total equity, signed, after every step
  Quantity wanted;          ///< signed position this means at the bar's close, cut to the lot
  bool unchanged = false;   ///< inside the no-trade band, or no target: keep what is held
  std::string_view reason;  ///< a constant sentence where sizing itself decided; empty otherwise
  ControlResult control;    ///< 27 or 30 where one of them changed the wish; else Control::None
};

struct ReviewInput {
  const Instrument& instrument;
  const LedgerView& ledger;
  std::span<const OrderRequest> open_orders;  ///< what still may fill, quantity = what remains
  Timestamp now{};
};

struct Approved {
  OrderRequest order;  ///< as it may leave: a quantity above the venue's largest is cut by control
                       ///< 5 when it reduces
};
struct Refused {
  ControlResult by;
};
using Verdict = std::variant<Approved, Refused>;

/// Something that would have latched under limits that stop a run.
struct ReportedLatch {
  ControlLatched what;
  Timestamp since{};
  void archive(Archive& a) { a(what, since); }
};

struct RiskStatus {
  std::string_view limits_profile = "standard";
  std::vector<ReportedLatch> reported;  ///< what this profile only reports; else empty
  TradingState state = TradingState::Active;
  std::string state_cause;
  std::vector<HoldChanged> holds;  ///< the active ones
  Money equity_peak;
  double drawdown = 0.0;                    ///< fraction below the peak
  double drawdown_max = 0.0;                ///< the limit
  std::vector<ControlResult> headroom;      ///< limit and actual of the standing limits (1, 9, 12)
  std::uint64_t bars_set_aside = 0;         ///< by control 19
  std::uint64_t quotes_set_aside = 0;       ///< by control 19: tickers and books
  std::vector<OverrideChanged> overrides;   ///< that stand, or have just expired
  std::uint64_t model_outputs_refused = 0;  ///< by control 27
};

class RiskGate {
 public:
  virtual ~RiskGate() = default;

  /// Why a bar must not touch books or windows (control 19: absurd, or a jump that no second bar
  /// has confirmed yet), a constant sentence; nullptr: it is fine. Asked once for each bar of the
  /// decision interval, before `observe`.
  [[nodiscard]] virtual const char* absurd(const Bar& bar) = 0;
  /// The same for a ticker or a book, before the venue or the books see it; changes nothing.
  /// `observe` hears of it in either case.
  [[nodiscard]] virtual const char* absurd_quote(const Event&) const { return nullptr; }
  /// Every event, before the strategy hears of it. May move holds and the trading state; moves are
  /// put to `moves` (TradingStateChanged, HoldChanged).
  virtual void observe(const Event& event, const LedgerView& ledger, ReportSink& moves) = 0;
  /// After all marks of one close are in, before decisions: equity is whole here; drawdown is
  /// measured.
  virtual void on_equity(const LedgerView& ledger, Timestamp now, ReportSink& moves) = 0;
  /// The way from target to position. Writes each step into `steps`.
  virtual Sized size(const SizingInput& input, SizingSteps& steps) = 0;
  /// One order. Writes each control's word into `results`, up to and including the first refusal.
  virtual Verdict review(const OrderRequest& order, const ReviewInput& input,
                         ControlWords& results) = 0;
  /// A cancel leaves: it is a message too (control 6).
  virtual void on_cancel(Timestamp) {}
  [[nodiscard]] virtual RiskStatus status(const LedgerView& ledger) const = 0;
  /// Counters, holds, states, windows: all that the next word rests on, as a snapshot.
  virtual void archive(Archive& a) = 0;
};

}  // namespace proteus

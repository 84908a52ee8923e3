// The engine's sizing and limits beside an environment's books: risk::Gate, told of bars, fills and
// funding in the order in which the engine tells it, asked for the size of a wish and for leave for
// each order. Under the research profile a control that would stop a live run is a reported
// outcome.
//
// Thread: that of the environment. Steps allocate nothing, apart from the first report of a
// control.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "engine/core/result.hpp"
#include "engine/matching/execution.hpp"
#include "models/training/series.hpp"
#include "risk/gate.hpp"

namespace proteus::training {

struct EngineRiskSettings {
  risk::SizingSettings sizing;
  risk::LimitSettings limits = risk::LimitSettings::of(risk::LimitProfile::Research);
};

/// An order as it may leave, or the control that refused it.
struct Reviewed {
  std::optional<matching::PlannedOrder> order;
  ClientOrderId id;
  Control refused_by = Control::None;
};

class EngineRisk final : private ReportSink {
 public:
  /// Of an account of `capital` that trades `series` alone. Of `shares` only the series' own
  /// counts. Errors: Unsupported (limits that are not of the research profile), NotFound (shares
  /// that leave this instrument out), and those of risk::check.
  static Result<EngineRisk> create(const EngineRiskSettings& settings, const risk::Costs& costs,
                                   const Series& series, Money capital);

  /// A new account in the same market: what is known of the market and of the strategy's own record
  /// stays, what was about the account begins anew. `fresh`: as `create` made it.
  void new_account(const EngineRisk& fresh);

  /// A bar from before the first decision: windows fill, nothing is decided.
  void warm_up(const Bar& bar, const Instrument& instrument, const LedgerView& view,
               bool set_aside);

  /// Control 19: a bar that may move neither books nor windows. Asked once a bar, before all else.
  [[nodiscard]] bool absurd(const Bar& bar) { return gate_.absurd(bar) != nullptr; }
  /// Funding as a file tells it, at `now`, before it falls due.
  void on_funding_told(const matching::FundingTime& due, const LedgerView& view, Timestamp now);
  void on_fill(const Fill& fill, const LedgerView& view, Timestamp now);
  void on_funding(const FundingSettled& settled, const LedgerView& view, Timestamp now);
  /// The bar closed and, unless it was set aside, marks the position already.
  void on_bar(const Bar& bar, const LedgerView& view, bool set_aside);

  /// Drawdown and the day's loss are measured on these books.
  void on_equity(const LedgerView& view, Timestamp now) { gate_.on_equity(view, now, *this); }

  /// The position that a wish means at the close of `bar`. Begins a decision.
  Sized size(const Bar& bar, const Instrument& instrument, std::optional<Target> target,
             const LedgerView& view);
  /// One order of the decision that `size` began.
  Reviewed review(const matching::PlannedOrder& planned, const Bar& bar,
                  const Instrument& instrument, const LedgerView& view);

  /// The control that would have stopped a live run since this was asked last; None.
  Control take_latched();

  void archive(Archive& a) {
    gate_.archive(a);
    a(latched_);
  }

 private:
  explicit EngineRisk(risk::Gate gate) : gate_(std::move(gate)) {}
  void report(EventBody body, Timestamp happened) override;
  void observe(EventBody body, const LedgerView& view, Timestamp happened, Timestamp now);

  risk::Gate gate_;
  std::array<OrderRequest, 2> open_;  ///< approved in this decision
  std::size_t open_count_ = 0;
  Control latched_ = Control::None;
};

}  // namespace proteus::training

// The risk gate: from a strategy's wish to an order that may leave, or to the control that said no.
// Wires sizing, limits, holds and the latched state together; the arithmetic lives with them.
// One thread (the event loop). No allocation after construction on observe, on_equity, size and
// review, apart from the first sight of a lost stream.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/core/instrument.hpp"
#include "engine/core/result.hpp"
#include "engine/ports/risk_gate.hpp"
#include "risk/settings.hpp"
#include "risk/sizing.hpp"
#include "risk/states/holds.hpp"
#include "risk/states/latch.hpp"
#include "risk/states/market_watch.hpp"

namespace proteus::risk {

/// Everything about these settings that can be wrong, as the first error found: a value outside its
/// range, shares that do not fit the instruments, a halt limit below the reducing one. A Gate
/// asserts that this passes.
Result<void> check(const SizingSettings& sizing, const LimitSettings& limits,
                   const InstrumentTable& instruments);

class Gate final : public RiskGate {
 public:
  /// decision_interval: of the bars that are sized. capital: what the account started with, > 0;
  /// the first high-water mark. Settings as `check` passes them; instruments are known for good.
  Gate(const SizingSettings& sizing, const LimitSettings& limits,
       const InstrumentTable& instruments, Interval decision_interval, const Costs& costs,
       Money capital);

  [[nodiscard]] const char* absurd(const Bar& bar) override;
  void observe(const Event& event, const LedgerView& ledger, ReportSink& moves) override;
  void on_equity(const LedgerView& ledger, Timestamp now, ReportSink& moves) override;
  Sized size(const SizingInput& input, InlineList<SizingStep, 8>& steps) override;
  Verdict review(const OrderRequest& order, const ReviewInput& input,
                 ControlWords& results) override;
  [[nodiscard]] RiskStatus status(const LedgerView& ledger) const override;

 private:
  using Words = ControlWords;
  /// An order as the controls see it.
  struct Asked {
    const OrderRequest& order;
    const ReviewInput& input;
    bool reduces = false;
    bool flatten = false;
    Quantity quantity;  ///< as it may leave
  };
  struct Limits {  ///< in units of 1e-9
    std::int64_t capital = 0;
    std::int64_t band = 0;
    std::int64_t order_value = 0;
    std::int64_t position = 0;
    std::int64_t gross = 0;
    std::int64_t drawdown = 0;
    std::int64_t halt = 0;
    std::int64_t jump = 0;
  };
  struct Exposures {
    Money instrument;  ///< the order's, after it
    Money gross;
  };

  void on(const BarClosed& closed, const Event& event, ReportSink& moves);
  void on(const TickerUpdated& ticker, const Event& event, ReportSink& moves);
  void on(const BookUpdated& book, const Event& event, ReportSink& moves);
  void on(const FeedChanged& feed, const Event& event, ReportSink& moves);
  void on(const FeedAnomaly& anomaly, const Event& event, ReportSink& moves);
  void on(const OperatorCommand& command, const LedgerView& ledger, Timestamp now,
          ReportSink& moves);
  void on(const TradingStateChanged& move);

  void refresh(InstrumentId id, Timestamp now, ReportSink& moves);
  void check_ages(Timestamp now, ReportSink& moves);
  void hold(const HoldChanged& move, Timestamp now, ReportSink& moves);
  void tighten(TradingState to, Control by, const InlineText<120>& cause, Timestamp now,
               ReportSink& moves);

  [[nodiscard]] bool standing_controls(const Asked& asked, Words& words) const;
  [[nodiscard]] bool data_controls(const Asked& asked, Words& words) const;
  [[nodiscard]] bool price_control(const Asked& asked, Words& words) const;
  [[nodiscard]] bool size_controls(Asked& asked, Words& words);
  [[nodiscard]] ControlResult hold_word(Hold hold, const Asked& asked) const;
  [[nodiscard]] ControlResult drawdown_word(bool passed) const;
  [[nodiscard]] Exposures exposures(const Asked& asked);

  Limits limits_;
  Interval interval_;
  Money capital_;
  Sizer sizer_;
  std::vector<MarketWatch> watches_;
  Holds holds_;
  Latch latch_;
  Timestamp next_check_ = Timestamp::max();  ///< before it nothing that is fresh can become stale
  std::vector<InlineText<48>> lost_;         ///< streams
  Money peak_;
  std::int64_t drawdown_e9_ = 0;
  std::int64_t latched_drawdown_e9_ = 0;
  std::vector<Quantity> buys_;  ///< scratch of `exposures`: open quantity by instrument
  std::vector<Quantity> sells_;
};

}  // namespace proteus::risk

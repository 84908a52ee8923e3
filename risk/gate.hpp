// The risk gate: from a strategy's wish to an order that may leave, or to the control that said no.
// Wires sizing, limits, holds and the latched state together; the arithmetic lives with them.
// gate.cpp hears events, review.cpp asks the controls, check.cpp judges settings.
// One thread (the event loop). No allocation after construction on observe, on_equity, size and
// review, apart from the first sight of a lost stream.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/core/instrument.hpp"
#include "engine/core/result.hpp"
#include "engine/ports/risk_gate.hpp"
#include "risk/limits/clock_skew.hpp"
#include "risk/limits/daily_loss.hpp"
#include "risk/limits/executions.hpp"
#include "risk/limits/expected_edge.hpp"
#include "risk/limits/loss_streak.hpp"
#include "risk/limits/message_rate.hpp"
#include "risk/limits/overrides.hpp"
#include "risk/limits/price_drift.hpp"
#include "risk/limits/recent_orders.hpp"
#include "risk/limits/stage.hpp"
#include "risk/settings.hpp"
#include "risk/sizing.hpp"
#include "risk/states/holds.hpp"
#include "risk/states/latch.hpp"
#include "risk/states/market_watch.hpp"
#include "risk/states/outcomes.hpp"

namespace proteus::risk {

/// Everything about these settings that can be wrong, as the first error found: a value outside its
/// range, shares that do not fit the instruments, a halt limit below the reducing one, caps that do
/// not rise. A Gate asserts that this passes.
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
  [[nodiscard]] const char* absurd_quote(const Event& event) const override;
  void observe(const Event& event, const LedgerView& ledger, ReportSink& moves) override;
  void on_equity(const LedgerView& ledger, Timestamp now, ReportSink& moves) override;
  Sized size(const SizingInput& input, SizingSteps& steps) override;
  Verdict review(const OrderRequest& order, const ReviewInput& input,
                 ControlWords& results) override;
  void on_cancel(Timestamp now) override { bucket_.on_message(now); }
  /// A new account under the same strategy in the same market, as training begins an episode: what
  /// is known of the market and of the strategy's own record stays, what was about the account is
  /// as in `fresh`, which was made with the same settings and instruments.
  void new_account(const Gate& fresh);
  [[nodiscard]] RiskStatus status(const LedgerView& ledger) const override;
  void archive(Archive& a) override;

 private:
  /// An order as the controls see it.
  struct Asked {
    const OrderRequest& order;
    const ReviewInput& input;
    bool reduces = false;
    bool flatten = false;
    Price price;        ///< expected
    Quantity quantity;  ///< as it may leave
  };
  struct Limits {  ///< in units of 1e-9
    std::int64_t capital = 0;
    std::int64_t band = 0;
    std::int64_t drift = 0;
    std::int64_t order_value = 0;
    std::int64_t position = 0;
    std::int64_t gross = 0;
    std::int64_t open_orders = 0;
    std::int64_t drawdown = 0;
    std::int64_t halt = 0;
    std::int64_t leverage = 0;
    std::int64_t maintenance = 0;
    std::int64_t jump = 0;
    std::int64_t messages = 0;       ///< for increases; a count
    std::int64_t messages_most = 0;  ///< for reductions; a count
  };
  struct Exposures {
    Quantity quantity;  ///< the order's instrument after it, signed, on the order's side
    Money instrument;   ///< its value
    Money gross;
    Money gross_linear;
    Money open_value;  ///< of all that is not executed
  };
  /// What is remembered of one instrument's trading.
  struct Memory {
    RecentOrders orders;
    PriceDrift drift;
    Executions executions;
    LossStreak streak;
    EdgeRecord edge;
    Quantity lot;        ///< as the venue names it now
    double floor = 0.0;  ///< learning floor: fraction of equity
    void archive(Archive& a) { a(orders, drift, executions, streak, edge, lot); }
  };

  void on(const BarClosed& closed, const Event& event, ReportSink& moves);
  void on(const TickerUpdated& ticker, const Event& event, ReportSink& moves);
  void on(const BookUpdated& book, const Event& event, ReportSink& moves);
  void on(const FeedChanged& feed, const Event& event, ReportSink& moves);
  void on(const FeedAnomaly& anomaly, const Event& event, ReportSink& moves);
  void on(const Fill& fill, const LedgerView& ledger, Timestamp now, ReportSink& moves);
  void on(const ClockMeasured& reading, Timestamp now, ReportSink& moves);
  void on(const OperatorCommand& command, const LedgerView& ledger, Timestamp now,
          ReportSink& moves);
  void on(const ExternalAdjustment& found, const LedgerView& ledger, Timestamp now,
          ReportSink& moves);
  void on(const OrderUpdate& update, Timestamp now, ReportSink& moves);
  void on(const TradingStateChanged& move);
  void on(const InstrumentChanged& changed);
  void on(const SessionResumed& again, Timestamp now, ReportSink& moves);
  void resume(const InlineText<120>& cause, const LedgerView& ledger, Timestamp now,
              ReportSink& moves);

  void refresh(InstrumentId id, Timestamp now, ReportSink& moves);
  void check_ages(Timestamp now, ReportSink& moves);
  void end_cooldowns(Timestamp now, ReportSink& moves);
  void tell_jump(InstrumentId id, const char* reason, const Event& event, ReportSink& moves);
  void hold(const HoldChanged& move, Timestamp now, ReportSink& moves);
  void tighten(TradingState to, Control by, const InlineText<120>& cause, Timestamp now,
               ReportSink& moves);
  void stop(InstrumentId id, const RecentOrder& order, Timestamp now, ReportSink& moves);
  /// False: it binds. Under the research profile it is reported instead, once.
  bool only_reported(const ControlLatched& latched, Timestamp now, ReportSink& moves);
  void check_drawdown(Timestamp now, ReportSink& moves);
  void check_daily_loss(const LedgerView& ledger, Timestamp now, ReportSink& moves);
  void latch_daily_loss(DailyLoss::Verdict verdict, Timestamp now, ReportSink& moves);

  bool say(ControlWords& words, const Asked& asked, ControlResult word) const;
  [[nodiscard]] bool may_lift(const ControlResult& word) const;
  [[nodiscard]] std::string state_cause() const;
  [[nodiscard]] bool standing_controls(const Asked& asked, ControlWords& words) const;
  [[nodiscard]] bool hold_control(const Asked& asked, ControlWords& words) const;
  [[nodiscard]] bool data_controls(const Asked& asked, ControlWords& words) const;
  [[nodiscard]] bool price_controls(const Asked& asked, ControlWords& words) const;
  [[nodiscard]] bool duplicate_control(const Asked& asked, ControlWords& words) const;
  [[nodiscard]] bool quantity_control(Asked& asked, ControlWords& words) const;
  [[nodiscard]] bool value_controls(const Asked& asked, const Exposures& after,
                                    ControlWords& words) const;
  [[nodiscard]] bool margin_controls(const Asked& asked, const Exposures& after,
                                     ControlWords& words) const;
  [[nodiscard]] bool edge_control(const Asked& asked, const Exposures& after,
                                  ControlWords& words) const;
  [[nodiscard]] bool message_control(const Asked& asked, ControlWords& words) const;
  void remember(const Asked& asked);
  [[nodiscard]] ControlResult hold_word(Hold hold, const Asked& asked) const;
  [[nodiscard]] ControlResult drawdown_word(bool passed) const;
  [[nodiscard]] ControlResult daily_loss_word(bool passed) const;
  [[nodiscard]] Exposures exposures(const Asked& asked);

  LimitProfile profile_;
  Limits limits_;
  LimitSettings settings_;
  StageCaps caps_;
  Costs costs_;
  Interval interval_;
  Money capital_;
  Sizer sizer_;
  std::vector<MarketWatch> watches_;
  std::vector<Memory> memories_;
  MessageBucket bucket_;
  Holds holds_;
  Latch latch_;
  Overrides overrides_;
  DailyLoss daily_;
  Outcomes outcomes_;                        ///< of the research profile
  Timestamp next_check_ = Timestamp::max();  ///< before it nothing that is fresh can become stale
  Timestamp next_rest_end_ = Timestamp::max();
  std::vector<InlineText<48>> lost_;  ///< streams
  /// Orders whose outcome nobody knows (control 22).
  struct Doubted {
    ClientOrderId id;
    InstrumentId instrument;
    void archive(Archive& a) { a(id, instrument); }
  };
  std::vector<Doubted> doubted_;
  ClockDoubt clock_;  ///< zero: none
  Money peak_;
  std::int64_t drawdown_e9_ = 0;
  std::int64_t latched_drawdown_e9_ = 0;
  Money latched_loss_;
  Money latched_loss_limit_;
  std::vector<Quantity> buys_;  ///< scratch of `exposures`: open quantity by instrument
  std::vector<Quantity> sells_;
};

}  // namespace proteus::risk

#include "risk/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "risk/limits/controls.hpp"
#include "risk/limits/leverage.hpp"

namespace proteus::risk {
namespace {

template <class... Parts>
InlineText<120> text(fmt::format_string<Parts...> format, Parts&&... parts) {
  std::array<char, 120> buffer{};
  const auto end =
      fmt::format_to_n(buffer.data(), buffer.size(), format, std::forward<Parts>(parts)...).out;
  return std::string_view{buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

double as_ratio(std::int64_t e9) {
  return static_cast<double>(e9) / static_cast<double>(kFixedScale);
}

/// The venue's time of what an event says; a stamp from the future counts from its arrival.
Timestamp data_time(const Event& event) {
  return event.ts_event == Timestamp{} ? event.ts_recv : std::min(event.ts_event, event.ts_recv);
}

/// What a bar's target makes of the unit position, as in sizing.md: -1, 0 or 1.
int unit_position(const SizingInput& input) {
  if (!input.target || !model_output(*input.target).passed) return 0;
  const double weight = input.target->weight;
  if (weight < 0.0) return input.instrument.category == Category::Spot ? 0 : -1;
  return weight > 0.0 ? 1 : 0;
}

}  // namespace

Gate::Gate(const SizingSettings& sizing, const LimitSettings& limits,
           const InstrumentTable& instruments, Interval decision_interval, const Costs& costs,
           Money capital)
    : profile_(limits.profile),
      limits_{.capital = to_fixed_raw(limits.capital_at_risk_max),
              .band = to_fixed_raw(limits.price_band_bps / 1e4),
              .drift = to_fixed_raw(limits.price_drift_bps / 1e4),
              .order_value = to_fixed_raw(limits.order_value_max),
              .position = to_fixed_raw(limits.position_max),
              .gross = to_fixed_raw(limits.gross_max),
              .open_orders = to_fixed_raw(limits.open_order_value_max),
              .drawdown = to_fixed_raw(limits.drawdown_max),
              .halt = to_fixed_raw(limits.drawdown_halt),
              .leverage = to_fixed_raw(limits.leverage_max),
              .maintenance = to_fixed_raw(costs.maintenance_margin),
              .jump = to_fixed_raw(limits.jump_max),
              .messages = static_cast<std::int64_t>(static_cast<double>(limits.message_burst) *
                                                    (1.0 - limits.message_room)),
              .messages_most = limits.message_burst},
      settings_(limits),
      caps_(stage_caps(limits)),
      costs_(costs),
      interval_(decision_interval),
      capital_(capital),
      sizer_(sizing, instruments, capital_shares(sizing, instruments).value(), decision_interval,
             costs),
      bucket_(limits.message_rate),
      holds_(instruments.size()),
      daily_(to_fixed_raw(limits.daily_loss_max), to_fixed_raw(limits.daily_loss_flat), capital),
      peak_(capital),
      buys_(instruments.size()),
      sells_(instruments.size()) {
  PROTEUS_ASSERT(check(sizing, limits, instruments).has_value());
  PROTEUS_ASSERT(capital > Money{});
  const std::vector<double> shares = capital_shares(sizing, instruments).value();
  watches_.reserve(instruments.size());
  memories_.reserve(instruments.size());
  for (const Instrument& instrument : instruments) {
    watches_.emplace_back(instrument.category, decision_interval, limits);
    memories_.push_back(
        {.orders = {},
         .drift = PriceDrift{limits.price_drift_window},
         .executions = Executions{limits.executions_max, limits.executions_window},
         .streak = LossStreak{limits.loss_streak_max, limits.cooldown},
         .edge = EdgeRecord{sizing.kelly_bars_min},
         .lot = instrument.lot_step,
         .floor = sizing.kelly_floor * (shares[instrument.id.index] * sizing.gross_max)});
  }
  lost_.reserve(16);
}

const char* Gate::absurd(const Bar& bar) {
  if (bar.interval != interval_) return absurdity(bar);
  return watches_[bar.instrument.index].judge.judge(bar, BarJudge::Looker::Asked);
}

const char* Gate::absurd_quote(const Event& event) const {
  if (const auto* ticker = std::get_if<TickerUpdated>(&event.body))
    return watches_[ticker->instrument.index].doubt(*ticker);
  if (const auto* book = std::get_if<BookUpdated>(&event.body))
    return watches_[book->instrument.index].doubt(*book);
  return nullptr;
}

// --------------------------------------------------------------------------------------------------
// events

void Gate::observe(const Event& event, const LedgerView& ledger, ReportSink& moves) {
  const EventBody& body = event.body;
  if (const auto* closed = std::get_if<BarClosed>(&body)) {
    on(*closed, event, moves);
    if (closed->source == BarSource::Warmup) return;  // Old by design; nothing is decided on them.
  } else if (const auto* ticker = std::get_if<TickerUpdated>(&body)) {
    on(*ticker, event, moves);
  } else if (const auto* book = std::get_if<BookUpdated>(&body)) {
    on(*book, event, moves);
  } else if (const auto* fill = std::get_if<Fill>(&body)) {
    on(*fill, ledger, event.ts_recv, moves);
  } else if (const auto* funding = std::get_if<FundingSettled>(&body)) {
    memories_[funding->instrument.index].streak.on_funding(ledger[funding->instrument]);
  } else if (const auto* update = std::get_if<OrderUpdate>(&body)) {
    on(*update, event.ts_recv, moves);
  } else if (const auto* found = std::get_if<ExternalAdjustment>(&body)) {
    on(*found, ledger, event.ts_recv, moves);
  } else if (const auto* feed = std::get_if<FeedChanged>(&body)) {
    on(*feed, event, moves);
  } else if (const auto* anomaly = std::get_if<FeedAnomaly>(&body)) {
    on(*anomaly, event, moves);
  } else if (const auto* reading = std::get_if<ClockMeasured>(&body)) {
    on(*reading, event.ts_recv, moves);
  } else if (const auto* lifted = std::get_if<OverrideChanged>(&body)) {
    overrides_.on_change(*lifted, event.ts_recv);
  } else if (const auto* command = std::get_if<OperatorCommand>(&body)) {
    // The gate's own flatten comes back as well, and is no demand of a person.
    if (event.origin == Origin::Input) on(*command, ledger, event.ts_recv, moves);
  } else if (const auto* state = std::get_if<TradingStateChanged>(&body)) {
    on(*state);
  } else if (const auto* held = std::get_if<HoldChanged>(&body)) {
    holds_.set(*held);  // Its own come back this way as well, and change nothing.
  } else if (const auto* changed = std::get_if<InstrumentChanged>(&body)) {
    on(*changed);
  } else if (const auto* again = std::get_if<SessionResumed>(&body)) {
    on(*again, event.ts_recv, moves);
  }
  check_ages(event.ts_recv, moves);
  end_cooldowns(event.ts_recv, moves);
}

void Gate::on(const BarClosed& closed, const Event& event, ReportSink& moves) {
  const Bar& bar = closed.bar;
  if (bar.interval != interval_) return;
  MarketWatch& watch = watches_[bar.instrument.index];
  if (watch.judge.judge(bar, BarJudge::Looker::Observed) != nullptr) return;
  const bool follows_on = bar.open_time == watch.closed_at();
  watch.on_bar(bar);
  if (follows_on && holds_.active_here(Hold::MissingBar, bar.instrument))
    hold({Hold::MissingBar, false, true, bar.instrument, "bars follow on each other again"},
         event.ts_recv, moves);
  refresh(bar.instrument, event.ts_recv, moves);
}

void Gate::on(const TickerUpdated& ticker, const Event& event, ReportSink& moves) {
  const char* reason = watches_[ticker.instrument.index].on_ticker(ticker, data_time(event));
  if (reason != nullptr) return tell_jump(ticker.instrument, reason, event, moves);
  refresh(ticker.instrument, event.ts_recv, moves);
}

void Gate::on(const BookUpdated& book, const Event& event, ReportSink& moves) {
  const char* reason = watches_[book.instrument.index].on_book(book, data_time(event));
  if (reason != nullptr) tell_jump(book.instrument, reason, event, moves);
}

/// The first of a row; a broken stream says the same many times a second.
void Gate::tell_jump(InstrumentId id, const char* reason, const Event& event, ReportSink& moves) {
  if (!watches_[id.index].quotes_began_to_jump()) return;
  const bool ticker = std::holds_alternative<TickerUpdated>(event.body);
  FeedAnomaly anomaly{AnomalyKind::PriceJump, true, id, {}};
  anomaly.detail = text("a {} is set aside: {}", ticker ? "ticker" : "book", reason).view();
  moves.report(anomaly, event.ts_recv);
}

void Gate::on(const FeedChanged& feed, const Event& event, ReportSink& moves) {
  const auto known = std::ranges::find(lost_, feed.stream);
  if (feed.state == FeedState::Lost && known == lost_.end()) lost_.push_back(feed.stream);
  if (feed.state == FeedState::Live && known != lost_.end()) lost_.erase(known);
  const bool any = !lost_.empty();
  if (any == holds_.active_everywhere(Hold::Reconnecting)) return;
  hold({Hold::Reconnecting,
        any,
        false,
        {},
        any ? text("{} was lost: {}", feed.stream.view(), feed.cause.view())
            : text("{} is live: no stream is missing", feed.stream.view())},
       event.ts_recv, moves);
}

void Gate::on(const FeedAnomaly& anomaly, const Event& event, ReportSink& moves) {
  if (anomaly.kind != AnomalyKind::MissingBar || !anomaly.has_instrument) return;
  hold({Hold::MissingBar, true, true, anomaly.instrument, text("{}", anomaly.detail.view())},
       event.ts_recv, moves);
}

/// Counts to drift and executions where the order was ours, and to the streak in any case.
void Gate::on(const Fill& fill, const LedgerView& ledger, Timestamp now, ReportSink& moves) {
  Memory& memory = memories_[fill.instrument.index];
  if (RecentOrder* order = memory.orders.find(fill.id)) {
    memory.drift.on_fill(fill, order->reference, now);
    const bool first = !order->filled;
    order->filled = true;
    if (first && order->increases && memory.executions.on_execution(order->side, now))
      stop(fill.instrument, *order, now, moves);
  }
  const std::optional<Side> rests = memory.streak.on_fill(ledger[fill.instrument], memory.lot, now);
  if (!rests) return;
  next_rest_end_ = std::min(next_rest_end_, memory.streak.next_end());
  hold({Hold::Cooldown, true, true, fill.instrument,
        text("{} losing {} positions in a row: no more of them for {:.0f} s",
             memory.streak.streak(*rests), *rests == Side::Buy ? "long" : "short",
             seconds(settings_.cooldown))},
       now, moves);
}

/// 7: a side of the instrument has as many executions as may be.
void Gate::stop(InstrumentId id, const RecentOrder& order, Timestamp now, ReportSink& moves) {
  const InlineText<120> cause = text("{} {} executions in {:.0f} s: stopped until a person resumes",
                                     memories_[id.index].executions.count(order.side, now),
                                     to_string(order.side), seconds(settings_.executions_window));
  if (only_reported({Control::RepeatedExecution, TradingState::Reducing, cause}, now, moves))
    memories_[id.index].executions.reset();
  else
    hold({Hold::RepeatedExecution, true, true, id, cause}, now, moves);
}

/// 22: an order in doubt holds its instrument until the venue has told what became of it.
void Gate::on(const OrderUpdate& update, Timestamp now, ReportSink& moves) {
  const auto known = std::ranges::find(doubted_, update.id, &Doubted::id);
  if (update.state == OrderState::Unknown) {
    if (known != doubted_.end()) return;
    doubted_.push_back({update.id, update.instrument});
    return hold(
        {Hold::UnknownOutcome, true, true, update.instrument,
         text("nobody knows what became of {}: the venue is being asked", update.id.view())},
        now, moves);
  }
  if (known == doubted_.end()) return;
  doubted_.erase(known);
  if (std::ranges::find(doubted_, update.instrument, &Doubted::instrument) != doubted_.end())
    return;
  hold({Hold::UnknownOutcome, false, true, update.instrument,
        text("{} is {}", update.id.view(), to_string(update.state))},
       now, moves);
}

/// 23 and 24: what a run begins with is its capital; whatever else the venue has or does unasked
/// leaves the gate reducing until a person has looked.
void Gate::on(const ExternalAdjustment& found, const LedgerView& ledger, Timestamp now,
              ReportSink& moves) {
  if (!found.has_instrument && (found.kind == AdjustmentKind::Capital || found.cash > Money{})) {
    // Money that came in hides no loss; what went out without a word counts as one.
    peak_ += found.cash;
    capital_ += found.cash;
    daily_.put_in(found.cash);
  }
  if (found.has_instrument && !found.quantity.is_zero())
    static_cast<void>(memories_[found.instrument.index].streak.on_fill(
        ledger[found.instrument], memories_[found.instrument.index].lot, now));
  if (found.kind == AdjustmentKind::Capital) return;
  tighten(TradingState::Reducing, Control::Reconciliation,
          text("{}: {}", to_string(found.kind), found.cause.view()), now, moves);
}

void Gate::on(const ClockMeasured& reading, Timestamp now, ReportSink& moves) {
  const auto in_doubt = doubt(reading, settings_.clock_fast_max, settings_.recv_window / 2);
  clock_ = in_doubt.value_or(ClockDoubt{});
  const bool active = in_doubt.has_value();
  hold({Hold::ClockSkew,
        active,
        false,
        {},
        active ? text("our clock may be {:.3f} s off, more than {:.3f} s", seconds(clock_.actual),
                      seconds(clock_.limit))
               : text("the venue's clock and ours agree again")},
       now, moves);
}

void Gate::on(const OperatorCommand& command, const LedgerView& ledger, Timestamp now,
              ReportSink& moves) {
  switch (command.action) {
    case OperatorAction::Stop:
      return;  // Ends the process, not the leave to trade.
    case OperatorAction::Halt:
    case OperatorAction::Flatten:
      return tighten(TradingState::Halted, Control::Kill, command.cause, now, moves);
    case OperatorAction::Reduce:
      return tighten(TradingState::Reducing, Control::Kill, command.cause, now, moves);
    case OperatorAction::Resume:
      return resume(command.cause, ledger, now, moves);
  }
}

void Gate::resume(const InlineText<120>& cause, const LedgerView& ledger, Timestamp now,
                  ReportSink& moves) {
  for (std::uint32_t i = 0; i < memories_.size(); ++i) {
    memories_[i].executions.reset();
    hold({Hold::RepeatedExecution, false, true, InstrumentId{i}, cause}, now, moves);
  }
  hold({Hold::RepeatedExecution, false, false, {}, cause}, now, moves);
  outcomes_.clear();
  const TradingState from = latch_.state();
  if (!latch_.resume(cause)) return;
  daily_.note_resumed();
  // The loss so far is accepted; measured from the old mark it would latch again at once, and
  // without a mark there would be no limit at all.
  if (ledger.equity > Money{}) {
    if (drawdown_e9_ > limits_.drawdown) {
      peak_ = ledger.equity;
      drawdown_e9_ = 0;
    }
    if (daily_.loss() > daily_.limit(DailyLoss::Verdict::Reduce)) daily_.accept(ledger.equity);
  }
  moves.report(TradingStateChanged{from, TradingState::Active, cause}, now);
}

/// Its own moves come back and change nothing; one from before a restart is kept.
void Gate::on(const TradingStateChanged& move) {
  if (move.to > latch_.state()) latch_.tighten(move.to, Control::Kill, move.cause);
}

/// As the instrument table does: one with a problem is not taken.
void Gate::on(const InstrumentChanged& changed) {
  const Instrument& instrument = changed.instrument;
  if (problem_of(instrument).empty()) memories_[instrument.id.index].lot = instrument.lot_step;
}

/// Streams may have other names now, tickers may be off, and the clock may be another one: what was
/// heard of them before would wait for a word that never comes.
void Gate::on(const SessionResumed&, Timestamp now, ReportSink& moves) {
  const InlineText<120> cause = "the program was started again";
  lost_.clear();
  clock_ = {};
  hold({Hold::Reconnecting, false, false, {}, cause}, now, moves);
  hold({Hold::ClockSkew, false, false, {}, cause}, now, moves);
  for (std::uint32_t i = 0; i < watches_.size(); ++i) {
    watches_[i].forget_quotes();
    refresh(InstrumentId{i}, now, moves);
  }
}

void Gate::on_equity(const LedgerView& ledger, Timestamp now, ReportSink& moves) {
  peak_ = std::max(peak_, ledger.equity);
  drawdown_e9_ = ratio_e9(capped(Int128{peak_.raw()} - ledger.equity.raw()), peak_);
  check_drawdown(now, moves);
  check_daily_loss(ledger, now, moves);
}

void Gate::check_drawdown(Timestamp now, ReportSink& moves) {
  if (drawdown_e9_ <= limits_.drawdown) return;
  const bool halts = drawdown_e9_ > limits_.halt;
  const TradingState to = halts ? TradingState::Halted : TradingState::Reducing;
  if (!latch_.lacks(to, Control::Drawdown)) return;
  latched_drawdown_e9_ = drawdown_e9_;
  tighten(to, Control::Drawdown,
          text("drawdown {:.6f} from the high-water mark {} is beyond the limit {:.6f}",
               as_ratio(drawdown_e9_), peak_.to_double(),
               as_ratio(halts ? limits_.halt : limits_.drawdown)),
          now, moves);
}

void Gate::check_daily_loss(const LedgerView& ledger, Timestamp now, ReportSink& moves) {
  const DailyLoss::Verdict verdict = daily_.measure(ledger.equity);
  if (verdict != DailyLoss::Verdict::Within) latch_daily_loss(verdict, now, moves);
  daily_.roll(ledger.equity, now);
}

void Gate::latch_daily_loss(DailyLoss::Verdict verdict, Timestamp now, ReportSink& moves) {
  const bool flat = verdict == DailyLoss::Verdict::Flat;
  const TradingState to = flat ? TradingState::Halted : TradingState::Reducing;
  const bool closes = flat && settings_.daily_loss_flatten && !daily_.closed();
  if (!latch_.lacks(to, Control::DailyLoss) && !closes) return;
  latched_loss_ = daily_.loss();
  latched_loss_limit_ = daily_.limit(verdict);
  const InlineText<120> cause =
      text("{:.2f} lost of {:.2f} since 00:00 UTC, beyond the limit {:.2f}",
           daily_.loss().to_double(), daily_.begin().to_double(), latched_loss_limit_.to_double());
  if (only_reported({Control::DailyLoss, to, cause}, now, moves)) return;
  const TradingState from = latch_.state();
  const bool moved = latch_.tighten(to, Control::DailyLoss, cause);
  // By policy, and told as what it is: the engine closes positions on this command, whoever gave
  // it and whatever had halted before. Before the move, which cancels what is not being closed.
  if (closes) {
    daily_.note_closed();
    moves.report(OperatorCommand{OperatorAction::Flatten, cause}, now);
  }
  if (moved) moves.report(TradingStateChanged{from, to, cause}, now);
}

// --------------------------------------------------------------------------------------------------
// holds and states

/// New data of an instrument came: it may be fresh again, and becomes stale at a new time.
void Gate::refresh(InstrumentId id, Timestamp now, ReportSink& moves) {
  const Timestamp until = watches_[id.index].fresh_until();
  if (now > until) {
    // Still stale, or stale on arrival: the age check has to see it.
    if (!holds_.active_here(Hold::StaleData, id)) next_check_ = std::min(next_check_, until);
    return;
  }
  next_check_ = std::min(next_check_, until);
  if (holds_.active_here(Hold::StaleData, id))
    hold({Hold::StaleData, false, true, id, "the data is fresh again"}, now, moves);
}

void Gate::check_ages(Timestamp now, ReportSink& moves) {
  if (now <= next_check_) return;
  next_check_ = Timestamp::max();
  for (std::uint32_t i = 0; i < watches_.size(); ++i) {
    const InstrumentId id{i};
    if (holds_.active_here(Hold::StaleData, id)) continue;
    const Timestamp until = watches_[i].fresh_until();
    if (now <= until) {
      next_check_ = std::min(next_check_, until);
      continue;
    }
    const Age age = watches_[i].age(now);
    hold({Hold::StaleData, true, true, id,
          text("the newest data is {:.3f} s old, more than {:.3f} s", seconds(age.actual),
               seconds(age.max))},
         now, moves);
  }
}

void Gate::end_cooldowns(Timestamp now, ReportSink& moves) {
  if (now < next_rest_end_) return;
  next_rest_end_ = Timestamp::max();
  for (std::uint32_t i = 0; i < memories_.size(); ++i) {
    LossStreak& streak = memories_[i].streak;
    if (streak.end_rests(now))
      hold({Hold::Cooldown, false, true, InstrumentId{i}, "the cool-down is over"}, now, moves);
    next_rest_end_ = std::min(next_rest_end_, streak.next_end());
  }
}

void Gate::hold(const HoldChanged& move, Timestamp now, ReportSink& moves) {
  if (holds_.set(move)) moves.report(move, now);
}

bool Gate::only_reported(const ControlLatched& latched, Timestamp now, ReportSink& moves) {
  if (profile_ == LimitProfile::Standard) return false;
  if (outcomes_.note(latched, now)) moves.report(latched, now);
  return true;
}

void Gate::tighten(TradingState to, Control by, const InlineText<120>& cause, Timestamp now,
                   ReportSink& moves) {
  if (by != Control::Kill && only_reported({by, to, cause}, now, moves)) return;
  const TradingState from = latch_.state();
  if (latch_.tighten(to, by, cause)) moves.report(TradingStateChanged{from, to, cause}, now);
}

// --------------------------------------------------------------------------------------------------
// the rest

Sized Gate::size(const SizingInput& input, SizingSteps& steps) {
  memories_[input.bar.instrument.index].edge.on_bar(input.bar, unit_position(input), input.edge);
  return sizer_.size(input, steps);
}

/// With the controls that demand the state, if it was no person alone.
std::string Gate::state_cause() const {
  std::string by;
  for (int number = 1; number <= static_cast<int>(Control::KeyPermissions); ++number) {
    const auto control = static_cast<Control>(number);
    if (control == Control::Kill || !latch_.demands(control)) continue;
    by += fmt::format("{}control {} {}", by.empty() ? "" : ", ", number, to_string(control));
  }
  const std::string cause(latch_.cause().view());
  return by.empty() ? cause : fmt::format("{}: {}", by, cause);
}

RiskStatus Gate::status(const LedgerView& ledger) const {
  RiskStatus status;
  status.limits_profile = EnumNames<LimitProfile>::names[static_cast<std::size_t>(profile_)];
  status.reported = outcomes_.all();
  status.state = latch_.state();
  status.state_cause = state_cause();
  status.holds = holds_.all();
  status.equity_peak = std::max(peak_, ledger.equity);
  // As it is, not as it was when the last set was decided.
  const Money peak = std::max(peak_, ledger.equity);
  const std::int64_t now_e9 = ratio_e9(capped(Int128{peak.raw()} - ledger.equity.raw()), peak);
  status.drawdown = as_ratio(now_e9);
  status.drawdown_max = as_ratio(limits_.drawdown);
  Money largest;
  Int128 linear = 0;
  for (const PositionView& position : ledger.positions) {
    largest = std::max(largest, abs(position.value));
    if (position.category == Category::Linear) linear += abs(position.value).raw();
  }
  const Money lost = daily_.loss_at(ledger.equity);
  const Money loss_max = daily_.limit(DailyLoss::Verdict::Reduce);
  status.headroom = {
      capital_threshold(ledger.gross, capital_, limits_.capital, false),
      position_limit(largest, ledger.equity, limits_.position, false),
      position_limit(ledger.gross, ledger.equity, limits_.gross, false),
      drawdown(now_e9, limits_.drawdown, now_e9 <= limits_.drawdown),
      {Control::DailyLoss, lost <= loss_max, quote(loss_max), quote(std::max(lost, Money{}))},
      leverage(capped(linear), ledger.equity, limits_.leverage, false),
      stage_cap(ledger.gross, caps_.gross, false)};
  status.overrides = overrides_.all();
  for (const MarketWatch& watch : watches_) {
    status.bars_set_aside += watch.judge.set_aside();
    status.quotes_set_aside += watch.quotes_set_aside();
  }
  status.model_outputs_refused = sizer_.outputs_refused();
  return status;
}

void Gate::new_account(const Gate& fresh) {
  PROTEUS_ASSERT(memories_.size() == fresh.memories_.size());
  for (std::size_t i = 0; i < memories_.size(); ++i) {
    memories_[i].orders = fresh.memories_[i].orders;
    memories_[i].drift = fresh.memories_[i].drift;
    memories_[i].executions = fresh.memories_[i].executions;
    memories_[i].streak = fresh.memories_[i].streak;
  }
  bucket_ = fresh.bucket_;
  holds_ = fresh.holds_;
  latch_ = fresh.latch_;
  daily_ = fresh.daily_;
  outcomes_ = fresh.outcomes_;
  doubted_ = fresh.doubted_;
  capital_ = fresh.capital_;
  next_rest_end_ = fresh.next_rest_end_;
  peak_ = fresh.peak_;
  drawdown_e9_ = fresh.drawdown_e9_;
  latched_drawdown_e9_ = fresh.latched_drawdown_e9_;
  latched_loss_ = fresh.latched_loss_;
  latched_loss_limit_ = fresh.latched_loss_limit_;
}

void Gate::archive(Archive& a) {
  a(sizer_, watches_, memories_, bucket_, holds_, latch_, overrides_, daily_, outcomes_,
    next_check_, next_rest_end_, lost_, doubted_, capital_, clock_.limit, clock_.actual, peak_,
    drawdown_e9_, latched_drawdown_e9_, latched_loss_, latched_loss_limit_);
}

}  // namespace proteus::risk

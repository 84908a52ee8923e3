#include "risk/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <type_traits>

#include "risk/limits/controls.hpp"

namespace proteus::risk {
namespace {

template <class T>
double as_number(const T& value) {
  if constexpr (std::is_same_v<T, Duration>)
    return std::chrono::duration<double>(value).count();
  else
    return static_cast<double>(value);
}

template <class T>
constexpr bool kIsNumber =
    std::is_same_v<T, double> || std::is_same_v<T, std::int64_t> || std::is_same_v<T, Duration>;

Result<void> check_range(const char* name, double value, double min, double max) {
  if (value >= min && value <= max) return success();
  return error(ErrorCode::OutOfRange,
               fmt::format("{} = {} must lie in [{}, {}]", name, value, min, max));
}

template <class S, class T>
Result<void> check_setting(const S& settings, const Setting<S, T>& entry) {
  const T& value = settings.*(entry.member);
  if constexpr (kIsNumber<T>)
    return check_range(entry.name, as_number(value), entry.min, entry.max);
  else if constexpr (std::is_same_v<T, std::optional<std::int64_t>>)
    return value ? check_range(entry.name, as_number(*value), entry.min, entry.max)
                 : Result<void>{success()};
  else
    return success();
}

template <class S>
Result<void> check_ranges(const S& settings) {
  Result<void> first = success();
  std::apply(
      [&](const auto&... entry) {
        ((first.has_value() ? void(first = check_setting(settings, entry)) : void()), ...);
      },
      S::settings());
  return first;
}

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

/// Puts down a control's word. True: go on.
bool say(ControlWords& words, const ControlResult& word) {
  words.push_back(word);
  return word.passed;
}

Quantity add(Quantity a, Quantity b) {
  return Quantity::from_raw(capped(Int128{a.raw()} + b.raw()).raw());
}

}  // namespace

Result<void> check(const SizingSettings& sizing, const LimitSettings& limits,
                   const InstrumentTable& instruments) {
  BOOST_OUTCOME_TRYV(check_ranges(sizing));
  BOOST_OUTCOME_TRYV(check_ranges(limits));
  if (limits.drawdown_halt < limits.drawdown_max)
    return error(ErrorCode::OutOfRange,
                 fmt::format("drawdown_halt = {} lies below drawdown_max = {}: trading would halt "
                             "before it is reduced",
                             limits.drawdown_halt, limits.drawdown_max));
  BOOST_OUTCOME_TRYV(capital_shares(sizing, instruments));
  return success();
}

Gate::Gate(const SizingSettings& sizing, const LimitSettings& limits,
           const InstrumentTable& instruments, Interval decision_interval, const Costs& costs,
           Money capital)
    : limits_{.capital = to_fixed_raw(limits.capital_at_risk_max),
              .band = to_fixed_raw(limits.price_band_bps / 1e4),
              .order_value = to_fixed_raw(limits.order_value_max),
              .position = to_fixed_raw(limits.position_max),
              .gross = to_fixed_raw(limits.gross_max),
              .drawdown = to_fixed_raw(limits.drawdown_max),
              .halt = to_fixed_raw(limits.drawdown_halt),
              .jump = to_fixed_raw(limits.jump_max)},
      interval_(decision_interval),
      capital_(capital),
      sizer_(sizing, instruments, capital_shares(sizing, instruments).value(), decision_interval,
             costs),
      holds_(instruments.size()),
      peak_(capital),
      buys_(instruments.size()),
      sells_(instruments.size()) {
  PROTEUS_ASSERT(check(sizing, limits, instruments).has_value());
  PROTEUS_ASSERT(capital > Money{});
  watches_.reserve(instruments.size());
  for (const Instrument& instrument : instruments)
    watches_.emplace_back(instrument.category, decision_interval, limits);
  lost_.reserve(16);
}

const char* Gate::absurd(const Bar& bar) {
  if (bar.interval != interval_) return absurdity(bar);
  return watches_[bar.instrument.index].judge.judge(bar, BarJudge::Looker::Asked);
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
  } else if (const auto* feed = std::get_if<FeedChanged>(&body)) {
    on(*feed, event, moves);
  } else if (const auto* anomaly = std::get_if<FeedAnomaly>(&body)) {
    on(*anomaly, event, moves);
  } else if (const auto* command = std::get_if<OperatorCommand>(&body)) {
    on(*command, ledger, event.ts_recv, moves);
  } else if (const auto* state = std::get_if<TradingStateChanged>(&body)) {
    on(*state);
  } else if (const auto* held = std::get_if<HoldChanged>(&body)) {
    holds_.set(*held);  // Its own come back this way as well, and change nothing.
  }
  check_ages(event.ts_recv, moves);
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
  watches_[ticker.instrument.index].on_ticker(ticker, data_time(event));
  refresh(ticker.instrument, event.ts_recv, moves);
}

void Gate::on(const BookUpdated& book, const Event& event, ReportSink&) {
  watches_[book.instrument.index].on_book(book, data_time(event));
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
      break;
  }
  const TradingState from = latch_.state();
  if (!latch_.resume(command.cause)) return;
  // The loss so far is accepted; measured from the old mark it would latch again at once, and
  // without a mark there would be no limit at all.
  if (drawdown_e9_ > limits_.drawdown && ledger.equity > Money{}) {
    peak_ = ledger.equity;
    drawdown_e9_ = 0;
  }
  moves.report(TradingStateChanged{from, TradingState::Active, command.cause}, now);
}

/// Its own moves come back and change nothing; one from before a restart is kept.
void Gate::on(const TradingStateChanged& move) {
  latch_.tighten(move.to, Control::Kill, move.cause);
}

void Gate::on_equity(const LedgerView& ledger, Timestamp now, ReportSink& moves) {
  peak_ = std::max(peak_, ledger.equity);
  drawdown_e9_ = ratio_e9(capped(Int128{peak_.raw()} - ledger.equity.raw()), peak_);
  if (drawdown_e9_ <= limits_.drawdown) return;
  const bool halts = drawdown_e9_ > limits_.halt;
  const TradingState to = halts ? TradingState::Halted : TradingState::Reducing;
  if (to <= latch_.state()) return;
  latched_drawdown_e9_ = drawdown_e9_;
  tighten(to, Control::Drawdown,
          text("drawdown {:.6f} from the high-water mark {} is beyond the limit {:.6f}",
               as_ratio(drawdown_e9_), peak_.to_double(),
               as_ratio(halts ? limits_.halt : limits_.drawdown)),
          now, moves);
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
          text("the newest data is {:.3f} s old, more than {:.3f} s",
               std::chrono::duration<double>(age.actual).count(),
               std::chrono::duration<double>(age.max).count())},
         now, moves);
  }
}

void Gate::hold(const HoldChanged& move, Timestamp now, ReportSink& moves) {
  if (holds_.set(move)) moves.report(move, now);
}

void Gate::tighten(TradingState to, Control by, const InlineText<120>& cause, Timestamp now,
                   ReportSink& moves) {
  const TradingState from = latch_.state();
  if (latch_.tighten(to, by, cause)) moves.report(TradingStateChanged{from, to, cause}, now);
}

// --------------------------------------------------------------------------------------------------
// decisions

Sized Gate::size(const SizingInput& input, InlineList<SizingStep, 8>& steps) {
  return sizer_.size(input, steps);
}

Verdict Gate::review(const OrderRequest& order, const ReviewInput& input, Words& results) {
  Quantity open_same_side;
  for (const OrderRequest& open : input.open_orders)
    if (open.instrument == order.instrument && open.side == order.side)
      open_same_side = add(open_same_side, open.quantity);
  const bool reduces = only_reduces(order, input.instrument.category,
                                    input.ledger[order.instrument].quantity, open_same_side);
  Asked asked{order, input, reduces, reduces && is_flatten(order), order.quantity};
  if (!standing_controls(asked, results) || !data_controls(asked, results) ||
      !price_control(asked, results) || !size_controls(asked, results))
    return Refused{results[results.size() - 1]};
  Approved approved{order};
  approved.order.quantity = asked.quantity;
  return approved;
}

ControlResult Gate::drawdown_word(bool passed) const {
  const bool latched = latch_.by() == Control::Drawdown;
  const bool halted = latched && latch_.state() == TradingState::Halted;
  return drawdown(latched ? std::max(latched_drawdown_e9_, drawdown_e9_) : drawdown_e9_,
                  halted ? limits_.halt : limits_.drawdown, passed);
}

ControlResult Gate::hold_word(Hold hold, const Asked& asked) const {
  if (hold == Hold::StaleData) {
    const Age age = watches_[asked.order.instrument.index].age(asked.input.now);
    ControlResult word = stale_data(age.actual, age.max);
    word.passed = false;
    return word;
  }
  const std::size_t actual =
      hold == Hold::Reconnecting ? std::max<std::size_t>(lost_.size(), 1) : 1;
  return {control_of(hold), false, count(0), count(static_cast<std::int64_t>(actual))};
}

/// What stands regardless of the order's numbers: 15, 12, holds.
bool Gate::standing_controls(const Asked& asked, Words& words) const {
  const TradingState passes_until = asked.flatten   ? TradingState::Halted
                                    : asked.reduces ? TradingState::Reducing
                                                    : TradingState::Active;
  const bool state_passes = latch_.state() <= passes_until;
  const bool by_drawdown = latch_.by() == Control::Drawdown;
  if (!by_drawdown && !say(words, latched_state(latch_.state(), passes_until))) return false;
  if (!say(words, drawdown_word(!by_drawdown || state_passes))) return false;
  if (asked.flatten) return true;
  const auto blocking = holds_.blocking(asked.order.instrument, asked.reduces);
  return !blocking || say(words, hold_word(*blocking, asked));
}

/// 18 and 19. Automatic reductions wait too; a person's flatten does not.
bool Gate::data_controls(const Asked& asked, Words& words) const {
  const MarketWatch& watch = watches_[asked.order.instrument.index];
  const Age age = watch.age(asked.input.now);
  ControlResult fresh = stale_data(age.actual, age.max);
  fresh.passed = fresh.passed || asked.flatten;
  if (!say(words, fresh)) return false;
  ControlResult sane =
      absurd_data(watch.judge.aside(), ratio_of(watch.judge.distance()).raw, limits_.jump);
  sane.passed = sane.passed || asked.flatten;
  return say(words, sane);
}

/// 2, against each live reference; the one that refuses, or the first.
bool Gate::price_control(const Asked& asked, Words& words) const {
  const Price expected = expected_price(asked.order);
  const auto references = watches_[asked.order.instrument.index].references(asked.input.now);
  ControlResult word =
      price_collar(expected, references.empty() ? Price{} : references[0], limits_.band);
  if (word.passed && references.size() > 1)
    if (const ControlResult mid = price_collar(expected, references[1], limits_.band); !mid.passed)
      word = mid;
  word.passed = word.passed || asked.flatten;
  return say(words, word);
}

/// 5, 4, 9, 1, 30: what the order's size leads to.
bool Gate::size_controls(Asked& asked, Words& words) {
  const MarketWatch& watch = watches_[asked.order.instrument.index];
  const Instrument& instrument = asked.input.instrument;
  const QuantityWord sized =
      order_quantity(asked.order, instrument, watch.quantity_max(), asked.reduces);
  if (!say(words, sized.result)) return false;
  asked.quantity = sized.quantity;

  const bool reduces = asked.reduces;
  const Money equity = asked.input.ledger.equity;
  const Money value = capped_notional(expected_price(asked.order), asked.quantity);
  const Exposures after = exposures(asked);
  return say(words, order_value(value, equity, limits_.order_value, reduces)) &&
         say(words, position_limit(after.instrument, equity, limits_.position, reduces)) &&
         say(words, position_limit(after.gross, equity, limits_.gross, reduces)) &&
         say(words, capital_threshold(after.gross, capital_, limits_.capital, reduces)) &&
         say(words, minimum_notional(value, instrument.notional_min, reduces));
}

/// Open orders count as filled, this one too. Of each instrument the worse of all its buys or all
/// its sells filling, at the ledger's mark, or the last close where it was never marked.
Gate::Exposures Gate::exposures(const Asked& asked) {
  std::ranges::fill(buys_, Quantity{});
  std::ranges::fill(sells_, Quantity{});
  const auto book = [&](const OrderRequest& order, Quantity quantity) {
    Quantity& side = (order.side == Side::Buy ? buys_ : sells_)[order.instrument.index];
    side = add(side, quantity);
  };
  for (const OrderRequest& open : asked.input.open_orders) book(open, open.quantity);
  book(asked.order, asked.quantity);

  Exposures found;
  Int128 gross = 0;
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    const PositionView& position = asked.input.ledger.positions[i];
    const bool own = i == asked.order.instrument.index;
    Price price = position.mark > Price{} ? position.mark : watches_[i].close();
    if (own && price <= Price{}) price = expected_price(asked.order);
    const Quantity if_bought = abs(add(position.quantity, buys_[i]));
    const Quantity if_sold = abs(add(position.quantity, -sells_[i]));
    gross += capped_notional(price, std::max(if_bought, if_sold)).raw();
    if (own)
      found.instrument =
          capped_notional(price, asked.order.side == Side::Buy ? if_bought : if_sold);
  }
  found.gross = capped(gross);
  return found;
}

RiskStatus Gate::status(const LedgerView& ledger) const {
  RiskStatus status;
  status.state = latch_.state();
  status.state_cause = latch_.cause().view();
  status.holds = holds_.all();
  status.equity_peak = std::max(peak_, ledger.equity);
  // As it is, not as it was when the last set was decided.
  const Money peak = std::max(peak_, ledger.equity);
  const std::int64_t now_e9 = ratio_e9(capped(Int128{peak.raw()} - ledger.equity.raw()), peak);
  status.drawdown = as_ratio(now_e9);
  status.drawdown_max = as_ratio(limits_.drawdown);
  Money largest;
  for (const PositionView& position : ledger.positions)
    largest = std::max(largest, abs(position.value));
  status.headroom = {capital_threshold(ledger.gross, capital_, limits_.capital, false),
                     position_limit(largest, ledger.equity, limits_.position, false),
                     position_limit(ledger.gross, ledger.equity, limits_.gross, false),
                     drawdown(now_e9, limits_.drawdown, now_e9 <= limits_.drawdown)};
  for (const MarketWatch& watch : watches_) status.bars_set_aside += watch.judge.set_aside();
  status.model_outputs_refused = sizer_.outputs_refused();
  return status;
}

}  // namespace proteus::risk

#include "tools/app/watched_journal.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/core/refusal.hpp"
#include "tools/app/text.hpp"

namespace proteus::app {
namespace {

constexpr Duration kRetryToldEvery = std::chrono::minutes{1};
constexpr int kOutOfTimeMax = 10;
constexpr Duration kInTime = std::chrono::seconds{10};  // contract 1: later it trades nothing
constexpr std::size_t kUntoldMax = 4096;

}  // namespace

std::string_view fill_effect(Quantity before, Quantity after) {
  if (before == Quantity{}) return "opens";
  if (after == Quantity{}) return "closes";
  if ((before < Quantity{}) != (after < Quantity{})) return "flips";
  return abs(after) < abs(before) ? "reduces" : "adds";
}

std::string WatchedJournal::name(InstrumentId id) const {
  return id.index < instruments_.size() ? instruments_[id].name() : fmt::format("#{}", id.index);
}

const TickerUpdated* WatchedJournal::ticker(InstrumentId id) const {
  return id.index < tickers_.size() && tickers_[id.index] ? &*tickers_[id.index] : nullptr;
}

const WatchedJournal::Aftermath* WatchedJournal::aftermath(InstrumentId id) const {
  return id.index < aftermaths_.size() ? &aftermaths_[id.index] : nullptr;
}

namespace {

std::size_t bar_place(InstrumentId id, Interval interval) {
  constexpr std::size_t kIntervals = static_cast<std::size_t>(Interval::Month) + 1;
  return id.index * kIntervals + static_cast<std::size_t>(interval);
}

}  // namespace

const WatchedJournal::ReceivedBar* WatchedJournal::last_bar(InstrumentId id,
                                                            Interval interval) const {
  const std::size_t place = bar_place(id, interval);
  return place < bars_.size() && bars_[place].received != Timestamp{} ? &bars_[place] : nullptr;
}

const WatchedJournal::AdaptationStep* WatchedJournal::last_adaptation(InstrumentId id) const {
  const auto found = adapted_.find(id.index);
  return found == adapted_.end() ? nullptr : &found->second;
}

void WatchedJournal::later(std::function<void()> line) {
  untold_.push_back(std::move(line));
  if (untold_.size() >= kUntoldMax) tell();
}

/// For a line that is told at once: what happened before it is told before it.
spdlog::logger& WatchedJournal::in_order() {
  tell();
  return *spdlog::default_logger_raw();
}

void WatchedJournal::tell() {
  for (const auto& line : untold_) line();
  untold_.clear();
}

void WatchedJournal::append(const Event& event) {
  log_.append(event);
  std::visit([&](const auto& body) { notice(body, event.ts_recv); }, event.body);
  if (observer_ != nullptr) observer_->saw(event);
}

void WatchedJournal::append(const DecisionRecord& decision) {
  log_.append(decision);
  if (observer_ != nullptr) observer_->saw(decision);
  refused_by_backlog_ += refusals_by_backlog(decision);
  if (aftermaths_.size() < instruments_.size()) aftermaths_.resize(instruments_.size());
  if (!decision.orders.empty()) {
    // Its orders were written down before it was.
    Aftermath& after = aftermaths_[decision.instrument.index];
    std::erase_if(after.orders, [&](const OrderRequest& order) {
      return std::ranges::none_of(decision.orders,
                                  [&](const DecisionOrder& own) { return own.id == order.id; });
    });
    after.updates.clear();
    after.fills.clear();
  }
  if (decision.outcome == Outcome::Late && !fetched_)
    doubt_speed(decision.reason.view());
  else if (in_time(decision))
    trust_speed();
  if (!aloud()) return;
  for (const ControlResult& word : decision.controls)
    // That nothing is traded while a kill stands, or the books are in doubt, was told when it
    // began.
    if (!word.passed && word.control != Control::Kill && word.control != Control::Reconciliation)
      later([this, id = decision.instrument, by = refuser(word), reason = decision.reason] {
        spdlog::info("Order refused. instrument={} control={} reason=\"{}\"", name(id), by,
                     reason.view());
      });
}

/// A bar that was decided on soon after its close; an order to flatten also follows from a late
/// one.
bool WatchedJournal::in_time(const DecisionRecord& decision) const {
  switch (decision.outcome) {
    case Outcome::Late:
    case Outcome::WarmingUp:
    case Outcome::SetAside:
    case Outcome::Stopping:
      return false;
    default:
      return decision.time - last_close_ <= kInTime;
  }
}

void WatchedJournal::append(const OrderIntent& intent) {
  log_.append(intent);
  if (aftermaths_.size() < instruments_.size()) aftermaths_.resize(instruments_.size());
  aftermaths_[intent.order.instrument.index].orders.push_back(intent.order);
  open_.push_back(intent.order);
}

void WatchedJournal::append(const EquityPoint& point) {
  log_.append(point);
  peak_ = std::max(peak_, point.equity);
  if (peak_ > Money{})
    worst_drawdown_ =
        std::max(worst_drawdown_, (peak_ - point.equity).to_double() / peak_.to_double());
}

void WatchedJournal::lost(const std::string& name, Stream& stream, std::string_view cause,
                          Timestamp now) {
  const Duration real = clock_();
  if (stream.live) {
    ++losses_;
    stream = {false, now, real};
    if (aloud())
      in_order().warn(
          "FEED LOST. stream={} cause=\"{}\" - nothing that raises risk is sent until it is "
          "back; it reconnects by itself",
          name, cause);
    return;
  }
  if (stream.told && real - *stream.told < kRetryToldEvery) return;
  stream.told = real;
  ++retries_told_;
  if (aloud())
    in_order().warn("Feed {} away, it is tried again and again. stream={} cause=\"{}\"",
                    stream.away ? "still" : "is", name, cause);
}

void WatchedJournal::notice(const BarClosed& closed, Timestamp now) {
  const std::size_t place = bar_place(closed.bar.instrument, closed.bar.interval);
  if (place >= bars_.size()) bars_.resize(place + 1);
  bars_[place] = {closed, now};
  fetched_ = closed.source == BarSource::Backfill;
  last_close_ = closed.bar.close_time;
}

void WatchedJournal::notice(const FeedChanged& feed, Timestamp now) {
  const std::string name{feed.stream.view()};
  Stream& stream = streams_[name];
  if (feed.state == FeedState::Lost) return lost(name, stream, feed.cause.view(), now);
  if (feed.state == FeedState::Connecting) return;
  if (stream.away && aloud())
    in_order().info("FEED BACK. stream={} away_for=\"{}\" (venue time)", name,
                    age_text(std::chrono::duration<double>(now - *stream.away).count()));
  else if (aloud())
    in_order().info("Feed live. stream={}", name);
  stream = {true, std::nullopt, std::nullopt};
}

void WatchedJournal::doubt_speed(std::string_view what) {
  if (++out_of_time_ < kOutOfTimeMax || !speed_doubt_.empty()) return;
  speed_doubt_ = fmt::format(
      "Bars do not fit our clock ({}) and none is traded. Venue time seems to run at another "
      "speed than ours: feed.speed of the daemon must be sim.speed of the simulated exchange, and "
      "1 on a real venue.",
      what);
  in_order().warn(speed_doubt_);
}

void WatchedJournal::trust_speed() {
  out_of_time_ = 0;
  if (speed_doubt_.empty()) return;
  speed_doubt_.clear();
  in_order().info("Bars fit our clock again.");
}

void WatchedJournal::notice(const FeedAnomaly& anomaly, Timestamp now) {
  const auto kind = static_cast<std::size_t>(anomaly.kind);
  anomalies_[kind] = fmt::format("{} {}", format_time(now), anomaly.detail.view());
  in_order().debug("Feed anomaly. kind={} detail=\"{}\"", to_string(anomaly.kind),
                   anomaly.detail.view());
  if (anomaly.kind == AnomalyKind::FutureBar) doubt_speed(anomaly.detail.view());
}

void WatchedJournal::notice(const Fill& fill, Timestamp) {
  if (fill.instrument.index < aftermaths_.size())
    aftermaths_[fill.instrument.index].fills.push_back(fill);
  if (positions_.size() <= fill.instrument.index) positions_.resize(fill.instrument.index + 1);
  Quantity& position = positions_[fill.instrument.index];
  const Quantity before = position;
  position += signed_quantity(fill.side, fill.quantity) - fill.fee_base;
  if (!aloud()) return;
  later([this, fill, before, after = position] {
    spdlog::info(
        "Fill. instrument={} side={} quantity={} price={} {} position={} fee={} slippage={}{}",
        name(fill.instrument), to_string(fill.side), fill.quantity.to_string(),
        fill.price.to_string(), fill_effect(before, after), after.to_string(), fill.fee.to_string(),
        fill.slippage.to_string(), fill.liquidation ? " LIQUIDATION" : "");
  });
}

void WatchedJournal::notice(const OrderUpdate& update, Timestamp) {
  if (is_closed(update.state))
    std::erase_if(open_, [&](const OrderRequest& order) { return order.id == update.id; });
  if (update.state == OrderState::Rejected && update.end == OrderEnd::Unlogged && aloud())
    in_order().warn("Order not sent: the log could not be written. instrument={}",
                    name(update.instrument));
  else if (update.state == OrderState::Rejected && aloud())
    in_order().warn("Order rejected by the venue. instrument={} reason={} text=\"{}\"",
                    name(update.instrument), to_string(update.end), update.text.view());
  if (update.instrument.index >= aftermaths_.size()) return;
  auto& updates = aftermaths_[update.instrument.index].updates;
  const auto known = std::ranges::find(updates, update.id, &OrderUpdate::id);
  if (known == updates.end())
    updates.push_back(update);
  else
    *known = update;
}

void WatchedJournal::notice(const FundingSettled& funding, Timestamp) {
  if (!aloud()) return;
  later([this, funding] {
    spdlog::info("Funding. instrument={} {}={} rate={}{}", name(funding.instrument),
                 funding.amount < Money{} ? "received" : "paid", abs(funding.amount).to_string(),
                 percent(static_cast<double>(funding.rate_e9) / 1e9, 4),
                 funding.rate_assumed ? " (assumed, the venue's rate was not known)" : "");
  });
}

void WatchedJournal::notice(const ExternalAdjustment& found, Timestamp) {
  if (found.has_instrument) {
    if (positions_.size() <= found.instrument.index) positions_.resize(found.instrument.index + 1);
    positions_[found.instrument.index] += found.quantity;
  }
  if (telling_ == Telling::Silent) return;
  const std::string subject = found.has_instrument ? name(found.instrument) : "account";
  const auto line = fmt::format("kind={} of={} quantity={} price={} fee={} cash={} cause=\"{}\"",
                                to_string(found.kind), subject, found.quantity.to_string(),
                                found.price.to_string(), found.fee.to_string(),
                                found.cash.to_string(), found.cause.view());
  if (found.kind == AdjustmentKind::Capital)
    in_order().info("The venue's account is taken over. {}", line);
  else
    in_order().warn("The venue did what nobody here asked for. {}", line);
}

void WatchedJournal::notice(const TradingStateChanged& state, Timestamp) {
  if (telling_ == Telling::Silent) return;
  in_order().warn("Trading state changed. from={} to={} cause=\"{}\"", to_string(state.from),
                  to_string(state.to), state.cause.view());
}

void WatchedJournal::notice(const HoldChanged& hold, Timestamp) {
  // That the venue's books agree is said again and again.
  if (hold.hold == Hold::Reconciling && !std::exchange(reconciling_, hold.active) && !hold.active)
    return;
  if (!aloud()) return;
  in_order().log(hold.active ? spdlog::level::warn : spdlog::level::info,
                 "Hold {}. hold={} instrument={} cause=\"{}\"", hold.active ? "set" : "cleared",
                 to_string(hold.hold), hold.has_instrument ? name(hold.instrument) : "all",
                 hold.cause.view());
}

void WatchedJournal::notice(const ControlLatched& latched, Timestamp) {
  in_order().warn("A control latched and is only reported. control={} state={} cause=\"{}\"",
                  to_string(latched.control), to_string(latched.state), latched.cause.view());
}

void WatchedJournal::notice(const OperatorCommand& command, Timestamp) {
  if (command.action == OperatorAction::Stop) in_flight_at_stop_ = open_.size();
  if (!aloud()) return;
  in_order().info("Operator. action={} cause=\"{}\"", to_string(command.action),
                  command.cause.view());
}

void WatchedJournal::notice(const TickerUpdated& ticker, Timestamp) {
  if (tickers_.size() < instruments_.size()) tickers_.resize(instruments_.size());
  tickers_[ticker.instrument.index] = ticker;
}

void WatchedJournal::notice(const AdaptationCut& cut, Timestamp now) {
  adapted_[cut.instrument.index] = {now, "cut", to_string(cut.cause), cut.ordinal};
}

void WatchedJournal::notice(const AdaptationProposed& proposed, Timestamp now) {
  adapted_[proposed.instrument.index] = {now, "proposed", "", proposed.ordinal};
}

void WatchedJournal::notice(const AdaptationFailed& failed, Timestamp now) {
  adapted_[failed.instrument.index] = {now, "failed", failed.cause, failed.ordinal};
  if (!aloud()) return;
  in_order().warn(
      "The learner has no answer, the weights stay. instrument={} stretch={} cause=\"{}\"",
      name(failed.instrument), failed.ordinal, failed.cause.view());
}

void WatchedJournal::notice(const AdaptationJudged& judged, Timestamp now) {
  adapted_[judged.instrument.index] = {now, to_string(judged.verdict), judged.reason,
                                       judged.ordinal};
  if (!aloud()) return;
  const bool usual =
      judged.verdict == AdaptationVerdict::Adopted || judged.verdict == AdaptationVerdict::Refused;
  in_order().log(
      usual ? spdlog::level::info : spdlog::level::warn,
      "Adaptation {}. instrument={} stretch={} version={}->{} gain={:+.3f} reason=\"{}\"",
      to_string(judged.verdict), name(judged.instrument), judged.ordinal, judged.version_before,
      judged.version_after, judged.shadow_gain, judged.reason.view());
}

std::vector<RefusalCount> refusal_counts(const EngineCounters& counters,
                                         const WatchedJournal& watched) {
  const std::uint64_t backlog = watched.refused_by_backlog();
  std::vector<RefusalCount> out;
  for (std::size_t k = 0; k < counters.refusals_by_control.size(); ++k) {
    const auto control = static_cast<Control>(k);
    std::uint64_t count = counters.refusals_by_control[k];
    if (control == Control::MessageRate) {
      count -= std::min(count, backlog);
      if (backlog > 0) out.push_back({to_string(Hold::Backlog), backlog});
    }
    if (count > 0) out.push_back({to_string(control), count});
  }
  return out;
}

}  // namespace proteus::app

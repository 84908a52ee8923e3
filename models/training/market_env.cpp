#include "models/training/market_env.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/assert.hpp"
#include "engine/matching/bar_fill.hpp"
#include "engine/matching/filters.hpp"
#include "engine/matching/funding.hpp"
#include "engine/matching/margin.hpp"
#include "risk/venue_costs.hpp"

namespace proteus::training {
namespace {

constexpr InstrumentId kOnly{0};

Money capital_of(const EnvSettings& settings) {
  return Money::from_raw(to_fixed_raw(settings.capital));
}

}  // namespace

Result<MarketEnv> MarketEnv::create(const Settings& settings,
                                    features::PolicyObservation observation, std::size_t count) {
  if (settings.venue.fill_mode != matching::FillMode::Bar)
    return error(ErrorCode::Unsupported,
                 "the training environment fills from bars: set fill_mode to bar");
  if (count == 0 || !(settings.env.capital >= 1.0))
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} environments with a capital of {} each: there must be one at "
                             "least, with a capital of 1 or more",
                             count, settings.env.capital));
  return MarketEnv{settings, std::move(observation), count};
}

MarketEnv::MarketEnv(const Settings& settings, features::PolicyObservation observation,
                     std::size_t count)
    : settings_(settings),
      rates_(matching::make_rates(settings.venue)),
      observation_(std::move(observation)),
      slots_(count),
      observations_(count * observation_.columns()),
      final_observations_(count * observation_.columns()),
      rewards_(count),
      terminated_(count),
      truncated_(count),
      trial_over_(count, 1),
      infos_(count) {}

Result<void> MarketEnv::reset(std::span<const Task> tasks) {
  PROTEUS_ASSERT(tasks.size() == slots_.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    BOOST_OUTCOME_TRY(reset(i, tasks[i]));
  }
  return success();
}

Result<std::unique_ptr<MarketEnv::Guard>> MarketEnv::make_guard(const Task& task) const {
  if (settings_.env.sizing != Sizing::Engine) return std::unique_ptr<Guard>();
  BOOST_OUTCOME_TRY(EngineRisk fresh,
                    EngineRisk::create(settings_.risk, risk::venue_costs(settings_.venue),
                                       *task.series, capital_of(settings_.env)));
  return std::make_unique<Guard>(Guard{.fresh = fresh, .gate = fresh});
}

Result<void> MarketEnv::reset(std::size_t env, const Task& task) {
  BOOST_OUTCOME_TRY(check_task(task));
  if (!observation_.fits(task.series->schema()))
    return error(
        ErrorCode::Unsupported,
        fmt::format("{}: its features \"{}\" are not those of the observation \"{}\"",
                    task.series->name(), task.series->schema().set, observation_.schema().set));
  Slot& slot = slots_[env];
  BOOST_OUTCOME_TRY(slot.risk, make_guard(task));
  slot.task = task;
  slot.blank.emplace(capital_of(settings_.env), task.series->table());
  slot.episode = 0;
  slot.running = true;
  begin_episode(slot);
  rewards_[env] = 0.0;
  terminated_[env] = truncated_[env] = trial_over_[env] = 0;
  infos_[env] = {.capital = slot.equity, .bar = slot.bar};
  observe(slot, row(observations_, env));
  return success();
}

void MarketEnv::begin_episode(Slot& slot) {
  const Series& series = *slot.task.series;
  slot.bar = slot.task.start_of(slot.episode);
  slot.steps = 0;
  slot.turnover = 0.0;
  slot.orders.clear();
  slot.ledger = slot.blank;
  if (slot.risk)
    begin_account(slot);
  else
    slot.ledger->mark(kOnly, series.bars()[slot.bar].close);
  slot.equity = slot.ledger->view().equity.to_double();
  slot.reward.begin(slot.equity, market_square(series.bars(), slot.bar));
}

void MarketEnv::archive(Archive& a, std::span<const std::shared_ptr<const Series>> series) {
  a.part("market environments");
  for (Slot& slot : slots_) archive_slot(a, slot, series);
  a(observations_, final_observations_, trial_over_);
  if (a.reading() &&
      (observations_.size() != size() * observation_.columns() ||
       final_observations_.size() != observations_.size() || trial_over_.size() != size()))
    a.fail();
}

/// A task is told by its numbers; its bars are those that the reader was given.
void MarketEnv::archive_slot(Archive& a, Slot& slot,
                             std::span<const std::shared_ptr<const Series>> series) {
  const auto found = std::ranges::find(series, slot.task.series);
  auto index = static_cast<std::uint64_t>(found - series.begin());
  Task& task = slot.task;
  a(index, task.start, task.episode_bars, task.episodes, task.stride, task.regime, slot.bar,
    slot.episode, slot.steps, slot.equity, slot.turnover, slot.reward, slot.running);
  bool begun = slot.ledger.has_value();
  a(begun);
  if (a.reading() && a.ok()) {
    if (index >= series.size() && begun) return a.fail();
    task.series = begun ? series[index] : nullptr;
    slot.blank.reset();
    if (begun) {
      if (check_task(task).has_error() || slot.bar >= task.series->size()) return a.fail();
      slot.blank.emplace(capital_of(settings_.env), task.series->table());
    }
    slot.ledger = slot.blank;
  }
  if (!slot.ledger) return;
  a(*slot.ledger);
  if (settings_.env.sizing == Sizing::Engine) archive_guard(a, slot);
}

/// Its orders are filled within the step that sends them, and `fresh` comes from the settings.
void MarketEnv::archive_guard(Archive& a, Slot& slot) {
  if (a.reading() && a.ok()) {
    auto guard = make_guard(slot.task);
    if (guard.has_error()) return a.fail();
    slot.risk = std::move(guard).value();
  }
  if (!a.ok()) return;
  Guard& guard = *slot.risk;
  a(guard.gate, guard.ids, guard.said, guard.told, guard.done, guard.set_aside);
  // After a bar that was set aside the orders of an older decision still wait.
  std::vector<matching::PlannedOrder> waiting(slot.orders.begin(), slot.orders.end());
  auto count = static_cast<std::uint8_t>(waiting.size());
  a(count);
  if (count > guard.ids.size()) return a.fail();
  waiting.resize(count);
  for (matching::PlannedOrder& order : waiting) a(order.side, order.quantity, order.reduce_only);
  slot.orders.clear();
  for (const matching::PlannedOrder& order : waiting) slot.orders.push_back(order);
  if (a.reading() && (guard.told > slot.task.series->size() || guard.done > slot.bar)) a.fail();
}

/// A new account; the gate goes on where the market does. Bars that it does not know yet pass it as
/// those of a warm-up, and the one at whose close the first decision stands as a live one.
void MarketEnv::begin_account(Slot& slot) {
  Guard& guard = *slot.risk;
  const Series& series = *slot.task.series;
  Ledger& ledger = *slot.ledger;
  const auto warm_up = static_cast<std::size_t>(settings_.env.warm_up_bars);
  const std::size_t from = slot.bar > warm_up ? slot.bar - warm_up : 0;
  if (slot.bar + 1 < guard.told || guard.told < from) {
    guard.gate = guard.fresh;
    guard.told = from;
  } else {
    guard.gate.new_account(guard.fresh);
  }
  guard.said = 0.0;
  if (guard.told > slot.bar) {  // The last episode ended with it.
    ledger.mark(kOnly, series.bars()[guard.done].close);
    return guard.gate.on_equity(ledger.view(), series.bars()[slot.bar].close_time);
  }
  for (; guard.told <= slot.bar; ++guard.told) {
    const Bar& bar = series.bars()[guard.told];
    guard.set_aside = guard.gate.absurd(bar);
    if (!guard.set_aside) guard.done = guard.told;
    ledger.mark(kOnly, series.bars()[guard.done].close);
    if (guard.told < slot.bar)
      guard.gate.warm_up(bar, series.instrument(), ledger.view(), guard.set_aside);
    else
      guard.gate.on_bar(bar, ledger.view(), guard.set_aside);
  }
}

void MarketEnv::step(std::span<const Action> actions) {
  PROTEUS_ASSERT(actions.size() == slots_.size());
  for (std::size_t i = 0; i < actions.size(); ++i) step_one(i, actions[i]);
}

void MarketEnv::step_one(std::size_t env, const Action& action) {
  Slot& slot = slots_[env];
  rewards_[env] = 0.0;
  terminated_[env] = truncated_[env] = 0;
  if (!slot.running) return;

  StepInfo& info = infos_[env];
  info = {};
  decide(slot, action, info);
  next_bar(slot, info);
  ++slot.steps;

  const double before = slot.equity;
  const LedgerView view = slot.ledger->view();
  const PositionView& position = view[kOnly];
  slot.equity = view.equity.to_double();
  rewards_[env] = slot.reward.step(settings_.reward, before, slot.equity);
  info.capital = slot.equity;
  info.position = features::account_state(position, view.equity, 0.0).position;
  info.total_pnl = (view.equity - view.initial).to_double();
  info.step_return = slot.equity / before - 1.0;
  info.fees = position.fees.to_double();
  info.funding = position.funding.to_double();
  info.slippage = position.slippage.to_double();
  info.turnover = slot.turnover;
  info.bar = slot.bar;

  const bool stopped = settings_.env.end_at_latch && info.latched != Control::None;
  const bool ruined = stopped || slot.equity <= settings_.env.ruin_share * settings_.env.capital;
  const bool over =
      slot.steps == slot.task.episode_bars || slot.bar + 1 == slot.task.series->size();
  observe(slot, row(observations_, env));
  if (!ruined && !over) return;
  (ruined ? terminated_ : truncated_)[env] = 1;
  end_episode(env);
}

/// The wish, and which of its orders the venue takes. They were sent one after the other; nothing
/// else is open, so nothing else has reserved anything.
void MarketEnv::decide(Slot& slot, const Action& action, StepInfo& info) {
  if (slot.risk) return decide_sized(slot, action, info);
  slot.orders.clear();
  if (meaningless(settings_.actions.set, action)) {
    ++info.refused;
    return;
  }
  const Instrument& instrument = slot.task.series->instrument();
  const LedgerView view = slot.ledger->view();
  const Bar& bar = slot.task.series->bars()[slot.bar];
  const auto wanted =
      wanted_quantity(settings_.actions, action, instrument, view[kOnly], view.equity, bar.close);
  if (!wanted) return;
  for (const matching::PlannedOrder& order :
       matching::plan_orders(instrument, view[kOnly].quantity, *wanted)) {
    if (accepts(slot, order))
      slot.orders.push_back(order);
    else
      ++info.refused;
  }
}

/// As Engine::decide: the wish is sized, what it means in orders is reviewed one by one, and what
/// passes is sent to the venue.
void MarketEnv::decide_sized(Slot& slot, const Action& action, StepInfo& info) {
  Guard& guard = *slot.risk;
  if (guard.set_aside) return;
  slot.orders.clear();
  const Instrument& instrument = slot.task.series->instrument();
  const Bar& bar = slot.task.series->bars()[slot.bar];
  const LedgerView view = slot.ledger->view();
  const double wish = wished_weight(settings_.actions, action, guard.said);
  const Sized sized = guard.gate.size(bar, instrument, Target{.weight = wish}, view);
  if (sized.control.control != Control::None) {
    ++info.refused;
    info.refused_by = sized.control.control;
  }
  if (sized.control.control != Control::ModelOutput) guard.said = wish;
  if (sized.unchanged) return;
  for (const matching::PlannedOrder& planned :
       matching::plan_orders(instrument, view[kOnly].quantity, sized.wanted)) {
    const Reviewed said = guard.gate.review(planned, bar, instrument, view);
    if (said.order && accepts(slot, *said.order)) {
      guard.ids[slot.orders.size()] = said.id;
      slot.orders.push_back(*said.order);
      continue;
    }
    ++info.refused;
    if (!said.order) info.refused_by = said.refused_by;
  }
}

bool MarketEnv::accepts(const Slot& slot, const matching::PlannedOrder& order) const {
  const Instrument& instrument = slot.task.series->instrument();
  const Quantity held = (*slot.ledger)[kOnly].quantity;
  const Price last = slot.task.series->bars()[slot.bar].close;
  const OrderRequest request{
      .side = order.side, .reduce_only = order.reduce_only, .quantity = order.quantity};
  if (matching::check_filters(request, instrument, last, held) != OrderEnd::None) return false;
  if (order.reduce_only) return !matching::reducible(held, order.side, instrument).is_zero();
  return matching::affords(funds(slot), instrument, held, order.side, order.quantity, last,
                           rates_) == OrderEnd::None;
}

/// The order of a venue in bar mode: fills, liquidation, funding inside the bar at the price known
/// before it, funding at its close at the close, the mark.
void MarketEnv::next_bar(Slot& slot, StepInfo& info) {
  const Series& series = *slot.task.series;
  const std::size_t done = slot.risk ? slot.risk->done : slot.bar;
  const Price known = series.bars()[done].close;
  const Bar& bar = series.bars()[++slot.bar];
  if (slot.risk && !admit(slot, bar, info)) return;
  for (std::size_t skipped = done + 1; skipped < slot.bar; ++skipped) settle(slot, skipped, known);
  for (std::size_t i = 0; i < slot.orders.size(); ++i) fill(slot, i, bar, info);
  Ledger& ledger = *slot.ledger;
  const PositionView& position = ledger[kOnly];
  if (position.category == Category::Linear && !position.quantity.is_zero())
    liquidate(slot, bar, info);
  settle(slot, slot.bar, known);
  ledger.mark(kOnly, bar.close);
  if (!slot.risk) return;
  slot.risk->done = slot.bar;
  slot.risk->gate.on_bar(bar, ledger.view(), false);
  info.latched = slot.risk->gate.take_latched();
}

/// Whether the books may see this bar (control 19). The gate hears of funding and of a bar that is
/// set aside here, and of any other once the position is marked.
bool MarketEnv::admit(Slot& slot, const Bar& bar, StepInfo& info) {
  Guard& guard = *slot.risk;
  const LedgerView view = slot.ledger->view();
  Timestamp told = bar.open_time;
  for (const matching::FundingTime& due : slot.task.series->settlements(slot.bar)) {
    if (due.known) guard.gate.on_funding_told(due, view, told);
    told = due.time;
  }
  guard.told = slot.bar + 1;
  guard.set_aside = info.set_aside = guard.gate.absurd(bar);
  if (guard.set_aside) guard.gate.on_bar(bar, view, true);
  return !guard.set_aside;
}

/// The funding that falls due in a bar.
void MarketEnv::settle(Slot& slot, std::size_t bar, Price known) {
  const Series& series = *slot.task.series;
  const Bar& of = series.bars()[bar];
  Ledger& ledger = *slot.ledger;
  for (const matching::FundingTime& due : series.settlements(bar)) {
    const Quantity held = ledger[kOnly].quantity;
    if (held.is_zero()) return;
    const bool at_close = bar == slot.bar && due.time >= of.close_time;
    const FundingSettled settled =
        matching::settlement(due, kOnly, held, at_close ? of.close : known,
                             series.instrument().funding_interval, rates_.assumed_funding_e9);
    ledger.apply(settled);
    if (slot.risk)
      slot.risk->gate.on_funding(settled, ledger.view(), series.bars()[slot.bar].close_time);
  }
}

void MarketEnv::fill(Slot& slot, std::size_t index, const Bar& bar, StepInfo& info) {
  const matching::PlannedOrder& order = slot.orders[index];
  const Instrument& instrument = slot.task.series->instrument();
  const Quantity held = (*slot.ledger)[kOnly].quantity;
  const Quantity quantity =
      order.reduce_only
          ? std::min(order.quantity, matching::reducible(held, order.side, instrument))
          : order.quantity;
  if (quantity.is_zero()) return;
  const Price price = matching::taker_price(settings_.venue, instrument, order.side, quantity,
                                            bar.open, bar.volume);
  if (matching::affords(funds(slot), instrument, held, order.side, quantity, price, rates_) !=
      OrderEnd::None) {
    ++info.refused;
    return;
  }
  Fill fill = matching::execution(rates_, instrument, order.side, quantity, price, bar.open,
                                  Liquidity::Taker, bar.open_time);
  if (slot.risk) fill.id = slot.risk->ids[index];
  book(slot, fill, bar, info);
}

void MarketEnv::liquidate(Slot& slot, const Bar& bar, StepInfo& info) {
  const LedgerView view = slot.ledger->view();
  const PositionView& position = view[kOnly];
  const auto price =
      matching::liquidation_price({view.equity, view.gross}, position, bar, rates_.maintenance_e9);
  if (!price) return;
  const std::int64_t worse =
      matching::slippage_rate_e9(settings_.venue, abs(position.quantity), bar.volume);
  info.liquidated = true;
  book(slot,
       matching::liquidation(rates_, slot.task.series->instrument(), position.quantity, *price,
                             worse, bar.open_time),
       bar, info);
}

matching::Funds MarketEnv::funds(const Slot& slot) const {
  const LedgerView view = slot.ledger->view();
  const PositionView& position = view[kOnly];
  matching::Funds funds{.equity = view.equity, .cash = view.cash};
  if (position.category == Category::Linear && !position.value.is_zero())
    funds.margin_used = matching::initial_margin(
        abs(position.value),
        matching::leverage_of(slot.task.series->instrument(), rates_.leverage_e9));
  return funds;
}

void MarketEnv::book(Slot& slot, const Fill& fill, const Bar& bar, StepInfo& info) {
  slot.ledger->apply(fill);
  if (slot.risk) slot.risk->gate.on_fill(fill, slot.ledger->view(), bar.close_time);
  slot.turnover += fill.price.to_double() * fill.quantity.to_double();
  ++info.fills;
}

/// Keeps the last observation and starts the next episode, if the trial and the data have one.
void MarketEnv::end_episode(std::size_t env) {
  Slot& slot = slots_[env];
  std::ranges::copy(row(observations_, env), row(final_observations_, env).begin());
  const std::size_t next = slot.task.start_of(slot.episode + 1);
  if (slot.episode + 1 == slot.task.episodes || next + 1 >= slot.task.series->size()) {
    slot.running = false;
    trial_over_[env] = 1;
    return;
  }
  ++slot.episode;
  begin_episode(slot);
  observe(slot, row(observations_, env));
}

double MarketEnv::time_of(const Slot& slot) const {
  const auto bars = static_cast<double>(slot.task.episode_bars);
  const auto steps = static_cast<double>(slot.steps);
  if (observation_.time_share() == features::TimeShare::Episode) return steps / bars;
  return (static_cast<double>(slot.episode) * bars + steps) /
         (static_cast<double>(slot.task.episodes) * bars);
}

void MarketEnv::observe(const Slot& slot, std::span<float> row) const {
  const LedgerView view = slot.ledger->view();
  observation_.write(slot.task.series->features(slot.bar),
                     features::account_state(view[kOnly], view.equity, time_of(slot)), row);
}

}  // namespace proteus::training

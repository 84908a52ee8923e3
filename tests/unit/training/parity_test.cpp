// The environment against the engine: the same bars and actions, once through MarketEnv and once
// through Engine and PaperVenue, whose gate turns an action into a wish by the environment's own
// wanted_quantity, on the engine's ledger. With the engine's sizing there is no such gate: the
// strategy says the weight, and the engine has the gate that trades, risk::Gate.
#include <fmt/format.h>

#include <map>

#include "connectors/paper/paper_venue.hpp"
#include "engine/runtime/engine.hpp"
#include "risk/gate.hpp"
#include "risk/venue_costs.hpp"
#include "tests/support/no_journal.hpp"
#include "tests/unit/training/support.hpp"

namespace proteus::training {
namespace {

/// What the player says next.
struct Score {
  double weight = 0.0;
  bool speaks = true;
};

class Player final : public Strategy {
 public:
  explicit Player(const Score& score) : score_(score) {}
  [[nodiscard]] std::string_view name() const override { return "player"; }
  [[nodiscard]] std::size_t warm_up_bars() const override { return 0; }
  Opinion on_bar(const Bar&, const PositionView&, Money) override {
    if (!score_.speaks) return {std::nullopt, "the end", {}};
    return {Target{.weight = score_.weight}, "as recorded", {}};
  }
  void reset() override {}
  void archive(Archive&) override {}

 private:
  const Score& score_;
};

class ActionGate final : public RiskGate {
 public:
  explicit ActionGate(const ActionSettings& settings) : settings_(settings) {}
  Action action;
  bool speaks = true;

  [[nodiscard]] const char* absurd(const Bar&) override { return nullptr; }
  void observe(const Event&, const LedgerView&, ReportSink&) override {}
  void on_equity(const LedgerView&, Timestamp, ReportSink&) override {}
  Sized size(const SizingInput& input, SizingSteps&) override {
    const PositionView& position = input.ledger[input.instrument.id];
    const auto wanted = speaks ? wanted_quantity(settings_, action, input.instrument, position,
                                                 input.ledger.equity, input.bar.close)
                               : std::nullopt;
    return {.wanted = wanted.value_or(position.quantity), .unchanged = !wanted};
  }
  Verdict review(const OrderRequest& order, const ReviewInput&, ControlWords&) override {
    return Approved{order};
  }
  [[nodiscard]] RiskStatus status(const LedgerView&) const override { return {}; }
  void archive(Archive&) override {}

 private:
  ActionSettings settings_;
};

/// Everything that is drawn for one comparison.
struct World {
  explicit World(std::uint64_t seed, Sizing sizing = Sizing::None) : random{seed} {
    Instrument i = plain_instrument(random.chance(0.3) ? Category::Spot : Category::Linear);
    i.tick_size = one_of(random, {"0.1"_px, "0.01"_px, "0.0005"_px, "0.000001"_px});
    i.lot_step = one_of(random, {"0.001"_qty, "0.1"_qty, "1"_qty, "0.000001"_qty});
    i.quantity_min = one_of(random, {Quantity{}, i.lot_step, i.lot_step * 10});
    i.notional_min = one_of(random, {Money{}, "5"_usdt, "100"_usdt});
    i.quantity_max_market = random.chance(0.2) ? i.lot_step * 100'000 : Quantity{};
    if (i.category == Category::Linear) {
      i.leverage_max_e9 = kFixedScale * one_of<std::int64_t>(random, {1, 5, 50});
      i.funding_interval = one_of<Duration>(random, {1h, 4h, 8h});
    }
    const Interval interval =
        one_of(random, {Interval::M15, Interval::H1, Interval::H4, Interval::D1});
    const double price = one_of(random, {3.0, 150.0, 30'000.0});
    SeriesSource source{
        .name = fmt::format("seed {}", seed),
        .instrument = i,
        .interval = interval,
        .bars = random_bars(400, interval, price, one_of(random, {0.002, 0.01, 0.06}), i.tick_size,
                            random),
        .features = features::Kind::None};
    if (i.category == Category::Linear) source.funding = draw_funding(source);
    series = Series::create(std::move(source)).value();

    settings.env.capital = one_of(random, {500.0, 10'000.0, 1'234'567.0});
    settings.venue.half_spread_bps = pick(random, 0.0, 5.0);
    settings.venue.impact_bps = pick(random, 0.0, 40.0);
    settings.venue.linear_taker_fee_bps = pick(random, 0.0, 12.0);
    settings.venue.spot_taker_fee_bps = pick(random, 0.0, 20.0);
    settings.venue.leverage = one_of(random, {1.0, 3.0, 10.0, 30.0});
    settings.venue.maintenance_margin_bps = one_of(random, {50.0, 500.0, 2'000.0});
    settings.venue.liquidation_fee_bps = pick(random, 0.0, 100.0);
    settings.env.ruin_share = 0.02;
    change = one_of(random, {0.05, 0.3, 1.0});
    settings.venue.assumed_funding_bps = pick(random, 0.0, 5.0);
    settings.actions.set = one_of(
        random, {ActionSet::BuySellHold, ActionSet::Target, ActionSet::Adjust, ActionSet::Weight});
    const double borrowed = i.category == Category::Spot ? 1.0 : settings.venue.leverage;
    settings.actions.exposure_max =
        std::min(20.0, one_of(random, {0.3, 0.7, 0.95, 1.2}) * borrowed);
    settings.actions.no_trade_band = one_of(random, {0.0, 0.05});
    settings.env.sizing = sizing;
    if (sizing == Sizing::Engine) draw_risk();
  }

  /// Limits of the research profile, narrow enough to be met.
  void draw_risk() {
    settings.env.warm_up_bars = one_of<std::int64_t>(random, {0, 30, 200});
    risk::SizingSettings& sizing = settings.risk.sizing;
    sizing.volatility_target = one_of(random, {0.2, 0.5, 3.0});
    sizing.volatility_span = one_of<std::int64_t>(random, {10, 60});
    sizing.kelly = one_of(random, {risk::KellyForm::Continuous, risk::KellyForm::Discrete,
                                   risk::KellyForm::Drawdown});
    sizing.kelly_fraction = one_of(random, {0.25, 1.0});
    sizing.kelly_floor = one_of(random, {0.05, 0.5, 1.0});
    sizing.kelly_bars_min = 20;
    sizing.kelly_trips_min = 3;
    if (random.chance(0.5)) sizing.kelly_half_life = 50;
    sizing.gross_max = one_of(random, {1.0, 3.0});
    sizing.share_max = one_of(random, {0.25, 1.0});
    sizing.no_trade_band = one_of(random, {0.0, 0.01, 0.2});
    sizing.bad_output = one_of(random, {risk::BadOutput::Flat, risk::BadOutput::Hold});
    risk::LimitSettings& limits = settings.risk.limits;
    limits.position_max = one_of(random, {0.2, 1'000.0});
    limits.order_value_max = one_of(random, {0.1, 1'000.0});
    limits.quantity_volume_max = one_of(random, {0.01, 1.0, 1'000.0});
    limits.price_drift_bps = one_of(random, {2.0, 10'000.0});
    limits.executions_max = one_of<std::int64_t>(random, {3, 100'000});
    limits.executions_window = one_of<Duration>(random, {24h, 160h});
    limits.loss_streak_max = one_of<std::int64_t>(random, {2, 1'000'000});
    limits.cooldown = one_of<Duration>(random, {1s, 10h});
    limits.drawdown_max = limits.drawdown_halt = one_of(random, {0.02, 0.99});
    limits.daily_loss_max = limits.daily_loss_flat = one_of(random, {0.01, 0.99});
    limits.liquidation_ranges_min = one_of(random, {0.001, 20.0});
    limits.jump_max = one_of(random, {0.1, 5.0});
  }

  /// Three of four settlements of the grid are known.
  std::vector<FundingPoint> draw_funding(const SeriesSource& source) {
    std::vector<FundingPoint> funding;
    const Duration step = source.instrument.funding_interval;
    for (Timestamp t = source.bars.front().open_time + step; t <= source.bars.back().close_time;
         t += step)
      if (random.chance(0.75))
        funding.push_back({t, static_cast<std::int64_t>(pick(random, -2e6, 3e6))});
    return funding;
  }

  /// Declared first: everything else is drawn from it.
  market::Random random;
  std::shared_ptr<const Series> series;
  MarketEnv::Settings settings;
  double change = 1.0;  ///< probability that a bar brings a new action
};

/// The gate that trades.
risk::Gate trading_gate(const World& world, const InstrumentTable& table) {
  return {world.settings.risk.sizing,
          world.settings.risk.limits,
          table,
          world.series->interval(),
          risk::venue_costs(world.settings.venue),
          Money::from_raw(to_fixed_raw(world.settings.env.capital))};
}

/// The engine over the same bars, behind a gate of the comparison's choice.
template <class Gate>
struct EngineSide {
  EngineSide(const World& world, InstrumentTable& instruments, Gate& own_gate)
      : series(*world.series),
        venue(world.settings.venue, series.interval(),
              Money::from_raw(to_fixed_raw(world.settings.env.capital)), instruments),
        gate(own_gate),
        engine(settings_of(world), instruments, SessionCode{"ABCDEFGHJKMNP"}, players(), gate,
               venue, journal) {}

  void close(std::size_t i, BarSource source = BarSource::Stream) {
    const Bar& bar = series.bars()[i];
    Timestamp at = bar.open_time;
    for (const matching::FundingTime& due : series.settlements(i)) {
      if (source == BarSource::Warmup) break;
      if (due.known && i > 0)
        engine.on_input(TickerUpdated{.instrument = InstrumentId{0},
                                      .funding_known = true,
                                      .funding_rate_e9 = due.rate_e9,
                                      .next_funding = due.time},
                        at, at);
      at = due.time;
    }
    const std::uint64_t heard = counters().bars;
    engine.on_input(BarClosed{bar, source}, bar.close_time, bar.close_time);
    // A wish that was not heard (the bar was set aside) or means nothing is none to go on from.
    if (counters().bars != heard && std::isfinite(score.weight)) said = score.weight;
  }
  [[nodiscard]] LedgerView ledger() const { return engine.ledger(); }
  [[nodiscard]] const EngineCounters& counters() const { return engine.counters(); }

  static EngineSettings settings_of(const World& world) {
    EngineSettings settings;
    settings.interval = world.series->interval();
    settings.capital = world.settings.env.capital;
    return settings;
  }
  std::vector<std::unique_ptr<Strategy>> players() {
    std::vector<std::unique_ptr<Strategy>> players;
    players.push_back(std::make_unique<Player>(score));
    return players;
  }

  const Series& series;
  Score score;
  double said = 0.0;  ///< what "keep" means: the last wish that was heard
  paper::PaperVenue venue;
  test::NoJournal journal;
  Gate& gate;
  Engine engine;
};

struct Seen {
  std::uint64_t steps = 0;
  std::uint64_t fills = 0;
  std::uint64_t funding = 0;
  std::uint64_t liquidations = 0;
  std::uint64_t refused = 0;
  std::uint64_t ruined = 0;
  std::uint64_t set_aside = 0;
  std::uint64_t latched = 0;
  std::map<Control, std::uint64_t> controls;
};

void expect_equal(const PositionView& engine, const PositionView& env) {
  EXPECT_EQ(engine.quantity, env.quantity);
  EXPECT_EQ(engine.mark, env.mark);
  EXPECT_EQ(engine.cost, env.cost);
  EXPECT_EQ(engine.realised, env.realised);
  EXPECT_EQ(engine.fees, env.fees);
  EXPECT_EQ(engine.funding, env.funding);
  EXPECT_EQ(engine.slippage, env.slippage);
  EXPECT_EQ(engine.fills, env.fills);
}

/// What both sides are told to do at a close.
void tell(EngineSide<ActionGate>& engine, const World&, const Action& action, bool over) {
  engine.gate.action = action;
  engine.gate.speaks = !over;
}
void tell(EngineSide<risk::Gate>& engine, const World& world, const Action& action, bool over) {
  const double wish = wished_weight(world.settings.actions, action, engine.said);
  engine.score = {.weight = wish, .speaks = !over};
}

/// Compares the books after every bar, until the data are over or the environment is ruined. The
/// engine decides as it closes a bar, so the comparison stands between its decision and the step.
template <class Gate>
void compare(World& world, std::uint64_t seed, EngineSide<Gate>& engine, std::size_t start,
             Seen& seen) {
  MarketEnv env = make_env(*world.series, world.settings);
  Task task = task_of(world.series, world.series->size());
  task.start = start;
  ASSERT_TRUE(env.reset(0, task));
  Action action;
  for (bool over = false; !::testing::Test::HasFailure();) {
    const std::size_t bar = env.infos()[0].bar;
    if (world.random.chance(world.change))
      action = random_action(world.settings.actions.set, world.random);
    tell(engine, world, action, over);
    engine.close(bar);

    SCOPED_TRACE(fmt::format("seed {}, bar {}", seed, bar));
    const LedgerView theirs = engine.ledger();
    const LedgerView ours = env.books(0).view();
    ASSERT_EQ(theirs.equity, ours.equity);
    ASSERT_EQ(theirs.cash, ours.cash);
    expect_equal(theirs.positions[0], ours.positions[0]);
    if (over) break;

    env.step({&action, 1});
    over = env.trial_over()[0] != 0;
    const StepInfo& info = env.infos()[0];
    ++seen.steps;
    seen.fills += info.fills;
    seen.refused += info.refused;
    seen.liquidations += info.liquidated ? 1 : 0;
    seen.ruined += env.terminated()[0];
    seen.set_aside += info.set_aside ? 1 : 0;
    seen.latched += info.latched == Control::None ? 0 : 1;
    if (info.refused_by != Control::None) ++seen.controls[info.refused_by];
  }
  // Two bars set aside in a row are a hole to the engine: its strategy starts again.
  EXPECT_TRUE(world.settings.env.sizing == Sizing::Engine || engine.counters().gaps == 0);
  EXPECT_EQ(engine.counters().late_bars, 0U);
  seen.funding += engine.counters().funding;
}

void expect_parity(std::uint64_t seed, Seen& seen) {
  World world{seed};
  InstrumentTable table = world.series->table();
  ActionGate gate{world.settings.actions};
  EngineSide engine{world, table, gate};
  compare(world, seed, engine, 0, seen);
}

/// The engine warms up on the bars before the start as the environment does.
void expect_sized_parity(std::uint64_t seed, Seen& seen) {
  World world{seed, Sizing::Engine};
  InstrumentTable table = world.series->table();
  risk::Gate gate = trading_gate(world, table);
  EngineSide engine{world, table, gate};
  const std::size_t start = one_of<std::size_t>(world.random, {0, 50, 250});
  const auto warm_up = static_cast<std::size_t>(world.settings.env.warm_up_bars);
  for (std::size_t i = start > warm_up ? start - warm_up : 0; i < start; ++i)
    engine.close(i, BarSource::Warmup);
  compare(world, seed, engine, start, seen);
}

TEST(MarketEnvParity, TheEngineOverTheSameBarsAndActionsHasTheSameBooksAfterEveryBar) {
  constexpr std::uint64_t kFirst = 1;
  constexpr std::uint64_t kWorlds = 120;
  Seen seen;
  for (std::uint64_t seed = kFirst; seed < kFirst + kWorlds && !HasFailure(); ++seed)
    expect_parity(seed, seen);
  const std::string told = fmt::format(
      "seeds {} to {}: {} steps, {} fills, {} settlements, {} liquidations, {} refused, {} ruined",
      kFirst, kFirst + kWorlds - 1, seen.steps, seen.fills, seen.funding, seen.liquidations,
      seen.refused, seen.ruined);
  RecordProperty("worlds", told);
  fmt::print("{}\n", told);
  // A comparison in which something never happened would prove nothing about it.
  EXPECT_GT(seen.fills, 5'000U);
  EXPECT_GT(seen.funding, 1'000U);
  EXPECT_GT(seen.liquidations, 10U);
  EXPECT_GT(seen.refused, 100U);
  EXPECT_GT(seen.ruined, 1U);
}

TEST(MarketEnvParity, TheEngineWithItsOwnSizingAndLimitsHasTheBooksOfTheSizedEnvironment) {
  constexpr std::uint64_t kFirst = 1'001;
  constexpr std::uint64_t kWorlds = 200;
  Seen seen;
  for (std::uint64_t seed = kFirst; seed < kFirst + kWorlds && !HasFailure(); ++seed)
    expect_sized_parity(seed, seen);
  std::string told = fmt::format(
      "seeds {} to {}: {} steps, {} fills, {} settlements, {} bars set aside, {} controls "
      "latched, {} refused, of these by control",
      kFirst, kFirst + kWorlds - 1, seen.steps, seen.fills, seen.funding, seen.set_aside,
      seen.latched, seen.refused);
  for (const auto& [control, count] : seen.controls)
    told += fmt::format(" {}: {}", static_cast<int>(control), count);
  RecordProperty("worlds", told);
  fmt::print("{}\n", told);
  EXPECT_GT(seen.fills, 3'000U);
  EXPECT_GT(seen.funding, 1'000U);
  EXPECT_GT(seen.set_aside, 10U);
  EXPECT_GT(seen.latched, 10U);
  for (const Control control :
       {Control::ModelOutput, Control::PositionLimit, Control::OrderValue, Control::OrderQuantity,
        Control::PriceDrift, Control::LossStreak, Control::ExpectedEdge})
    EXPECT_GT(seen.controls[control], 0U) << "control " << static_cast<int>(control);
}

}  // namespace
}  // namespace proteus::training

// The environment against the engine: the same bars and actions, once through MarketEnv and once
// through Engine and PaperVenue, whose gate turns an action into a wish by the environment's own
// wanted_quantity, on the engine's ledger.
#include <fmt/format.h>

#include "connectors/paper/paper_venue.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/support/no_journal.hpp"
#include "tests/unit/training/support.hpp"

namespace proteus::training {
namespace {

class Player final : public Strategy {
 public:
  [[nodiscard]] std::string_view name() const override { return "player"; }
  [[nodiscard]] std::size_t warm_up_bars() const override { return 0; }
  Opinion on_bar(const Bar&, const PositionView&, Money) override {
    return {Target{}, "as recorded", {}};
  }
  void reset() override {}
  void archive(Archive&) override {}
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
  explicit World(std::uint64_t seed) : random{seed} {
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

/// The engine over the same bars.
struct EngineSide {
  explicit EngineSide(const World& world)
      : series(*world.series),
        table(series.table()),
        gate(world.settings.actions),
        venue(world.settings.venue, series.interval(),
              Money::from_raw(to_fixed_raw(world.settings.env.capital)), table),
        engine(settings_of(world), table, SessionCode{"ABCDEFGHJKMNP"}, players(), gate, venue,
               journal) {}

  void close(std::size_t i) {
    const Bar& bar = series.bars()[i];
    Timestamp at = bar.open_time;
    for (const matching::FundingTime& due : series.settlements(i)) {
      if (due.known && i > 0)
        engine.on_input(TickerUpdated{.instrument = InstrumentId{0},
                                      .funding_known = true,
                                      .funding_rate_e9 = due.rate_e9,
                                      .next_funding = due.time},
                        at, at);
      at = due.time;
    }
    engine.on_input(BarClosed{bar, BarSource::Stream}, bar.close_time, bar.close_time);
  }
  [[nodiscard]] LedgerView ledger() const { return engine.ledger(); }
  [[nodiscard]] const EngineCounters& counters() const { return engine.counters(); }

  static EngineSettings settings_of(const World& world) {
    EngineSettings settings;
    settings.interval = world.series->interval();
    settings.capital = world.settings.env.capital;
    return settings;
  }
  static std::vector<std::unique_ptr<Strategy>> players() {
    std::vector<std::unique_ptr<Strategy>> players;
    players.push_back(std::make_unique<Player>());
    return players;
  }

  const Series& series;
  InstrumentTable table;
  ActionGate gate;
  paper::PaperVenue venue;
  test::NoJournal journal;
  Engine engine;
};

struct Seen {
  std::uint64_t steps = 0;
  std::uint64_t fills = 0;
  std::uint64_t funding = 0;
  std::uint64_t liquidations = 0;
  std::uint64_t refused = 0;
  std::uint64_t ruined = 0;
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

/// Compares the books after every bar, until the data are over or the environment is ruined. The
/// engine decides as it closes a bar, so the comparison stands between its decision and the step.
void expect_parity(std::uint64_t seed, Seen& seen) {
  World world{seed};
  EngineSide engine{world};
  MarketEnv env = make_env(*world.series, world.settings);
  ASSERT_TRUE(env.reset(0, task_of(world.series, world.series->size())));
  for (bool over = false; !testing::Test::HasFailure();) {
    const std::size_t bar = env.infos()[0].bar;
    if (world.random.chance(world.change))
      engine.gate.action = random_action(world.settings.actions.set, world.random);
    engine.gate.speaks = !over;
    engine.close(bar);

    SCOPED_TRACE(fmt::format("seed {}, bar {}", seed, bar));
    const LedgerView theirs = engine.ledger();
    const LedgerView ours = env.books(0).view();
    ASSERT_EQ(theirs.equity, ours.equity);
    ASSERT_EQ(theirs.cash, ours.cash);
    expect_equal(theirs.positions[0], ours.positions[0]);
    if (over) break;

    env.step({&engine.gate.action, 1});
    over = env.trial_over()[0] != 0;
    const StepInfo& info = env.infos()[0];
    ++seen.steps;
    seen.fills += info.fills;
    seen.refused += info.refused;
    seen.liquidations += info.liquidated ? 1 : 0;
    seen.ruined += env.terminated()[0];
  }
  EXPECT_EQ(engine.counters().gaps, 0U);
  EXPECT_EQ(engine.counters().late_bars, 0U);
  seen.funding += engine.counters().funding;
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

}  // namespace
}  // namespace proteus::training

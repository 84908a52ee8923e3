#include "tests/bench/world.hpp"

#include "engine/core/assert.hpp"
#include "engine/market/generator.hpp"
#include "strategies/make_strategy.hpp"

namespace proteus::bench {
namespace {

constexpr std::uint64_t kWorldSeed = 20'250'529;
constexpr double kCapital = 1'000'000.0;  // Enough for every venue minimum at an eighth's share.

InstrumentTable make_table(const Market& market) {
  InstrumentTable table;
  for (const Instrument& instrument : market.instruments)
    PROTEUS_ASSERT(table.add(instrument).has_value());
  return table;
}

EngineSettings engine_settings(OrderStyle style) {
  EngineSettings settings;
  settings.order_style = style;
  settings.capital = kCapital;
  return settings;
}

Money capital() { return Money::from_raw(to_fixed_raw(kCapital)); }

std::vector<std::unique_ptr<Strategy>> make_crosses(const Market& market) {
  std::vector<std::unique_ptr<Strategy>> strategies;
  for (const Instrument& instrument : market.instruments)
    strategies.push_back(
        std::move(strategies::make_strategy({}, instrument, Interval::M1)).value());
  return strategies;
}

risk::Costs default_costs() {
  const matching::VenueSettings venue;
  return {venue.linear_taker_fee_bps / 1e4, venue.half_spread_bps / 1e4};
}

class NoStrategy final : public Strategy {
 public:
  [[nodiscard]] std::string_view name() const override { return "none"; }
  [[nodiscard]] std::size_t warm_up_bars() const override { return 0; }
  Opinion on_bar(const Bar&, const PositionView&, Money) override { return {}; }
  void reset() override {}
  void archive(Archive&) override {}
};

class NoGate final : public RiskGate {
 public:
  [[nodiscard]] const char* absurd(const Bar&) override { return nullptr; }
  void observe(const Event&, const LedgerView&, ReportSink&) override {}
  void on_equity(const LedgerView&, Timestamp, ReportSink&) override {}
  Sized size(const SizingInput&, SizingSteps&) override { return {}; }
  Verdict review(const OrderRequest& order, const ReviewInput&, ControlWords&) override {
    return Approved{order};
  }
  [[nodiscard]] RiskStatus status(const LedgerView&) const override { return {}; }
  void archive(Archive&) override {}
};

class NoVenue final : public Venue {
 public:
  void before(const Event&, ReportSink&) override {}
  void submit(const OrderRequest&, Timestamp, ReportSink&) override {}
  void cancel(const ClientOrderId&, Timestamp, ReportSink&) override {}
  void archive(Archive&) override {}
};

std::vector<std::unique_ptr<Strategy>> make_nothings(const Market& market) {
  std::vector<std::unique_ptr<Strategy>> strategies;
  for (std::size_t i = 0; i < market.instruments.size(); ++i)
    strategies.push_back(std::make_unique<NoStrategy>());
  return strategies;
}

}  // namespace

Market make_market(std::size_t instruments, int bars) {
  market::Settings settings;
  PROTEUS_ASSERT(instruments >= 1 && instruments <= 8);
  settings.instruments.resize(instruments);
  auto generator =
      market::MarketGenerator::create(settings, kWorldSeed, from_unix_ms(1'748'538'300'000));
  Market market;
  const auto known = generator.value().instruments();
  market.instruments.assign(known.begin(), known.end());
  market.bars.reserve(static_cast<std::size_t>(bars) + instruments);
  while (market.bars.size() < static_cast<std::size_t>(bars)) {
    const market::Minute minute = generator.value().next();
    market.bars.insert(market.bars.end(), minute.bars.begin(), minute.bars.end());
  }
  return market;
}

SessionCode bench_session() {
  return make_session_code({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13});
}

World::World(const Market& market, Journal& journal, OrderStyle style)
    : table_(make_table(market)),
      gate_({}, {}, table_, Interval::M1, default_costs(), capital()),
      venue_({}, Interval::M1, capital(), table_),
      engine_(engine_settings(style), table_, bench_session(), make_crosses(market), gate_, venue_,
              journal) {}

void World::feed_ticker(const Bar& bar) {
  constexpr Duration kFunding = std::chrono::hours{8};
  const Duration since = bar.close_time.time_since_epoch() % kFunding;
  const TickerUpdated ticker{.instrument = bar.instrument,
                             .last = bar.close,
                             .mark = bar.close,
                             .index = bar.close,
                             .funding_known = true,
                             .funding_rate_e9 = 100'000,
                             .next_funding = bar.close_time - since + kFunding};
  engine_.on_input(ticker, bar.close_time, bar.close_time);
}

EmptyWorld::EmptyWorld(const Market& market, Journal& journal)
    : table_(make_table(market)),
      gate_(std::make_unique<NoGate>()),
      venue_(std::make_unique<NoVenue>()),
      engine_(engine_settings(OrderStyle::Market), table_, bench_session(), make_nothings(market),
              *gate_, *venue_, journal) {}
EmptyWorld::~EmptyWorld() = default;

}  // namespace proteus::bench

#include "tools/app/selftest/stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "tools/app/gate_costs.hpp"

namespace proteus::app::selftest {
namespace {

constexpr SessionCode kSession{"se1ftest00000"};

Instrument describe(Category category, std::string_view base, const StageOptions& options) {
  Instrument made;
  made.category = category;
  made.symbol = std::string_view{std::string(base) + "USDT"};
  made.base_coin = base;
  made.quote_coin = "USDT";
  made.tick_size = Price::from_raw(1);  // Any price is on it.
  made.lot_step = kLot;
  made.quantity_min = category == Category::Linear ? lots(2) : Quantity{};
  made.quantity_max_limit = lots(10'000'000'000);
  made.quantity_max_market = options.largest_order;
  made.notional_min = Money::from_raw(5 * kLotValue.raw());
  made.leverage_max_e9 = category == Category::Linear ? 100 * kFixedScale : kFixedScale;
  made.funding_interval =
      category == Category::Linear ? Duration{std::chrono::hours{8}} : Duration{0};
  return made;
}

/// Fills at the price shown and without cost, so that a scenario knows its equity to the unit; what
/// the gate believes of costs is another matter, and as configured.
matching::VenueSettings stage_venue(const Settings& config) {
  matching::VenueSettings venue = config.paper;
  venue.fill_mode = matching::FillMode::Bar;
  venue.half_spread_bps = venue.impact_bps = 0.0;
  venue.linear_taker_fee_bps = venue.linear_maker_fee_bps = 0.0;
  venue.spot_taker_fee_bps = venue.spot_maker_fee_bps = 0.0;
  venue.assumed_funding_bps = 0.0;
  venue.leverage = 100.0;
  return venue;
}

EngineSettings stage_engine(const Settings& config, std::optional<double> passive_bps) {
  EngineSettings engine = config.engine;
  engine.capital = kCapital.to_double();
  engine.marks = MarkSource::Bars;
  engine.order_style = passive_bps ? OrderStyle::Limit : OrderStyle::Market;
  engine.limit_offset_bps = passive_bps.value_or(0.0);
  engine.limit_time_in_force = TimeInForce::Gtc;
  return engine;
}

}  // namespace

std::vector<Instrument> stage_instruments(const StageOptions& options) {
  return {describe(Category::Linear, "BTC", options), describe(Category::Linear, "ETH", options),
          describe(Category::Spot, "BTC", options)};
}

Timestamp stage_start(Interval interval) {
  // A Monday, and a month's first where bars are months.
  return bar_open(from_unix_ms(1'748'822'400'000), interval);  // 2025-06-02T00:00Z
}

InstrumentTable stage_table(const StageOptions& options) {
  InstrumentTable table;
  for (const Instrument& instrument : stage_instruments(options))
    PROTEUS_ASSERT(table.add(instrument).has_value());
  return table;
}

risk::SizingSettings stage_sizing(const Settings& config) {
  risk::SizingSettings sizing = config.sizing;
  sizing.shares.clear();
  return sizing;
}

GateParts gate_parts(const Settings& config, const risk::SizingSettings& sizing,
                     const InstrumentTable& instruments) {
  return {sizing,  config.limits, instruments, config.engine.interval, gate_costs(config.paper),
          kCapital};
}

const ControlResult* Said::word(Control control) const {
  const auto found = std::ranges::find(words, control, &ControlResult::control);
  return found == words.end() ? nullptr : &*found;
}

/// Always wants to be fully long; how much that is, the scenario or the sizing says.
class Stage::Scripted final : public Strategy {
 public:
  [[nodiscard]] std::string_view name() const override { return "self-test"; }
  [[nodiscard]] std::size_t warm_up_bars() const override { return 0; }
  Opinion on_bar(const Bar&, const PositionView&, Money) override {
    return {target, "the self-test asks for it", {}, false, edge};
  }
  void reset() override {}
  void archive(Archive&) override {}

  Target target{1.0, 1.0};
  std::optional<double> edge;
};

/// Bars as the stage's prices are when a bar begins; what was told once stays so.
class Stage::Market final : public sim::MarketSource {
 public:
  explicit Market(const Stage& stage)
      : stage_(stage), instruments_(stage.instruments_.begin(), stage.instruments_.end()) {}
  [[nodiscard]] std::span<const Instrument> instruments() const override { return instruments_; }
  [[nodiscard]] Interval base_interval() const override { return stage_.settings_.interval; }
  [[nodiscard]] Timestamp first() const override { return stage_start(base_interval()); }
  [[nodiscard]] std::optional<Timestamp> end() const override { return std::nullopt; }
  [[nodiscard]] std::optional<Bar> bar(InstrumentId id, Timestamp open) override {
    if (open < first()) return std::nullopt;
    return told_.try_emplace({id, open}, stage_.bar(id, open)).first->second;
  }
  [[nodiscard]] std::optional<std::int64_t> funding_rate_e9(InstrumentId, Timestamp) override {
    return 0;
  }
  [[nodiscard]] std::string_view regime(InstrumentId, Timestamp) override { return {}; }

 private:
  const Stage& stage_;
  std::vector<Instrument> instruments_;
  std::map<std::pair<InstrumentId, Timestamp>, Bar> told_;
};

Stage::~Stage() = default;

Stage::Stage(const Settings& config, const GateMaker& make, const StageOptions& options)
    : settings_(stage_engine(config, options.passive_bps)),
      instruments_(stage_table(options)),
      gate_(make(gate_parts(config, stage_sizing(config), instruments_))),
      venue_(stage_venue(config), settings_.interval, kCapital, instruments_),
      volume_(options.volume),
      range_(options.range),
      open_(stage_start(settings_.interval)) {
  prices_.fill(kPrice);
  std::vector<std::unique_ptr<Strategy>> strategies;
  for (Scripted*& strategy : strategies_) {
    auto made = std::make_unique<Scripted>();
    strategy = made.get();
    strategies.push_back(std::move(made));
  }
  engine_ = std::make_unique<Engine>(settings_, instruments_, kSession, std::move(strategies),
                                     gate_, venue_, notes_);
  for (const Instrument& instrument : instruments_) input(InstrumentChanged{instrument}, open_);
  if (options.wired) {
    market_ = std::make_unique<Market>(*this);
    wire_ = std::make_unique<Wire>(*market_, instruments_, *engine_);
  }
  close(2);  // The market is known before anything is asked of it.
}

Timestamp Stage::next_close() const { return next_open(open_, settings_.interval); }

Bar Stage::bar(InstrumentId id, Timestamp open) const {
  Bar bar;
  bar.instrument = id;
  bar.interval = settings_.interval;
  bar.open_time = open;
  bar.close_time = next_open(open, settings_.interval);
  bar.open = bar.high = bar.low = bar.close = prices_[id.index];
  bar.high += range_;
  bar.volume = volume_;
  return bar;
}

void Stage::input(EventBody body, Timestamp at) {
  if (wire_) wire_->run_until(at);
  engine_->on_input(std::move(body), at, at);
}

void Stage::close() {
  const Timestamp at = next_close();
  if (wire_)
    wire_->run_until(at);
  else
    for (std::uint32_t i = 0; i < kInstruments; ++i)
      input(BarClosed{next_bar(InstrumentId{i})}, at);
  open_ = at;
}

void Stage::cut(Category category) {
  wire_->run_until(next_close() - std::chrono::milliseconds{1});
  wire_->cut(category);
}

void Stage::close(int bars) {
  for (; bars > 0; --bars) close();
}

void Stage::tell_mark(InstrumentId id, Price mark, Timestamp at) {
  input(TickerUpdated{.instrument = id, .last = mark, .mark = mark, .index = mark}, at);
}

void Stage::wait(Timestamp at) {
  while (next_close() <= at) close();
  if (at > engine_->now()) input(ClockTick{}, at);
}

void Stage::next_day() {
  PROTEUS_ASSERT(!wire_);
  const Timestamp now = engine_->now();
  const auto midnight = std::chrono::ceil<std::chrono::days>(now + Duration{1});
  // The bar that opens with the new day, or the one that it lies in: the first to close in it.
  open_ = std::max(open_, bar_open(midnight, settings_.interval));
  close();
}

void Stage::lift(Control control) {
  input(OverrideChanged{.control = control,
                        .active = true,
                        .expires = engine_->now() + bar_length(open_, settings_.interval) * 1000,
                        .reason = "self-test"});
}

void Stage::place(InstrumentId id, Quantity position) {
  gate_.bypass(true);
  gate_.wish(id, position);
  close();
  gate_.bypass(false);
}

void Stage::hold(InstrumentId id, Quantity position) {
  place(id, position);
  close();
}

void Stage::fill(InstrumentId id, Quantity change, Price price, const ClientOrderId& order) {
  input(Fill{.id = order,
             .execution = std::string_view{fmt::format("venue-{}", ++fills_)},
             .instrument = id,
             .side = change > Quantity{} ? Side::Buy : Side::Sell,
             .quantity = abs(change),
             .price = price,
             .time = engine_->now()});
}

void Stage::lose(Money amount) {
  input(FundingSettled{
      .instrument = kPerpetual, .time = engine_->now(), .mark = kPrice, .amount = amount});
}

Said Stage::wish(InstrumentId id, Quantity position) {
  gate_.wish(id, position);
  gate_.forget();
  close();
  return said();
}

Said Stage::target(InstrumentId id, Target target) {
  strategies_[id.index]->target = target;
  gate_.leave_sizing(id);
  gate_.forget();
  close();
  strategies_[id.index]->target = {1.0, 1.0};
  return said();
}

void Stage::expect_edge(InstrumentId id, double edge) { strategies_[id.index]->edge = edge; }

Said said_to_last(const WishGate& gate, const Notes& notes) {
  Said said;
  const auto& review = gate.last();
  if (!review) return said;
  said.asked = true;
  said.words = review->words;
  said.left = std::ranges::any_of(
      notes.intents, [&](const OrderIntent& out) { return out.order.id == review->order.id; });
  if (const auto* refused = std::get_if<Refused>(&review->verdict)) {
    said.by = refused->by;
  } else {
    said.approved = true;
    said.quantity = std::get<Approved>(review->verdict).order.quantity;
  }
  return said;
}

Said ask_gate(WishGate& gate, const Engine& engine, const Notes& notes, const SessionCode& session,
              const Question& question) {
  OrderRequest order;
  // Ordinals are few; a later second of the id's own makes room for more.
  constexpr std::uint32_t kEach = 40'000;
  order.id = make_order_id(session, question.id,
                           engine.now() + std::chrono::seconds{question.number / kEach},
                           question.purpose, 1000 + question.number % kEach);
  order.instrument = question.id;
  order.side = question.change > Quantity{} ? Side::Buy : Side::Sell;
  order.quantity = abs(question.change);
  order.reduce_only = question.purpose != Purpose::Open;
  order.reference = question.reference;
  order.decided_at = engine.now();
  if (question.limit) {
    order.type = OrderType::Limit;
    order.price = *question.limit;
  }
  std::vector<OrderRequest> open;
  for (const Order& other : engine.open_orders()) {
    open.push_back(other.request());
    open.back().quantity = other.remaining();
  }
  ControlWords words;
  gate.forget();
  (void)gate.review(order, {engine.instruments()[question.id], engine.ledger(), open, engine.now()},
                    words);
  return said_to_last(gate, notes);
}

Said Stage::ask(InstrumentId id, Quantity change, Purpose purpose, std::optional<Price> limit) {
  return ask_gate(gate_, *engine_, notes_, kSession,
                  {id, change, purpose, limit, prices_[id.index], asked_++});
}

bool Stage::holding(Hold hold) const {
  const RiskStatus now = status();
  return std::ranges::any_of(now.holds, [&](const HoldChanged& h) { return h.hold == hold; });
}

}  // namespace proteus::app::selftest

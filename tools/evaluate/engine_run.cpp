#include "tools/evaluate/engine_run.hpp"

#include <cmath>

#include "connectors/paper/paper_venue.hpp"
#include "connectors/replay/market_player.hpp"
#include "engine/ports/journal.hpp"
#include "engine/runtime/engine.hpp"
#include "models/online/inline_learner.hpp"
#include "risk/gate.hpp"
#include "strategies/make_strategy.hpp"
#include "tools/app/gate_costs.hpp"
#include "tools/evaluate/round_trips.hpp"

namespace proteus::app::evaluate {
namespace {

/// Keeps of what the engine writes down what a track is made of.
class Listener final : public Journal {
 public:
  explicit Listener(std::size_t instruments) : trips_(instruments) {}

  void append(const Event& event) override {
    if (const auto* fill = std::get_if<Fill>(&event.body)) {
      ++fills_;
      traded_ += fill->price.to_double() * fill->quantity.to_double();
      trips_.add(*fill);
    } else if (const auto* funding = std::get_if<FundingSettled>(&event.body)) {
      ++settlements_;
      if (funding->rate_assumed) ++assumed_;
      trips_.add(*funding);
    }
  }
  void append(const DecisionRecord& decision) override {
    if (decision.outcome == Outcome::Refused) ++refused_;
  }
  void append(const OrderIntent&) override {}
  void append(const CancelIntent&) override {}
  void append(const EquityPoint&) override {}
  [[nodiscard]] bool commit() override { return true; }

  /// Value of the fills since it was asked last, quote.
  double take_traded() { return std::exchange(traded_, 0.0); }
  /// How many they are.
  std::int64_t take_fills() { return std::exchange(fills_, 0); }
  RoundTrips& trips() { return trips_; }
  void count(evaluation::Track& track) const {
    track.settlements = settlements_;
    track.funding_assumed = assumed_;
    track.refused = refused_;
  }

 private:
  RoundTrips trips_;
  double traded_ = 0.0;
  std::int64_t fills_ = 0;
  std::int64_t settlements_ = 0;
  std::int64_t assumed_ = 0;
  std::int64_t refused_ = 0;
};

/// The ledger's totals at one close, quote.
struct Totals {
  double equity = 0.0;
  double fees = 0.0;
  double slippage = 0.0;
  double funding = 0.0;
  std::vector<double> earned;  ///< net, of each instrument
};

Totals totals_of(const LedgerView& ledger) {
  Totals t{.equity = ledger.equity.to_double()};
  for (const PositionView& p : ledger.positions) {
    t.fees += p.fees.to_double();
    t.slippage += p.slippage.to_double();
    t.funding += p.funding.to_double();
    t.earned.push_back((p.realised + p.unrealised - p.fees - p.funding).to_double());
  }
  return t;
}

/// Adds the bars of a track, close by close.
class Tracker {
 public:
  Tracker(const Settings& settings, const InstrumentTable& instruments, const Engine& engine,
          Listener& listener)
      : engine_(engine), listener_(listener), before_(totals_of(engine.ledger())) {
    track_.bars_a_year = bars_per_year(settings.engine.interval);
    for (const Instrument& instrument : instruments) track_.names.push_back(instrument.name());
  }

  void add(Timestamp close) {
    const LedgerView ledger = engine_.ledger();
    Totals now = totals_of(ledger);
    const double base = before_.equity;
    const double traded = listener_.take_traded();
    track_.closes.push_back(close);
    if (!(base > 0.0) || !(now.equity > 0.0)) track_.ruined = true;
    const double share = track_.ruined && !(base > 0.0) ? 0.0 : 1.0 / base;
    // Debts are not followed below nothing: the account is over there.
    track_.net.push_back(std::max((now.equity - base) * share, -1.0));
    track_.fees.push_back((now.fees - before_.fees) * share);
    track_.slippage.push_back((now.slippage - before_.slippage) * share);
    track_.funding.push_back((now.funding - before_.funding) * share);
    track_.traded.push_back(traded * share);
    track_.fills.push_back(listener_.take_fills());
    track_.exposure.push_back(now.equity > 0.0 ? ledger.gross.to_double() / now.equity : 0.0);
    std::vector<double> row;
    for (std::size_t k = 0; k < now.earned.size(); ++k)
      row.push_back((now.earned[k] - before_.earned[k]) * share);
    track_.contributions.push_back(std::move(row));
    before_ = std::move(now);
  }

  evaluation::Track end() {
    const LedgerView ledger = engine_.ledger();
    for (std::uint32_t k = 0; k < ledger.positions.size(); ++k)
      listener_.trips().cut(InstrumentId{k}, ledger.positions[k].mark.to_double(),
                            track_.closes.back());
    track_.trips = listener_.trips().closed();
    track_.blocks = {{0, track_.bars()}};
    listener_.count(track_);
    return std::move(track_);
  }

 private:
  const Engine& engine_;
  Listener& listener_;
  Totals before_;
  evaluation::Track track_;
};

/// Null where nothing is adapted by gradient steps. It answers between two closes, as in a replay.
std::unique_ptr<online::InlineLearner> learner_of(const Loaded& loaded) {
  if (loaded.policies.empty() || !strategies::learns(loaded.settings.policy.adapt)) return nullptr;
  const strategies::PolicySpec& spec = loaded.policies.front().spec;
  return std::make_unique<online::InlineLearner>(online::LearnMarket{spec.market, spec.interval});
}

}  // namespace

Result<evaluation::Track> run_engine(const Loaded& loaded, MemoryMarket& market, Timestamp from) {
  const Settings& s = loaded.settings;
  InstrumentTable instruments;
  std::vector<std::unique_ptr<Strategy>> strategies;
  const auto learner = learner_of(loaded);
  const auto board = std::make_shared<features::MarketBoard>();
  const strategies::PolicyParts parts{
      s.policy, loaded.policies, std::make_shared<strategies::PolicyDesk>(), learner.get(), board};
  const strategies::ForecastParts forecast{s.forecast, loaded.forecasters, board};
  for (const Instrument& instrument : market.instruments()) {
    BOOST_OUTCOME_TRY(instruments.add(instrument));
    BOOST_OUTCOME_TRY(auto strategy, strategies::make_strategy(
                                         s.strategy, instrument, s.engine.interval,
                                         loaded.policies.empty() ? nullptr : &parts,
                                         loaded.forecasters.empty() ? nullptr : &forecast, board));
    strategies.push_back(std::move(strategy));
  }
  BOOST_OUTCOME_TRY(risk::check(s.sizing, s.limits, instruments));
  const Money capital = Money::from_raw(to_fixed_raw(s.engine.capital));
  risk::Gate gate(s.sizing, s.limits, instruments, s.engine.interval, gate_costs(s.paper), capital);
  paper::PaperVenue venue(s.paper, s.engine.interval, capital, instruments);
  Listener listener(strategies.size());
  Engine engine(s.engine, instruments, make_session_code({}), std::move(strategies), gate, venue,
                listener);
  for (const Instrument& instrument : instruments)
    engine.on_input(InstrumentChanged{instrument}, market.first(), market.first());
  const replay::PlaySpan span{from, Timestamp{}, s.feed.warm_up_bars, s.engine.barrier};
  BOOST_OUTCOME_TRY(auto player,
                    replay::MarketPlayer::create(market, s.engine.interval, span, engine));
  Tracker tracker(s, instruments, engine, listener);
  for (Timestamp close = player.next_close(); player.step(); close = player.next_close()) {
    if (close > from) tracker.add(close);
    EventBody answer;
    while (learner && learner->take(answer))
      engine.on_input(std::move(answer), engine.now(), engine.now());
  }
  return tracker.end();
}

}  // namespace proteus::app::evaluate

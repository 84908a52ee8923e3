#include "tests/simulation/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "connectors/bybit/bootstrap.hpp"
#include "tests/simulation/retelling.hpp"

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kTrialStart{std::chrono::sys_days{std::chrono::June / 2 / 2025}};

sim::SimSettings exchange_of(const Scenario& s) {
  sim::SimSettings settings;
  settings.seed = static_cast<std::int64_t>(s.seed % 1'000'000'007ULL);
  settings.push_interval = 5s;
  settings.history_bars = s.history_bars;
  settings.faults = s.faults;
  return settings;
}

app::Loaded settings_of(const Scenario& s, const std::filesystem::path& folder) {
  std::string names;
  for (const std::string& name : s.instruments) names += (names.empty() ? "" : ",") + name;
  std::vector<std::string> overrides = {"session.folder=" + (folder / "runs").string(),
                                        "engine.instruments=" + names};
  overrides.insert(overrides.end(), s.overrides.begin(), s.overrides.end());
  auto loaded = app::load({}, overrides);
  if (loaded.has_error()) throw std::runtime_error(loaded.error().context);
  return std::move(loaded.value());
}

sim::SyntheticSource market_of(const Scenario& s) {
  market::Settings market;
  market.instruments = s.instruments;
  return std::move(sim::SyntheticSource::create(market, s.seed, kTrialStart, 96h).value());
}

}  // namespace

Trial::Trial(Scenario scenario, std::filesystem::path folder, Planted planted)
    : scenario_(std::move(scenario)),
      folder_(std::move(folder)),
      planted_(planted),
      draws_(sim::mix(scenario_.seed, "trial")),
      loaded_(settings_of(scenario_, folder_)),
      source_(market_of(scenario_)),
      network_(sim::mix(scenario_.seed, "network")),
      exchange_(
          std::move(sim::SimExchange::create(exchange_of(scenario_), *source_, network_).value())),
      disk_(scenario_.seed),
      witness_(new_witness()) {
  network_.exchange = exchange_.get();
  // The exchange tells the time that it was last moved to.
  network_.every(50ms, [this] { network_.advance(); });
}

Trial::~Trial() { disk_.die(); }

void Trial::Door::on_input(EventBody body, Timestamp happened, Timestamp received) {
  Trial& t = trial_;
  if (t.disk_.dead() || !t.fine()) return;
  if (t.planted_ == Planted::LookAhead) {
    const Truth truth(*t.source_, t.scenario_.interval, false, [] { return Timestamp{}; });
    body = one_bar_ahead(std::move(body), truth);
  }
  t.trading_->engine().on_input(std::move(body), happened, received);
  if (t.disk_.dead()) return;
  t.witness_->audit().after_input();
  t.trading_->keep_log();
}

std::unique_ptr<Witness> Trial::new_witness() {
  auto witness = std::make_unique<Witness>(
      Money::from_raw(to_fixed_raw(loaded_.settings.engine.capital)), loaded_.settings.limits,
      loaded_.settings.engine.marks,
      Truth(*source_, scenario_.interval, scenario_.quotes, [this] { return exchange_->now(); }));
  // A fill from the book carries the venue's time, by its own clock. Ours knows it to half a round
  // trip, where its first reading came late.
  if (scenario_.quotes)
    witness->audit().doubt_clock(2s + 2 * scenario_.disturbances.clock_jump_max +
                                 scenario_.faults.http_delay / 2);
  return witness;
}

void Trial::every(Duration period, std::function<void()> fn) {
  network_.every(period, [this, life = network_.life(), fn = std::move(fn)] {
    if (life == network_.life() && trading_ && !disk_.dead() && fine()) fn();
  });
}

Result<InstrumentTable> Trial::learn_instruments() {
  const app::Settings& s = loaded_.settings;
  std::vector<InstrumentName> names;
  for (const std::string& text : s.engine.instruments)
    names.push_back(std::move(parse_instrument_name(text).value()));
  bybit::Bootstrap bootstrap(s.feed, names, network_, *clock_, scenario_.seed + life_);
  network_.on_answer = [&](bybit::RequestId id, Result<bybit::HttpResponse> answer,
                           bybit::SteadyTime at) {
    bootstrap.on_response(id, std::move(answer), at);
  };
  bootstrap.start(network_.now());
  for (int i = 0; i < 36'000 && !bootstrap.done(); ++i) {
    network_.run_to(network_.now() + 100ms);
    bootstrap.on_timer(network_.now());
  }
  // What is still under way is answered to nobody.
  network_.on_answer = [](bybit::RequestId, const Result<bybit::HttpResponse>&, bybit::SteadyTime) {
  };
  if (!bootstrap.done()) return error(ErrorCode::Timeout, "the venue did not tell its instruments");
  return bootstrap.result();
}

Result<void> Trial::begin_session(const InstrumentTable& table, Timestamp now) {
  std::array<std::uint8_t, 13> letters{};
  for (auto& letter : letters) letter = static_cast<std::uint8_t>(draws_.next());
  BOOST_OUTCOME_TRY(trading_,
                    app::Trading::open(loaded_, "paper", now, make_session_code(letters)));
  session_ = trading_->session().folder();
  trading_->accompany([this](Journal& log) { return witness_->before(log); });
  if (planted_ == Planted::DroppedFill || planted_ == Planted::DoubledOrder)
    trading_->surround([this](std::unique_ptr<Venue> venue) {
      return std::make_unique<ErringVenue>(std::move(venue), planted_, 1 + draws_.next() % 3);
    });
  return trading_->build(table, now);
}

/// What died with the process is forgotten: the log alone tells what was.
Result<void> Trial::resume_session() {
  std::optional<Error> failed;
  BOOST_OUTCOME_TRY(trading_, app::Trading::resume(loaded_, "paper", *session_, [&](Journal& log) {
                      witness_ = new_witness();
                      const auto heard = witness_->hear_closed_segments(*session_ / "session.wal");
                      if (heard.has_error()) failed = heard.error();
                      return witness_->before(log);
                    }));
  if (failed) return *failed;
  clock_->not_before(trading_->engine().now());
  ++tally_.resumes;
  return success();
}

void Trial::start_feed() {
  const app::Settings& s = loaded_.settings;
  feed_ = std::move(bybit::PublicFeed::create(s.feed, trading_->instruments(), network_, *clock_,
                                              door_, scenario_.seed + life_)
                        .value());
  network_.feed = feed_.get();
  network_.on_answer = [this](bybit::RequestId id, Result<bybit::HttpResponse> answer,
                              bybit::SteadyTime at) {
    feed_->on_response(id, std::move(answer), at);
  };
  if (!trading_->resumed()) return feed_->start(network_.now());
  std::vector<bybit::ResumePoint> points;
  for (const Instrument& instrument : trading_->instruments()) {
    const Engine::BarsSeen seen = trading_->engine().bars_seen(instrument.id);
    if (seen.next_open != Timestamp{})
      points.push_back({instrument.id, s.engine.interval, seen.next_open, seen.warming_up});
  }
  feed_->resume(points, network_.now());
}

Result<void> Trial::start() {
  clock_.emplace(loaded_.settings.feed.clock, loaded_.settings.feed.speed,
                 [this] { return network_.now(); });
  network_.clock = &*clock_;
  network_.advance();
  disk_.live_again();
  // The first process dies once it has begun: a session that never did is begun anew by a person.
  const auto arm = [this] {
    if (life_ < scenario_.tears.size()) disk_.arm(scenario_.tears[life_]);
  };
  if (session_) {
    arm();
    BOOST_OUTCOME_TRYV(resume_session());
  }
  BOOST_OUTCOME_TRY(const InstrumentTable table, learn_instruments());
  const Timestamp now = clock_->at(network_.now());
  if (session_) {
    BOOST_OUTCOME_TRYV(trading_->go_on(table, now));
  } else {
    BOOST_OUTCOME_TRYV(begin_session(table, now));
    arm();
  }
  witness_->audit().watch({trading_->engine(), &trading_->paper_venue(), trading_->instruments(),
                           loaded_.settings.engine.barrier});
  start_feed();
  every(100ms, [this] { feed_->on_timer(network_.now()); });
  every(1s, [this] { disturb(); });
  return success();
}

/// What else happens, asked once a second: the disk is full for a while, the venue's clock jumps, a
/// person commands.
void Trial::disturb() {
  const auto one_in = [&](double seconds) { return seconds > 0 && draws_.unit() * seconds < 1.0; };
  const Disturbances& d = scenario_.disturbances;
  if (one_in(disk_.full() ? d.full_disk_lasts : d.full_disk)) {
    tally_.full_disks += disk_.full() ? 0 : 1;
    disk_.set_full(!disk_.full());
  }
  if (one_in(d.clock_jump)) {
    ++tally_.clock_jumps;
    jump();
  }
  if (one_in(d.command)) {
    ++tally_.commands;
    using enum OperatorAction;
    constexpr std::array kCommands = {Reduce, Halt, Flatten, Resume, Resume, Resume};
    const Timestamp now = std::max(trading_->engine().now(), clock_->at(network_.now()));
    door_.on_input(OperatorCommand{kCommands[draws_.next() % kCommands.size()], "drawn"}, now, now);
  }
}

/// The venue's clock, by less than what its own candles forgive, or ours, by any amount until it is
/// read again.
void Trial::jump() {
  constexpr double kVenueMost = 900.0;  // ms; below feed.final_slack
  const double share = 2.0 * draws_.unit() - 1.0;
  if (draws_.unit() < 0.5) {
    const auto offset = static_cast<std::int64_t>(share * kVenueMost);
    (void)exchange_->inject({.kind = sim::FaultKind::ClockOffset, .value = offset});
    return network_.advance();
  }
  const auto most = static_cast<double>(scenario_.disturbances.clock_jump_max.count());
  const bybit::SteadyTime now = network_.now();
  const Timestamp wrong = clock_->at(now) + Duration{static_cast<std::int64_t>(share * most)};
  static_cast<void>(clock_->on_server_time(wrong, now, now));
}

/// The process is gone; its disk takes no word of a destructor.
void Trial::bury() {
  disk_.die();
  network_.cut_all();
  network_.on_answer = [](bybit::RequestId, const Result<bybit::HttpResponse>&, bybit::SteadyTime) {
  };
  feed_.reset();
  trading_.reset();
  ++life_;
}

Verdict Trial::run() {
  const auto until = network_.now() + std::chrono::minutes{scenario_.minutes};
  const auto begin = [this] {
    if (const auto started = start(); started.has_error() && !disk_.dead())
      failure_ = started.error().context;
  };
  begin();
  while (fine() && (network_.now() < until || disk_.dead())) {
    network_.run_to(network_.now() + 1s);
    if (!disk_.dead()) continue;
    ++tally_.deaths;
    bury();
    disk_.set_full(false);
    network_.run_to(network_.now() + Duration{static_cast<std::int64_t>(
                                         draws_.unit() * scenario_.downtime_max.count())});
    begin();
  }
  if (fine()) end();
  Verdict verdict;
  verdict.complaint = failure_.empty() ? witness_->complaint() : failure_;
  verdict.digest = witness_->digest().value();
  if (trading_) verdict.ledger_hash = trading_->engine().ledger_hash();
  tally_.seeds = 1;
  tally_.faults = exchange_->fault_counts();
  tally_.disk = disk_.done();
  tally_.seen = witness_->audit().seen();
  verdict.tally = tally_;
  verdict.said = witness_->said();
  for (std::uint32_t i = 0; i < scenario_.instruments.size(); ++i)
    verdict.gaps[i] = witness_->first_gap(i);
  return verdict;
}

void Trial::end() {
  disk_.disarm();
  disk_.set_full(false);
  feed_->stop();
  tally_.rotations = trading_->log().segment() - 1;
  const auto ended = trading_->finish("the trial ends", clock_->at(network_.now()));
  if (ended.has_error()) {
    failure_ = ended.error().context;
    return;
  }
  witness_->audit().after_input();
  if (fine()) check_log();
}

/// What lies on the disk is what was heard, and a second engine makes the same of its inputs.
void Trial::check_log() {
  const auto wal = trading_->session().wal_path();
  const Result<Digest> read = Witness::of_log(wal);
  if (read.has_error())
    failure_ = "the log cannot be read again: " + read.error().context;
  else if (read.value().value() != witness_->digest().value())
    failure_ = fmt::format("the log on disk is not what was written: {} records, heard {}",
                           read.value().records(), witness_->digest().records());
  if (!failure_.empty()) return;
  const Retold retold = tell_again(loaded_, wal);
  tally_.records_told_again = retold.records;
  failure_ = retold.complaint;
  if (failure_.empty() && retold.ledger_hash != trading_->engine().ledger_hash())
    failure_ = "told again, the books have another hash";
}

}  // namespace proteus::simulation

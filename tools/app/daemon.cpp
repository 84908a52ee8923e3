#include "tools/app/daemon.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <optional>
#include <utility>

#include "connectors/bybit/bootstrap.hpp"
#include "models/online/learner_thread.hpp"
#include "tools/app/advice.hpp"
#include "tools/app/daemon_watch.hpp"
#include "tools/app/guard/pulse_text.hpp"
#include "tools/app/json_object.hpp"
#include "tools/app/kill_switches.hpp"
#include "tools/app/live_account.hpp"
#include "tools/app/net_feed_io.hpp"
#include "tools/app/operator_door.hpp"
#include "tools/app/override_file.hpp"
#include "tools/app/status_json.hpp"
#include "tools/app/trading.hpp"
#include "tools/app/waited_learner.hpp"

namespace proteus::app {

using namespace std::chrono_literals;

// Members are destroyed from the last to the first: sockets before the engine, the recorder before
// the storage thread that compresses for it.
struct TradingDaemon::Impl final : OperatorDoor::House {
  net::Loop& loop;
  Loaded loaded;
  std::unique_ptr<DaemonWatch> watch;
  std::unique_ptr<Trading> trading;
  std::unique_ptr<Learner> learner;                 ///< null: nothing is adapted
  online::LearnerThread* learner_thread = nullptr;  ///< it, where it is a thread
  std::unique_ptr<storage::FeedRecorder> recorder;
  bybit::VenueClock clock;
  std::unique_ptr<NetFeedIo> io;
  bybit::PastFunding past_funding;  ///< until the feed begins
  std::unique_ptr<bybit::PublicFeed> feed;
  std::unique_ptr<live::Signing> signing;  ///< until there is an account; null: paper
  std::unique_ptr<LiveAccount> account;    ///< null: paper
  std::string_view mode;
  KillSwitches switches;
  std::vector<std::pair<OperatorAction, std::string>> early;  ///< kills before there was an engine
  std::unique_ptr<OperatorDoor> door;
  net::Timer timer;
  std::string end_reason;
  std::string failure;  ///< why the run had to end; empty: it had not to
  OverrideFile overrides;
  net::Timer override_timer;
  bool stopped = false;
  bybit::SteadyTime started_at = steady_time();
  bybit::SteadyTime stopped_at{};

  Impl(net::Loop& l, const Loaded& given, std::unique_ptr<live::Signing> sign)
      : loop(l),
        loaded(given),
        clock(given.settings.feed.clock, given.settings.feed.speed, steady_time),
        signing(std::move(sign)),
        mode(signing ? "live" : "paper"),
        switches(
            l, given.settings.session,
            [this](OperatorAction action, const std::string& cause) { command(action, cause); }),
        overrides(given.settings.limits.override_file) {}

  Result<void> open_session(std::optional<SessionCode> code);
  Result<void> resume_session(const std::filesystem::path& folder);
  void record_feed();
  [[nodiscard]] std::vector<bybit::ResumePoint> resume_points() const;
  Result<InstrumentTable> learn_instruments(bool patient, bool fresh);
  Result<void> open_feed();
  Result<void> get_ready(std::optional<SessionCode> code,
                         const std::optional<std::filesystem::path>& resume, bool patient);
  Result<void> go_on(const InstrumentTable& instruments);
  Result<void> check_clock() const;
  Result<void> open_account();
  void end_account();
  void follow_overrides();
  void begin_learning();
  void hear_learner();
  void hear_learner(EventBody answer);
  void abandon();
  [[nodiscard]] StatusSources sources() const;

  [[nodiscard]] bool ready() const override { return feed != nullptr; }
  [[nodiscard]] std::string session() const override {
    return trading->session().folder().filename().string();
  }
  [[nodiscard]] std::string status() const override { return app::status_json(sources()); }
  [[nodiscard]] std::string why(std::string_view instrument) const override {
    return why_json(sources(), instrument);
  }
  [[nodiscard]] TradingView view() const override;
  void command(OperatorAction action, const std::string& cause) override;
  [[nodiscard]] std::string obstacle() const override;
  void end(const std::string& reason) override;
  std::string heard() override;
  [[nodiscard]] std::string pulse() const override;
};

Result<void> TradingDaemon::Impl::open_session(std::optional<SessionCode> code) {
  BOOST_OUTCOME_TRY(trading, Trading::open(loaded, mode, net::Loop::wall_now(), code));
  trading->watch();
  record_feed();
  return success();
}

Result<void> TradingDaemon::Impl::resume_session(const std::filesystem::path& folder) {
  BOOST_OUTCOME_TRY(trading, Trading::resume(loaded, mode, folder));
  clock.not_before(trading->engine().now());
  record_feed();
  return success();
}

void TradingDaemon::Impl::record_feed() {
  if (loaded.settings.storage.record_feed)
    recorder = std::make_unique<storage::FeedRecorder>(
        trading->session().feed_folder(), loaded.settings.storage,
        [this](std::filesystem::path part) { trading->storage().compress(std::move(part)); });
}

/// fresh: bars of a warm-up are to come, and a policy is to see the funding that they had.
Result<InstrumentTable> TradingDaemon::Impl::learn_instruments(bool patient, bool fresh) {
  const auto& s = loaded.settings;
  BOOST_OUTCOME_TRY(auto rest, net::parse_endpoint(s.venue.rest));
  BOOST_OUTCOME_TRY(auto stream, net::parse_endpoint(s.venue.stream));
  io = std::make_unique<NetFeedIo>(loop, std::move(rest), std::move(stream), s.venue.ca_file,
                                   s.feed.request_deadline, s.feed.connect_deadline, clock,
                                   recorder.get());
  std::vector<InstrumentName> names;
  for (const std::string& text : s.engine.instruments) {
    BOOST_OUTCOME_TRY(auto name, parse_instrument_name(text));
    names.push_back(std::move(name));
  }
  constexpr int kTries = 6;
  const bool trained = !loaded.policies.empty() || !loaded.forecasters.empty();
  const auto funding_for = fresh && trained ? std::optional(s.engine.interval) : std::nullopt;
  bybit::Bootstrap bootstrap(s.feed, names, *io, clock, trading->seed(), patient ? 0 : kTries,
                             funding_for);
  const bybit::SteadyTime asked = steady_time();
  const auto step = [&] {
    if (bootstrap.done()) return loop.stop();
    if (const auto complaint = bootstrap.take_complaint()) {
      spdlog::warn("The venue does not answer yet, trying again. cause=\"{}\"", *complaint);
      watch->waits_for_venue(steady_time() - asked, *complaint);
    }
  };
  io->on_answer(
      [&](bybit::RequestId id, Result<bybit::HttpResponse> answer, bybit::SteadyTime now) {
        bootstrap.on_response(id, std::move(answer), now);
        step();
      });
  const net::Timer tick = loop.every(50ms, [&] {
    bootstrap.on_timer(steady_time());
    step();
  });
  bootstrap.start(steady_time());
  loop.run();
  io->on_answer([](bybit::RequestId, Result<bybit::HttpResponse>, bybit::SteadyTime) {});
  if (!bootstrap.done())
    return error(ErrorCode::Stopped,
                 fmt::format("stopped before {} had answered; nothing was traded", s.venue.rest));
  past_funding = bootstrap.take_funding();
  auto learned = bootstrap.result();
  if (learned.has_error() &&
      (learned.error().code == ErrorCode::Timeout || learned.error().code == ErrorCode::Refused))
    return advised(learned.error(),
                   fmt::format("venue.rest is {}: start the built-in exchange there (proteus "
                               "sim), or set venue.rest and venue.stream to one that answers",
                               s.venue.rest));
  return learned;
}

Result<void> TradingDaemon::Impl::open_feed() {
  BOOST_OUTCOME_TRY(
      feed, bybit::PublicFeed::create(loaded.settings.feed, trading->instruments(), *io, clock,
                                      trading->engine(), trading->seed()));
  io->attach(feed.get());
  // The venue bars addresses, not connections: who hears of it tells the other.
  io->on_answer(
      [this](bybit::RequestId id, Result<bybit::HttpResponse> answer, bybit::SteadyTime at) {
        constexpr int kBarred = 403;
        if (account && answer && answer.value().status == kBarred) account->gateway().bar_http(at);
        feed->on_response(id, std::move(answer), at);
      });
  if (account)
    account->on_barred([this] {
      if (feed) feed->bar_http("HTTP 403 on a request of the account", steady_time());
    });
  return success();
}

/// The door first: of two daemons the second is refused before it has made or asked anything.
Result<void> TradingDaemon::Impl::get_ready(std::optional<SessionCode> code,
                                            const std::optional<std::filesystem::path>& resume,
                                            bool patient) {
  BOOST_OUTCOME_TRY(door, OperatorDoor::open(loop, loaded.settings.session.socket, *this));
  BOOST_OUTCOME_TRY(watch, DaemonWatch::create(loop, loaded, std::string(mode)));
  if (resume) {
    BOOST_OUTCOME_TRY(resume_session(*resume));
  } else {
    BOOST_OUTCOME_TRY(open_session(code));
  }
  BOOST_OUTCOME_TRY(const InstrumentTable instruments, learn_instruments(patient, !resume));
  BOOST_OUTCOME_TRYV(check_clock());
  if (resume) {
    BOOST_OUTCOME_TRY(go_on(instruments));
  } else {
    BOOST_OUTCOME_TRY(trading->build(instruments, clock.at(steady_time())));
  }
  BOOST_OUTCOME_TRYV(open_account());
  return open_feed();
}

/// What the venue says of the key decides whether this may trade at all.
Result<void> TradingDaemon::Impl::open_account() {
  if (!signing) return success();
  BOOST_OUTCOME_TRY(account, LiveAccount::create(loop, loaded, *trading, clock, recorder.get(),
                                                 std::move(signing)));
  BOOST_OUTCOME_TRY(const live::AccountFacts facts, account->prepare());
  for (const live::FeeRow& fee : facts.fees) {
    const double assumed = loaded.settings.paper.linear_taker_fee_bps;
    const double taker = static_cast<double>(fee.taker_e9) / 1e5;
    if (taker > assumed)
      spdlog::warn(
          "The venue's taker fee is above what sizing reckons with. symbol={} fee_bps={:g} "
          "paper.linear_taker_fee_bps={:g}",
          fee.symbol.view(), taker, assumed);
  }
  return success();
}

/// What is open is cancelled and, where the settings say so, what is held is closed; a moment at
/// most. The rest stands at the venue, protected by its stops.
void TradingDaemon::Impl::end_account() {
  if (!account) return;
  const auto tell = [this](OperatorAction action, const char* cause) {
    const Timestamp at = std::max(trading->engine().now(), clock.at(steady_time()));
    trading->engine().on_input(OperatorCommand{action, cause}, at, at);
  };
  if (loaded.settings.live.at_stop == live::AtStop::Flatten) {
    tell(OperatorAction::Flatten, "live.at_stop = flatten");
    account->settle(10s);
  }
  tell(OperatorAction::Stop, "the daemon ends");
  account->settle(5s);
  const std::size_t open = trading->engine().open_orders().size();
  if (open > 0)
    spdlog::error("{} order(s) are not known to be over: look at the venue, or --resume.", open);
  account->stop();
}

/// The market must be the one that the session knows: its time does not go back.
Result<void> TradingDaemon::Impl::go_on(const InstrumentTable& instruments) {
  const Timestamp reached = trading->engine().now();
  const Timestamp venue = clock.anchor();
  const auto slack = Duration{1min} * std::max(1.0, loaded.settings.feed.speed);
  if (venue + std::chrono::duration_cast<Duration>(slack) < reached)
    return error(ErrorCode::Refused,
                 fmt::format("{} had reached {}, and at {} it is {}: that is another market; start "
                             "a new session (without --resume)",
                             trading->session().folder().string(), format_time(reached),
                             loaded.settings.venue.rest, format_time(venue)));
  return trading->go_on(instruments, clock.at(steady_time()));
}

std::vector<bybit::ResumePoint> TradingDaemon::Impl::resume_points() const {
  std::vector<bybit::ResumePoint> points;
  for (const Instrument& instrument : trading->instruments()) {
    const Engine::BarsSeen seen = trading->engine().bars_seen(instrument.id);
    if (seen.next_open == Timestamp{}) continue;
    points.push_back(
        {instrument.id, loaded.settings.engine.interval, seen.next_open, seen.warming_up});
  }
  return points;
}

/// Control 20 at the start. Where time follows the frames there is no second clock.
Result<void> TradingDaemon::Impl::check_clock() const {
  if (clock.mode() != bybit::ClockMode::Steady) return success();
  return risk::check_start_clock(clock.anchored(), clock.uncertainty(),
                                 loaded.settings.limits.clock_start_max);
}

/// Control 25: what the file asks for becomes inputs, and so part of the log.
void TradingDaemon::Impl::follow_overrides() {
  if (!overrides.changed()) return;
  const auto wanted = overrides.read(trading->instruments());
  if (wanted.has_error())
    return spdlog::error("The override file is not followed. cause=\"{}\"", wanted.error().context);
  Engine& engine = trading->engine();
  const Timestamp now = std::max(engine.now(), clock.at(steady_time()));
  const auto standing = trading->gate().status(engine.ledger()).overrides;
  for (const OverrideChanged& change : override_changes(wanted.value(), standing, now)) {
    spdlog::warn("A risk control was {} by a person. control={} until={} reason=\"{}\"",
                 change.active ? "lifted" : "put back", to_string(change.control),
                 format_time(change.expires), change.reason.view());
    engine.on_input(change, now, now);
  }
}

/// The loop looks for what was learned: a thread of the lowest priority has nothing to call it with
/// that could not hold it up.
void TradingDaemon::Impl::begin_learning() {
  if (!trading->learns()) return;
  const strategies::PolicySpec& spec = trading->policy_spec();
  const online::LearnMarket market{spec.market, spec.interval};
  if (loaded.settings.feed.repair == bybit::RepairMode::Pause) {
    learner = std::make_unique<WaitedLearner>(
        loop, market, [this](EventBody answer) { hear_learner(std::move(answer)); });
  } else {
    auto made = std::make_unique<online::LearnerThread>(
        [market](const LearnTask& task) { return online::learn(task, market); });
    learner_thread = made.get();
    learner = std::move(made);
  }
  trading->learn_with(*learner);
}

/// What was learned is an input like any other.
void TradingDaemon::Impl::hear_learner() {
  EventBody answer;
  while (learner_thread != nullptr && !stopped && learner_thread->take(answer))
    hear_learner(std::move(answer));
}

void TradingDaemon::Impl::hear_learner(EventBody answer) {
  if (stopped) return;
  const Timestamp at = std::max(trading->engine().now(), clock.at(steady_time()));
  trading->hear_learner(std::move(answer), at);
}

/// A session that never began leaves no folder behind.
void TradingDaemon::Impl::abandon() {
  feed.reset();
  account.reset();
  io.reset();
  recorder.reset();
  if (trading) trading->abandon();
}

StatusSources TradingDaemon::Impl::sources() const {
  return {.mode = mode,
          .loaded = loaded,
          .folder = trading->session().folder().string(),
          .instruments = trading->instruments(),
          .engine = trading->engine(),
          .gate = trading->gate(),
          .watched = trading->watched(),
          .log = trading->log(),
          .storage = trading->storage(),
          .recorder = recorder.get(),
          .clock = clock,
          .feed = feed.get(),
          .now = steady_time(),
          .uptime = (stopped ? stopped_at : steady_time()) - started_at,
          .operators = {switches.file(), switches.file_there(), switches.silence()},
          .restarts = trading->restarts(),
          .watch = watch.get(),
          .account = account ? std::optional(account->status()) : std::nullopt};
}

TradingView TradingDaemon::Impl::view() const {
  const LedgerView ledger = trading->engine().ledger();
  const RiskStatus risk = trading->gate().status(ledger);
  TradingView now{
      .state = risk.state,
      .stopped = std::ranges::any_of(
          risk.holds, [](const HoldChanged& h) { return h.hold == Hold::RepeatedExecution; }),
      .cause = risk.state_cause,
      .holds = {},
      .venue_time = trading->engine().now(),
      .open = {},
      .held = {},
      .flattening = trading->engine().flattening()};
  for (const HoldChanged& hold : risk.holds)
    now.holds.push_back(
        fmt::format("{}{}: {}", to_string(hold.hold),
                    hold.has_instrument ? " " + trading->instruments()[hold.instrument].name() : "",
                    hold.cause.view()));
  for (const Order& order : trading->engine().open_orders())
    now.open.push_back({order.request().id, order.request().reduce_only});
  for (const Instrument& instrument : trading->instruments()) {
    const PositionView& p = ledger[instrument.id];
    if (p.quantity != Quantity{})
      now.held.push_back({instrument.name(), std::string(instrument.quote_coin.view()), p.quantity,
                          p.mark, p.value});
  }
  return now;
}

/// An input like any other: it stands in the log, and the engine does the rest.
void TradingDaemon::Impl::command(OperatorAction action, const std::string& cause) {
  if (stopped) return;
  if (!ready()) return early.emplace_back(action, cause), void();
  const Timestamp at = std::max(trading->engine().now(), clock.at(steady_time()));
  trading->engine().on_input(OperatorCommand{action, cause.c_str()}, at, at);
}

std::string TradingDaemon::Impl::obstacle() const {
  switches.look();  // Who has just removed it need not wait.
  if (!switches.file_there()) return "";
  return fmt::format("the kill file {} is still there, remove it first", switches.file());
}

void TradingDaemon::Impl::end(const std::string& reason) {
  end_reason = reason;
  loop.post([this] { loop.stop(); });
}

std::string TradingDaemon::Impl::heard() {
  switches.heard();
  const auto required = loaded.settings.session.heartbeat_required;
  JsonObject told;
  told.add("heard", true).add("session", session());
  if (required)
    told.add("required_s", std::chrono::duration<double>(*required).count());
  else
    told.add_raw("required_s", "null");
  return told.add("state", trading->gate().status(trading->engine().ledger()).state).text();
}

std::string TradingDaemon::Impl::pulse() const {
  const auto told = account ? std::optional(account->status()) : std::nullopt;
  return pulse_json({.live = mode == "live",
                     .ready = ready(),
                     .stopping = stopped,
                     .reconciled = told && told->clean,
                     .private_live = told && told->private_live,
                     .loop_delay = watch ? watch->loop_delay().p99() : Duration{0}},
                    trading ? session() : "");
}

TradingDaemon::TradingDaemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TradingDaemon::~TradingDaemon() { static_cast<void>(stop("the program ends")); }

Result<std::unique_ptr<TradingDaemon>> TradingDaemon::create(
    net::Loop& loop, const Loaded& loaded, std::optional<SessionCode> given,
    const std::optional<std::filesystem::path>& resume, bool patient,
    std::unique_ptr<live::Signing> signing) {
  auto impl = std::make_unique<Impl>(loop, loaded, std::move(signing));
  if (const Result<void> ready = impl->get_ready(given, resume, patient); ready.has_error()) {
    // Only a session that had not begun may be answered with a new one.
    const bool begun = resume && impl->trading;
    impl->abandon();
    return begun && ready.error().code == ErrorCode::NotFound
               ? Error{ErrorCode::Refused, ready.error().context}
               : ready.error();
  }
  return std::unique_ptr<TradingDaemon>(new TradingDaemon(std::move(impl)));
}

void TradingDaemon::start() {
  const std::string& file = impl_->loaded.settings.session.kill_file;
  impl_->switches.arm(file.empty() ? folder() + "/KILL" : file);
  for (const auto& [action, cause] : std::exchange(impl_->early, {})) impl_->command(action, cause);
  const bool resumed = impl_->trading->resumed();
  if (impl_->account) impl_->account->start();  // Before any bar: nothing leaves until it is read.
  impl_->begin_learning();
  impl_->trading->observe(impl_->watch.get());
  impl_->watch->start([this] { return impl_->sources(); },
                      resumed ? Beginning::Resumed : Beginning::Fresh);
  if (resumed)
    impl_->feed->resume(impl_->resume_points(), steady_time());
  else
    impl_->feed->start(steady_time(), std::move(impl_->past_funding));
  impl_->timer = impl_->loop.every(20ms, [this] {
    impl_->feed->on_timer(steady_time());
    if (impl_->account) impl_->account->on_timer();
    impl_->hear_learner();
    impl_->trading->keep_log();
    if (!impl_->trading->log().overflowing()) return;
    impl_->failure = "more of the log waited for the disk than storage.log_pending_max";
    impl_->loop.stop();
  });
  impl_->follow_overrides();
  impl_->override_timer = impl_->loop.every(1s, [this] { impl_->follow_overrides(); });
}

Result<void> TradingDaemon::stop(const std::string& cause) {
  if (impl_->stopped || !impl_->feed) return success();
  impl_->switches.disarm();
  impl_->stopped = true;
  impl_->stopped_at = steady_time();
  impl_->watch->stopping();
  impl_->timer.cancel();
  impl_->override_timer.cancel();
  impl_->feed->stop();
  impl_->end_account();
  impl_->io->attach(nullptr);
  impl_->io.reset();  // An answer that is still on its way would be recorded.
  impl_->account.reset();
  impl_->recorder.reset();
  const std::string& words = impl_->end_reason;
  const std::string told = !impl_->failure.empty() ? impl_->failure
                           : words.empty()         ? cause
                                                   : cause + ": " + words;
  Result<void> ended = impl_->trading->finish(told, impl_->clock.at(steady_time()));
  if (ended && !impl_->failure.empty()) ended = error(ErrorCode::Io, impl_->failure);
  impl_->learner_thread = nullptr;
  impl_->learner.reset();
  impl_->watch->stopped(ended.has_error() ? ended.error().context : told);
  return ended;
}

std::string TradingDaemon::status_json() const { return app::status_json(impl_->sources()); }
std::string TradingDaemon::folder() const { return impl_->trading->session().folder().string(); }
std::uint16_t TradingDaemon::metrics_port() const { return impl_->watch->port(); }
const InstrumentTable& TradingDaemon::instruments() const { return impl_->trading->instruments(); }
bool TradingDaemon::live() const { return impl_->mode == "live"; }

}  // namespace proteus::app

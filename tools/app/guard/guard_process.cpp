#include "tools/app/guard/guard_process.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <optional>
#include <random>

#include "connectors/bybit/bootstrap.hpp"
#include "tools/app/alarms.hpp"
#include "tools/app/guard/heartbeat_line.hpp"
#include "tools/app/live_account.hpp"
#include "tools/app/net_account_io.hpp"
#include "tools/app/net_feed_io.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kGuardTick = 20ms;

std::uint64_t drawn() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) ^ device();
}

}  // namespace

struct GuardProcess::Impl {
  net::Loop& loop;
  Loaded loaded;
  std::unique_ptr<live::Signing> signing;
  bybit::VenueClock clock;
  InstrumentTable instruments;
  Alarms alarms;
  HeartbeatLine line;
  std::unique_ptr<NetAccountIo> io;
  std::unique_ptr<live::AccountGuard> guard;
  net::Timer tick;
  net::Timer asking;
  std::uint64_t seed = drawn();
  bool once = false;
  bool by_name = false;  ///< HTTP was barred before the venue had told the instruments
  std::string complaint;
  int incident = 1;
  bool told_of_incident = false;

  Impl(net::Loop& l, const Loaded& given, std::unique_ptr<live::Signing> sign)
      : loop(l),
        loaded(given),
        signing(std::move(sign)),
        clock(bybit::ClockMode::Steady, given.settings.feed.speed, steady_time),
        alarms(l, given.settings.alarms),
        line(given.settings.session.socket) {
    for (auto& way : make_ways(l, given.settings.alarms, given.settings.venue.ca_file,
                               {host_name(), "guard", ""}))
      alarms.add(std::move(way));
  }

  Result<void> learn(bool patient);
  void go_by_name(const std::vector<InstrumentName>& names);
  Result<void> connect(bool patient);
  void raise(live::AccountGuard::Word word, const std::string& text);
  void hear(const HeartbeatLine::Heard& heard);
};

Result<void> GuardProcess::Impl::learn(bool patient) {
  const Settings& s = loaded.settings;
  BOOST_OUTCOME_TRY(const auto rest, net::parse_endpoint(s.venue.rest));
  BOOST_OUTCOME_TRY(const auto stream, net::parse_endpoint(s.venue.stream));
  std::vector<InstrumentName> names;
  for (const std::string& text : s.engine.instruments) {
    BOOST_OUTCOME_TRY(auto name, parse_instrument_name(text));
    names.push_back(std::move(name));
  }
  NetFeedIo asked(loop, rest, stream, s.venue.ca_file, s.feed.request_deadline,
                  s.feed.connect_deadline, clock, nullptr);
  constexpr int kTries = 4;
  bybit::Bootstrap bootstrap(s.feed, names, asked, clock, seed, patient ? 0 : kTries, std::nullopt);
  const auto step = [&] {
    if (bootstrap.done()) return loop.stop();
    if (const auto words = bootstrap.take_complaint())
      spdlog::warn("The venue does not answer yet, trying again. cause=\"{}\"", *words);
  };
  bool barred = false;
  asked.on_answer(
      [&](bybit::RequestId id, Result<bybit::HttpResponse> answer, bybit::SteadyTime now) {
        constexpr int kBarred = 403;
        barred = barred || (answer && answer.value().status == kBarred);
        if (barred && !patient) return loop.stop();
        bootstrap.on_response(id, std::move(answer), now);
        step();
      });
  const net::Timer timer = loop.every(50ms, [&] {
    bootstrap.on_timer(steady_time());
    step();
  });
  bootstrap.start(steady_time());
  loop.run();
  if (barred && !patient) {
    go_by_name(names);
    return success();
  }
  if (!bootstrap.done())
    return error(ErrorCode::Stopped, "stopped before the venue had answered; nothing was watched");
  BOOST_OUTCOME_TRY(instruments, bootstrap.result());
  return success();
}

/// Nobody who acts now waits for the end of a ban. What the trade stream takes needs the names
/// alone; the venue's time is taken to be this machine's.
void GuardProcess::Impl::go_by_name(const std::vector<InstrumentName>& names) {
  by_name = true;
  for (const InstrumentName& name : names) {
    Instrument instrument;
    instrument.category = name.category;
    instrument.symbol = std::string_view{name.symbol};
    // No size and no price is ever made of these.
    instrument.tick_size = Price::from_raw(1);
    instrument.lot_step = Quantity::from_raw(1);
    static_cast<void>(instruments.add(instrument));  // The settings refuse a name given twice.
  }
  const auto now = steady_time();
  static_cast<void>(clock.on_server_time(net::Loop::wall_now(), now, now));
  spdlog::warn(
      "HTTP is barred (403): the guard works through the trade stream, without having seen the "
      "account.");
}

Result<void> GuardProcess::Impl::connect(bool patient) {
  const Settings& s = loaded.settings;
  BOOST_OUTCOME_TRY(auto rest, net::parse_endpoint(s.venue.rest));
  BOOST_OUTCOME_TRY(auto stream, net::parse_endpoint(s.venue.account_stream));
  BOOST_OUTCOME_TRYV(check_private_endpoint(rest, "venue.rest"));
  BOOST_OUTCOME_TRYV(check_private_endpoint(stream, "venue.account_stream"));
  io = std::make_unique<NetAccountIo>(loop, std::move(rest), std::move(stream), s.venue.ca_file,
                                      s.live, std::string(signing->key()), clock, nullptr);
  guard = std::make_unique<live::AccountGuard>(live::AccountGuard::Setup{
      .settings = s.live,
      .guard = s.guard,
      .recv_window = s.limits.recv_window,
      .instruments = instruments,
      .io = *io,
      .clock = clock,
      .signing = *signing,
      .tell = [](const std::string& sentence) { spdlog::warn("{}", sentence); },
      .alarm = [this](live::AccountGuard::Word word,
                      const std::string& text) { raise(word, text); },
      .ids = live::GuardIds(net::Loop::wall_now(), seed),
      .seed = seed,
      .by_name = by_name});
  io->attach(guard.get());
  if (by_name) {
    guard->bar(steady_time());
    return success();
  }
  std::optional<Result<live::AccountFacts>> told;
  guard->prepare(steady_time(), [&](Result<live::AccountFacts> facts) {
    told = std::move(facts);
    loop.stop();
  });
  const net::Timer timer = loop.every(50ms, [&] {
    guard->on_timer(steady_time());
    if (!patient && !guard->status().http_open) loop.stop();
  });
  loop.run();
  // It can only cancel and reduce: that the key is not looked at is no reason to wait.
  if (!told && !patient && !guard->status().http_open) return success();
  if (!told) return error(ErrorCode::Stopped, "stopped before the venue had told of the key");
  if (told->has_error()) return explained(told->error(), s);
  return success();
}

void GuardProcess::Impl::raise(live::AccountGuard::Word word, const std::string& text) {
  Alarm alarm;
  alarm.kind = AlarmKind::Guard;
  alarm.severity = word == live::AccountGuard::Word::Alarm ? Severity::Critical : Severity::Warning;
  // Each step of the story is told; the same again is kept back, until a daemon was well between.
  alarm.subject = fmt::format("{} {}", incident, text.substr(0, text.find(':')));
  told_of_incident = true;
  alarm.text = text;
  alarms.raise(std::move(alarm));
}

void GuardProcess::Impl::hear(const HeartbeatLine::Heard& heard) {
  const auto now = steady_time();
  if (heard.complaint != complaint && !heard.complaint.empty())
    spdlog::error("{}", heard.complaint);
  complaint = heard.complaint;
  switch (heard.daemon) {
    case HeartbeatLine::Daemon::Answered:
      if (std::exchange(told_of_incident, false)) ++incident;
      return guard->answered(heard.pulse, now);
    case HeartbeatLine::Daemon::Silent:
      return guard->silent(now);
    case HeartbeatLine::Daemon::Gone:
      return guard->gone(now);
  }
}

GuardProcess::GuardProcess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GuardProcess::~GuardProcess() {
  impl_->guard->stop();
  impl_->io->attach(nullptr);
}

Result<std::unique_ptr<GuardProcess>> GuardProcess::create(net::Loop& loop, const Loaded& loaded,
                                                           std::unique_ptr<live::Signing> signing,
                                                           bool patient) {
  auto impl = std::make_unique<Impl>(loop, loaded, std::move(signing));
  BOOST_OUTCOME_TRYV(impl->learn(patient));
  const Result<void> connected = impl->connect(patient);
  if (connected.has_error()) {
    if (impl->io) impl->io->attach(nullptr);
    return connected.error();
  }
  return std::unique_ptr<GuardProcess>(new GuardProcess(std::move(impl)));
}

void GuardProcess::watch() {
  Impl& it = *impl_;
  it.guard->start(steady_time());
  it.tick = it.loop.every(kGuardTick, [&it] {
    if (!it.once)
      if (const auto heard = it.line.listen()) it.hear(*heard);
    it.guard->on_timer(steady_time());
    if (it.once && it.guard->status().confirmed) it.loop.stop();
    if (it.by_name && it.guard->status().http_open) it.loop.stop();
  });
  if (it.once) return;
  const auto ask = [&it] {
    if (const auto heard = it.line.ask()) it.hear(*heard);
  };
  ask();
  it.asking = it.loop.every(it.loaded.settings.guard.interval, ask);
}

void GuardProcess::fire(const std::string& cause) {
  impl_->once = true;
  watch();
  impl_->guard->fire(cause, steady_time());
}

void GuardProcess::end() {
  impl_->tick.cancel();
  impl_->asking.cancel();
  impl_->guard->stop();
  impl_->alarms.finish(5s);
}

bool GuardProcess::can_look_now() const {
  return impl_->by_name && impl_->guard->status().http_open;
}

live::GuardStatus GuardProcess::status() const { return impl_->guard->status(); }

}  // namespace proteus::app

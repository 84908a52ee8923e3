#include "tools/app/daemon_watch.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstring>

#include "connectors/net/server.hpp"
#include "tools/app/alarm_rules.hpp"
#include "tools/app/loopback.hpp"
#include "tools/app/metrics_text.hpp"
#include "tools/app/process_figures.hpp"
#include "tools/app/service_notify.hpp"
#include "tools/app/text.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWatchLook = 1s;
constexpr Duration kMetricsAge = 1s;  // however often they are fetched, they are made once
constexpr Duration kStartAsksEvery = 5s;
constexpr auto kStartAsksFor = 60s;
constexpr Duration kLastWord = 2s;
// A log that cannot be written is first of all a full disk: increases are held, an alarm goes out,
// and a restart would help nobody. After this long one is tried all the same.
constexpr Duration kLogPatience = 15min;

std::string hold_words(const StatusSources& s, const HoldChanged& hold) {
  return fmt::format("{} {}", to_string(hold.hold),
                     hold.has_instrument ? s.instruments[hold.instrument].name() : "all");
}

std::string log_error(const StatusSources& s) {
  return s.log.last_errno() == 0 ? std::string() : std::strerror(s.log.last_errno());
}

}  // namespace

struct DaemonWatch::Impl {
  net::Loop& loop;
  const AlarmSettings settings;
  const std::string mode;
  const std::string ca_file;
  InstrumentTable instruments;
  Alarms alarms;
  AlarmRules rules;
  LoopDelay delay;
  DecisionCounts decisions{};
  ServiceNotify notify = ServiceNotify::from_environment();
  std::unique_ptr<net::Server> server;
  std::function<StatusSources()> sources;
  const double started = unix_seconds_now();
  bool ever_live = false;
  bool stopping = false;
  std::optional<Duration> log_bad_since;
  std::string status_said;
  std::string metrics_cached;
  Duration metrics_made{-kMetricsAge};
  net::Timer delay_timer, look_timer, dog_timer, start_timer;

  Impl(net::Loop& l, const Settings& s, std::string m)
      : loop(l),
        settings(s.alarms),
        mode(std::move(m)),
        ca_file(s.venue.ca_file),
        alarms(l, s.alarms),
        rules(s.alarms, instruments, [this](Alarm alarm) { alarms.raise(std::move(alarm)); }) {}

  void measure() {
    const Duration due = net::Loop::steady_now() + LoopDelay::kPeriod;
    delay_timer = loop.after(LoopDelay::kPeriod, [this, due] {
      delay.add(net::Loop::steady_now() - due);
      measure();
    });
  }
  void announce(AlarmKind kind, std::string text) {
    Alarm alarm;
    alarm.kind = kind;
    alarm.text = std::move(text);
    alarms.raise(std::move(alarm));
  }
  Result<void> serve(const MetricsSettings& metrics);
  void answer(const net::HttpRequest& request, const net::Responder& reply);
  const std::string& metrics();
  [[nodiscard]] Readiness healthy() const;
  void look();
  [[nodiscard]] AlarmReadings readings(const StatusSources& s);
  void tell_manager(const StatusSources& s);
  void feed_dog();
};

Result<void> DaemonWatch::Impl::serve(const MetricsSettings& metrics) {
  if (!metrics.enabled) return success();
  net::ServerOptions options;
  options.bind = metrics.bind;
  options.port = static_cast<std::uint16_t>(metrics.port);
  options.connections_max = 16;
  options.body_max_bytes = 4096;
  options.idle_max = 30s;
  net::ServerHandlers handlers;
  handlers.on_http = [this](const net::HttpRequest& request, const net::Responder& reply) {
    answer(request, reply);
  };
  auto opened = net::Server::create(loop, options, handlers);
  if (opened.has_error())
    return error(opened.error().code,
                 fmt::format("/metrics cannot be served at {}:{}: {}; set metrics.port to another "
                             "(0: any free one), or metrics.enabled = false",
                             metrics.bind, metrics.port, opened.error().context));
  server = std::move(opened.value());
  const std::string host = metrics.bind.find(':') == std::string::npos
                               ? metrics.bind
                               : fmt::format("[{}]", metrics.bind);
  spdlog::info("Metrics. address=http://{}:{}/metrics", host, server->port());
  if (!is_loopback(metrics.bind))
    spdlog::warn("The metrics can be read from other machines, without a password. bind={}",
                 metrics.bind);
  return success();
}

void DaemonWatch::Impl::answer(const net::HttpRequest& request, const net::Responder& reply) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (request.method != "GET" && request.method != "HEAD")
    return reply.respond({405, "only GET and HEAD\n", "text/plain", {{"Allow", "GET, HEAD"}}});
  if (path == "/metrics")
    return reply.respond({200, metrics(), std::string(MetricsText::kContentType)});
  if (path != "/healthz") return reply.respond({404, "known: /metrics, /healthz\n", "text/plain"});
  const Readiness now = healthy();
  reply.respond({now.ok ? 200U : 503U, now.word + "\n", "text/plain; charset=utf-8"});
}

const std::string& DaemonWatch::Impl::metrics() {
  if (net::Loop::steady_now() - metrics_made < kMetricsAge) return metrics_cached;
  metrics_made = net::Loop::steady_now();
  std::optional<StatusSources> trading;
  if (sources) trading.emplace(sources());
  metrics_cached = metrics_text(
      {trading ? &*trading : nullptr, mode, delay, alarms, decisions, process_figures(started)});
  return metrics_cached;
}

Readiness DaemonWatch::Impl::healthy() const {
  HealthFacts facts;
  facts.stopping = stopping;
  facts.ever_live = ever_live;
  if (!sources) return health(facts);
  const StatusSources s = sources();
  facts.trading = true;
  facts.feed_live = s.feed != nullptr && s.feed->live();
  facts.log_error = log_error(s);
  for (const HoldChanged& hold : s.gate.status(s.engine.ledger()).holds)
    facts.holds += (facts.holds.empty() ? "" : ", ") + hold_words(s, hold);
  return health(facts);
}

AlarmReadings DaemonWatch::Impl::readings(const StatusSources& s) {
  const RiskStatus risk = s.gate.status(s.engine.ledger());
  const storage::StorageStatus disk = s.storage.status();
  AlarmReadings r;
  r.state = risk.state;
  r.state_cause = risk.state_cause;
  for (const HoldChanged& hold : risk.holds)
    r.holds.push_back({hold_words(s, hold), std::string(hold.cause.view())});
  r.feed_live = s.feed != nullptr && s.feed->live();
  r.log_error = log_error(s);
  const std::uint64_t lost = s.recorder == nullptr ? 0 : s.recorder->lost();
  r.storage_errors = disk.sync_errors + disk.sqlite_errors + disk.feed_errors + lost;
  r.storage_error = disk.last_error;
  if (r.storage_error.empty() && lost > 0) r.storage_error = s.recorder->last_error();
  // A standing kill, or books in doubt, refuse every order, as they should: that they stand has an
  // alarm of its own.
  const EngineCounters& counters = s.engine.counters();
  r.refusals = counters.refusals;
  for (const Control standing : {Control::Kill, Control::Reconciliation})
    r.refusals -= counters.refusals_by_control[static_cast<std::size_t>(standing)];
  r.disk_low = disk.disk_low;
  r.near_quota = disk.near_quota;
  r.over_quota = disk.over_quota;
  r.disk_free_bytes = disk.disk_free_bytes;
  r.drawdown = risk.drawdown;
  r.drawdown_max = risk.drawdown_max;
  r.loop_delay_p99 = delay.p99();
  r.speed_doubt = s.watched.speed_doubt();
  return r;
}

void DaemonWatch::Impl::look() {
  const Duration now = net::Loop::steady_now();
  const StatusSources s = sources();
  if (s.log.last_errno() == 0)
    log_bad_since.reset();
  else if (!log_bad_since)
    log_bad_since = now;
  rules.on(readings(s), now);
  tell_manager(s);
}

void DaemonWatch::Impl::tell_manager(const StatusSources& s) {
  const bool live = s.feed != nullptr && s.feed->live();
  if (live && !ever_live) notify.say("READY=1");
  ever_live = ever_live || live;
  if (!notify.listened()) return;
  const LedgerView ledger = s.engine.ledger();
  const RiskStatus risk = s.gate.status(ledger);
  const std::string status = one_line(fmt::format(
      "{}, {}, equity {}, feed {}, {} hold(s)", mode, to_string(risk.state),
      fixed(ledger.equity.to_string(), 2), live ? "live" : "not live", risk.holds.size()));
  if (status == status_said) return;
  status_said = status;
  notify.say("STATUS=" + status);
}

/// Called by the loop, so that the loop turns is shown by it.
void DaemonWatch::Impl::feed_dog() {
  if (log_bad_since && net::Loop::steady_now() - *log_bad_since > kLogPatience) return;
  notify.say("WATCHDOG=1");
}

DaemonWatch::DaemonWatch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DaemonWatch::~DaemonWatch() = default;

Result<std::unique_ptr<DaemonWatch>> DaemonWatch::create(net::Loop& loop, const Loaded& loaded,
                                                         std::string mode) {
  auto impl = std::make_unique<Impl>(loop, loaded.settings, std::move(mode));
  BOOST_OUTCOME_TRYV(impl->serve(loaded.settings.metrics));
  Impl& it = *impl;
  it.measure();
  if (it.notify.listened()) {
    const auto ask = [&it] {
      constexpr auto usec = std::chrono::microseconds{kStartAsksFor}.count();
      it.notify.say(fmt::format("STATUS=starting\nEXTEND_TIMEOUT_USEC={}", usec));
    };
    ask();
    it.start_timer = loop.every(kStartAsksEvery, [&it, ask] {
      if (it.ever_live) return it.start_timer.cancel();
      ask();
    });
    if (it.notify.watchdog() > Duration{0})
      it.dog_timer = loop.every(it.notify.watchdog() / 2, [&it] { it.feed_dog(); });
  }
  return std::unique_ptr<DaemonWatch>(new DaemonWatch(std::move(impl)));
}

void DaemonWatch::start(std::function<StatusSources()> sources, Beginning beginning) {
  Impl& it = *impl_;
  it.sources = std::move(sources);
  const StatusSources s = it.sources();
  it.instruments = s.instruments;
  for (auto& way :
       make_ways(it.loop, it.settings, it.ca_file,
                 {host_name(), it.mode, std::filesystem::path(s.folder).filename().string()}))
    it.alarms.add(std::move(way));
  const bool fresh = beginning == Beginning::Fresh;
  it.announce(fresh ? AlarmKind::DaemonStarted : AlarmKind::DaemonResumed,
              fmt::format("The {} daemon {}. equity={} instruments={}", it.mode,
                          fresh ? "has started" : "goes on with its session",
                          fixed(s.engine.ledger().equity.to_string(), 2), s.instruments.size()));
  it.look_timer = it.loop.every(kWatchLook, [&it] { it.look(); });
}

void DaemonWatch::waits_for_venue(Duration waited, const std::string& cause) {
  if (waited < std::chrono::minutes{1}) return;
  Alarm alarm;
  alarm.kind = AlarmKind::FeedLost;
  alarm.severity = Severity::Warning;
  alarm.subject = "start";
  alarm.text =
      fmt::format("The venue does not answer, so nothing can begin; it is asked on: {}", cause);
  impl_->alarms.raise(std::move(alarm));
}

void DaemonWatch::saw(const Event& event) { impl_->rules.on(event); }

void DaemonWatch::saw(const DecisionRecord& decision) {
  ++impl_->decisions.at(static_cast<std::size_t>(decision.outcome));
}

void DaemonWatch::stopping() {
  Impl& it = *impl_;
  it.notify.say("STOPPING=1\nSTATUS=stopping");
  it.stopping = true;
  it.sources = nullptr;
  it.look_timer.cancel();
  it.start_timer.cancel();
}

void DaemonWatch::stopped(const std::string& cause) {
  impl_->announce(AlarmKind::DaemonStopped,
                  fmt::format("The {} daemon has stopped: {}", impl_->mode, cause));
  impl_->alarms.finish(kLastWord);
}

const Alarms& DaemonWatch::alarms() const { return impl_->alarms; }
const LoopDelay& DaemonWatch::loop_delay() const { return impl_->delay; }
std::uint16_t DaemonWatch::port() const { return impl_->server ? impl_->server->port() : 0; }

}  // namespace proteus::app

// What a live run needs beyond a paper one. It asks and signs in; it sends no order.
#include <fmt/format.h>

#include <cmath>

#include "connectors/live/account_facts.hpp"
#include "connectors/live/guard_wire.hpp"
#include "risk/limits/clock_skew.hpp"
#include "risk/limits/stage.hpp"
#include "tools/app/account_signing.hpp"
#include "tools/app/doctor.hpp"
#include "tools/app/live_account.hpp"
#include "tools/app/net_account_io.hpp"
#include "tools/app/net_feed_io.hpp"
#include "tools/app/selftest/record.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kAccountDeadline = 10s;

double in_ms(Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

/// The account's wires, for as long as the doctor looks.
class AccountVisit final : public live::AccountEvents {
 public:
  AccountVisit(net::Loop& loop, const Settings& s, const net::Endpoint& rest,
               const net::Endpoint& stream, const live::Signing& signing)
      : loop_(loop),
        clock(bybit::ClockMode::Steady, s.feed.speed, steady_time),
        io_(loop, rest, stream, s.venue.ca_file, s.live, std::string(signing.key()), clock,
            nullptr),
        parts_{s.live,    s.limits.recv_window,      none_, io_, clock, signing,
               counters_, [](const std::string&) {}, 1},
        wire(parts_, books_, s.live.request_deadline) {
    io_.attach(this);
    tick_ = loop.every(20ms, [this] { wire.on_timer(steady_time()); });
    wire.on_timer(steady_time());
  }
  ~AccountVisit() override {
    wire.stop();
    io_.attach(nullptr);
  }
  AccountVisit(const AccountVisit&) = delete;
  AccountVisit& operator=(const AccountVisit&) = delete;

  void on_open(live::Channel channel, bybit::SteadyTime now) override {
    wire.on_open(channel, now);
  }
  void on_text(live::Channel channel, std::string_view bytes, bybit::SteadyTime now) override {
    wire.on_text(channel, bytes, now);
  }
  void on_closed(live::Channel channel, const Error& cause, bybit::SteadyTime now) override {
    closed = cause.context;
    wire.on_closed(channel, cause, now);
  }
  void on_answer(live::RequestId id, Result<live::HttpAnswer> answer,
                 bybit::SteadyTime now) override {
    wire.on_answer(id, std::move(answer), now);
  }
  /// Turns the loop until it holds; whether it did, in time.
  bool wait(const std::function<bool()>& holds) {
    const Duration until = net::Loop::steady_now() + kAccountDeadline;
    while (!holds() && net::Loop::steady_now() < until) loop_.run_for(10ms);
    return holds();
  }

 private:
  net::Loop& loop_;
  InstrumentTable none_;
  live::GatewayCounters counters_;

 public:
  bybit::VenueClock clock;
  std::string closed;  ///< why a stream was closed last

 private:
  NetAccountIo io_;
  live::WireParts parts_;
  live::GuardBooks books_{parts_};
  net::Timer tick_;

 public:
  live::GuardWire wire;
};

void check_selftest(const Loaded& loaded, const Tell& tell) {
  const auto binary = selftest::running_binary();
  const auto fresh = binary ? selftest::selftest_is_fresh(loaded.settings.session.folder,
                                                          {binary.value(), loaded.hash})
                            : Result<void>(binary.error());
  if (fresh.has_error())
    return tell(failure_of("self-test", fresh.error().context,
                           "proteus risk selftest with the same settings"));
  tell(fine("self-test", "passed by this program with these settings"));
}

void check_stage(const Settings& s, const Tell& tell) {
  const risk::StageCaps caps = risk::stage_caps(s.limits);
  const std::string seen =
      fmt::format("{}: at most {:g} an order and {:g} in all, in quote",
                  EnumNames<risk::Stage>::names[static_cast<std::size_t>(s.limits.stage)],
                  caps.order.to_double(), caps.gross.to_double());
  if (s.live.profile == live::Profile::Mainnet && s.limits.stage == risk::Stage::Paper)
    return tell(
        failure_of("stage", seen, "mainnet begins with risk.limits.stage = \"micro_live\""));
  if (s.live.profile == live::Profile::Mainnet && s.sizing.kelly_floor > 0.0)
    return tell(failure_of(
        "stage", fmt::format("{}; risk.sizing.kelly_floor is {:g}", seen, s.sizing.kelly_floor),
        "with real money it is 0"));
  if (s.limits.profile == risk::LimitProfile::Research)
    return tell(failure_of("stage", seen + "; risk.limits.profile is research",
                           "live takes the profile \"standard\" alone"));
  tell(fine("stage", seen));
}

bool check_account_clock(AccountVisit& visit, const Settings& s, const Tell& tell) {
  visit.wire.ask_time();
  visit.wait([&] { return visit.clock.anchored(); });
  const auto fit = risk::check_start_clock(visit.clock.anchored(), visit.clock.uncertainty(),
                                           s.limits.clock_start_max);
  if (fit.has_error())
    tell(failure_of("clock", fit.error().context,
                    "control 20: the venue's time has to be known before an order leaves"));
  else
    tell(fine("clock",
              fmt::format("the venue's time is known to {:.1f} ms (control 20 starts "
                          "within {:.0f} ms)",
                          in_ms(visit.clock.uncertainty()), in_ms(s.limits.clock_start_max))));
  return visit.clock.anchored();
}

bool check_key(AccountVisit& visit, const Settings& s, live::AccountFacts& facts,
               const Tell& tell) {
  std::optional<Result<live::KeyInfo>> key;
  visit.wire.key_info([&](Result<live::KeyInfo> told) { key = std::move(told); });
  if (!visit.wait([&] { return key.has_value(); }) || key->has_error()) {
    tell(failure_of("key", key ? explained(key->error(), s).context : "the venue does not answer",
                    "live and guard would refuse to start"));
    return false;
  }
  facts.key = key->value();
  for (Finding& finding : judge_key(facts.key, s.live.profile, visit.clock.venue_now()))
    tell(std::move(finding));
  return true;
}

void check_mode(AccountVisit& visit, const InstrumentTable& instruments, live::AccountFacts facts,
                const Tell& tell) {
  std::optional<Result<live::AccountInfo>> account;
  visit.wire.account_info([&](Result<live::AccountInfo> told) { account = std::move(told); });
  if (!visit.wait([&] { return account.has_value(); }) || account->has_error())
    return tell(failure_of("account", account ? account->error().context : "no answer",
                           "ask again; the venue may be slow"));
  facts.account = account->value();
  const auto fit = live::check_account(facts, instruments, visit.clock.venue_now());
  if (fit.has_error())
    return tell(failure_of("account", fit.error().context, "live would refuse to start"));
  tell(fine("account",
            fmt::format("unified (status {}), cross margin", facts.account.unified_status)));
}

void check_streams(AccountVisit& visit, const Settings& s, const Tell& tell) {
  const Duration begun = net::Loop::steady_now();
  visit.wire.start(steady_time());
  const auto judge = [&](const char* topic, const std::function<bool()>& open) {
    if (visit.wait(open))
      return tell(fine(
          topic, fmt::format("signed in after {:.1f} ms", in_ms(net::Loop::steady_now() - begun))));
    const std::string& refusal = visit.wire.refusal();
    tell(failure_of(topic,
                    !refusal.empty()        ? refusal
                    : !visit.closed.empty() ? visit.closed
                                            : std::string("it does not let us in"),
                    "venue.account_stream has to be the address of the account's streams, and the "
                    "key one of that world"));
  };
  judge("private stream", [&] { return visit.wire.private_open(); });
  if (s.live.profile == live::Profile::Demo)
    return tell(fine("trade stream", "demo has none: orders go by REST"));
  judge("trade stream", [&] { return visit.wire.trade_open(); });
}

/// Names alone: what is asked here does not need the venue's steps.
InstrumentTable named_instruments(const Settings& s) {
  InstrumentTable table;
  for (const std::string& text : s.engine.instruments) {
    const auto name = parse_instrument_name(text);
    if (name.has_error()) continue;
    Instrument instrument;
    instrument.category = name.value().category;
    instrument.symbol = name.value().symbol.c_str();
    instrument.tick_size = Price::from_raw(kFixedScale);
    instrument.lot_step = Quantity::from_raw(kFixedScale);
    static_cast<void>(table.add(instrument));
  }
  return table;
}

}  // namespace

std::vector<Finding> judge_key(const live::KeyInfo& key, live::Profile profile, Timestamp now) {
  std::vector<Finding> found;
  std::string may;
  const auto add = [&](bool yes, const char* what) {
    if (yes) may += (may.empty() ? "" : ", ") + std::string(what);
  };
  add(key.can_trade_derivatives, "contracts");
  add(key.can_trade_spot, "spot");
  if (key.can_withdraw)
    found.push_back(failure_of("key", "it may withdraw or transfer money",
                               "make a key that may only trade, and revoke this one"));
  else if (key.read_only)
    found.push_back(failure_of("key", "it may only read", "make one that may trade contracts"));
  else if (may.empty())
    found.push_back(failure_of("key", "it may trade nothing", "make one that may trade contracts"));
  else
    found.push_back(fine("key", fmt::format("it may trade {}, and not withdraw", may)));
  if (key.expires == Timestamp{}) {
    found.push_back(fine("key expiry", "none is told"));
  } else {
    const auto days = std::chrono::floor<std::chrono::days>(key.expires - now).count();
    const std::string seen =
        fmt::format("it is good until {} ({} days)", format_time(key.expires).substr(0, 10), days);
    if (days < 0)
      found.push_back(failure_of("key expiry", seen, "make a new key"));
    else if (days < 14)
      found.push_back(warning("key expiry", seen, "make a new key before a run ends by it"));
    else
      found.push_back(fine("key expiry", seen));
  }
  if (key.ip_bound)
    found.push_back(fine("key binding", "bound to addresses"));
  else if (profile == live::Profile::Sim)
    found.push_back(fine("key binding", "bound to no address, as the simulator's keys are"));
  else
    found.push_back(warning("key binding", "bound to no address: whoever has it may trade",
                            "bind it to this machine's address; unbound keys also run out after 90 "
                            "days"));
  return found;
}

void check_live_account(const Loaded& loaded, const Tell& tell) {
  const Settings& s = loaded.settings;
  check_selftest(loaded, tell);
  check_stage(s, tell);
  auto keys = Keys::take(s.live.key_file);
  if (keys.has_error())
    return tell(failure_of("keys", keys.error().context, "live and guard would refuse to start"));
  tell(fine("keys", fmt::format("{}; the signing library is loaded{}", keys.value().masked(),
                                keys.value().signer().locked()
                                    ? ", the secret's memory is locked"
                                    : "; the secret's memory is not locked (RLIMIT_MEMLOCK)")));
  const auto rest = net::parse_endpoint(s.venue.rest);
  const auto stream = net::parse_endpoint(s.venue.account_stream);
  if (rest.has_error() || stream.has_error()) return;  // Told by the settings.
  for (const auto& [endpoint, key] :
       {std::pair{&rest.value(), "venue.rest"}, std::pair{&stream.value(), "venue.account_stream"}})
    if (const auto safe = check_private_endpoint(*endpoint, key); safe.has_error())
      return tell(failure_of("keys", safe.error().context, "use https:// and wss://"));
  const AccountSigning signing(std::make_shared<Keys>(std::move(keys.value())));
  net::Loop loop;
  AccountVisit visit(loop, s, rest.value(), stream.value(), signing);
  live::AccountFacts facts;
  if (!check_account_clock(visit, s, tell) || !check_key(visit, s, facts, tell)) return;
  check_mode(visit, named_instruments(s), facts, tell);
  check_streams(visit, s, tell);
}

}  // namespace proteus::app

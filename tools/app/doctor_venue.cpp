#include <fmt/format.h>

#include <cstdlib>
#include <memory>

#include "connectors/bybit/bootstrap.hpp"
#include "connectors/bybit/topics.hpp"
#include "connectors/net/probe.hpp"
#include "tools/app/doctor.hpp"
#include "tools/app/json_view.hpp"
#include "tools/app/net_feed_io.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStepDeadline = 10s;

double ms(Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

bool on_this_machine(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

/// Turns the loop until `done`, at most a little longer than a step may take.
bool turn(net::Loop& loop, const bool& done) {
  const Duration until = net::Loop::steady_now() + kStepDeadline + 2s;
  while (!done && net::Loop::steady_now() < until) loop.run_for(20ms);
  return done;
}

/// Name, TCP, TLS. False: it could not be reached.
bool check_address(net::Loop& loop, const std::string& topic, const net::Endpoint& endpoint,
                   const std::string& ca_file, const Tell& tell) {
  struct Answer {
    bool done = false;
    Result<net::Probed> found;
  };
  // Shared: a name's look-up cannot be interrupted, and its answer may come when nobody waits.
  const auto answer = std::make_shared<Answer>(
      Answer{false, error(ErrorCode::Timeout, to_string(endpoint) + ": no answer")});
  net::probe(loop, endpoint, ca_file, kStepDeadline, [answer](Result<net::Probed> found) {
    answer->found = std::move(found);
    answer->done = true;
  });
  turn(loop, answer->done);
  const Result<net::Probed>& found = answer->found;
  if (found.has_error()) {
    tell(failure_of(topic, found.error().context,
                    fmt::format("check venue.{}, the network and its firewall; for the built-in "
                                "exchange start proteus sim",
                                topic)));
    return false;
  }
  const net::Probed& p = found.value();
  const std::string tls = p.tls_version.empty()
                              ? std::string(", no TLS")
                              : fmt::format(", {} {:.1f} ms", p.tls_version, ms(p.tls));
  tell(fine(topic, fmt::format("{} at {}: name {:.1f} ms, TCP {:.1f} ms{}", to_string(endpoint),
                               p.address, ms(p.name), ms(p.tcp), tls)));
  if (p.certificate_until)
    tell(judge_certificate(topic + " tls", *p.certificate_until, net::Loop::wall_now()));
  return true;
}

/// market/time, the way a daemon asks it.
void check_time(net::Loop& loop, const Settings& settings, const net::Endpoint& rest,
                const Tell& tell) {
  net::HttpOptions options;
  options.ca_file = settings.venue.ca_file;
  net::HttpClient http(loop, rest, options);
  bool done = false;
  Result<net::HttpResponse> got = error(ErrorCode::Timeout, "no answer");
  const Timestamp sent = net::Loop::wall_now();
  http.get(bybit::time_target(), kStepDeadline, [&](Result<net::HttpResponse> answer) {
    got = std::move(answer);
    done = true;
  });
  turn(loop, done);
  const Timestamp received = net::Loop::wall_now();
  if (got.has_error() || got.value().status != 200)
    return tell(failure_of(
        "rest time",
        got.has_error() ? got.error().context : fmt::format("HTTP status {}", got.value().status),
        "the venue's REST interface has to answer /v5/market/time"));
  const auto document = view::parse(got.value().body);
  const double venue_ms = view::number(document, "time");
  if (venue_ms <= 0.0)
    return tell(failure_of("rest time", "the answer tells no time",
                           "venue.rest has to be the address of a Bybit v5 interface"));
  tell(fine("rest", fmt::format("/v5/market/time answered in {:.1f} ms", ms(received - sent))));
  const Timestamp middle = sent + (received - sent) / 2;
  tell(judge_offset(from_unix_ms(static_cast<std::int64_t>(venue_ms)) - middle,
                    (received - sent) / 2, !on_this_machine(rest.host)));
}

Result<std::vector<InstrumentName>> wanted(const Settings& settings) {
  std::vector<InstrumentName> names;
  for (const std::string& text : settings.engine.instruments) {
    BOOST_OUTCOME_TRY(auto name, parse_instrument_name(text));
    names.push_back(std::move(name));
  }
  return names;
}

/// The instruments, the way a daemon learns them, with one try each.
bool check_instruments(net::Loop& loop, const Settings& settings, const net::Endpoint& rest,
                       const net::Endpoint& stream, const std::vector<InstrumentName>& names,
                       const Tell& tell) {
  bybit::VenueClock clock(settings.feed.clock, settings.feed.speed, steady_time);
  NetFeedIo io(loop, rest, stream, settings.venue.ca_file, settings.feed.request_deadline,
               settings.feed.connect_deadline, clock, nullptr);
  bybit::Bootstrap bootstrap(settings.feed, names, io, clock, 1, 1);
  bool done = false;
  io.on_answer([&](bybit::RequestId id, Result<bybit::HttpResponse> answer, bybit::SteadyTime now) {
    bootstrap.on_response(id, std::move(answer), now);
    done = bootstrap.done();
  });
  const net::Timer tick = loop.every(50ms, [&] {
    bootstrap.on_timer(steady_time());
    done = bootstrap.done();
  });
  bootstrap.start(steady_time());
  if (!turn(loop, done)) {
    tell(failure_of("instruments", "no answer", "ask again; the venue may be slow"));
    return false;
  }
  if (bootstrap.result().has_error()) {
    tell(failure_of("instruments", bootstrap.result().error().context,
                    "correct engine.instruments, or the venue's address"));
    return false;
  }
  tell(fine("instruments", fmt::format("the venue knows all {}", names.size())));
  return true;
}

/// One websocket, one topic: how long until its acknowledgement and its first frame.
void check_topic(net::Loop& loop, const Settings& settings, net::Endpoint stream,
                 const InstrumentName& name, const Tell& tell) {
  stream.path = name.category == Category::Linear ? "/v5/public/linear" : "/v5/public/spot";
  const std::string topic = bybit::ticker_topic(name.symbol);
  net::ClientOptions options;
  options.ca_file = settings.venue.ca_file;
  const Duration begun = net::Loop::steady_now();
  bool done = false;
  Duration opened{0}, acknowledged{0}, first{0};
  std::string wrong;
  std::unique_ptr<net::WebsocketClient> client;
  net::WebsocketHandlers handlers;
  handlers.on_open = [&] {
    opened = net::Loop::steady_now() - begun;
    const std::vector<std::string> topics{topic};
    if (const auto sent = client->send(bybit::command_text("subscribe", "doctor", topics));
        sent.has_error())
      wrong = sent.error().context;
  };
  handlers.on_text = [&](std::string_view bytes) {
    const auto frame = view::parse(std::string(bytes));
    if (view::text(frame, "op") == "subscribe") {
      acknowledged = net::Loop::steady_now() - begun;
      if (!view::flag(frame, "success")) {
        wrong = "the subscription was refused: " + view::text(frame, "ret_msg");
        done = true;
      }
    } else if (view::text(frame, "topic") == topic) {
      first = net::Loop::steady_now() - begun;
      done = true;
    }
  };
  handlers.on_closed = [&](const Error& cause) {
    wrong = cause.context;
    done = true;
  };
  client = std::make_unique<net::WebsocketClient>(loop, stream, options, std::move(handlers));
  client->open();
  turn(loop, done);
  if (!wrong.empty() || first == Duration{0})
    return tell(failure_of("websocket",
                           wrong.empty()
                               ? fmt::format("no frame of {} within {:g} s", topic,
                                             std::chrono::duration<double>(kStepDeadline).count())
                               : wrong,
                           "venue.stream has to be the address of Bybit's public streams"));
  tell(fine("websocket", fmt::format("{}: open after {:.1f} ms, subscribed {:.1f} ms, first frame "
                                     "{:.1f} ms",
                                     topic, ms(opened), ms(acknowledged), ms(first))));
}

}  // namespace

Finding judge_certificate(const std::string& topic, Timestamp until, Timestamp now) {
  const auto days = std::chrono::floor<std::chrono::days>(until - now).count();
  const std::string seen = fmt::format("the certificate is good until {} ({} days)",
                                       format_time(until).substr(0, 10), days);
  if (days < 0) return failure_of(topic, seen, "the venue has to renew it");
  if (days < 7) return warning(topic, seen, "it should have been renewed by now");
  return fine(topic, seen);
}

Finding judge_offset(Duration offset, Duration uncertainty, bool far) {
  const std::string seen =
      fmt::format("the venue's time lies {} {} ours (known to {:.1f} ms)",
                  std::abs(ms(offset)) < 10'000.0 ? fmt::format("{:.1f} ms", std::abs(ms(offset)))
                                                  : age_text(std::abs(ms(offset)) / 1e3),
                  offset < Duration{0} ? "behind" : "ahead of", ms(uncertainty));
  if (!far)
    return fine("venue time", seen + "; an exchange on this machine keeps a time of its own");
  const Duration size = std::max(offset, -offset) - uncertainty;
  constexpr const char* kAdvice =
      "set this machine's clock (NTP); the daemon follows the venue's time, orders of a real "
      "account "
      "would be refused";
  if (size > 1s) return failure_of("venue time", seen, kAdvice);
  if (size > 300ms) return warning("venue time", seen, kAdvice);
  return fine("venue time", seen);
}

void check_venue(const Settings& settings, const Tell& tell) {
  const auto rest = net::parse_endpoint(settings.venue.rest);
  const auto stream = net::parse_endpoint(settings.venue.stream);
  const auto names = wanted(settings);
  if (rest.has_error() || stream.has_error() || names.has_error()) return;  // Told by the settings.
  net::Loop loop;
  const bool asked = check_address(loop, "rest", rest.value(), settings.venue.ca_file, tell);
  if (asked) check_time(loop, settings, rest.value(), tell);
  if (asked &&
      !check_instruments(loop, settings, rest.value(), stream.value(), names.value(), tell))
    return;
  if (check_address(loop, "stream", stream.value(), settings.venue.ca_file, tell) && asked)
    check_topic(loop, settings, stream.value(), names.value().front(), tell);
}

}  // namespace proteus::app

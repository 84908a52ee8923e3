#include "tools/app/settings.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "config/bounds.hpp"
#include "config/document.hpp"
#include "connectors/net/certificate.hpp"
#include "connectors/net/endpoint.hpp"
#include "engine/market/generator.hpp"
#include "risk/gate.hpp"
#include "risk/sizing.hpp"
#include "tools/app/forecast_files.hpp"
#include "tools/app/policy_files.hpp"
#include "tools/app/shipped_settings.hpp"
#include "tools/app/webhook_text.hpp"

namespace proteus::app {
namespace {

/// Minutes: 83 days. The shipped policy wants 67 of them before its first decision.
constexpr std::int64_t kGeneratedHistory = 120'000;

Result<config::Reader> open(const std::filesystem::path& file,
                            const std::vector<std::string>& overrides) {
  if (file.empty()) return config::Reader::from_text("", "defaults", overrides);
  return config::Reader::open(file, overrides);
}

/// A section of the exchange and none of the daemon. A file that cannot be read is the daemon's:
/// reading it as such tells what is wrong.
bool is_of_exchange(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  const auto exchange = [](std::string_view path) {
    const std::string_view top = path.substr(0, path.find('.'));
    return top == "sim" || top == "market";
  };
  bool any = false;
  bool other = false;
  const auto see = [&](std::string_view path) { (exchange(path) ? any : other) = true; };
  for (const std::string& o : overrides) see(o);
  if (!file.empty()) {
    const auto text = config::read_file(file);
    if (text.has_error()) return false;
    for (const config::Table& table : config::parse_document(text.value()).tables)
      see(table.section);
  }
  return any && !other;
}

bool is_of_training(const std::filesystem::path& file) {
  if (file.empty()) return false;
  const auto text = config::read_file(file);
  if (text.has_error()) return false;
  const auto tables = config::parse_document(text.value()).tables;
  return std::ranges::any_of(tables, [](const auto& table) { return table.section == "train"; });
}

/// What the types of single settings cannot say: spellings of the venue's things, and settings
/// that have to fit together.
void check_names(const Settings& s, config::Reader& reader) {
  for (const std::string& name : s.engine.instruments)
    if (const auto parsed = parse_instrument_name(name); parsed.has_error())
      reader.reject("engine", "instruments", parsed.error().context);
  for (const std::string& interval : s.feed.intervals)
    if (!parse_interval(interval))
      reader.reject(
          "feed", "intervals",
          fmt::format("\"{}\" is no interval, write 1m, 5m, 1h or another of the list", interval));
  const auto check_url = [&](const char* key, const std::string& url, std::string_view plain,
                             std::string_view secure) {
    if (const auto parsed = net::parse_endpoint(url); parsed.has_error())
      return reader.reject("venue", key, parsed.error().context);
    if (!url.starts_with(plain) && !url.starts_with(secure))
      reader.reject("venue", key,
                    fmt::format("\"{}\" has to begin with {} or {}", url, plain, secure));
  };
  check_url("rest", s.venue.rest, "http://", "https://");
  check_url("stream", s.venue.stream, "ws://", "wss://");
  if (s.strategy.name == strategies::StrategyKind::SmaCross && s.strategy.fast >= s.strategy.slow)
    reader.reject("strategy", "fast",
                  fmt::format("{} is not below slow ({})", s.strategy.fast, s.strategy.slow));
  const Duration late =
      std::min<Duration>(std::chrono::seconds{10}, bar_length(Timestamp{}, s.engine.interval) / 4);
  if (s.engine.barrier >= late)
    reader.reject(
        "engine", "barrier",
        fmt::format("lets bars wait until they are late: with {} bars it has to be below "
                    "{:g} s",
                    to_string(s.engine.interval), std::chrono::duration<double>(late).count()));
  if (s.feed.book_depth != 0 && s.feed.book_depth != 1 && s.feed.book_depth != 50 &&
      s.feed.book_depth != 200)
    reader.reject("feed", "book_depth",
                  fmt::format("{} is not offered, write 0, 1, 50 or 200", s.feed.book_depth));
  if (s.paper.fill_mode == matching::FillMode::Quote && (s.feed.book_depth == 0 || !s.feed.tickers))
    reader.reject("paper", "fill_mode",
                  "\"quote\" fills from books and watches the margin by tickers: it needs "
                  "feed.book_depth = 1, 50 or 200 and feed.tickers = true");
  if (s.engine.marks == MarkSource::Ticker && !s.feed.tickers)
    reader.reject("engine", "marks", "\"ticker\" needs feed.tickers = true");
}

/// Where a profile's streams and REST are, unless a person says otherwise (regional hosts).
void take_profile(Settings& s, config::Reader& reader) {
  struct Place {
    const char* rest;
    const char* stream;
    const char* account;
  };
  const auto place = [&]() -> std::optional<Place> {
    switch (s.live.profile) {
      case live::Profile::Sim:
        return std::nullopt;
      case live::Profile::Testnet:
        return Place{"https://api-testnet.bybit.com", "wss://stream-testnet.bybit.com",
                     "wss://stream-testnet.bybit.com"};
      case live::Profile::Demo:  // Its market data is mainnet's.
        return Place{"https://api-demo.bybit.com", "wss://stream.bybit.com",
                     "wss://stream-demo.bybit.com"};
      case live::Profile::Mainnet:
        return Place{"https://api.bybit.com", "wss://stream.bybit.com", "wss://stream.bybit.com"};
    }
    return std::nullopt;
  }();
  const auto follow = [&](const char* key, std::string& value, const std::string& from) {
    if (reader.given("venue", key)) return;
    value = from;
    reader.derive("venue", key, value);
  };
  if (place) {
    follow("rest", s.venue.rest, place->rest);
    follow("stream", s.venue.stream, place->stream);
    follow("account_stream", s.venue.account_stream, place->account);
  } else {
    follow("account_stream", s.venue.account_stream, s.venue.stream);
  }
  if (s.live.unknown_settle <= s.limits.recv_window)
    reader.reject("live", "unknown_settle",
                  "has to be longer than risk.limits.recv_window: until then an order may arrive");
}

void check_guard(const live::GuardSettings& guard, config::Reader& reader) {
  if (guard.patience <= guard.interval)
    reader.reject("guard", "patience",
                  "has to be longer than guard.interval: a daemon needs time to answer");
  if (guard.doubt < guard.patience)
    reader.reject("guard", "doubt",
                  "has to be at least guard.patience: what answers is given longer than what does "
                  "not");
}

/// Risk's own words on limits and shares, over a table that knows the instruments' names alone.
void check_risk(const Settings& s, config::Reader& reader) {
  if (const auto fits = risk::check({}, s.limits, {}); fits.has_error()) {
    // It begins with the key; of two that do not fit together, the one that was given.
    const std::string& what = fits.error().context;
    std::string key = what.substr(0, what.find(' '));
    if (key == "drawdown_halt" && reader.given("risk.limits", "drawdown_max")) key = "drawdown_max";
    if (key == "daily_loss_flat" && reader.given("risk.limits", "daily_loss_max"))
      key = "daily_loss_max";
    if (key == "message_room" && reader.given("risk.limits", "message_burst"))
      key = "message_burst";
    reader.reject("risk.limits", key, what);
  }
  InstrumentTable table;
  bool all_named = true;
  for (const std::string& text : s.engine.instruments) {
    const auto name = parse_instrument_name(text);
    all_named = all_named && name.has_value();
    if (name.has_error()) continue;
    Instrument instrument;
    instrument.category = name.value().category;
    instrument.symbol = name.value().symbol.c_str();
    instrument.tick_size = Price::from_raw(kFixedScale);
    instrument.lot_step = Quantity::from_raw(kFixedScale);
    if (const auto added = table.add(instrument); added.has_error())
      reader.reject("engine", "instruments", added.error().context + ", keep one");
  }
  if (!all_named)
    return;  // A share of a misspelt instrument would be told as one of no instrument.
  if (const auto shares = risk::capital_shares(s.sizing, table); shares.has_error())
    reader.reject("risk.sizing", "shares", shares.error().context);
}

/// The webhook may carry a token: from here on only the settings hold it. No complaint repeats it.
void take_alarms(AlarmSettings& alarms, config::Reader& reader) {
  const char* given = std::getenv("PROTEUS_ALARM_WEBHOOK");
  if (given != nullptr && *given != '\0')
    alarms.webhook = given;
  else if (is_hidden_webhook(alarms.webhook))
    alarms.webhook.clear();  // As a session's config.resolved.toml has it.
  const std::string& url = alarms.webhook;
  const bool web = url.starts_with("http://") || url.starts_with("https://");
  if (!url.empty() && (!web || net::parse_endpoint(url).has_error()))
    reader.reject("alarms", "webhook",
                  "is no address that can be posted to: it begins with http:// or https://, and "
                  "has neither a user name nor blanks nor '#'");
  if (!url.empty()) reader.hide("alarms", "webhook", shown_webhook(url));
  if (!alarms.command.empty() && alarms.command.front().empty())
    reader.reject("alarms", "command", "begins with an empty word: name the program to run");
}

void check_metrics(const MetricsSettings& metrics, config::Reader& reader) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (::inet_pton(AF_INET, metrics.bind.c_str(), address.data()) != 1 &&
      ::inet_pton(AF_INET6, metrics.bind.c_str(), address.data()) != 1)
    reader.reject("metrics", "bind",
                  fmt::format("\"{}\" is no address, write 127.0.0.1 or ::1", metrics.bind));
}

/// What would only be met when the session begins.
void check_paths(const Settings& s, config::Reader& reader) {
  if (s.session.folder.empty())
    reader.reject("session", "folder", "is empty: name the folder of sessions, such as runs");
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  const std::size_t length = s.session.socket.size();
  if (length == 0 || length > kLongest)
    reader.reject("session", "socket",
                  fmt::format("has {} bytes, a socket's path has 1 to {} bytes: set session.socket "
                              "to a shorter one",
                              length, kLongest));
  if (!s.venue.ca_file.empty() && !net::holds_certificates(s.venue.ca_file))
    reader.reject("venue", "ca_file",
                  fmt::format("no certificate can be read from {}: name a PEM file that is there, "
                              "or leave it empty for the system's",
                              s.venue.ca_file));
}

/// Everything that the generated market would refuse at its start. What is wrong alone is told
/// where it was said; what does not fit together, where somebody said part of it.
void check_market(const market::Settings& market, config::Reader& reader) {
  const auto wrong = [](const market::Settings& tried) -> std::string {
    const auto made = market::MarketGenerator::create(tried, 1, Timestamp{});
    return made.has_error() ? made.error().context : "";
  };
  bool any = false;
  const auto reject = [&](const char* key, const std::string& what) {
    any = any || !what.empty();
    if (!what.empty()) reader.reject("market", key, what);
  };
  market::Settings alone;
  alone.regime = market.regime;
  reject("regime", wrong(alone));
  alone = {};
  alone.instruments = market.instruments;
  reject("instruments", wrong(alone));
  if (any) return;
  alone = {};
  alone.garch_alpha = market.garch_alpha;
  alone.garch_beta = market.garch_beta;
  reject(reader.given("market", "garch_alpha") ? "garch_alpha" : "garch_beta", wrong(alone));
  if (any) return;
  reject(reader.given("market", "jump_size_sigmas") ? "jump_size_sigmas" : "volatility_scale",
         wrong(market));
}

std::string limits_markdown() {
  risk::LimitSettings usual;
  auto research = risk::LimitSettings::of(risk::LimitProfile::Research);
  return config::markdown_table<risk::LimitSettings>("risk.limits") + "\n" +
         config::profile_table(
             "research", config::make_slots(usual),
             config::make_slots(research, risk::LimitSettings::settings(research.profile)));
}

}  // namespace

Result<Loaded> load(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                    Paths paths) {
  return load_over({}, file, overrides, paths);
}

Result<Loaded> load_over(const Below& below, const std::filesystem::path& file,
                         const std::vector<std::string>& overrides, Paths paths) {
  BOOST_OUTCOME_TRY(auto reader, open(file, overrides));
  Loaded loaded;
  loaded.settings = below.settings;
  Settings& s = loaded.settings;
  reader.section("engine", s.engine);
  reader.section("strategy", s.strategy);
  reader.section("policy", s.policy);
  reader.section("forecast", s.forecast);
  reader.section("risk.sizing", s.sizing);
  reader.section("risk.limits", s.limits);
  reader.section("paper", s.paper);
  reader.section("feed", s.feed);
  reader.section("venue", s.venue);
  reader.section("live", s.live);
  reader.section("guard", s.guard);
  reader.section("session", s.session);
  reader.section("storage", s.storage);
  reader.section("alarms", s.alarms);
  reader.section("metrics", s.metrics);
  reader.section("replay", s.replay);
  reader.section("record", s.record);
  reader.tell_defaults(below.sources);
  for (const auto& [key, text] : {std::pair{"from", &s.replay.from}, {"until", &s.replay.until}})
    if (!text->empty() && !parse_time(*text))
      reader.reject("replay", key, "is no UTC time: write it as 2025-06-01T00:00:00Z");
  const std::string decision{to_string(s.engine.interval)};
  if (!reader.given("feed", "intervals")) {
    s.feed.intervals = {decision};
    reader.derive("feed", "intervals", s.feed.intervals);
  }
  bool followed = false;
  for (const std::string& interval : s.feed.intervals) followed = followed || interval == decision;
  if (!followed)
    reader.reject(
        "feed", "intervals",
        "lacks engine.interval (" + decision + "): decisions are made on its bars, add it");
  if (s.engine.instruments.empty())
    reader.reject("engine", "instruments", "is empty: name at least one instrument");
  if (s.strategy.name == strategies::StrategyKind::Policy && paths != Paths::Ignored)
    loaded.policies = take_policies(s, reader, file.parent_path(), below.otherwise);
  if (s.strategy.name == strategies::StrategyKind::Forecast && paths != Paths::Ignored)
    loaded.forecasters = take_forecasters(s, reader, file.parent_path());
  take_profile(s, reader);
  check_guard(s.guard, reader);
  take_alarms(s.alarms, reader);
  check_metrics(s.metrics, reader);
  check_names(s, reader);
  check_risk(s, reader);
  if (paths == Paths::Checked) check_paths(s, reader);
  if (s.paper.fill_mode == matching::FillMode::Quote && s.feed.book_depth == 0)
    reader.reject("paper", "fill_mode",
                  "quote needs books: set feed.book_depth to 1, 50 or 200 (kline files have none)");
  BOOST_OUTCOME_TRY(reader.finish());
  loaded.resolved = reader.resolved();
  loaded.shown = below.note + reader.show();
  loaded.hash = reader.hash();
  return loaded;
}

Result<LoadedSim> load_sim(const std::filesystem::path& file,
                           const std::vector<std::string>& overrides) {
  BOOST_OUTCOME_TRY(auto reader, open(file, overrides));
  LoadedSim loaded;
  SimSettings& s = loaded.settings;
  reader.section("sim", s.exchange);
  reader.section("sim.faults", s.exchange.faults);
  reader.section("sim.server", s.host);
  reader.section("market", s.market);
  check_market(s.market, reader);
  if (s.host.files.empty() && !reader.given("sim", "history_bars")) {
    s.exchange.history_bars = kGeneratedHistory;
    reader.derive("sim", "history_bars", kGeneratedHistory);
  }
  if (!s.exchange.start.empty() && parse_time(s.exchange.start).has_error())
    reader.reject("sim", "start", "is no UTC time: write it as 2025-06-01T00:00:00Z");
  BOOST_OUTCOME_TRY(reader.finish());
  loaded.shown = reader.show();
  loaded.hash = reader.hash();
  return loaded;
}

std::vector<std::string> cost_warnings(const matching::VenueSettings& paper) {
  std::vector<std::string> warnings;
  const auto look = [&](const char* key, double bps, const char* what) {
    if (bps == 0.0)
      warnings.push_back(
          fmt::format("paper.{} = 0: {}; what this run earns, no account would", key, what));
  };
  look("linear_taker_fee_bps", paper.linear_taker_fee_bps, "taking a perpetual costs no fee");
  look("spot_taker_fee_bps", paper.spot_taker_fee_bps, "taking spot costs no fee");
  look("assumed_funding_bps", paper.assumed_funding_bps, "unknown funding is free");
  if (paper.fill_mode == matching::FillMode::Bar) {
    look("half_spread_bps", paper.half_spread_bps, "orders fill without a spread");
    look("impact_bps", paper.impact_bps, "no order moves the price");
  }
  return warnings;
}

Result<Inspected> inspect(const std::filesystem::path& file,
                          const std::vector<std::string>& overrides) {
  if (is_of_exchange(file, overrides)) {
    BOOST_OUTCOME_TRY(auto loaded, load_sim(file, overrides));
    return Inspected{{}, "settings of the simulated exchange", loaded.shown, loaded.hash};
  }
  if (is_of_training(file))
    return error(
        ErrorCode::Unsupported,
        fmt::format("{} is for training, and its model decides what it may say: look at it "
                    "with proteus train --check --config {}",
                    file.string(), file.string()));
  BOOST_OUTCOME_TRY(auto loaded, load_for_verb(file, overrides));
  return Inspected{cost_warnings(loaded.settings.paper), "settings of the daemon", loaded.shown,
                   loaded.hash};
}

std::string settings_markdown() {
  std::string out = "## The daemon\n";
  out += "\n" + config::markdown_table<EngineSettings>("engine");
  out += "\n" + config::markdown_table<strategies::StrategySettings>("strategy");
  out += "\n" + config::markdown_table<strategies::PolicySettings>("policy");
  out += "\n" + config::markdown_table<strategies::ForecastSettings>("forecast");
  out += "\n" + config::markdown_table<risk::SizingSettings>("risk.sizing");
  out += "\n" + limits_markdown();
  out += "\n" + config::markdown_table<matching::VenueSettings>("paper");
  out += "\n" + config::markdown_table<bybit::FeedSettings>("feed");
  out += "\n" + config::markdown_table<VenueEndpoints>("venue");
  out += "\n" + config::markdown_table<live::LiveSettings>("live");
  out += "\n" + config::markdown_table<live::GuardSettings>("guard");
  out += "\n" + config::markdown_table<SessionSettings>("session");
  out += "\n" + config::markdown_table<storage::StorageSettings>("storage");
  out += "\n" + config::markdown_table<AlarmSettings>("alarms");
  out += "\n" + config::markdown_table<MetricsSettings>("metrics");
  out += "\n" + config::markdown_table<ReplaySettings>("replay");
  out += "\n" + config::markdown_table<RecordSettings>("record");
  out += "\n## The simulated exchange\n";
  out += "\n" + config::markdown_table<sim::SimSettings>("sim");
  out += "\n" + config::markdown_table<sim::SimFaults>("sim.faults");
  out += "\n" + config::markdown_table<SimHostSettings>("sim.server");
  out += "\n" + config::markdown_table<market::Settings>("market");
  return out;
}

}  // namespace proteus::app

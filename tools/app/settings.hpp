// Every setting of the program in one place: the rooms' own, and where the venue, the session and
// the operator live.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/reader.hpp"
#include "connectors/bybit/settings.hpp"
#include "connectors/klines/bad_rows.hpp"
#include "connectors/live/guard_settings.hpp"
#include "connectors/live/settings.hpp"
#include "connectors/sim/settings.hpp"
#include "connectors/storage/settings.hpp"
#include "engine/market/settings.hpp"
#include "engine/matching/settings.hpp"
#include "engine/runtime/settings.hpp"
#include "risk/settings.hpp"
#include "strategies/forecast/forecast_model.hpp"
#include "strategies/forecast/forecast_settings.hpp"
#include "strategies/policy/policy_model.hpp"
#include "strategies/policy/policy_settings.hpp"
#include "strategies/settings.hpp"
#include "tools/app/alarm_settings.hpp"

namespace proteus::app {

/// Where market data comes from. Bybit itself: rest = "https://api.bybit.com", stream =
/// "wss://stream.bybit.com".
struct VenueEndpoints {
  std::string rest = "http://127.0.0.1:8600";
  std::string stream = "ws://127.0.0.1:8600";
  std::string account_stream;
  std::string ca_file;
  static constexpr auto settings() {
    using V = VenueEndpoints;
    return std::tuple{
        setting("rest", &V::rest,
                "address of the REST interface: https://api.bybit.com for the venue itself"),
        setting("stream", &V::stream,
                "address of the public streams: wss://stream.bybit.com for the venue itself"),
        setting("account_stream", &V::account_stream,
                "address of the private streams of a live account; empty: as stream"),
        setting("ca_file", &V::ca_file,
                "PEM file of trusted certificates; empty: those of the system")};
  }
};

/// What follows when the operator is not heard any more.
enum class LostOperator : std::uint8_t { Reduce, Halt };

}  // namespace proteus::app

template <>
struct proteus::EnumNames<proteus::app::LostOperator> {
  static constexpr std::array<std::string_view, 2> names{"reduce", "halt"};
};

namespace proteus::app {

struct SessionSettings {
  std::string folder = "runs";
  std::string socket = "runs/proteus.sock";
  Duration heartbeat = std::chrono::seconds{30};
  std::string kill_file;
  std::optional<Duration> heartbeat_required;
  LostOperator heartbeat_lost = LostOperator::Reduce;
  static constexpr auto settings() {
    using S = SessionSettings;
    return std::tuple{
        setting("folder", &S::folder, "where session folders are made"),
        setting("socket", &S::socket,
                "unix socket of the operator's verbs: status, why, halt, flatten, stop, ..."),
        setting("heartbeat", &S::heartbeat,
                "real time between two lines that tell how a running daemon fares", 0.1, 86'400.0),
        setting("kill_file", &S::kill_file,
                "when this file appears, trading is halted; empty: KILL in the session's folder"),
        setting("heartbeat_required", &S::heartbeat_required,
                "longest real time without a word of the operator (proteus beat, or any other verb "
                "that asks the daemon); off: none is needed",
                1.0, 604'800.0),
        setting("heartbeat_lost", &S::heartbeat_lost,
                "what is done when the operator has not been heard for heartbeat_required")};
  }
};

/// What `proteus replay` plays.
struct ReplaySettings {
  std::vector<std::string> files;
  std::string funding_folder;
  std::vector<std::string> instruments;
  std::string from;
  std::string until;
  klines::BadRows bad_rows = klines::BadRows::Refuse;
  static constexpr auto settings() {
    using R = ReplaySettings;
    return std::tuple{
        setting("files", &R::files,
                "kline files (<exchange>-<category>_<SYMBOL>_<interval>.csv[.gz|.zst]), one for "
                "each of engine.instruments"),
        setting("funding_folder", &R::funding_folder,
                "folder of funding files; empty: rates are not known and are assumed"),
        setting("instruments", &R::instruments,
                "files of instruments (bybit-<category>_instruments.jsonl, as proteus fetch writes "
                "them) for recordings that do not describe theirs"),
        setting("from", &R::from,
                "decisions begin with the bar that opens then (2025-06-01T00:00:00Z); empty: after "
                "feed.warm_up_bars of the files"),
        setting("until", &R::until, "bars that close later are not played; empty: to the end"),
        setting("bad_rows", &R::bad_rows,
                "rows of kline files that are none: refuse the file, or set_aside: leave them out "
                "and tell how many and the first")};
  }
};

/// What `proteus record` records.
struct RecordSettings {
  std::vector<std::string> topics;
  static constexpr auto settings() {
    using R = RecordSettings;
    return std::tuple{setting(
        "topics", &R::topics,
        "public topics that proteus record subscribes to, each category:topic "
        "(linear:kline.1.BTCUSDT, spot:publicTrade.BTCUSDT); empty: what a session with these "
        "settings follows")};
  }
};

/// Where the simulated exchange listens and what market it shows.
struct SimHostSettings {
  std::string bind = "127.0.0.1";
  std::int64_t port = 8600;
  bool tls = false;
  std::string certificate_file;
  std::vector<std::string> files;
  std::string funding_folder;
  Duration mute_max = std::chrono::minutes{10};
  static constexpr auto settings() {
    using S = SimHostSettings;
    return std::tuple{
        setting("bind", &S::bind, "address to listen on; loopback unless you know better"),
        setting("port", &S::port, "port to listen on; 0: any free one", 0, 65535),
        setting("tls", &S::tls, "serve TLS with a certificate made at start"),
        setting("certificate_file", &S::certificate_file,
                "where that certificate is written for clients to trust"),
        setting("files", &S::files,
                "kline files (<exchange>-<category>_<SYMBOL>_<interval>.csv[.gz|.zst]); empty: a "
                "generated market"),
        setting("funding_folder", &S::funding_folder,
                "folder of funding files; empty: rates are not known"),
        setting("mute_max", &S::mute_max,
                "real time after which a connection that a fault has muted is dropped", 0.01,
                86'400)};
  }
};

struct Settings {
  EngineSettings engine;
  strategies::StrategySettings strategy;
  strategies::PolicySettings policy;
  strategies::ForecastSettings forecast;
  risk::SizingSettings sizing;
  risk::LimitSettings limits;
  matching::VenueSettings paper;
  bybit::FeedSettings feed;
  VenueEndpoints venue;
  live::LiveSettings live;
  live::GuardSettings guard;
  SessionSettings session;
  storage::StorageSettings storage;
  AlarmSettings alarms;
  MetricsSettings metrics;
  ReplaySettings replay;
  RecordSettings record;
};

struct SimSettings {
  SimHostSettings host;
  sim::SimSettings exchange;
  market::Settings market;
};

/// Settings as read, with what is needed to show and to store them.
struct Loaded {
  Settings settings;
  std::string resolved;
  std::string shown;
  std::string hash;
  std::vector<strategies::PolicyModel> policies;  ///< that trade; empty: none, or Paths::Ignored
  std::vector<strategies::ForecastModel> forecasters;  ///< likewise
};
struct LoadedSim {
  SimSettings settings;
  std::string shown;
  std::string hash;
};

/// Whether files and folders have to be fit for a session: a session of the past is read without.
/// Models: of all paths the checkpoints alone, for telling such a session again.
enum class Paths : std::uint8_t { Checked, Ignored, Models };

/// An empty file name: defaults and overrides alone. The error lists every complaint, one a line.
/// feed.intervals follows engine.interval where nobody gave it. Where a policy trades its
/// checkpoints are read, and decide policy.content, policy.kernel, strategy.features and
/// feed.warm_up_bars where nobody gave them; where a forecaster trades, forecast.content,
/// forecast.window, forecast.adaptation_steps, strategy.features and feed.warm_up_bars.
Result<Loaded> load(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                    Paths paths = Paths::Checked);
Result<LoadedSim> load_sim(const std::filesystem::path& file,
                           const std::vector<std::string>& overrides);

/// Costs that are set to nothing, a sentence each: such a run earns what no account would.
std::vector<std::string> cost_warnings(const matching::VenueSettings& paper);

/// What `config check` and `config show` tell of a file: it is the exchange's where it has sections
/// of the exchange and none of the daemon.
struct Inspected {
  std::vector<std::string> warnings;  ///< what is allowed and yet flatters: sentences
  std::string kind;  ///< "settings of the daemon", "settings of the simulated exchange"
  std::string shown;
  std::string hash;
};
Result<Inspected> inspect(const std::filesystem::path& file,
                          const std::vector<std::string>& overrides);
/// Tables of every section with keys, defaults, ranges and meanings.
std::string settings_markdown();

}  // namespace proteus::app

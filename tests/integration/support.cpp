#include "tests/integration/support.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "connectors/sim/synthetic_source.hpp"
#include "connectors/storage/session_log.hpp"

namespace proteus::app {

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "proteus-whole-XXXXXX").string();
  path_ = ::mkdtemp(name.data());
}
Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void write_all(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::vector<std::string> entries(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

bool run_until(net::Loop& loop, const std::function<bool()>& done, Duration longest) {
  if (done()) return true;
  const net::Timer look = loop.every(1ms, [&] {
    if (done()) loop.stop();
  });
  loop.run_for(longest);
  return done();
}

Overrides operator+(Overrides a, const Overrides& b) {
  for (const std::string& later : b) {
    const std::string key = later.substr(0, later.find('=') + 1);
    std::erase_if(a, [&](const std::string& earlier) { return earlier.starts_with(key); });
    a.push_back(later);
  }
  return a;
}

namespace {

template <class T>
T value_of(Result<T> result) {
  if (result.has_error()) throw std::runtime_error(result.error().context);
  return std::move(result.value());
}

}  // namespace

Exchange::Exchange(net::Loop& loop, const Overrides& more) {
  const Overrides basic = {"sim.server.port=0",
                           "sim.paced=true",
                           "sim.settle=1ms",
                           "sim.push_interval=20s",
                           "sim.history_bars=200",
                           "market.instruments=linear:BTCUSDT,"
                           "linear:ETHUSDT,linear:SOLUSDT,spot:BTCUSDT"};
  settings_ = value_of(load_sim("", basic + more)).settings;
  host_ = value_of(SimHost::create(loop, settings_, kMarketStart));
  again_ = std::make_unique<sim::SyntheticSource>(value_of(sim::SyntheticSource::create(
      settings_.market, static_cast<std::uint64_t>(settings_.exchange.seed), kMarketStart)));
}

std::string Exchange::address() const { return fmt::format("127.0.0.1:{}", host_->port()); }

Overrides Exchange::where() const {
  return {"venue.rest=http://" + address(), "venue.stream=ws://" + address()};
}

std::optional<Bar> Exchange::bar(const Instrument& instrument, Timestamp open) const {
  for (const Instrument& known : again_->instruments())
    if (known.name() == instrument.name()) return again_->bar(known.id, open);
  return std::nullopt;
}

Overrides paced() {
  return {"engine.instruments=linear:BTCUSDT,linear:ETHUSDT",
          "strategy.name=sma_cross",
          "strategy.fast=3",
          "strategy.slow=8",
          "feed.clock=frames",
          "feed.repair=pause",
          "feed.warm_up_bars=20",
          "feed.backoff_min=5ms",
          "feed.backoff_max=50ms",
          "feed.missing_bar_delay=5ms"};
}

Overrides in(const Folder& folder) {
  return {"session.folder=" + folder / "runs", "session.socket=" + folder / "socket"};
}

namespace {

boost::json::value member(const std::string& json, const std::string& path) {
  boost::json::value at = boost::json::parse(json);
  std::istringstream keys(path);
  for (std::string key; std::getline(keys, key, '.');) {
    const boost::json::value* next = at.is_object() ? at.as_object().if_contains(key) : nullptr;
    if (next == nullptr) return nullptr;
    at = boost::json::value(*next);
  }
  return at;
}

}  // namespace

std::int64_t figure(const std::string& status_json, const std::string& path) {
  const boost::json::value found = member(status_json, path);
  return found.is_number() ? found.to_number<std::int64_t>() : 0;
}

std::string word(const std::string& status_json, const std::string& path) {
  const boost::json::value found = member(status_json, path);
  return found.is_string() ? std::string(found.as_string()) : boost::json::serialize(found);
}

namespace {
const SessionCode kCode{"0123456789abc"};
}  // namespace

Daemon::Daemon(net::Loop& loop, const Overrides& overrides) : loop_(loop) {
  daemon_ = value_of(TradingDaemon::create(loop, value_of(load("", overrides)), kCode));
  daemon_->start();
}

bool Daemon::run_to_bars(std::int64_t bars, Duration longest) {
  return run_until(
      loop_, [&] { return figure("bars") >= bars; }, longest);
}

namespace {

void take(Log& log, const Event& event) {
  if (const auto* changed = std::get_if<InstrumentChanged>(&event.body)) {
    if (changed->instrument.id.index == log.instruments.size())
      log.instruments.push_back(changed->instrument);
    else
      ++log.changed;
  } else if (const auto* bar = std::get_if<BarClosed>(&event.body)) {
    log.bars.push_back(*bar);
  } else if (const auto* anomaly = std::get_if<FeedAnomaly>(&event.body)) {
    log.anomalies.push_back(*anomaly);
  } else if (const auto* feed = std::get_if<FeedChanged>(&event.body)) {
    log.feed.push_back(*feed);
  } else if (const auto* ticker = std::get_if<TickerUpdated>(&event.body)) {
    log.tickers.push_back(*ticker);
  } else if (const auto* book = std::get_if<BookUpdated>(&event.body)) {
    log.books.push_back(*book);
  } else if (std::holds_alternative<Fill>(event.body)) {
    ++log.fills;
  }
}

}  // namespace

Log read_log(const std::filesystem::path& session_folder) {
  Log log;
  auto reader = storage::SessionLog::open(session_folder / "session.wal");
  if (reader.has_error()) {
    log.failure = reader.error().context;
    return log;
  }
  for (;;) {
    const auto record = reader.value().next();
    if (record.has_error()) {
      log.failure = record.error().context;
      break;
    }
    if (record.value() == nullptr) break;
    if (const auto* event = std::get_if<Event>(record.value())) take(log, *event);
    if (const auto* decision = std::get_if<DecisionRecord>(record.value()))
      log.decisions.push_back(*decision);
    if (std::holds_alternative<OrderIntent>(*record.value())) ++log.orders;
    if (const auto* point = std::get_if<EquityPoint>(record.value())) log.equity.push_back(*point);
  }
  log.tail = reader.value().reader().tail();
  return log;
}

std::string complaint(const Log& log, const Exchange& exchange) {
  if (!log.failure.empty()) return log.failure;
  std::map<InstrumentId, std::vector<Timestamp>> opens;
  for (const BarClosed& closed : log.bars) {
    const Bar& bar = closed.bar;
    const Instrument& instrument = log.instruments.at(bar.instrument.index);
    const std::string name = instrument.name() + " " + format_time(bar.open_time);
    std::vector<Timestamp>& seen = opens[bar.instrument];
    if (!seen.empty() && bar.open_time != seen.back() + 1min)
      return fmt::format("{} follows {}", name, format_time(seen.back()));
    seen.push_back(bar.open_time);
    const std::optional<Bar> truth = exchange.bar(instrument, bar.open_time);
    if (!truth) return name + " is not in the source";
    if (bar.open != truth->open || bar.high != truth->high || bar.low != truth->low ||
        bar.close != truth->close || bar.volume != truth->volume)
      return fmt::format("{} is {} {} {} {} {}, the source has {} {} {} {} {}", name,
                         bar.open.to_string(), bar.high.to_string(), bar.low.to_string(),
                         bar.close.to_string(), bar.volume, truth->open.to_string(),
                         truth->high.to_string(), truth->low.to_string(), truth->close.to_string(),
                         truth->volume);
  }
  std::map<InstrumentId, std::vector<Timestamp>> decided;
  for (const DecisionRecord& decision : log.decisions)
    decided[decision.instrument].push_back(decision.bar_open);
  if (decided != opens) return "the decisions are not those of the bars";
  return {};
}

}  // namespace proteus::app

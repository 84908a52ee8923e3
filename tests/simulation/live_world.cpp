#include "tests/simulation/live_world.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <stdexcept>

#include "connectors/bybit/bootstrap.hpp"
#include "connectors/sim/private/signature.hpp"
#include "tests/simulation/footprint.hpp"

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;
namespace bj = boost::json;

constexpr const char* kKey = "simkey";
constexpr const char* kSecret = "simsecret";
constexpr Timestamp kLiveStart{std::chrono::sys_days{std::chrono::June / 2 / 2025}};

class SimSigning final : public live::Signing {
 public:
  [[nodiscard]] std::string_view key() const override { return kKey; }
  [[nodiscard]] std::string sign(std::string_view text) const override {
    return sim::hmac_sha256_hex(kSecret, text);
  }
};

/// In the auditor's place before the log, so that the auditor need not go with the log.
class Ear final : public Journal {
 public:
  explicit Ear(Audit& audit) : audit_(audit) {}
  void append(const Event& event) override { audit_.append(event); }
  void append(const DecisionRecord& decision) override { audit_.append(decision); }
  void append(const OrderIntent& intent) override { audit_.append(intent); }
  void append(const CancelIntent& intent) override { audit_.append(intent); }
  void append(const EquityPoint& point) override { audit_.append(point); }
  [[nodiscard]] bool commit() override { return audit_.commit(); }

 private:
  Audit& audit_;
};

app::Loaded live_settings(const LiveSetup& setup) {
  std::string names;
  for (const std::string& name : setup.instruments) names += (names.empty() ? "" : ",") + name;
  std::vector<std::string> overrides = {"session.folder=" + (setup.folder / "runs").string(),
                                        "engine.instruments=" + names,
                                        "feed.warm_up_bars=60",
                                        "strategy.fast=3",
                                        "strategy.slow=8",
                                        "risk.limits.stage=live",
                                        "storage.record_feed=false"};
  for (const std::string& own : setup.overrides) {
    const std::string key = own.substr(0, own.find('=') + 1);
    std::erase_if(overrides, [&](const std::string& one) { return one.starts_with(key); });
    overrides.push_back(own);
  }
  auto loaded = app::load({}, overrides);
  if (loaded.has_error()) throw std::runtime_error(loaded.error().context);
  return std::move(loaded.value());
}

bool aloud() { return std::getenv("PROTEUS_SIMULATION_ALOUD") != nullptr; }

Quantity quantity_of(const bj::value& row, const char* key) {
  const auto text = std::string(std::string_view(row.as_object().at(key).as_string()));
  return text.empty() ? Quantity{} : Quantity::parse(text).value();
}

}  // namespace

void LiveWorld::Door::on_input(EventBody body, Timestamp happened, Timestamp received) {
  world_.trading_->engine().on_input(std::move(body), happened, received);
  if (world_.audited_) world_.audit_->after_input();
}

LiveWorld::LiveWorld(LiveSetup setup)
    : setup_(std::move(setup)), network_(sim::mix(setup_.seed, "network")) {
  market::Settings market;
  market.instruments = setup_.instruments;
  sim::SimSettings exchange;
  exchange.seed = static_cast<std::int64_t>(setup_.seed % 1'000'000'007ULL);
  exchange.history_bars = 300;
  exchange.faults = setup_.faults;
  setup_.tune(exchange);
  source_.emplace(
      std::move(sim::SyntheticSource::create(market, setup_.seed, kLiveStart, 480h).value()));
  exchange_ = std::move(sim::SimExchange::create(exchange, *source_, network_).value());
  network_.exchange = exchange_.get();
  loaded_ = live_settings(setup_);
  signing_ = std::make_unique<SimSigning>();
  network_.advance();
}

LiveWorld::~LiveWorld() {
  if (running()) kill();
}

void LiveWorld::every(Duration period, std::function<void()> fn) {
  network_.every(period, [this, life = network_.life(), fn = std::move(fn)] {
    if (life == network_.life() && running()) fn();
  });
}

Result<InstrumentTable> LiveWorld::learn_instruments() {
  const app::Settings& s = loaded_.settings;
  std::vector<InstrumentName> names;
  for (const std::string& text : s.engine.instruments)
    names.push_back(std::move(parse_instrument_name(text).value()));
  bybit::Bootstrap bootstrap(s.feed, names, network_, *clock_, setup_.seed, 0, std::nullopt);
  network_.on_answer = [&](bybit::RequestId id, Result<bybit::HttpResponse> answer,
                           bybit::SteadyTime at) {
    bootstrap.on_response(id, std::move(answer), at);
  };
  bootstrap.start(network_.now());
  for (int i = 0; i < 20'000 && !bootstrap.done(); ++i) {
    network_.run_to(network_.now() + 100ms);
    bootstrap.on_timer(network_.now());
  }
  network_.on_answer = [](bybit::RequestId, Result<bybit::HttpResponse>, bybit::SteadyTime) {};
  if (!bootstrap.done()) return error(ErrorCode::Timeout, "the venue did not tell its instruments");
  return bootstrap.result();
}

Result<void> LiveWorld::open_account() {
  const app::Settings& s = loaded_.settings;
  live::AccountGateway::Setup setup{.settings = s.live,
                                    .recv_window = s.limits.recv_window,
                                    .instruments = trading_->instruments(),
                                    .memory = trading_->live_venue()->memory(),
                                    .ledger = [this] { return trading_->engine().ledger(); },
                                    .io = network_,
                                    .clock = *clock_,
                                    .signing = *signing_,
                                    .engine = door_,
                                    .reached = [this] { return trading_->engine().now(); },
                                    .tell =
                                        [](const std::string& sentence) {
                                          if (aloud()) fmt::print("{}\n", sentence);
                                        },
                                    .seed = setup_.seed + network_.life()};
  gateway_ = std::make_unique<live::AccountGateway>(std::move(setup));
  network_.gateway = gateway_.get();
  std::optional<Result<live::AccountFacts>> facts;
  gateway_->prepare(network_.now(),
                    [&](Result<live::AccountFacts> told) { facts = std::move(told); });
  for (int i = 0; i < 20'000 && !facts; ++i) {
    network_.run_to(network_.now() + 50ms);
    gateway_->on_timer(network_.now());
  }
  if (!facts) return error(ErrorCode::Timeout, "the venue did not tell of the account");
  BOOST_OUTCOME_TRYV(*facts);
  return success();
}

Result<void> LiveWorld::start() {
  const app::Settings& s = loaded_.settings;
  clock_.emplace(s.feed.clock, s.feed.speed, [this] { return network_.now(); });
  network_.clock = &*clock_;
  if (session_) {
    BOOST_OUTCOME_TRY(trading_, app::Trading::resume(loaded_, "live", *session_));
    clock_->not_before(trading_->engine().now());
  }
  BOOST_OUTCOME_TRY(const InstrumentTable table, learn_instruments());
  const Timestamp now = clock_->at(network_.now());
  if (session_) {
    BOOST_OUTCOME_TRY(trading_->go_on(table, now));
  } else {
    std::array<std::uint8_t, 13> letters{};
    sim::Draws draws(sim::mix(setup_.seed, "session"));
    for (auto& letter : letters) letter = static_cast<std::uint8_t>(draws.next());
    BOOST_OUTCOME_TRY(trading_, app::Trading::open(loaded_, setup_.paper ? "paper" : "live", now,
                                                   make_session_code(letters)));
    if (aloud()) trading_->watch();
    session_ = trading_->session().folder();
    if (setup_.audit)
      trading_->accompany([&](Journal& log) {
        audit_ = std::make_unique<Audit>(log, Money::from_raw(to_fixed_raw(s.engine.capital)),
                                         s.limits, [] { return false; });
        audited_ = true;
        return std::make_unique<Ear>(*audit_);
      });
    BOOST_OUTCOME_TRY(trading_->build(table, now));
  }
  if (audited_) audit_->watch({trading_->engine(), nullptr, trading_->instruments()});
  if (!setup_.paper) {
    BOOST_OUTCOME_TRYV(open_account());
  }
  BOOST_OUTCOME_TRY(feed_, bybit::PublicFeed::create(s.feed, trading_->instruments(), network_,
                                                     *clock_, door_, setup_.seed));
  network_.feed = feed_.get();
  network_.on_answer = [this](bybit::RequestId id, Result<bybit::HttpResponse> answer,
                              bybit::SteadyTime at) {
    feed_->on_response(id, std::move(answer), at);
  };
  if (!setup_.paper) {
    trading_->live_venue()->carry_with(gateway_.get());
    gateway_->start(network_.now());
  }
  if (trading_->resumed()) {
    std::vector<bybit::ResumePoint> points;
    for (const Instrument& instrument : trading_->instruments()) {
      const Engine::BarsSeen seen = trading_->engine().bars_seen(instrument.id);
      if (seen.next_open != Timestamp{})
        points.push_back({instrument.id, s.engine.interval, seen.next_open, seen.warming_up});
    }
    feed_->resume(points, network_.now());
  } else {
    feed_->start(network_.now());
  }
  every(50ms, [this] {
    feed_->on_timer(network_.now());
    if (gateway_) gateway_->on_timer(network_.now());
    trading_->keep_log();
  });
  return success();
}

/// What a process has not handed to the kernel dies with it: the log as it lies now, and no word
/// that a destructor might still write.
void LiveWorld::keep_log_as_it_is() {
  const std::filesystem::path wal = trading_->session().wal_path();
  std::filesystem::copy_file(wal, wal.string() + ".kept",
                             std::filesystem::copy_options::overwrite_existing);
}

void LiveWorld::kill_at(std::function<bool(std::string_view)> when, bool leaves) {
  network_.may_leave = [this, when = std::move(when), leaves](std::string_view text) {
    if (dying_) return false;
    if (!when(text)) return true;
    keep_log_as_it_is();
    dying_ = true;
    return leaves;
  };
}

void LiveWorld::kill() {
  if (!dying_) keep_log_as_it_is();
  dying_ = false;
  network_.may_leave = [](std::string_view) { return true; };
  const std::filesystem::path wal = trading_->session().wal_path();
  const std::filesystem::path kept = wal.string() + ".kept";
  network_.cut_all();
  network_.on_answer = [](bybit::RequestId, Result<bybit::HttpResponse>, bybit::SteadyTime) {};
  network_.gateway = nullptr;
  if (gateway_) trading_->live_venue()->carry_with(nullptr);
  bury();
  std::filesystem::rename(kept, wal);
}

void LiveWorld::bury() {
  const double before = heap_bytes();
  audited_ = false;
  feed_.reset();
  gateway_.reset();
  trading_.reset();
  daemon_bytes_ = before - heap_bytes();
}

Result<void> LiveWorld::end() {
  feed_->stop();
  command(OperatorAction::Stop);
  run_until([this] { return engine().open_orders().empty(); }, 60s);
  gateway_->stop();
  trading_->live_venue()->carry_with(nullptr);
  const Result<void> done = trading_->finish("the run ends", clock_->at(network_.now()));
  network_.cut_all();
  network_.gateway = nullptr;
  bury();
  return done;
}

void LiveWorld::run(Duration time) {
  network_.run_to(network_.now() + time);
  if (dying_) kill();
}

bool LiveWorld::run_until(const std::function<bool()>& holds, Duration longest) {
  const auto until = network_.now() + longest;
  while (network_.now() < until) {
    if (holds()) return true;
    network_.run_to(network_.now() + 20ms);
    if (!dying_) continue;
    kill();
    return true;
  }
  return holds();
}

bool LiveWorld::settled() const {
  const live::GatewayStatus told = gateway_->status(network_.now());
  return told.clean && told.in_doubt == 0 && trading_->engine().open_orders().empty();
}

void LiveWorld::command(OperatorAction action, const char* cause) {
  const Timestamp now = std::max(engine().now(), clock_->at(network_.now()));
  door_.on_input(OperatorCommand{action, cause}, now, now);
}

std::string LiveWorld::signed_call(bool post, const std::string& path, const std::string& text) {
  const std::string target = post || text.empty() ? path : path + "?" + text;
  // Faults of requests hit the owner too; he asks again.
  std::string last;
  for (int i = 0; i < 5'000; ++i) {
    const std::string stamp = std::to_string(to_unix_ms(exchange_->now()));
    const sim::HttpHeaders headers = {
        {"X-BAPI-API-KEY", kKey},
        {"X-BAPI-TIMESTAMP", stamp},
        {"X-BAPI-RECV-WINDOW", "60000"},
        {"X-BAPI-SIGN", sim::hmac_sha256_hex(kSecret, stamp + kKey + "60000" + text)}};
    const sim::HttpReply reply =
        exchange_->on_http(post ? "POST" : "GET", target, headers, post ? text : "");
    if (reply.lost || reply.status != 200) continue;
    last = reply.body;
    boost::system::error_code failed;
    const bj::value value = bj::parse(reply.body, failed);
    if (failed || !value.is_object()) continue;
    if (value.as_object().at("retCode").as_int64() == 0) return reply.body;
    run(50ms);  // Limits of requests are a second's.
  }
  throw std::runtime_error(path + " was not answered, but for " + last);
}

VenueBooks LiveWorld::venue() {
  VenueBooks books;
  const auto text = [](const bj::object& row, const char* key) {
    return std::string(std::string_view(row.at(key).as_string()));
  };
  const bj::value account =
      bj::parse(exchange_->on_http("GET", std::string("/sim/account?key=") + kKey).body);
  for (const bj::value& value : account.at("positions").as_array()) {
    const bj::object& row = value.as_object();
    const Quantity size = quantity_of(row, "size");
    if (size.is_zero()) continue;
    const bool sold = text(row, "side") == "Sell";
    const Money paid = Money::parse(text(row, "positionValue")).value();
    books.cost += sold ? -paid : paid;
    books.positions[text(row, "symbol")] = sold ? -size : size;
    const std::string stop = text(row, "stopLoss");
    books.stops[text(row, "symbol")] = stop.empty() ? Price{} : Price::parse(stop).value();
    books.leverage[text(row, "symbol")] = text(row, "leverage");
  }
  for (const bj::value& value : account.at("orders").as_array())
    if (text(value.as_object(), "stopOrderType").empty())
      books.open.push_back(text(value.as_object(), "orderLinkId"));
    else
      books.conditional[text(value.as_object(), "orderLinkId")] =
          quantity_of(value.as_object(), "qty");
  for (const bj::value& coin : account.at_pointer("/wallet/coin").as_array()) {
    const std::string name = text(coin.as_object(), "coin");
    books.coins[name] = quantity_of(coin.as_object(), "walletBalance");
    if (name == "USDT")
      books.wallet = Money::parse(text(coin.as_object(), "walletBalance")).value();
  }
  return books;
}

VenueHistory LiveWorld::history() {
  VenueHistory told;
  const auto text = [](const bj::object& row, const char* key) {
    return std::string(std::string_view(row.at(key).as_string()));
  };
  const auto pages = [&](const std::string& path, const std::string& query,
                         const std::function<void(const bj::object&)>& use) {
    std::string cursor;
    for (int page = 0; page < 500; ++page) {
      const bj::value body =
          bj::parse(signed_call(false, path, query + (cursor.empty() ? "" : "&cursor=" + cursor)));
      const bj::object& result = body.at("result").as_object();
      const bj::array& list = result.at("list").as_array();
      for (const bj::value& row : list) use(row.as_object());
      const bj::value* next = result.if_contains("nextPageCursor");
      const std::string after =
          next == nullptr ? "" : std::string(std::string_view(next->as_string()));
      if (after.empty() || list.empty() || after == cursor) return;
      cursor = after;
    }
  };
  pages("/v5/order/history", "category=linear&limit=50", [&](const bj::object& row) {
    if (const std::string link = text(row, "orderLinkId"); !link.empty())
      told.links.push_back(link);
  });
  pages("/v5/execution/list", "category=linear&limit=100", [&](const bj::object& row) {
    if (text(row, "execType") != "Trade") return;
    told.executions[text(row, "execId")] = quantity_of(row, "execQty");
    if (text(row, "stopOrderType") == "StopLoss") told.stops_fired.insert(text(row, "orderId"));
  });
  return told;
}

std::string LiveWorld::difference() {
  const VenueBooks theirs = venue();
  std::string out;
  const LedgerView ours = engine().ledger();
  for (const Instrument& instrument : instruments()) {
    const auto found = theirs.positions.find(std::string(instrument.symbol.view()));
    const Quantity venue_quantity = found == theirs.positions.end() ? Quantity{} : found->second;
    if (ours[instrument.id].quantity != venue_quantity)
      out += fmt::format("{}: we hold {}, the venue {}\n", instrument.name(),
                         ours[instrument.id].quantity.to_string(), venue_quantity.to_string());
  }
  // Equity at any mark: balance less what the positions cost.
  Money paid;
  for (const PositionView& position : ours.positions) paid += position.cost;
  if (ours.cash - paid != theirs.wallet - theirs.cost)
    out += fmt::format("our cash less cost is {}, the venue's {}\n", (ours.cash - paid).to_string(),
                       (theirs.wallet - theirs.cost).to_string());
  if (theirs.positions.empty() && ours.cash != theirs.wallet)
    out += fmt::format("our cash is {}, the venue's {}\n", ours.cash.to_string(),
                       theirs.wallet.to_string());
  std::set<std::string> open;
  for (const Order& order : engine().open_orders())
    open.insert(std::string(order.request().id.view()));
  std::set<std::string> listed(theirs.open.begin(), theirs.open.end());
  listed.erase("");  // Of others.
  if (open != listed)
    out += fmt::format("{} orders of ours are open, {} at the venue\n", open.size(), listed.size());
  return out;
}

}  // namespace proteus::simulation

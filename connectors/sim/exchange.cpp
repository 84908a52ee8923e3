#include "connectors/sim/exchange.hpp"

#include <fmt/format.h>

#include <charconv>

#include "connectors/sim/hub.hpp"
#include "connectors/sim/pace.hpp"
#include "connectors/sim/private/other_device.hpp"
#include "connectors/sim/private/private_rest.hpp"
#include "connectors/sim/rest.hpp"

namespace proteus::sim {
namespace {

constexpr int kStepsMax = 256;  // instants in one advance(), so that sockets get their turn
constexpr std::int64_t kOrdersMax = 1'000'000;     // of one fault at once
constexpr std::int64_t kMaintenanceMax = 86'400;   // seconds, as the setting maintenance allows
constexpr std::int64_t kOffsetMsMax = 86'400'000;  // as the setting clock_offset_ms allows

Result<Timestamp> start_of(const SimSettings& settings, MarketSource& source) {
  Timestamp start = source.first();
  if (settings.start.empty()) {
    for (std::int64_t i = 0; i < settings.history_bars; ++i)
      start = next_open(start, source.base_interval());
  } else {
    BOOST_OUTCOME_TRY(start, parse_time(settings.start));
  }
  const auto end = source.end();
  if (start < source.first() || (end && start >= *end))
    return error(ErrorCode::OutOfRange,
                 fmt::format("the simulation cannot start at {}: the market runs from {} to {}; "
                             "set start, or fewer history_bars",
                             format_time(start), format_time(source.first()),
                             end ? format_time(*end) : "ever"));
  return start;
}

std::optional<std::int64_t> integer(const std::string* text) {
  std::int64_t value = 0;
  if (text == nullptr) return std::nullopt;
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (ec != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

/// Faults of signed requests, and of what accounts are told.
bool is_of_signed(FaultKind kind) {
  switch (kind) {
    case FaultKind::Order10016:
    case FaultKind::OrderLost:
    case FaultKind::OrderNever:
    case FaultKind::PrivateEarly:
    case FaultKind::PrivateShuffle:
    case FaultKind::CancelRace:
    case FaultKind::TradeDelay:
    case FaultKind::Signed10002:
    case FaultKind::Signed10006:
    case FaultKind::Signed10016:
    case FaultKind::Signed403:
    case FaultKind::Create110072:
    case FaultKind::RestLag:
      return true;
    default:
      return false;
  }
}

HttpReply told(int status, std::string body) {
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

}  // namespace

class SimExchange::Impl {
 public:
  Impl(SimSettings settings, MarketSource& source, SimIo& io, Timestamp start,
       std::vector<AccountSpec> accounts)
      : settings_(std::move(settings)),
        accounts_(std::move(accounts)),
        market_(source, settings_),
        view_(market_),
        io_(io),
        pace_(settings_),
        start_(start),
        now_(start) {}

  Duration advance(Duration steady) {
    hub_->tell_accounts(now_);  // Of orders since the last call, which were answered meanwhile.
    const Duration hold = pace_.hold(steady);
    return settings_.paced ? advance_paced(hold) : advance_timed(steady);
  }
  /// Once, before anything else. Errors: those of ExchangeCore::create.
  Result<void> open_core();
  [[nodiscard]] bool finished() const {
    const auto end = market_.source().end();
    return end && now_ >= *end;
  }
  Result<void> inject(const FaultOrder& order);
  HttpReply control(std::string_view path, const Query& query);
  [[nodiscard]] std::string describe() const;
  [[nodiscard]] std::string describe_faults() const;

  SimSettings settings_;
  std::vector<AccountSpec> accounts_;
  FaultCounts counts_{};
  mutable Market market_;
  SimMarketView view_;
  SimIo& io_;
  std::unique_ptr<ExchangeCore> core_;
  std::optional<PrivateRest> signed_;
  std::optional<PrivateStream> orders_;
  std::optional<Hub> hub_;
  std::optional<Rest> rest_;
  Pace pace_;
  Timestamp start_;
  Timestamp now_;

 private:
  [[nodiscard]] Timestamp next_due() const {
    const Timestamp instant = market_.grid().next(now_);
    return std::min(instant, hub_->next_release().value_or(instant));
  }
  void step(Timestamp due);
  void begin_maintenance(Duration length);
  void pass_minutes(std::int64_t minutes);
  Duration advance_timed(Duration steady);
  Duration advance_paced(Duration hold);
};

Result<void> SimExchange::Impl::open_core() {
  matching::VenueSettings costs;
  costs.linear_taker_fee_bps = settings_.taker_fee_bps;
  costs.linear_maker_fee_bps = settings_.maker_fee_bps;
  costs.spot_taker_fee_bps = settings_.spot_taker_fee_bps;
  costs.spot_maker_fee_bps = settings_.spot_maker_fee_bps;
  costs.maintenance_margin_bps = settings_.maintenance_margin_bps;
  costs.liquidation_fee_bps = settings_.liquidation_fee_bps;
  BOOST_OUTCOME_TRY(
      core_, ExchangeCore::create(accounts_, market_.instruments(), matching::make_rates(costs),
                                  view_, static_cast<std::uint64_t>(settings_.seed)));
  signed_.emplace(market_, view_, *core_, accounts_, counts_);
  orders_.emplace(market_, view_, *core_, *signed_, accounts_);
  hub_.emplace(market_, *orders_, io_, counts_);
  rest_.emplace(market_, *signed_, counts_);
  return success();
}

/// All connections are cut, and until it is over nothing signed is done.
void SimExchange::Impl::begin_maintenance(Duration length) {
  signed_->begin_maintenance(now_ + length);
  hub_->cut_all();
}

void SimExchange::Impl::pass_minutes(std::int64_t minutes) {
  hub_->pass_minutes(minutes);
  const double chance = settings_.faults.maintenance_per_minute;
  for (std::int64_t i = 0; i < minutes && chance > 0; ++i)
    if (signed_->dice().draws().unit() < chance) begin_maintenance(settings_.faults.maintenance);
}

/// Everything that falls due at `due`, the next such time.
void SimExchange::Impl::step(Timestamp due) {
  const bool on_grid = due == market_.grid().next(now_);
  const auto minute = [](Timestamp t) {
    return std::chrono::floor<std::chrono::minutes>(t.time_since_epoch()).count();
  };
  pass_minutes(minute(due) - minute(now_));
  if (on_grid && bar_open(due, market_.grid().base) == due) hub_->before_close();
  now_ = due;
  hub_->cut_idle(now_);
  hub_->release(now_);
  if (!on_grid) return;
  core_->on_market(now_);
  for (const AccountId account : signed_->guard().due(hub_->guarded(), now_))
    core_->disconnect(account, now_);
  hub_->push(now_);
  hub_->tell_accounts(now_);
}

Duration SimExchange::Impl::advance_timed(Duration steady) {
  const Timestamp target = pace_.target(steady, now_);
  for (int i = 0; i < kStepsMax; ++i) {
    const Timestamp due = next_due();
    if (due > target) {
      now_ = std::max(now_, target);
      return pace_.real(due - target);
    }
    step(due);
  }
  return Duration{0};
}

Duration SimExchange::Impl::advance_paced(Duration hold) {
  if (finished() || hub_->readers() == 0 || hub_->awaits_pong()) return Duration::max();
  if (hold > Duration{0}) return hold;
  // What was sent on subscribing is read first.
  if (hub_->ping_readers(false)) return Duration::max();
  step(next_due());
  hub_->ping_readers(true);
  return Duration::max();  // The next pong, or a reader's leaving, moves time on.
}

Result<void> SimExchange::Impl::inject(const FaultOrder& order) {
  if (order.count < 1 || order.count > kOrdersMax)
    return error(ErrorCode::OutOfRange,
                 fmt::format("fault {} ordered {} times: order it once to {} times",
                             to_string(order.kind), order.count, kOrdersMax));
  if (order.kind == FaultKind::ClockOffset &&
      (order.value < -kOffsetMsMax || order.value > kOffsetMsMax))
    return error(ErrorCode::OutOfRange,
                 fmt::format("a clock offset of {} ms: a day ({} ms) is the most, either way",
                             order.value, kOffsetMsMax));
  if (order.connection && !hub_->open(*order.connection))
    return error(
        ErrorCode::NotFound,
        fmt::format("no connection {} is open: GET /sim/status lists them", *order.connection));
  const bool of_http = order.kind == FaultKind::Http5xx || order.kind == FaultKind::Http10006 ||
                       order.kind == FaultKind::Http403 || order.kind == FaultKind::HttpDelay ||
                       order.kind == FaultKind::LastPageCursor;
  if (of_http) {
    rest_->dice().order(order.kind, order.count);
    return success();
  }
  if (is_of_signed(order.kind)) {
    signed_->dice().order(order.kind, order.count);
    return success();
  }
  if (order.kind == FaultKind::Maintenance) {
    if (order.value < 0 || order.value > kMaintenanceMax)
      return error(ErrorCode::OutOfRange,
                   fmt::format("maintenance of {} s: from 1 s to a day ({} s), 0 for as long as "
                               "sim.faults.maintenance says",
                               order.value, kMaintenanceMax));
    begin_maintenance(order.value > 0 ? Duration{std::chrono::seconds{order.value}}
                                      : settings_.faults.maintenance);
    return success();
  }
  if (order.kind == FaultKind::ForgetClosed) {
    core_->forget_closed();
    ++counts_[static_cast<std::size_t>(order.kind)];
    return success();
  }
  if (order.kind == FaultKind::ClockOffset) {
    market_.set_clock_offset_ms(order.value);
    ++counts_[static_cast<std::size_t>(order.kind)];
    return success();
  }
  const std::vector<ConnId> meant =
      order.connection ? std::vector{*order.connection} : hub_->connections();
  for (const ConnId conn : meant) {
    if (order.kind == FaultKind::Drop) {
      hub_->cut(conn, FaultKind::Drop);
    } else if (order.kind == FaultKind::Mute) {
      hub_->mute(conn);
    } else if (order.kind == FaultKind::Silent) {
      hub_->silence(conn);
    } else {
      hub_->dice(conn).order(order.kind, order.count);
    }
  }
  return success();
}

HttpReply SimExchange::Impl::control(std::string_view path, const Query& query) {
  if (is_for_account(path)) {
    const auto done = act_for_account(path, query, {market_, view_, *core_, accounts_, now_});
    if (done) return told(200, done.value());
    std::string body = fmt::format("{{\"code\":{},\"error\":", done.error().code);
    append_json(body, done.error().text);
    return told(400, body + "}");
  }
  if (path == "/sim/status") {
    std::string conns;
    for (const ConnId conn : hub_->connections())
      conns += fmt::format("{}{}", conns.empty() ? "" : ",", conn);
    return told(200, fmt::format(R"({{"now":"{}","finished":{},"paced":{},"speed":{},)"
                                 R"("connections":[{}],"readers":{},"frames":{},"faults":"{}"}})",
                                 format_time(now_), finished(), settings_.paced, settings_.speed,
                                 conns, hub_->readers(), hub_->frames(), describe_faults()));
  }
  const auto kind = parse_fault(query.value_or("kind", {}));
  if (path != "/sim/fault" || !kind) return told(400, R"({"error":"no such path or fault"})");
  FaultOrder order{*kind};
  if (const auto conn = integer(query.find("conn"))) order.connection = static_cast<ConnId>(*conn);
  order.count = integer(query.find("count")).value_or(1);
  order.value = integer(query.find("value")).value_or(0);
  if (const auto done = inject(order); !done) {
    std::string body = "{\"error\":";
    append_json(body, done.error().context);
    return told(400, body + "}");
  }
  return told(200, R"({"ok":true})");
}

std::string SimExchange::Impl::describe() const {
  const std::string speed = settings_.paced ? "paced" : fmt::format("x{:g}", settings_.speed);
  const auto end = market_.source().end();
  return fmt::format("instruments={} base={} start={} end={} speed={} push_interval_ms={} seed={}",
                     market_.instruments().size(), to_string(market_.grid().base),
                     format_time(start_), end ? format_time(*end) : "never", speed,
                     settings_.push_interval.count() / 1'000'000, settings_.seed);
}

std::string SimExchange::Impl::describe_faults() const {
  std::string out;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    if (counts_[i] > 0)
      out += fmt::format("{}{}={}", out.empty() ? "" : " ", to_string(static_cast<FaultKind>(i)),
                         counts_[i]);
  return out.empty() ? "none" : out;
}

Result<std::unique_ptr<SimExchange>> SimExchange::create(SimSettings settings, MarketSource& source,
                                                         SimIo& io) {
  const Duration push = settings.push_interval;
  if (push < std::chrono::milliseconds{100} || push % std::chrono::milliseconds{1} != Duration{0})
    return error(ErrorCode::OutOfRange,
                 "push_interval of the simulated exchange: whole milliseconds, 100ms or more");
  if (!(settings.speed >= 0.001 && settings.speed <= 1e6))
    return error(ErrorCode::OutOfRange,
                 "speed of the simulated exchange: between 0.001 and 1000000");
  BOOST_OUTCOME_TRY(const Timestamp start, start_of(settings, source));
  BOOST_OUTCOME_TRY(auto accounts, parse_accounts(settings.accounts));
  auto impl = std::make_unique<Impl>(std::move(settings), source, io, start, std::move(accounts));
  BOOST_OUTCOME_TRY(impl->open_core());
  return std::unique_ptr<SimExchange>(new SimExchange(std::move(impl)));
}

SimExchange::SimExchange(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SimExchange::~SimExchange() = default;

int SimExchange::on_connect(ConnId conn, std::string_view target) {
  impl_->pace_.stir(Duration{0});
  const bool of_account = target.substr(0, target.find('?')) == "/v5/private";
  if (of_account && impl_->signed_->in_maintenance(impl_->now_)) return 503;
  return impl_->hub_->connect(conn, target, impl_->now_);
}

void SimExchange::on_text(ConnId conn, std::string_view text) {
  impl_->pace_.stir(Duration{0});
  impl_->hub_->text(conn, text, impl_->now_);
}

void SimExchange::on_pong(ConnId conn, std::string_view payload) {
  impl_->hub_->pong(conn, payload);
}

void SimExchange::on_closed(ConnId conn) { impl_->hub_->closed(conn); }

HttpReply SimExchange::on_http(std::string_view method, std::string_view target,
                               const HttpHeaders& headers, std::string_view body) {
  if (target.starts_with("/sim/")) {
    const std::size_t mark = target.find('?');
    return impl_->control(target.substr(0, mark),
                          Query(mark == std::string_view::npos ? "" : target.substr(mark + 1)));
  }
  HttpReply reply = impl_->rest_->answer({method, target, headers, body}, impl_->now_);
  if (impl_->signed_->take_early()) impl_->hub_->tell_accounts(impl_->now_);
  impl_->pace_.stir(reply.delay);
  return reply;
}

Duration SimExchange::advance(Duration steady_now) { return impl_->advance(steady_now); }
Result<void> SimExchange::inject(const FaultOrder& order) { return impl_->inject(order); }
Timestamp SimExchange::now() const { return impl_->now_; }
bool SimExchange::finished() const { return impl_->finished(); }
const FaultCounts& SimExchange::fault_counts() const { return impl_->counts_; }
std::uint64_t SimExchange::frames_sent() const { return impl_->hub_->frames(); }
std::string SimExchange::describe() const { return impl_->describe(); }
std::string SimExchange::describe_faults() const { return impl_->describe_faults(); }

}  // namespace proteus::sim

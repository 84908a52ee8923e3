#include "connectors/live/guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace proteus::live {
namespace {

/// Rounds that closing usually takes; after more a person is called again.
constexpr std::uint64_t kUsualRounds = 8;

double seconds_of(Duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

AccountGuard::AccountGuard(Setup setup)
    : settings_(setup.settings),
      guard_(setup.guard),
      by_name_(setup.by_name),
      parts_{settings_,     setup.recv_window, setup.instruments,     setup.io,  setup.clock,
             setup.signing, counters_,         std::move(setup.tell), setup.seed},
      wire_(parts_, books_, setup.guard.pause),
      watch_(setup.guard),
      ids_(setup.ids),
      alarm_(std::move(setup.alarm)) {}

void AccountGuard::prepare(SteadyTime now, std::function<void(Result<AccountFacts>)> done) {
  now_ = now;
  wire_.on_timer(now);
  wire_.key_info([this, done = std::move(done)](Result<KeyInfo> key) {
    if (key.has_error()) return done(key.error());
    wire_.account_info([this, done, key = key.value()](Result<AccountInfo> account) {
      if (account.has_error()) return done(account.error());
      AccountFacts facts;
      facts.key = key;
      facts.account = account.value();
      const auto fit = check_account(facts, parts_.instruments, parts_.clock.venue_now());
      if (fit.has_error()) return done(fit.error());
      done(std::move(facts));
    });
  });
}

void AccountGuard::start(SteadyTime now) {
  now_ = now;
  next_look_ = now;
  wire_.start(now);
}

void AccountGuard::stop() { wire_.stop(); }

void AccountGuard::fire(const std::string& cause, SteadyTime now) {
  now_ = now;
  fired_ = true;
  begin(fmt::format("The guard was told to act: {}", cause), now);
}

void AccountGuard::on_answer(RequestId id, Result<HttpAnswer> answer, SteadyTime now) {
  now_ = now;
  wire_.on_answer(id, std::move(answer), now);
}

void AccountGuard::on_timer(SteadyTime now) {
  now_ = now;
  wire_.on_timer(now);
  if (next_look_ == SteadyTime{}) return;  // Not started.
  if (!fired_) follow(now);
  if (acting_)
    round(now);
  else
    look_around(now);
}

void AccountGuard::follow(SteadyTime now) {
  const Heartbeat before = heartbeat_;
  heartbeat_ = watch_.judge(now);
  if (heartbeat_ == before) return;
  if (heartbeat_ == Heartbeat::Missed)
    return begin(fmt::format("The live daemon is missed: {}", watch_.cause()), now);
  if (before == Heartbeat::Missed) return stand_down(now);
  switch (heartbeat_) {
    case Heartbeat::Well:
      return parts_.tell("The daemon is there and well.");
    case Heartbeat::Ended:
      return parts_.tell(
          "The daemon was stopped in good order: there is nothing to guard until one begins.");
    case Heartbeat::None:
      return parts_.tell("No live daemon is there: waiting for one.");
    case Heartbeat::Silent:
      return parts_.tell("The daemon does not answer.");
    case Heartbeat::Doubtful:
    case Heartbeat::Missed:
      return parts_.tell(fmt::format("The daemon is not well. cause=\"{}\"", watch_.cause()));
  }
}

void AccountGuard::begin(const std::string& cause, SteadyTime now) {
  acting_ = true;
  confirmed_ = false;
  told_of_stream_ = false;
  began_ = next_round_ = now;
  rounds_before_ = rounds_;
  books_.forget_refusals();
  wire_.forget_sides();
  alarm_(Word::Alarm, fmt::format("{}. The guard cancels its orders{} now.", cause,
                                  flattens() ? " and closes every position" : ""));
}

void AccountGuard::stand_down(SteadyTime now) {
  const bool was_acting = acting_;
  acting_ = false;
  round_running_ = false;
  ++round_;
  next_look_ = now;
  alarm_(
      Word::News,
      fmt::format("The live daemon is back ({}): the guard stands down; {}.", to_string(heartbeat_),
                  was_acting ? "it had not confirmed that all was done" : "all had been done"));
}

/// While there is nothing to do: what is open and held, for a time when nobody can be asked.
void AccountGuard::look_around(SteadyTime now) {
  if (looking_ || now < next_look_ || !wire_.http_open() || by_name_) return;
  next_look_ = now + guard_.look;
  looking_ = true;
  wire_.ask_time();
  wire_.look([this](const std::string& wrong) {
    looking_ = false;
    if (!wrong.empty())
      return parts_.tell(fmt::format("The account could not be looked at. cause=\"{}\"", wrong));
    looked_ = true;
    // Done once is not done for good: an order that was on its way may have come since.
    const bool something = !books_.opening_orders().empty() || holds_something();
    if (!acting_ && something && heartbeat_ == Heartbeat::Missed)
      begin("The account holds something again, and no daemon is well", now_);
  });
}

void AccountGuard::round(SteadyTime now) {
  if (round_running_ && !wire_.http_open()) {
    // Its questions wait for the end of the ban; the other way does not.
    round_running_ = false;
    ++round_;
    next_round_ = now;
  }
  if (round_running_ || now < next_round_) return;
  next_round_ = now + guard_.pause;
  if (wire_.http_open() && !by_name_) {
    ++rounds_;
    if (rounds_ - rounds_before_ > kUsualRounds)
      alarm_(Word::Alarm,
             fmt::format("The guard has not got the account flat yet: {}; it goes on.", left()));
    return round_by_http();
  }
  const bool unseen_orders = !looked_ && !flattens();  // No list, no cancel.
  if (wire_.trade_open() && !unseen_orders) return round_by_stream(now);
  alarm_(
      Word::Alarm,
      fmt::format("The guard has no way to the account: HTTP is barred and {}. Close {} by hand; "
                  "it goes on trying.",
                  settings_.profile == Profile::Demo ? "demo takes no orders by websocket"
                  : wire_.trade_open()               ? "the trade stream cannot list orders"
                                                     : "the trade stream is down",
                  left()));
}

void AccountGuard::expect(std::size_t answers, std::function<void()> then) {
  outstanding_ = answers;
  then_ = std::move(then);
}

GuardWire::OnDone AccountGuard::one() {
  return [this, mine = round_](const std::string& wrong) {
    if (mine != round_) return;
    if (wrong_.empty()) wrong_ = wrong;
    if (--outstanding_ > 0) return;
    const auto then = std::move(then_);
    then();
  };
}

void AccountGuard::round_by_http() {
  round_running_ = true;
  ++round_;
  wrong_.clear();
  expect(parts_.instruments.size(), [this] {
    // A cancel that failed is seen in the list.
    wrong_.clear();
    expect(1, [this] { judge_look(); });
    wire_.look(one());
  });
  for (const Instrument& instrument : parts_.instruments)
    wire_.cancel(GuardCancel::all_of(instrument), one());
}

bool AccountGuard::holds_something() const {
  return flattens() && !(books_.positions().empty() && books_.holdings().empty());
}

std::vector<ReducingOrder> AccountGuard::closing() {
  std::vector<ReducingOrder> orders;
  if (!flattens()) return orders;
  const auto add = [&](const std::vector<ReducingOrder>& parts) {
    orders.insert(orders.end(), parts.begin(), parts.end());
  };
  for (const PositionRow& row : books_.positions())
    add(ReducingOrder::closing(row, parts_.instruments[books_.instrument_of(row)], ids_));
  for (const GuardBooks::Holding& held : books_.holdings())
    add(ReducingOrder::selling(held.free, parts_.instruments[held.instrument], ids_));
  return orders;
}

void AccountGuard::judge_look() {
  if (!wrong_.empty()) return end_round();
  looked_ = true;
  // Stops stay as long as what they protect.
  const std::vector<OrderRow> orders =
      flattens() && !holds_something() ? books_.orders() : books_.opening_orders();
  if (orders.empty() && !holds_something()) return confirm();
  const std::vector<ReducingOrder> closing = this->closing();
  // Coins that an order locks which no list shows: asked again.
  if (orders.empty() && closing.empty()) return end_round();
  expect(orders.size() + closing.size(), [this] { end_round(); });
  for (const OrderRow& row : orders)
    wire_.cancel(GuardCancel::of(row, parts_.instruments[books_.instrument_of(row)]), one());
  for (const ReducingOrder& order : closing) {
    parts_.tell(fmt::format("The guard closes. instrument={} side={} quantity={}",
                            parts_.instruments[order.instrument()].name(), to_string(order.side()),
                            order.quantity().to_string()));
    wire_.reduce(order, one());
  }
}

void AccountGuard::end_round() {
  round_running_ = false;
  if (!wrong_.empty())
    parts_.tell(fmt::format("A round of the guard failed, it tries again. cause=\"{}\"", wrong_));
  next_round_ = now_ + guard_.pause;
  if (!wire_.http_open()) next_round_ = now_;  // The other way does not wait.
}

void AccountGuard::round_by_stream(SteadyTime now) {
  if (wire_.on_their_way() > 0) return;
  ++rounds_;
  bool sent = false;
  for (const OrderRow& row : books_.opening_orders()) {
    wire_.stream_cancel(GuardCancel::of(row, parts_.instruments[books_.instrument_of(row)]), row);
    sent = true;
  }
  for (const ReducingOrder& order : looked_ ? closing() : closing_unseen()) {
    wire_.stream_reduce(order);
    sent = true;
  }
  if (sent || told_of_stream_) return;
  told_of_stream_ = true;
  if (!looked_)
    return alarm_(Word::Alarm,
                  fmt::format("HTTP is barred and the guard has not seen the account: by the trade "
                              "stream it has closed, in {:.1f} s, what positions there were. Open "
                              "orders{} it cannot see: look at the venue, or leave it running, it "
                              "asks as soon as it may.",
                              seconds_of(now - began_), trades_spot() ? " and coins" : ""));
  alarm_(Word::News,
         fmt::format("HTTP is barred: by the trade stream all is done that the guard knows of, "
                     "after {:.1f} s; a query will confirm it.{}",
                     seconds_of(now - began_),
                     wire_.private_open() ? "" : " Its private stream is down as well."));
}

bool AccountGuard::trades_spot() const {
  return std::ranges::any_of(parts_.instruments,
                             [](const Instrument& i) { return i.category == Category::Spot; });
}

std::vector<ReducingOrder> AccountGuard::closing_unseen() {
  std::vector<ReducingOrder> orders;
  for (const Instrument& instrument : parts_.instruments)
    for (const Side side : {Side::Sell, Side::Buy}) {
      if (wire_.nothing_on(instrument.id, side)) continue;
      if (auto order = ReducingOrder::whole(side, instrument, ids_))
        orders.push_back(std::move(*order));
    }
  return orders;
}

void AccountGuard::confirm() {
  round_running_ = false;
  acting_ = false;
  confirmed_ = true;
  next_look_ = now_ + guard_.look;
  const std::string dust = flattens() ? books_.dust() : "";
  alarm_(
      Word::News,
      fmt::format(
          "Confirmed by query, {:.1f} s after the guard began: {}. It sent {} cancels "
          "and {} closing orders.{}",
          seconds_of(now_ - began_),
          flattens() ? "no position and no order is left in the traded instruments"
                     : "no order is left that could open a position",
          counters_.cancels_sent, counters_.orders_sent,
          dust.empty() ? "" : fmt::format(" Dust remains, less than the venue sells: {}.", dust)));
}

std::string AccountGuard::left() const {
  std::string words;
  for (const PositionRow& row : books_.positions())
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", row.quantity.to_string(),
                         row.symbol.view());
  for (const GuardBooks::Holding& held : books_.holdings())
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", held.whole.to_string(),
                         parts_.instruments[held.instrument].base_coin.view());
  if (!looked_) return "what the account holds (it could not be asked)";
  return fmt::format("{}{}{} orders", words, words.empty() ? "" : ", ", books_.orders().size());
}

GuardStatus AccountGuard::status() const {
  GuardStatus told;
  told.heartbeat = heartbeat_;
  told.cause = watch_.cause();
  told.acting = acting_;
  told.confirmed = confirmed_;
  told.http_open = wire_.http_open();
  told.trade_open = wire_.trade_open();
  told.private_open = wire_.private_open();
  told.looked = looked_;
  told.orders = books_.orders().size();
  told.positions = books_.positions().size();
  told.holdings = books_.holdings().size();
  if (flattens()) told.dust = books_.dust();
  told.rounds = rounds_;
  told.cancels_sent = counters_.cancels_sent;
  told.orders_sent = counters_.orders_sent;
  told.orders_by_rest = counters_.orders_by_rest;
  return told;
}

}  // namespace proteus::live

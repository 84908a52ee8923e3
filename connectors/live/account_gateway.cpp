#include "connectors/live/account_gateway.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/live/account_start.hpp"
#include "connectors/live/order_lane.hpp"
#include "connectors/live/reconciler.hpp"
#include "connectors/live/settings_keeper.hpp"
#include "connectors/live/spot_stops.hpp"
#include "connectors/live/stop_keeper.hpp"

namespace proteus::live {

struct AccountGateway::Impl final : StreamLink::Listener {
  LiveSettings settings;
  GatewayCounters counters;
  InputQueue inputs;
  GatewayParts parts;
  AccountCodec codec;
  RestLane rest{parts};
  ReportDesk desk{parts};
  Inquiries inquiries{parts, rest, desk};
  StreamLink private_link{Channel::Private, parts, *this};
  StreamLink trade_link{Channel::Trade, parts, *this};
  SettingsKeeper keeper{parts, rest};
  OrderLane lane{parts, rest, trade_link, desk, inquiries, keeper};
  StopKeeper stops{parts, rest};
  SpotStops spot_stops{parts, rest};
  Reconciler reconciler{parts, rest, desk, inquiries,
                        [this](const Reconciler::Seen& seen, SteadyTime now) { see(seen, now); }};
  AccountStart opening{parts, rest};
  SteadyTime last_private{};
  bool questions = false;
  SteadyTime next_question{};
  bool started = false;

  explicit Impl(Setup& s)
      : settings(s.settings),
        inputs(s.engine, [&clock = s.clock,
                          reached = s.reached] { return std::max(reached(), clock.venue_now()); }),
        parts{{settings, s.recv_window, s.instruments, s.io, s.clock, s.signing, counters, s.tell,
               s.seed},
              s.memory,
              s.ledger,
              inputs} {
    inquiries.set_pending([this](const ClientOrderId& id) { return lane.pending(id); });
  }

  /// Demo has no order entry by websocket.
  [[nodiscard]] bool trades_by_stream() const { return settings.profile != Profile::Demo; }

  void link_live(Channel channel, SteadyTime now) override;
  void link_lost(Channel channel, const std::string& cause, SteadyTime now) override;
  void hear_private(std::string_view bytes, SteadyTime now);
  void hear_trade(std::string_view bytes, SteadyTime now);
  void see(const Reconciler::Seen& seen, SteadyTime now);
  void look_at_questions(SteadyTime now);
  void see_position(const PositionRow& row, SteadyTime now) {
    stops.see(row, now);
    keeper.see(row, now);
  }
};

void AccountGateway::Impl::link_live(Channel channel, SteadyTime now) {
  const bool trade = channel == Channel::Trade;
  inputs.put(FeedChanged{trade ? "trade" : "private", FeedState::Live, "signed in"});
  if (trade) return;
  last_private = now;
  // Nothing is replayed after a reconnect: what happened meanwhile is fetched (reference 15).
  reconciler.doubt("the private stream has just come up", now);
}

void AccountGateway::Impl::link_lost(Channel channel, const std::string& cause, SteadyTime now) {
  const bool trade = channel == Channel::Trade;
  // Orders have a second way, so that losing the first holds nothing.
  if (!trade)
    inputs.put(FeedChanged{"private", FeedState::Lost, InlineText<120>{cause}});
  else
    parts.tell(fmt::format("The trade stream was lost, orders go by REST. cause=\"{}\"", cause));
  if (trade) return lane.trade_lost();
  reconciler.doubt("the private stream was lost", now);
}

void AccountGateway::Impl::hear_private(std::string_view bytes, SteadyTime now) {
  private_link.heard(now);
  last_private = now;
  const auto decoded = codec.decode_private(bytes);
  if (decoded.has_error()) {
    ++counters.malformed;
    inputs.put(
        FeedAnomaly{AnomalyKind::Malformed, false, {}, InlineText<200>{decoded.error().context}});
    // What it said may have been a fill.
    return reconciler.doubt("a private frame could not be read", now);
  }
  const PrivateFrame& frame = decoded.value();
  if (const auto* executions = std::get_if<ExecutionRows>(&frame)) {
    for (const ExecutionRow& row : executions->rows) desk.apply(row, false);
  } else if (const auto* orders = std::get_if<OrderRows>(&frame)) {
    for (const OrderRow& row : orders->rows) {
      desk.apply(row, now);
      spot_stops.hear(row);
    }
  } else if (const auto* positions = std::get_if<PositionRows>(&frame)) {
    for (const PositionRow& row : positions->rows) see_position(row, now);
  } else if (std::holds_alternative<Pong>(frame)) {
    private_link.pong();
  } else if (const auto* ack = std::get_if<Ack>(&frame)) {
    const std::string words(ack->message.view());
    if (ack->op.view() == "auth") private_link.signed_in(ack->success, words, now);
    if (ack->op.view() == "subscribe") private_link.subscribed(ack->success, words, now);
  }
}

/// Rows that come late ask for a look each; one a second answers them all.
void AccountGateway::Impl::look_at_questions(SteadyTime now) {
  constexpr Duration kBetween = std::chrono::seconds{1};
  questions = spot_stops.take_question() || questions;
  questions = !desk.take_question().empty() || questions;
  if (!questions || now < next_question) return;
  questions = false;
  next_question = now + kBetween;
  reconciler.look(now);
}

void AccountGateway::Impl::hear_trade(std::string_view bytes, SteadyTime now) {
  trade_link.heard(now);
  const auto decoded = codec.decode_trade(bytes);
  if (decoded.has_error()) {
    ++counters.malformed;
    return;  // Whatever it answered gets no answer in time, and is asked about.
  }
  const TradeReply& reply = decoded.value();
  if (reply.pong) return trade_link.pong();
  if (reply.op.view() == "auth") {
    constexpr int kAlready = 20001;
    return trade_link.signed_in(reply.code == 0 || reply.code == kAlready,
                                fmt::format("{} {}", reply.code, reply.message.view()), now);
  }
  lane.on_reply(reply);
}

void AccountGateway::Impl::see(const Reconciler::Seen& seen, SteadyTime now) {
  spot_stops.see(seen);
  std::uint64_t foreign = 0;
  for (const PositionRow& row : seen.positions) {
    if (parts.find(row.category, row.symbol.view()))
      see_position(row, now);
    else if (!row.quantity.is_zero())
      ++foreign;
  }
  if (foreign > counters.foreign_positions)
    parts.tell(fmt::format(
        "The account holds positions in {} other instrument(s); they are left alone.", foreign));
  counters.foreign_positions = foreign;
}

AccountGateway::AccountGateway(Setup setup) : impl_(std::make_unique<Impl>(setup)) {}
AccountGateway::~AccountGateway() = default;

void AccountGateway::prepare(SteadyTime now, std::function<void(Result<AccountFacts>)> done) {
  impl_->rest.tick(now);
  impl_->opening.begin(std::move(done));
}

void AccountGateway::start(SteadyTime now) {
  impl_->started = true;
  impl_->rest.on_timer(now);
  impl_->reconciler.doubt("the account has not been read yet", now);
  // Lists alone may agree before anybody hears of fills: nothing leaves until the stream is up.
  impl_->inputs.put(FeedChanged{"private", FeedState::Lost, "not connected yet"});
  // What the log left open may be anything by now.
  for (const VenueMemory::Entry& entry : impl_->parts.memory.open())
    impl_->inquiries.ask(entry.request.id, now);
  impl_->private_link.open(now);
  if (impl_->trades_by_stream()) impl_->trade_link.open(now);
}

void AccountGateway::stop() {
  impl_->started = false;
  impl_->private_link.stop();
  impl_->trade_link.stop();
}

void AccountGateway::on_open(Channel channel, SteadyTime now) {
  (channel == Channel::Trade ? impl_->trade_link : impl_->private_link).on_open(now);
}

void AccountGateway::on_text(Channel channel, std::string_view bytes, SteadyTime now) {
  impl_->rest.tick(now);
  if (channel == Channel::Trade)
    impl_->hear_trade(bytes, now);
  else
    impl_->hear_private(bytes, now);
  impl_->inputs.flush();
}

void AccountGateway::on_closed(Channel channel, const Error& cause, SteadyTime now) {
  impl_->rest.tick(now);
  (channel == Channel::Trade ? impl_->trade_link : impl_->private_link)
      .on_closed(cause.context, now);
  impl_->inputs.flush();
}

void AccountGateway::on_answer(RequestId id, Result<HttpAnswer> answer, SteadyTime now) {
  impl_->rest.on_answer(id, std::move(answer), now);
  impl_->inputs.flush();
}

void AccountGateway::on_timer(SteadyTime now) {
  impl_->rest.on_timer(now);
  if (!impl_->started) return;
  impl_->private_link.on_timer(now);
  if (impl_->trades_by_stream()) impl_->trade_link.on_timer(now);
  impl_->lane.on_timer(now);
  // A row may overtake its executions, not by much.
  constexpr Duration kOvertaken = std::chrono::milliseconds{500};
  for (const ClientOrderId& id : impl_->desk.lacking(now - kOvertaken)) {
    impl_->desk.doubt(id, "the venue counts executions that have not come");
    impl_->inquiries.ask(id, now);
  }
  // An order of which nobody has said anything.
  for (const VenueMemory::Entry& entry : impl_->parts.memory.open())
    if (entry.state == OrderState::Unknown) impl_->inquiries.ask(entry.request.id, now);
  impl_->inquiries.on_timer(now);
  impl_->stops.on_timer(now);
  impl_->spot_stops.on_timer(now);
  impl_->look_at_questions(now);
  impl_->reconciler.on_timer(now);
  impl_->inputs.flush();
}

void AccountGateway::bar_http(SteadyTime now) { impl_->rest.bar(now); }

void AccountGateway::reconcile(SteadyTime now) { impl_->reconciler.look(now); }

void AccountGateway::submit(const OrderRequest& order) { impl_->lane.submit(order); }
void AccountGateway::cancel(const ClientOrderId& id) { impl_->lane.cancel(id); }

GatewayStatus AccountGateway::status(SteadyTime now) const {
  GatewayStatus told;
  told.private_live = impl_->private_link.live();
  told.trade_live = impl_->trade_link.live();
  told.http_barred = impl_->rest.barred(now);
  told.clean = impl_->reconciler.clean();
  told.stops_settled = impl_->spot_stops.settled();
  told.all_protected = impl_->stops.all_protected() && impl_->spot_stops.all_protected();
  const SteadyTime clean = impl_->reconciler.last_clean();
  told.clean_age = clean == SteadyTime{} ? Duration{0} : now - clean;
  told.private_age = impl_->last_private == SteadyTime{} ? Duration{0} : now - impl_->last_private;
  told.in_doubt = impl_->inquiries.open();
  told.refusal = impl_->private_link.refusal();
  told.counters = impl_->counters;
  return told;
}

}  // namespace proteus::live

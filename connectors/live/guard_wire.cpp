#include "connectors/live/guard_wire.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/live/order_text.hpp"

namespace proteus::live {
namespace {

constexpr int kGuardPagesMax = 50;

constexpr int kNothingToReduce = 110017;

/// What of a refusal tells that the order, or the position, is not there any more.
bool is_over(int code) {
  constexpr int kNoOrder = 110001;
  return code == kNoOrder || code == kNothingToReduce || code == 110008 || code == 110010 ||
         code == 110033 || code == 110034 || code == 170213 || code == 170139 || code == 170142 ||
         code == 170143 || code == 170190;
}

}  // namespace

void GuardWire::start(SteadyTime now) {
  now_ = now;
  private_.open(now);
  if (trades_by_stream()) trade_.open(now);
}

void GuardWire::stop() {
  private_.stop();
  trade_.stop();
}

void GuardWire::on_open(Channel channel, SteadyTime now) {
  now_ = now;
  (channel == Channel::Trade ? trade_ : private_).on_open(now);
}

void GuardWire::on_text(Channel channel, std::string_view bytes, SteadyTime now) {
  now_ = now;
  rest_.tick(now);
  (channel == Channel::Trade ? trade_ : private_).heard(now);
  channel == Channel::Trade ? hear_trade(bytes) : hear_private(bytes);
}

void GuardWire::on_closed(Channel channel, const Error& cause, SteadyTime now) {
  now_ = now;
  (channel == Channel::Trade ? trade_ : private_).on_closed(cause.context, now);
}

void GuardWire::on_answer(RequestId id, Result<HttpAnswer> answer, SteadyTime now) {
  now_ = now;
  rest_.on_answer(id, std::move(answer), now);
}

void GuardWire::on_timer(SteadyTime now) {
  now_ = now;
  rest_.on_timer(now);
  private_.on_timer(now);
  if (trades_by_stream()) trade_.on_timer(now);
  std::erase_if(out_, [&](const auto& one) { return now - one.second.at >= ack_deadline_; });
}

void GuardWire::link_live(Channel, SteadyTime) {}

void GuardWire::link_lost(Channel channel, const std::string& cause, SteadyTime) {
  if (channel == Channel::Trade) out_.clear();
  parts_.tell(fmt::format("The guard's {} stream was lost. cause=\"{}\"",
                          channel == Channel::Trade ? "trade" : "private", cause));
}

void GuardWire::hear_private(std::string_view bytes) {
  const auto decoded = codec_.decode_private(bytes);
  if (decoded.has_error()) {
    ++parts_.counters.malformed;  // The next look tells what it said.
    return;
  }
  const PrivateFrame& frame = decoded.value();
  if (const auto* orders = std::get_if<OrderRows>(&frame)) {
    for (const OrderRow& row : orders->rows) books_.see(row);
  } else if (const auto* positions = std::get_if<PositionRows>(&frame)) {
    for (const PositionRow& row : positions->rows) {
      books_.see(row);
      const auto id = parts_.find(row.category, row.symbol.view());
      if (!id || row.quantity.is_zero()) continue;
      for (const Side side : {Side::Buy, Side::Sell}) empty_sides_.erase({*id, side});
    }
  } else if (const auto* wallets = std::get_if<WalletRows>(&frame)) {
    for (const WalletRow& row : wallets->rows) books_.see(row);
  } else if (std::holds_alternative<Pong>(frame)) {
    private_.pong();
  } else if (const auto* ack = std::get_if<Ack>(&frame)) {
    const std::string words(ack->message.view());
    if (ack->op.view() == "auth") private_.signed_in(ack->success, words, now_);
    if (ack->op.view() == "subscribe") private_.subscribed(ack->success, words, now_);
  }
}

void GuardWire::hear_trade(std::string_view bytes) {
  const auto decoded = codec_.decode_trade(bytes);
  if (decoded.has_error()) {
    ++parts_.counters.malformed;
    return;
  }
  const TradeReply& reply = decoded.value();
  if (reply.pong) return trade_.pong();
  if (reply.op.view() == "auth") {
    constexpr int kAlready = 20001;
    return trade_.signed_in(reply.code == 0 || reply.code == kAlready,
                            fmt::format("{} {}", reply.code, reply.message.view()), now_);
  }
  const auto found = out_.find(std::string(reply.req_id.view()));
  if (found == out_.end()) return;
  const Sent sent = std::move(found->second);
  out_.erase(found);
  if (sent.order_id.empty() && learn(reply.code, sent.instrument, sent.quantity)) return;
  if (reply.code == 0) return;
  if (reply.code == kNothingToReduce && sent.order_id.empty() && sent.quantity.is_zero()) {
    empty_sides_.insert({sent.instrument, sent.side});
    return;
  }
  parts_.tell(fmt::format("The venue refuses what the guard asks for. code={} words=\"{}\"",
                          reply.code, reply.message.view()));
  if (!is_over(reply.code)) return;
  if (sent.order_id.empty())
    books_.forget_position(sent.instrument);
  else
    books_.forget_order(sent.order_id);
}

void GuardWire::key_info(OnRead<KeyInfo> on) {
  rest_.get("/v5/user/query-api", "", [this, on](Result<RestReply> reply) {
    if (reply.has_error()) return on(reply.error());
    on(codec_.key_info(reply.value().body));
  });
}

void GuardWire::account_info(OnRead<AccountInfo> on) {
  rest_.get("/v5/account/info", "", [this, on](Result<RestReply> reply) {
    if (reply.has_error()) return on(reply.error());
    on(codec_.account_info(reply.value().body));
  });
}

void GuardWire::ask_time() {
  const SteadyTime sent = now_;
  rest_.get("/v5/market/time", "", [this, sent](Result<RestReply> reply) {
    if (reply.has_error()) return;
    const auto time = codec_.server_time(reply.value().body);
    if (time) static_cast<void>(parts_.clock.on_server_time(time.value(), sent, now_));
  });
}

void GuardWire::look(OnDone on) { list_orders(std::make_shared<Listing>(), 0, "", std::move(on)); }

bool GuardWire::trades(Category category) const {
  return std::ranges::any_of(parts_.instruments,
                             [&](const Instrument& i) { return i.category == category; });
}

void GuardWire::list_orders(Listed into, std::size_t category, std::string cursor, OnDone on) {
  constexpr std::array<Category, 2> kCategories = {Category::Linear, Category::Spot};
  while (category < kCategories.size() && !trades(kCategories[category])) ++category;
  if (category == kCategories.size()) return list_positions(std::move(into), "", std::move(on));
  const Category asked = kCategories[category];
  std::string query = asked == Category::Spot
                          ? std::string("category=spot&openOnly=0&limit=50")
                          : fmt::format("category=linear&settleCoin={}&openOnly=0&limit=50",
                                        parts_.settings.settle_coin);
  if (!cursor.empty()) query += "&cursor=" + cursor;
  rest_.get(
      "/v5/order/realtime", std::move(query),
      [this, into, category, cursor, asked, on = std::move(on)](Result<RestReply> reply) mutable {
        if (reply.has_error()) return on(reply.error().context);
        const auto page = codec_.orders(reply.value().body, asked);
        if (page.has_error()) return on(page.error().context);
        const auto& rows = page.value().rows;
        into->orders.insert(into->orders.end(), rows.begin(), rows.end());
        const std::string& next = page.value().next_cursor;
        if (!next.empty() && !rows.empty() && next != cursor && ++into->pages < kGuardPagesMax)
          return list_orders(into, category, next, std::move(on));
        list_orders(into, category + 1, "", std::move(on));
      });
}

void GuardWire::list_positions(Listed into, std::string cursor, OnDone on) {
  std::string query =
      fmt::format("category=linear&settleCoin={}&limit=200", parts_.settings.settle_coin);
  if (!cursor.empty()) query += "&cursor=" + cursor;
  rest_.get(
      "/v5/position/list", std::move(query),
      [this, into, cursor, on = std::move(on)](Result<RestReply> reply) mutable {
        if (reply.has_error()) return on(reply.error().context);
        const auto page = codec_.positions(reply.value().body);
        if (page.has_error()) return on(page.error().context);
        const auto& rows = page.value().rows;
        into->positions.insert(into->positions.end(), rows.begin(), rows.end());
        const std::string& next = page.value().next_cursor;
        if (!next.empty() && !rows.empty() && next != cursor && ++into->pages < kGuardPagesMax)
          return list_positions(into, next, std::move(on));
        if (trades(Category::Spot)) return list_wallet(into, std::move(on));
        books_.list(into->orders);
        books_.list(into->positions);
        on("");
      });
}

void GuardWire::list_wallet(const Listed& into, OnDone on) {
  rest_.get("/v5/account/wallet-balance", "accountType=UNIFIED",
            [this, into, on = std::move(on)](Result<RestReply> reply) {
              if (reply.has_error()) return on(reply.error().context);
              const auto wallet = codec_.wallet(reply.value().body);
              if (wallet.has_error()) return on(wallet.error().context);
              books_.list(into->orders);
              books_.list(into->positions);
              books_.list(wallet.value());
              on("");
            });
}

void GuardWire::post(const char* path, const std::string& body, RequestKind kind, OnCode settled,
                     OnDone on) {
  rest_.post(path, body, kind,
             [path, settled = std::move(settled), on = std::move(on)](Result<RestReply> reply) {
               if (reply.has_error()) return on(reply.error().context);
               const RestReply& got = reply.value();
               if (got.http != 200) return on(fmt::format("{}: HTTP status {}", path, got.http));
               if (settled(got.code)) return on("");
               on(fmt::format("{}: {} {}", path, got.code, got.message));
             });
}

bool GuardWire::learn(int code, InstrumentId id, Quantity quantity) {
  if (parts_.instruments[id].category != Category::Spot) return code == 0;
  constexpr int kNotHeld = 170131;
  constexpr int kQuantityTooSmall = 170136;
  constexpr int kValueTooSmall = 170140;
  if (code == 0) books_.sold(id);
  if (code == kNotHeld) books_.not_held(id);
  const bool too_small = code == kQuantityTooSmall || code == kValueTooSmall;
  if (too_small) books_.too_small(id, quantity);
  return code == 0 || too_small;
}

void GuardWire::cancel(const GuardCancel& what, OnDone on) {
  ++parts_.counters.cancels_sent;
  post(
      what.one() ? "/v5/order/cancel" : "/v5/order/cancel-all", what.text(), RequestKind::Cancel,
      [](int code) { return code == 0 || is_over(code); }, std::move(on));
}

void GuardWire::reduce(const ReducingOrder& order, OnDone on) {
  ++parts_.counters.orders_sent;
  ++parts_.counters.orders_by_rest;
  post(
      "/v5/order/create", order.text(), RequestKind::Create,
      [this, id = order.instrument(), quantity = order.quantity()](int code) {
        return learn(code, id, quantity) || is_over(code);
      },
      std::move(on));
}

void GuardWire::send(const char* op, const std::string& text, Sent sent) {
  const std::string req_id = fmt::format("g{}-{}", parts_.seed % 100'000'000, ++requests_);
  sent.at = now_;
  parts_.io.send(Channel::Trade,
                 ws_message(req_id, op, parts_.stamp_ms(now_), parts_.recv_window_ms(), text));
  out_.emplace(req_id, std::move(sent));
}

void GuardWire::stream_cancel(const GuardCancel& what, const OrderRow& order) {
  if (!what.one()) return;  // That stream has no cancel-all.
  ++parts_.counters.cancels_sent;
  send("order.cancel", what.text(),
       {.order_id = std::string(order.order_id.view()),
        .instrument = books_.instrument_of(order),
        .quantity = {},
        .side = order.side});
}

void GuardWire::stream_reduce(const ReducingOrder& order) {
  ++parts_.counters.orders_sent;
  send("order.create", order.text(),
       {.order_id = "",
        .instrument = order.instrument(),
        .quantity = order.quantity(),
        .side = order.side()});
}

}  // namespace proteus::live

// Quote mode: what tickers and books do to orders and positions. Reports carry the time of the
// event that caused them.
#include <algorithm>

#include "connectors/paper/paper_venue.hpp"
#include "engine/matching/bar_fill.hpp"

namespace proteus::paper {
namespace {

/// Sizes of a book are cut to lots, but for an order that closes a position which is none itself.
Quantity step_of(Quantity wanted, Quantity lot) {
  return round_to_step(wanted, lot) == wanted ? lot : Quantity::from_raw(1);
}

}  // namespace

/// One state of a book while our orders take from it.
struct PaperVenue::Books {
  const BookUpdated& book;
  matching::BookWalk asks;  ///< what buys take
  matching::BookWalk bids;  ///< what sells take
  Price middle;             ///< fair price for slippage
  Timestamp time;

  matching::BookWalk& against(Side side) { return side == Side::Buy ? asks : bids; }
  [[nodiscard]] Price touch(Side side) const {  ///< best price against `side`; zero: none
    const auto& levels = side == Side::Buy ? book.asks : book.bids;
    return levels.empty() ? Price{} : levels.front().price;
  }
};

void PaperVenue::start_clocks(Timestamp now) {
  clocks_started_ = true;
  for (Market& market : markets_) {
    market.funding.start(instruments_[market.id].funding_interval, now);
    next_funding_ = std::min(next_funding_, market.funding.due().time);
  }
}

void PaperVenue::settle_due(Timestamp now, ReportSink& reports) {
  next_funding_ = Timestamp::max();
  for (Market& market : markets_) {
    settle_funding(market, now, market.mark.is_zero() ? market.last : market.mark, reports);
    next_funding_ = std::min(next_funding_, market.funding.due().time);
  }
}

/// Bars are only a price where nothing better was seen.
void PaperVenue::on_quote_bar(const BarClosed& closed) {
  const Bar& bar = closed.bar;
  if (bar.interval != decision_ || absurdity(bar) != nullptr) return;
  Market& market = market_of(bar.instrument);
  if (market.last.is_zero()) market.last = bar.close;
  if (market.mark.is_zero()) account_.mark(market.id, bar.close);
}

void PaperVenue::on_ticker(const TickerUpdated& ticker, Timestamp time, ReportSink& reports) {
  Market& market = market_of(ticker.instrument);
  if (!market.funding.started())
    market.funding.start(instruments_[market.id].funding_interval, time);
  market.funding.learn(ticker, time);
  next_funding_ = std::min(next_funding_, market.funding.due().time);
  if (settings_.fill_mode == matching::FillMode::Bar || ticker.mark <= Price{}) return;
  market.mark = ticker.mark;
  if (market.last.is_zero()) market.last = ticker.mark;
  for (Working& order : market.orders) {
    const OrderRequest& request = order.request;
    if (order.stage != Stage::Armed) continue;
    order.fired |=
        request.side == Side::Buy ? ticker.mark >= request.trigger : ticker.mark <= request.trigger;
  }
  const PositionView& position = books()[market.id];
  const bool at_risk = position.category == Category::Linear && !position.quantity.is_zero();
  if (at_risk && matching::below_maintenance_at(account_.cross(), position, ticker.mark,
                                                rates_.maintenance_e9)) {
    // No bar tells the volume here: the whole impact is charged.
    const auto worse = matching::slippage_rate_e9(settings_, abs(position.quantity), 0.0);
    liquidate(market, ticker.mark, worse, time, reports);
    market.orders.clear();
  }
  account_.mark(market.id, ticker.mark);  // Last, as in the engine: one history, one hash.
}

void PaperVenue::on_book(const BookUpdated& book, Timestamp time, ReportSink& reports) {
  Market& market = market_of(book.instrument);
  Books books{.book = book,
              .asks = {book.asks, Side::Buy, Quantity{}},
              .bids = {book.bids, Side::Sell, Quantity{}},
              .middle = {},
              .time = time};
  const Price ask = books.touch(Side::Buy);
  const Price bid = books.touch(Side::Sell);
  if (ask == market.ask.price) books.asks = {book.asks, Side::Buy, market.ask.taken};
  if (bid == market.bid.price) books.bids = {book.bids, Side::Sell, market.bid.taken};
  const bool both = !ask.is_zero() && !bid.is_zero();
  books.middle =
      both ? Price::from_raw(bid.raw() + (ask.raw() - bid.raw()) / 2) : (ask.is_zero() ? bid : ask);
  if (!books.middle.is_zero()) market.last = books.middle;

  for (Working& order : market.orders) {
    const OrderRequest& request = order.request;
    if (request.type != OrderType::StopMarket) continue;
    if (time < order.sent_at + settings_.latency) continue;
    order.stage = Stage::Armed;
    const Price touch = books.touch(request.side);
    const bool reached = !touch.is_zero() && (request.side == Side::Buy ? touch >= request.trigger
                                                                        : touch <= request.trigger);
    if (!order.closed && (order.fired || reached)) walk(market, order, Price{}, books, reports);
  }
  for (Working& order : market.orders) {
    if (order.closed || order.stage != Stage::Sent || time < order.sent_at + settings_.latency)
      continue;
    arrive(market, order, books, reports);
  }
  for (Working& order : market.orders) {
    const OrderRequest& request = order.request;
    if (order.closed || order.stage != Stage::Resting) continue;
    const Price touch = books.touch(request.side);
    const bool through = !touch.is_zero() && (request.side == Side::Buy ? touch < request.price
                                                                        : touch > request.price);
    if (!through) continue;
    const Quantity wanted = fillable(order);
    const Quantity lot = step_of(wanted, instruments_[market.id].lot_step);
    const auto fill =
        wanted.is_zero() ? std::nullopt : books.against(request.side).at_touch(wanted, lot);
    if (!fill) continue;
    if (const OrderEnd end = account_.affords(request, fill->quantity, request.price, order.lock);
        end != OrderEnd::None) {
      close(order, end, time, reports);
      continue;
    }
    execute(market, order, fill->quantity, request.price, request.price, Liquidity::Maker, time,
            reports);
  }
  market.ask = {ask, books.asks.taken_at_touch()};
  market.bid = {bid, books.bids.taken_at_touch()};
  std::erase_if(market.orders, [](const Working& order) { return order.closed; });
}

/// The order reaches the venue and finds this book.
void PaperVenue::arrive(Market& market, Working& order, Books& books, ReportSink& reports) {
  const OrderRequest& request = order.request;
  if (request.type == OrderType::Market) return walk(market, order, Price{}, books, reports);
  const Price touch = books.touch(request.side);
  const bool crosses = !touch.is_zero() && matching::takes(request.side, request.price, touch);
  if (request.time_in_force == TimeInForce::PostOnly) {
    if (crosses) return close(order, OrderEnd::PostOnlyWouldTake, books.time, reports);
    return rest(order, books.time, reports);
  }
  walk(market, order, request.price, books, reports);
}

/// Takes from the book up to `limit` (zero: any price); what is left rests or is cancelled, as the
/// order says.
void PaperVenue::walk(Market& market, Working& order, Price limit, Books& books,
                      ReportSink& reports) {
  const OrderRequest& request = order.request;
  const Quantity lot = step_of(fillable(order), instruments_[market.id].lot_step);
  matching::BookWalk& side = books.against(request.side);
  const bool is_limit = request.type == OrderType::Limit;
  if (fillable(order).is_zero())
    return close(order, OrderEnd::ReduceOnlyNothingToReduce, books.time, reports);
  if (is_limit && request.time_in_force == TimeInForce::Fok &&
      side.available(limit, lot) < fillable(order))
    return close(order, OrderEnd::FillOrKillUnfilled, books.time, reports);

  while (!order.closed && !fillable(order).is_zero()) {
    const auto fill = side.next(fillable(order), limit, lot);
    if (!fill) break;
    if (const OrderEnd end = account_.affords(request, fill->quantity, fill->price, order.lock);
        end != OrderEnd::None)
      return close(order, end, books.time, reports);
    execute(market, order, fill->quantity, fill->price, books.middle, Liquidity::Taker, books.time,
            reports);
  }
  if (order.closed) return;
  if (fillable(order).is_zero())
    return close(order, OrderEnd::ReduceOnlyNothingToReduce, books.time, reports);
  if (!is_limit) return close(order, OrderEnd::NoLiquidity, books.time, reports);
  if (request.time_in_force == TimeInForce::Ioc)
    return close(order, OrderEnd::ImmediateUnfilled, books.time, reports);
  rest(order, books.time, reports);
}

}  // namespace proteus::paper

// Bar mode: what one closed bar of the decision interval does to an instrument's orders and
// position. Everything that happens inside a bar is stamped with its opening time.
#include "connectors/paper/paper_venue.hpp"
#include "engine/matching/bar_fill.hpp"
#include "engine/matching/execution.hpp"

namespace proteus::paper {

using matching::slippage_rate_e9;

void PaperVenue::on_bar(const BarClosed& closed, ReportSink& reports) {
  const Bar& bar = closed.bar;
  if (bar.interval != decision_ || absurdity(bar) != nullptr) return;
  Market& market = market_of(bar.instrument);
  if (bar.open_time < market.seen_until) return;  // A repeat, or older than what was processed.
  if (!market.funding.started())
    market.funding.start(instruments_[market.id].funding_interval, bar.open_time);

  if (closed.source != BarSource::Warmup) {
    const Price known = market.last.is_zero() ? bar.open : market.last;
    settle_funding(market, bar.open_time, known, reports);
    if (!market.orders.empty()) match_bar(market, bar, reports);
    const PositionView& position = books()[market.id];
    if (position.category == Category::Linear && !position.quantity.is_zero()) {
      if (const auto price =
              matching::liquidation_price(account_.cross(), position, bar, rates_.maintenance_e9)) {
        const auto worse = slippage_rate_e9(settings_, abs(position.quantity), bar.volume);
        liquidate(market, *price, worse, bar.open_time, reports);
        market.orders.clear();
      }
    }
    settle_funding(market, bar.close_time - Duration{1}, known, reports);
    settle_funding(market, bar.close_time, bar.close, reports);
  }
  // The mark comes last, as in the engine, which marks after it was told of the fills: both books
  // then have one history and one hash.
  market.last = bar.close;
  market.seen_until = bar.close_time;
  account_.mark(market.id, bar.close);
}

void PaperVenue::match_bar(Market& market, const Bar& bar, ReportSink& reports) {
  for (Working& order : market.orders) {
    // A bar that was over when the order was sent must not fill it: that would be looking back.
    if (order.closed || order.stage != Stage::Sent || bar.close_time <= order.sent_at) continue;
    arrive(market, order, bar, reports);
  }
  for (Working& order : market.orders) {
    const OrderRequest& request = order.request;
    if (order.closed || order.stage != Stage::Armed) continue;
    if (matching::fires(request.side, request.trigger, bar))
      take(market, order, matching::stop_base(request.side, request.trigger, bar), bar, reports);
  }
  fill_resting(market, bar, reports);
  std::erase_if(market.orders, [](const Working& order) { return order.closed; });
}

/// The order reaches the venue at the bar's open.
void PaperVenue::arrive(Market& market, Working& order, const Bar& bar, ReportSink& reports) {
  const OrderRequest& request = order.request;
  if (request.type == OrderType::StopMarket) {
    order.stage = Stage::Armed;
    return;
  }
  if (request.type == OrderType::Market) {
    // Sent in the middle of the bar (a person's flatten, say), it cannot have had the open: it gets
    // what is worse of both ends.
    const Duration soon =
        std::min<Duration>(std::chrono::seconds{10}, (bar.close_time - bar.open_time) / 4);
    const bool missed = order.sent_at > bar.open_time + soon;
    const Price worse =
        request.side == Side::Buy ? std::max(bar.open, bar.close) : std::min(bar.open, bar.close);
    take(market, order, missed ? worse : bar.open, bar, reports);
    return;
  }
  const Quantity quantity = fillable(order);
  const Price price = matching::taker_price(settings_, instruments_[market.id], request.side,
                                            quantity, bar.open, bar.volume);
  const bool would_take = matching::takes(request.side, request.price, price);
  switch (request.time_in_force) {
    case TimeInForce::PostOnly:
      if (would_take) return close(order, OrderEnd::PostOnlyWouldTake, bar.open_time, reports);
      return rest(order, bar.open_time, reports);
    case TimeInForce::Gtc:
      if (!would_take) return rest(order, bar.open_time, reports);
      break;
    case TimeInForce::Ioc:
      if (!would_take) return close(order, OrderEnd::ImmediateUnfilled, bar.open_time, reports);
      break;
    case TimeInForce::Fok:
      if (!would_take) return close(order, OrderEnd::FillOrKillUnfilled, bar.open_time, reports);
      break;
  }
  take(market, order, bar.open, bar, reports);
}

/// Fills all that may fill at `base` worsened, or cancels the order.
void PaperVenue::take(Market& market, Working& order, Price base, const Bar& bar,
                      ReportSink& reports) {
  const Quantity quantity = fillable(order);
  if (quantity.is_zero())
    return close(order, OrderEnd::ReduceOnlyNothingToReduce, bar.open_time, reports);
  const Price price = matching::taker_price(settings_, instruments_[market.id], order.request.side,
                                            quantity, base, bar.volume);
  if (const OrderEnd end = account_.affords(order.request, quantity, price, order.lock);
      end != OrderEnd::None)
    return close(order, end, bar.open_time, reports);
  execute(market, order, quantity, price, base, Liquidity::Taker, bar.open_time, reports);
  if (!order.closed) close(order, OrderEnd::ReduceOnlyNothingToReduce, bar.open_time, reports);
}

void PaperVenue::fill_resting(Market& market, const Bar& bar, ReportSink& reports) {
  const Quantity lot = instruments_[market.id].lot_step;
  Quantity allowance = matching::resting_allowance(settings_, bar, lot);
  for (Working& order : market.orders) {
    const OrderRequest& request = order.request;
    if (order.closed || order.stage != Stage::Resting) continue;
    if (!matching::trades_through(request.side, request.price, bar)) continue;
    const Quantity wanted = fillable(order);
    if (wanted.is_zero()) {
      close(order, OrderEnd::ReduceOnlyNothingToReduce, bar.open_time, reports);
      continue;
    }
    const Quantity quantity = std::min(wanted, allowance);
    if (quantity.is_zero()) continue;
    if (const OrderEnd end = account_.affords(request, quantity, request.price, order.lock);
        end != OrderEnd::None) {
      close(order, end, bar.open_time, reports);
      continue;
    }
    allowance -= quantity;
    execute(market, order, quantity, request.price, request.price, Liquidity::Maker, bar.open_time,
            reports);
  }
}

}  // namespace proteus::paper

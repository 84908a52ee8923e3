#include "connectors/paper/paper_venue.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/core/assert.hpp"
#include "engine/matching/bar_fill.hpp"
#include "engine/matching/execution.hpp"
#include "engine/matching/filters.hpp"

namespace proteus::paper {
namespace {

constexpr std::size_t kOrdersReserved = 8;  // an instrument seldom has more open at once

template <std::size_t N>
InlineText<N> numbered(std::string_view prefix, std::uint64_t number) {
  std::array<char, 40> text{};
  char* const digits = std::copy(prefix.begin(), prefix.end(), text.data());
  const char* const end = std::to_chars(digits, text.data() + text.size(), number).ptr;
  return InlineText<N>{std::string_view{text.data(), static_cast<std::size_t>(end - text.data())}};
}

}  // namespace

PaperVenue::PaperVenue(const matching::VenueSettings& settings, Interval decision, Money capital,
                       const InstrumentTable& instruments)
    : settings_(settings),
      rates_(matching::make_rates(settings)),
      decision_(decision),
      instruments_(instruments),
      account_(capital, instruments_, rates_),
      markets_(instruments.size()) {
  for (std::uint32_t i = 0; i < markets_.size(); ++i) {
    markets_[i].id = InstrumentId{i};
    markets_[i].orders.reserve(kOrdersReserved);
  }
}

void PaperVenue::before(const Event& input, ReportSink& reports) {
  PROTEUS_ASSERT(!reporting_);
  reporting_ = true;
  const bool quotes = settings_.fill_mode == matching::FillMode::Quote;
  if (quotes) {
    if (!clocks_started_) start_clocks(input.ts_event);
    if (input.ts_event >= next_funding_) settle_due(input.ts_event, reports);
  }
  if (const auto* bar = std::get_if<BarClosed>(&input.body)) {
    if (quotes) {
      on_quote_bar(*bar);
    } else {
      on_bar(*bar, reports);
    }
  } else if (const auto* ticker = std::get_if<TickerUpdated>(&input.body)) {
    on_ticker(*ticker, input.ts_event, reports);
  } else if (const auto* book = std::get_if<BookUpdated>(&input.body)) {
    if (quotes) on_book(*book, input.ts_event, reports);
  } else if (const auto* changed = std::get_if<InstrumentChanged>(&input.body)) {
    on_instrument(changed->instrument, input.ts_event, reports);
  }
  reporting_ = false;
}

void PaperVenue::submit(const OrderRequest& order, Timestamp now, ReportSink& reports) {
  PROTEUS_ASSERT(!reporting_);
  Market& market = market_of(order.instrument);
  OrderUpdate update{.id = order.id, .instrument = order.instrument};
  update.end = refusal(market, order);
  if (update.end != OrderEnd::None) {
    update.state = OrderState::Rejected;
    reports.report(update, now);
    return;
  }
  ids_.insert(order.id);
  const Lock lock =
      account_.lock_for(order, order.quantity, matching::valuation(order, market.last));
  account_.hold(market.id, lock);
  market.orders.push_back(
      {.request = order, .sent_at = std::max(now, order.decided_at), .lock = lock});
  update.state = OrderState::Acknowledged;
  reports.report(update, now);
}

OrderEnd PaperVenue::refusal(const Market& market, const OrderRequest& order) const {
  const Instrument& instrument = instruments_[market.id];
  if (ids_.contains(order.id)) return OrderEnd::DuplicateId;
  const bool increases =
      !order.reduce_only &&
      !matching::increase(account_.position(market.id), order.side, order.quantity).is_zero();
  if (instrument.status != InstrumentStatus::Trading && increases) return OrderEnd::NotTrading;
  if (market.last.is_zero()) return OrderEnd::NoLiquidity;  // No price was ever seen.
  if (const OrderEnd end =
          matching::check_filters(order, instrument, market.last, account_.position(market.id));
      end != OrderEnd::None)
    return end;
  if (order.reduce_only)
    return may_reduce(market, order) ? OrderEnd::None : OrderEnd::ReduceOnlyNothingToReduce;
  if (order.type == OrderType::StopMarket) return OrderEnd::None;  // Asked when it fires.
  if (instrument.category == Category::Spot && order.side == Side::Sell)
    return order.quantity <= account_.free_base(market.id) ? OrderEnd::None
                                                           : OrderEnd::InsufficientBalance;
  return account_.affords(order, order.quantity, matching::valuation(order, market.last), Lock{});
}

void PaperVenue::cancel(const ClientOrderId& id, Timestamp now, ReportSink& reports) {
  PROTEUS_ASSERT(!reporting_);
  for (Market& market : markets_) {
    const auto found =
        std::ranges::find_if(market.orders, [&](const Working& w) { return w.request.id == id; });
    if (found == market.orders.end()) continue;
    Working order = *found;
    market.orders.erase(found);
    close(order, OrderEnd::ByEngine, now, reports);
    return;
  }
}

std::size_t PaperVenue::open_orders() const {
  std::size_t count = 0;
  for (const Market& market : markets_) count += market.orders.size();
  return count;
}

bool PaperVenue::may_reduce(const Market& market, const OrderRequest& order) const {
  if (!matching::reducible(account_.position(market.id), order.side, instruments_[market.id])
           .is_zero())
    return true;
  // An order that would open what this one reduces is still on its way: a stop sent with its entry.
  return std::ranges::any_of(market.orders, [&](const Working& other) {
    return !other.closed && !other.request.reduce_only && other.request.side != order.side;
  });
}

/// What the order still may fill: its rest, and if reduce-only no more than the position.
Quantity PaperVenue::fillable(const Working& order) const {
  const Quantity rest = order.request.quantity - order.filled;
  if (!order.request.reduce_only) return rest;
  const InstrumentId id = order.request.instrument;
  return std::min(rest,
                  matching::reducible(account_.position(id), order.request.side, instruments_[id]));
}

/// One fill and the update that counts it. `fair`: what the market showed, for slippage.
void PaperVenue::execute(Market& market, Working& order, Quantity quantity, Price price, Price fair,
                         Liquidity liquidity, Timestamp time, ReportSink& reports) {
  const OrderRequest& request = order.request;
  Fill fill = matching::execution(rates_, instruments_[market.id], request.side, quantity, price,
                                  fair, liquidity, time);
  fill.id = request.id;
  fill.execution = next_execution();
  account_.apply(fill);
  order.filled += quantity;
  const bool whole = order.filled == request.quantity;
  account_.release(market.id, order.lock);
  order.lock = {};
  if (whole) {
    order.closed = true;
  } else {
    order.lock = account_.lock_for(request, request.quantity - order.filled,
                                   matching::valuation(request, market.last));
    account_.hold(market.id, order.lock);
  }
  reports.report(fill, time);
  reports.report(OrderUpdate{.id = request.id,
                             .instrument = market.id,
                             .state = whole ? OrderState::Filled : OrderState::PartiallyFilled,
                             .filled = order.filled},
                 time);
  drop_idle_reducers(market, time, reports);
}

/// Cancels what is left of an order. The caller sweeps it out of its market.
void PaperVenue::close(Working& order, OrderEnd end, Timestamp time, ReportSink& reports) {
  order.closed = true;
  account_.release(order.request.instrument, order.lock);
  order.lock = {};
  reports.report(OrderUpdate{.id = order.request.id,
                             .instrument = order.request.instrument,
                             .state = OrderState::Cancelled,
                             .end = end,
                             .filled = order.filled},
                 time);
}

void PaperVenue::rest(Working& order, Timestamp time, ReportSink& reports) {
  order.stage = Stage::Resting;
  if (!order.filled.is_zero()) return;  // PartiallyFilled says it already.
  reports.report(OrderUpdate{.id = order.request.id,
                             .instrument = order.request.instrument,
                             .state = OrderState::Resting},
                 time);
}

void PaperVenue::drop_idle_reducers(Market& market, Timestamp time, ReportSink& reports) {
  for (Working& order : market.orders) {
    if (order.closed || !order.request.reduce_only || may_reduce(market, order.request)) continue;
    close(order, OrderEnd::ReduceOnlyNothingToReduce, time, reports);
  }
}

void PaperVenue::liquidate(Market& market, Price base, std::int64_t slippage_e9, Timestamp time,
                           ReportSink& reports) {
  for (Working& order : market.orders)
    if (!order.closed) close(order, OrderEnd::Liquidation, time, reports);
  Fill fill = matching::liquidation(rates_, instruments_[market.id], account_.position(market.id),
                                    base, slippage_e9, time);
  fill.id = numbered<36>("liquidation-", ++liquidations_);
  fill.execution = next_execution();
  account_.apply(fill);
  reports.report(fill, time);
}

/// Settles every funding time up to and including `until`, in order.
void PaperVenue::settle_funding(Market& market, Timestamp until, Price mark, ReportSink& reports) {
  while (market.funding.due().time <= until) {
    const Quantity position = account_.position(market.id);
    if (position.is_zero()) {
      market.funding.skip_to(until);
      return;
    }
    const FundingSettled settled =
        matching::settlement(market.funding.due(), market.id, position, mark,
                             instruments_[market.id].funding_interval, rates_.assumed_funding_e9);
    market.funding.settle();
    account_.apply(settled);
    reports.report(settled, settled.time);
  }
}

void PaperVenue::on_instrument(const Instrument& instrument, Timestamp time, ReportSink& reports) {
  if (!instruments_.update(instrument)) return;
  account_.refresh(instrument.id);
  Market& market = market_of(instrument.id);
  if (market.funding.started()) {
    market.funding.set_interval(instrument.funding_interval);
    next_funding_ = std::min(next_funding_, market.funding.due().time);
  }
  const bool trading = instrument.status == InstrumentStatus::Trading;
  for (Working& order : market.orders) {
    if (!trading) {
      close(order, OrderEnd::NotTrading, time, reports);
    } else if (!matching::on_grid(order.request, instrument, account_.position(market.id))) {
      close(order, OrderEnd::ByVenue, time, reports);
    }
  }
  std::erase_if(market.orders, [](const Working& order) { return order.closed; });
  const bool delivered = instrument.status == InstrumentStatus::Delivering ||
                         instrument.status == InstrumentStatus::Closed;
  if (delivered && instrument.category == Category::Linear) deliver(market, time, reports);
}

/// A perpetual that is delisted is settled at its mark; the taker's fee is charged, which is more
/// than the venue's for a delivery.
void PaperVenue::deliver(Market& market, Timestamp time, ReportSink& reports) {
  const PositionView& held = account_.books().view()[market.id];
  if (held.quantity.is_zero()) return;
  const Side side = held.quantity > Quantity{} ? Side::Sell : Side::Buy;
  const Quantity quantity = abs(held.quantity);
  const matching::Charge paid = matching::charge(Category::Linear, side, quantity, held.mark,
                                                 rates_.fee(Category::Linear, Liquidity::Taker));
  const Fill fill{.id = numbered<36>("delivery-", ++deliveries_),
                  .execution = next_execution(),
                  .instrument = market.id,
                  .side = side,
                  .quantity = quantity,
                  .price = held.mark,
                  .fee = paid.fee,
                  .time = time};
  account_.apply(fill);
  reports.report(fill, time);
}

InlineText<40> PaperVenue::next_execution() { return numbered<40>("x", ++executions_); }

}  // namespace proteus::paper

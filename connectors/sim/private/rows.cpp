#include "connectors/sim/private/rows.hpp"

#include <fmt/format.h>

#include "connectors/sim/text.hpp"
#include "engine/matching/margin.hpp"

namespace proteus::sim {
namespace {

/// An object written field by field.
class JsonRow {
 public:
  explicit JsonRow(std::string& out) : out_(out) { out_ += '{'; }
  JsonRow(const JsonRow&) = delete;
  JsonRow& operator=(const JsonRow&) = delete;
  ~JsonRow() { out_ += '}'; }

  void text(std::string_view key, std::string_view value) {
    name(key);
    append_json(out_, value);
  }
  void blank(std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) text(key, "");
  }
  void amount(std::string_view key, Int128 raw) {
    name(key);
    out_ += '"';
    append_decimal(out_, raw);
    out_ += '"';
  }
  template <class Tag>
  void amount(std::string_view key, Fixed<Tag> value) {
    amount(key, Int128{value.raw()});
  }
  void price_or_blank(std::string_view key, Price price) {
    text(key, price.is_zero() ? std::string{} : price.to_string());
  }
  void zeros(std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) text(key, "0");
  }
  void number(std::string_view key, std::int64_t value) {
    name(key);
    append_int(out_, value);
  }
  void flag(std::string_view key, bool value) {
    name(key);
    out_ += value ? "true" : "false";
  }
  /// A time as text.
  void time(std::string_view key, Timestamp t, std::int64_t offset_ms) {
    text(key, t == Timestamp{} ? "0" : std::to_string(to_unix_ms(t) + offset_ms));
  }
  /// JSON as it is.
  void raw(std::string_view key, std::string_view value) {
    name(key);
    out_ += value;
  }

 private:
  void name(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }
  std::string& out_;
  bool first_ = true;
};

/// value / quantity to the nearest unit; zero where nothing is.
Int128 average(Int128 value_raw, Quantity quantity) {
  if (quantity.is_zero()) return 0;
  return divide(value_raw * kFixedScale, quantity.raw(), Rounding::Near);
}

std::string_view type_word(const VenueOrder& order) { return order.market ? "Market" : "Limit"; }

/// Derivatives pay in what they settle in, spot buys in what they bring.
std::string_view fee_coin(const Instrument& instrument, Side side) {
  if (instrument.category != Category::Spot) return "USDT";
  return side == Side::Buy ? instrument.base_coin.view() : instrument.quote_coin.view();
}

/// A coin that spot has brought into the wallet.
std::string base_coin_row(const TradingAccount& account, const Instrument& what) {
  const PositionView& held = account.books[what.id];
  std::string coin;
  {
    JsonRow of(coin);
    of.text("coin", what.base_coin.view());
    of.amount("equity", held.quantity);
    of.amount("usdValue", held.value);
    of.amount("walletBalance", held.quantity);
    of.amount("locked", account.locked_base(what.id));
    of.zeros({"borrowAmount", "accruedInterest", "totalOrderIM", "totalPositionIM",
              "totalPositionMM", "unrealisedPnl", "cumRealisedPnl", "bonus", "spotHedgingQty",
              "spotBorrow", "colRes"});
    of.blank({"free", "availableToBorrow", "availableToWithdraw"});
    of.flag("collateralSwitch", false);
    of.flag("marginCollateral", false);
  }
  return coin;
}

/// Where equity meets maintenance, prices of all others standing still; empty: nowhere.
std::string liquidation_text(const ExchangeCore& core, const TradingAccount& account,
                             const PositionView& held) {
  const Price distance = matching::liquidation_distance(
      {account.margin_equity(), account.books.gross(Category::Linear)}, held.quantity,
      core.rates().maintenance_e9);
  const bool is_long = held.quantity > Quantity{};
  const Int128 at =
      Int128{held.mark.raw()} + (is_long ? -Int128{distance.raw()} : Int128{distance.raw()});
  return at <= 0 || at >= INT64_MAX ? std::string{} : decimal_text(at);
}

}  // namespace

void append_order_row(std::string& out, const VenueOrder& order, const Instrument& instrument,
                      const RowStyle& style) {
  JsonRow row(out);
  if (!style.rest) row.text("category", to_string(instrument.category));
  row.text("symbol", instrument.symbol.view());
  row.text("orderId", order.id);
  row.text("orderLinkId", order.link_id);
  row.text("blockTradeId", "");
  row.text("side", venue_word(order.side));
  row.number("positionIdx", 0);
  row.text("orderStatus", to_string(order.status));
  row.text("cancelType", order.cancel_type);
  row.text("rejectReason", order.reject_reason);
  row.text("timeInForce", venue_word(order.time_in_force));
  row.text("isLeverage", "");
  row.amount("price", order.price);
  const bool spot = instrument.category == Category::Spot;
  if (order.amount.is_zero()) {
    row.amount("qty", order.quantity);
  } else {
    row.amount("qty", order.amount);
  }
  row.text("avgPrice",
           order.filled.is_zero() ? "" : decimal_text(average(order.value.raw(), order.filled)));
  // Of an order by amount only that is left is known.
  row.amount("leavesQty", order.amount.is_zero() ? order.leaves() : Quantity{});
  row.amount("leavesValue", order.amount.is_zero() && notional_fits(order.price, order.leaves())
                                ? notional(order.price, order.leaves())
                                : Money{});
  row.amount("cumExecQty", order.filled);
  row.amount("cumExecValue", order.value);
  const bool in_base = spot && order.side == Side::Buy;
  if (in_base) {
    row.amount("cumExecFee", order.fee_base);
  } else {
    row.amount("cumExecFee", order.fee);
  }
  row.text("orderType", type_word(order));
  const Protection& attached = order.attached;
  row.text("stopOrderType", order.stop_type);
  row.text("orderIv", "");
  row.price_or_blank("triggerPrice", order.trigger.price);
  row.price_or_blank("takeProfit", attached.take_profit);
  row.price_or_blank("stopLoss", attached.stop_loss);
  row.text("triggerBy", venue_word(order.trigger.by));
  row.text("tpTriggerBy", attached.take_profit.is_zero() ? "" : venue_word(attached.take_by));
  row.text("slTriggerBy", attached.stop_loss.is_zero() ? "" : venue_word(attached.stop_by));
  row.number("triggerDirection", !order.trigger.set() ? 0 : order.trigger.rises ? 1 : 2);
  row.text("placeType", "");
  row.amount("lastPriceOnCreated", order.last_at_creation);
  row.flag("closeOnTrigger", order.close_on_trigger);
  row.flag("reduceOnly", order.reduce_only);
  row.number("smpGroup", 0);
  row.text("smpType", venue_word(order.self_match));
  row.text("smpOrderId", order.self_matched);
  row.text("tpslMode", attached.any() || order.protects() ? "Full" : "");
  row.blank({"tpLimitPrice", "slLimitPrice"});
  row.text("marketUnit", !spot || !order.market   ? ""
                         : order.amount.is_zero() ? "baseCoin"
                                                  : "quoteCoin");
  row.text("slippageToleranceType", "UNKNOWN");
  row.text("slippageTolerance", "");
  if (!spot) row.text("createType", order.create_type);
  if (spot && style.rest) row.amount("basePrice", order.last_at_creation);
  if (!style.rest) row.amount("closedPnl", spot ? Money{} : order.closed_pnl);
  row.text("feeCurrency", !spot ? std::string_view{} : fee_coin(instrument, order.side));
  row.raw("cumFeeDetail",
          order.fee.is_zero()
              ? std::string("{}")
              : fmt::format(R"({{"{}":"{}"}})", fee_coin(instrument, order.side),
                            in_base ? order.fee_base.to_string() : order.fee.to_string()));
  row.time("createdTime", order.created, style.offset_ms);
  row.time("updatedTime", order.updated, style.offset_ms);
  row.flag("rpiTakerAccess", false);
  row.text("rpiMatchedQty", "0");
}

void append_execution_row(std::string& out, const Execution& e, const Instrument& instrument,
                          const RowStyle& style) {
  const bool funding = e.type == ExecutionType::Funding;
  JsonRow row(out);
  if (!style.rest) row.text("category", to_string(instrument.category));
  row.text("symbol", instrument.symbol.view());
  row.text("isLeverage", "0");
  row.text("orderId", e.order.id);
  row.text("orderLinkId", e.order.link_id);
  row.text("side", venue_word(e.order.side));
  row.amount("orderPrice", e.order.price);
  row.amount("orderQty", e.order.quantity);
  row.amount("leavesQty", funding ? Quantity{} : e.order.leaves());
  row.text("createType", funding ? std::string_view{} : e.order.create_type);
  row.text("orderType", funding ? std::string_view("UNKNOWN") : type_word(e.order));
  row.text("stopOrderType", e.order.stop_type.empty() ? "UNKNOWN" : e.order.stop_type);
  row.text("execId", e.id);
  row.amount("execPrice", e.price);
  row.amount("execQty", e.quantity);
  row.amount("execValue", e.value);
  const bool spot = instrument.category == Category::Spot;
  if (spot && e.order.side == Side::Buy) {
    row.amount("execFee", e.fee_base);
  } else {
    row.amount("execFee", e.fee);
  }
  row.amount("feeRate", Int128{e.fee_rate_e9});
  row.text("feeCurrency", fee_coin(instrument, e.order.side));
  row.text("execType", to_string(e.type));
  if (!style.rest) row.amount("execPnl", spot ? Money{} : e.pnl);
  row.flag("isMaker", e.maker);
  row.amount("closedSize", spot ? Quantity{} : e.closed);
  row.amount("markPrice", e.mark);
  row.blank({"indexPrice", "underlyingPrice", "tradeIv", "markIv", "blockTradeId"});
  row.number("seq", e.seq);
  row.blank({"marketUnit", "extraFees"});
  row.time("execTime", e.time, style.offset_ms);
}

std::string_view transaction_type(ExecutionType type) {
  switch (type) {
    case ExecutionType::Trade:
      return "TRADE";
    case ExecutionType::Funding:
      return "SETTLEMENT";
    case ExecutionType::BustTrade:
      return "LIQUIDATION";
  }
  return "?";
}

void append_fast_row(std::string& out, const Execution& e, const Instrument& instrument,
                     const RowStyle& style) {
  JsonRow row(out);
  row.text("category", to_string(instrument.category));
  row.text("symbol", instrument.symbol.view());
  row.text("execId", e.id);
  row.amount("execPrice", e.price);
  row.amount("execQty", e.quantity);
  row.text("orderId", e.order.id);
  row.text("orderLinkId", e.maker ? std::string_view{} : std::string_view(e.order.link_id));
  row.text("side", venue_word(e.order.side));
  row.time("execTime", e.time, style.offset_ms);
  row.flag("isMaker", e.maker);
  row.number("seq", e.seq);
}

void append_transaction_row(std::string& out, const Execution& e, const Instrument& instrument,
                            std::int64_t offset_ms) {
  const bool funding = e.type == ExecutionType::Funding;
  // Of spot the line in quote currency: a buy pays its fee in the other coin.
  const bool in_base = instrument.category == Category::Spot && e.order.side == Side::Buy;
  const Money settled = funding ? -e.fee : Money{};
  const Money fee = funding || in_base ? Money{} : e.fee;
  const Money cash = e.change - settled + fee;
  JsonRow row(out);
  row.text("id", e.id);
  row.text("symbol", instrument.symbol.view());
  row.text("category", to_string(instrument.category));
  row.text("side", venue_word(e.order.side));
  row.time("transactionTime", e.time, offset_ms);
  row.text("type", transaction_type(e.type));
  row.text("transSubType", "");
  row.amount("qty", e.quantity);
  row.amount("size", e.position);
  row.text("currency", "USDT");
  row.amount("tradePrice", e.price);
  row.amount("funding", settled);
  row.amount("fee", fee);
  row.amount("cashFlow", cash);
  row.amount("change", e.change);
  row.amount("cashBalance", e.wallet);
  row.amount("feeRate", Int128{e.fee_rate_e9});
  row.text("bonusChange", "");
  row.text("tradeId", e.id);
  row.text("orderId", e.order.id);
  row.text("orderLinkId", e.order.link_id);
  row.text("extraFees", "");
}

void append_closed_row(std::string& out, const VenueOrder& order, const Instrument& instrument,
                       std::int64_t leverage_e9, std::int64_t offset_ms) {
  // Sold: a long was closed. The profit is that of prices, less the fees of both ends.
  const bool sold = order.side == Side::Sell;
  const Money left = sold ? order.entered + order.closed_pnl : order.entered - order.closed_pnl;
  const Money in = sold ? order.entered + order.opening_fee : order.entered - order.opening_fee;
  const Money gone = sold ? left - order.closing_fee : left + order.closing_fee;
  JsonRow row(out);
  row.text("symbol", instrument.symbol.view());
  row.text("orderType", type_word(order));
  row.amount("leverage", Int128{leverage_e9});
  row.time("updatedTime", order.updated, offset_ms);
  row.text("side", venue_word(order.side));
  row.text("orderId", order.id);
  row.amount("closedPnl", order.closed_pnl - order.opening_fee - order.closing_fee);
  row.amount("openFee", order.opening_fee);
  row.amount("closeFee", order.closing_fee);
  row.amount("avgEntryPrice", average(in.raw(), order.closed));
  row.amount("qty", order.quantity);
  row.amount("cumEntryValue", order.entered);
  row.time("createdTime", order.created, offset_ms);
  row.amount("orderPrice", order.price);
  row.amount("closedSize", order.closed);
  row.amount("avgExitPrice", average(gone.raw(), order.closed));
  row.text("execType", order.create_type == "CreateByLiq" ? "BustTrade" : "Trade");
  row.text("fillCount", std::to_string(order.fills));
  row.amount("cumExitValue", left);
}

namespace {

void append_position_row(std::string& out, const ExchangeCore& core, AccountId id,
                         InstrumentId instrument, Price mark, const RowStyle& style, int index) {
  const TradingAccount& account = core.account(id);
  const Instrument& what = core.instruments()[instrument];
  const PositionView& held = account.books[instrument];
  const PositionNotes& notes = account.notes[instrument.index];
  const bool flat = held.quantity.is_zero();
  const MarginUse margin = account.margin_of(instrument);
  const Money maintenance = share(abs(held.value), core.rates().maintenance_e9, Rounding::Up);
  JsonRow row(out);
  if (!style.rest) row.text("category", to_string(what.category));
  row.text("symbol", what.symbol.view());
  row.text("side", flat ? std::string_view{}
                        : venue_word(held.quantity > Quantity{} ? Side::Buy : Side::Sell));
  row.amount("size", abs(held.quantity));
  row.number("positionIdx", index);
  row.text("positionValue", flat ? std::string{} : abs(held.cost).to_string());
  row.number("riskId", 1);
  row.text("riskLimitValue", "2000000000");
  row.amount(style.rest ? "avgPrice" : "entryPrice",
             average(abs(held.cost).raw(), abs(held.quantity)));
  row.amount("markPrice", flat ? mark : held.mark);
  row.amount("leverage", Int128{notes.leverage_e9});
  row.text("breakEvenPrice", "");
  row.number("autoAddMargin", 0);
  row.amount("positionIM", margin.positions);
  row.amount("positionIMByMp", margin.positions);
  row.amount("positionMM", maintenance);
  row.amount("positionMMByMp", maintenance);
  row.text("liqPrice", flat ? std::string{} : liquidation_text(core, account, held));
  row.amount("takeProfit", notes.protection.take_profit);
  row.amount("stopLoss", notes.protection.stop_loss);
  row.text("trailingStop", "0");
  row.text("unrealisedPnl", flat ? std::string{} : held.unrealised.to_string());
  row.amount("curRealisedPnl", notes.current_realised);
  row.amount("cumRealisedPnl", held.realised - held.fees - held.funding);
  row.text("sessionAvgPrice", "");
  row.text("positionStatus", "Normal");
  row.number("adlRankIndicator", 0);
  row.flag("isReduceOnly", false);
  row.time("createdTime", notes.created, style.offset_ms);
  row.time("updatedTime", notes.updated, style.offset_ms);
  row.number("openTime", flat ? 0 : to_unix_ms(notes.opened) + style.offset_ms);
  row.number("seq", notes.seq);
  row.blank({style.rest ? "mmrSysUpdateTime" : "mmrSysUpdatedTime", "leverageSysUpdatedTime"});
  row.text("tpslMode", "Full");
  row.text("bustPrice", "");
  row.text("positionBalance", "0");
  row.number("tradeMode", 0);
}

}  // namespace

void append_position_rows(std::string& out, const ExchangeCore& core, AccountId id,
                          InstrumentId instrument, Price mark, const RowStyle& style) {
  const bool hedge = core.account(id).notes[instrument.index].hedge;
  append_position_row(out, core, id, instrument, mark, style, hedge ? 1 : 0);
  if (!hedge) return;
  out += ',';
  append_position_row(out, core, id, instrument, mark, style, 2);
}

void append_wallet_row(std::string& out, const ExchangeCore& core, AccountId id) {
  const TradingAccount& account = core.account(id);
  const MarginUse margin = account.margin();
  const Money maintenance = account.maintenance(core.rates().maintenance_e9);
  const Money whole = account.equity();
  const Money equity = account.margin_equity();
  const Money unrealised = equity - account.wallet();
  const Money locked = account.locked_quote();
  const Money available = std::max(equity - margin.total() - locked, Money{});
  Money earned;
  for (const Instrument& what : core.instruments()) {
    const PositionView& held = account.books[what.id];
    if (what.category != Category::Linear) continue;
    earned += held.realised - held.fees - held.funding;
  }
  // Four places, as the venue shows it; empty where there is nothing to divide by.
  const auto ratio = [&](Money part) {
    if (equity <= Money{}) return std::string{};
    const Int128 e4 = divide(Int128{part.raw()} * 10'000, equity.raw(), Rounding::Near);
    return decimal_text(e4 * 100'000);
  };
  JsonRow row(out);
  row.text("accountType", "UNIFIED");
  row.text("accountLTV", "");
  row.text("accountIMRate", ratio(margin.total()));
  row.text("accountMMRate", ratio(maintenance));
  row.text("accountIMRateByMp", ratio(margin.total()));
  row.text("accountMMRateByMp", ratio(maintenance));
  row.amount("totalEquity", whole);
  row.amount("totalWalletBalance", whole - unrealised);
  row.amount("totalMarginBalance", equity);
  row.amount("totalAvailableBalance", available);
  row.amount("totalPerpUPL", unrealised);
  row.amount("totalInitialMargin", margin.total());
  row.amount("totalMaintenanceMargin", maintenance);
  row.amount("totalInitialMarginByMp", margin.total());
  row.amount("totalMaintenanceMarginByMp", maintenance);
  std::string coin;
  {
    JsonRow of(coin);
    of.text("coin", "USDT");
    of.amount("equity", equity);
    of.amount("usdValue", equity);
    of.amount("walletBalance", account.wallet());
    of.amount("locked", locked);
    of.zeros({"borrowAmount", "accruedInterest"});
    of.amount("totalOrderIM", margin.orders);
    of.amount("totalPositionIM", margin.positions);
    of.amount("totalPositionMM", maintenance);
    of.amount("unrealisedPnl", unrealised);
    of.amount("cumRealisedPnl", earned);
    of.zeros({"bonus", "spotHedgingQty", "spotBorrow", "colRes"});
    of.blank({"free", "availableToBorrow", "availableToWithdraw"});
    of.flag("collateralSwitch", true);
    of.flag("marginCollateral", true);
  }
  for (const Instrument& what : core.instruments())
    if (what.category == Category::Spot && !account.position(what.id).is_zero())
      coin += "," + base_coin_row(account, what);
  row.raw("coin", "[" + coin + "]");
}

}  // namespace proteus::sim

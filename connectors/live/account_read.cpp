#include "connectors/live/account_read.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::live {
namespace {

/// What stands for a value that we cannot hold: sums of a few such still fit.
constexpr std::int64_t kClamped = INT64_MAX / 4;

/// A decimal of the venue. What needs more than 1e-9 is rounded and what is too large clamped,
/// which `exact` tells: one foreign row that we cannot hold must not hide all others of its page.
struct Decimal {
  std::int64_t raw = 0;
  bool exact = true;
  bool told = false;
};

/// -?digits[.digits], of any length.
bool is_decimal_text(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto digits = [](std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  const std::size_t point = std::min(text.find('.'), text.size());
  return digits(text.substr(0, point)) && (point == text.size() || digits(text.substr(point + 1)));
}

std::optional<Decimal> long_decimal(std::string_view text) {
  if (!is_decimal_text(text)) return std::nullopt;
  const bool negative = text.front() == '-';
  const Decimal clamped{negative ? -kClamped : kClamped, false, true};
  if (const auto whole = parse_fixed(text))
    return whole.value() == INT64_MIN ? clamped : Decimal{whole.value(), true, true};
  const std::size_t cut = std::min(std::min(text.find('.'), text.size()) + 10, text.size());
  const auto kept = parse_fixed(text.substr(0, cut));
  if (!kept || kept.value() == INT64_MIN || kept.value() == INT64_MAX) return clamped;
  const bool away = cut < text.size() && text[cut] >= '5';
  return Decimal{kept.value() + (away ? (negative ? -1 : 1) : 0), false, true};
}

Decimal read_decimal(FieldReader& reader, ondemand::value& value, const char* field) {
  const std::string_view text = reader.text(value, field);
  if (text.empty()) return {};
  if (const auto raw = bybit::detail::short_decimal(text); raw.known)
    return {raw.value, true, true};
  if (const auto decimal = long_decimal(text)) return *decimal;
  reader.fail(
      field, fmt::format("is no plain decimal number: \"{}\"", bybit::excerpt(text.substr(0, 40))));
  return {};
}

/// A quantity or price that has to be exact; `exact` of the row remembers if one was not.
template <class Value>
Value read_exact(FieldReader& reader, ondemand::value& value, const char* field, bool& exact,
                 bool* told = nullptr) {
  const Decimal decimal = read_decimal(reader, value, field);
  exact = exact && decimal.exact;
  if (told != nullptr) *told = decimal.told;
  return Value::from_raw(decimal.raw);
}

/// An average, a fee, a balance: to the nearest 1e-9.
template <class Value>
Value read_near(FieldReader& reader, ondemand::value& value, const char* field) {
  return Value::from_raw(read_decimal(reader, value, field).raw);
}

/// A word that says "none" is none.
std::string_view read_word(FieldReader& reader, ondemand::value& value, const char* field,
                           std::string_view none = "UNKNOWN") {
  const std::string_view word = reader.text(value, field);
  return word == none ? std::string_view{} : word;
}

/// What can stand in a request again without being escaped.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

/// One that is cut would be another's.
template <std::size_t N>
InlineText<N> read_name(FieldReader& reader, ondemand::value& value, const char* field) {
  const std::string_view text = reader.text(value, field);
  if (text.size() > N || !is_plain(text))
    reader.fail(field, fmt::format("is longer than {} characters, or has others than a request "
                                   "can hold: {}",
                                   N, bybit::excerpt(text)));
  return text;
}

InlineText<32> read_symbol(FieldReader& reader, ondemand::value& value) {
  return read_name<32>(reader, value, "symbol");
}

std::optional<Side> side_of(std::string_view word) {
  if (word == "Buy") return Side::Buy;
  if (word == "Sell") return Side::Sell;
  return std::nullopt;
}

/// What decides whose row it is, kept until the row was read.
struct RowCategory {
  std::optional<Category> category;
  bool named = false;
  bool foreign = false;
  void read(FieldReader& reader, ondemand::value& value) {
    const std::string_view word = reader.text(value, "category");
    if (word.empty()) return;
    named = true;
    category = parse_category(word);
    foreign = !category;
  }
  /// False: not ours, or failed.
  bool settle(FieldReader& reader, const RowOrigin& from, Category& into) const {
    if (reader.failed() || foreign) return false;
    const auto known = named ? category : from.category;
    if (!known) {
      reader.missing("category");
      return false;
    }
    into = *known;
    return true;
  }
};

bool read_order_number(ondemand::raw_json_string key, ondemand::value& value, FieldReader& reader,
                       OrderRow& row) {
  if (is(key, "price"))
    row.price = read_exact<Price>(reader, value, "price", row.exact);
  else if (is(key, "avgPrice"))
    row.avg_price = read_near<Price>(reader, value, "avgPrice");
  else if (is(key, "triggerPrice"))
    row.trigger_price = read_exact<Price>(reader, value, "triggerPrice", row.exact);
  else if (is(key, "stopLoss"))
    row.stop_loss = read_exact<Price>(reader, value, "stopLoss", row.exact);
  else if (is(key, "cumExecQty"))
    row.filled = read_exact<Quantity>(reader, value, "cumExecQty", row.exact);
  else if (is(key, "positionIdx"))
    row.position_idx = read_small(reader, value, "positionIdx");
  else if (is(key, "createdTime"))
    row.created = reader.time(value, "createdTime").value_or(Timestamp{});
  else if (is(key, "updatedTime"))
    row.updated = reader.time(value, "updatedTime").value_or(Timestamp{});
  else if (is(key, "reduceOnly"))
    row.reduce_only = reader.boolean(value, "reduceOnly").value_or(false);
  else if (is(key, "closeOnTrigger"))
    row.close_on_trigger = reader.boolean(value, "closeOnTrigger").value_or(false);
  else
    return false;
  return true;
}

void read_order_text(ondemand::raw_json_string key, ondemand::value& value, FieldReader& reader,
                     OrderRow& row) {
  if (is(key, "orderId"))
    row.order_id = read_identity(reader, value, "orderId");
  else if (is(key, "orderLinkId"))
    row.link_id = read_link_id(reader, value, "orderLinkId");
  else if (is(key, "orderType"))
    row.market = reader.text(value, "orderType") == "Market";
  else if (is(key, "cancelType"))
    row.cancel_type = read_word(reader, value, "cancelType");
  else if (is(key, "rejectReason"))
    row.reject_reason = read_word(reader, value, "rejectReason", "EC_NoError");
  else if (is(key, "stopOrderType"))
    row.stop_order_type = read_word(reader, value, "stopOrderType");
}

bool read_execution_number(ondemand::raw_json_string key, ondemand::value& value,
                           FieldReader& reader, ExecutionRow& row) {
  if (is(key, "execValue"))
    row.value = read_near<Money>(reader, value, "execValue");
  else if (is(key, "execFee"))
    row.fee = read_near<Money>(reader, value, "execFee");
  else if (is(key, "feeRate"))
    row.fee_rate_e9 = read_near<Money>(reader, value, "feeRate").raw();
  else if (is(key, "orderQty"))
    row.order_quantity = read_exact<Quantity>(reader, value, "orderQty", row.exact);
  else if (is(key, "leavesQty"))
    row.leaves = read_exact<Quantity>(reader, value, "leavesQty", row.exact);
  else if (is(key, "markPrice"))
    row.mark = read_near<Price>(reader, value, "markPrice");
  else if (is(key, "execTime"))
    row.time = reader.time(value, "execTime").value_or(Timestamp{});
  else if (is(key, "seq"))
    row.seq = reader.integer(value, "seq").value_or(0);
  else if (is(key, "isMaker"))
    row.maker = reader.boolean(value, "isMaker").value_or(false);
  else
    return false;
  return true;
}

/// What a row that moves a position cannot do without.
struct TradeFacts {
  std::optional<Side> side;
  bool price = false;
  bool quantity = false;
  bool kind = false;
};

void judge_execution(FieldReader& reader, const TradeFacts& facts, const ExecutionRow& row) {
  if (reader.failed()) return;
  if (row.symbol.empty()) return reader.missing("symbol");
  if (row.execution.empty()) return reader.missing("execId");
  if (!facts.kind && !row.fast) return reader.missing("execType");
  const bool moves = row.kind != ExecutionKind::Funding && row.kind != ExecutionKind::Other;
  if (!moves) return;
  if (!facts.side) return reader.fail("side", "is neither Buy nor Sell");
  if (!facts.price) return reader.missing("execPrice");
  if (!facts.quantity) return reader.missing("execQty");
  if (row.quantity <= Quantity{}) return reader.fail("execQty", "is not above zero");
  if (row.kind == ExecutionKind::Trade && row.order_id.empty()) return reader.missing("orderId");
}

bool read_position_number(ondemand::raw_json_string key, ondemand::value& value,
                          FieldReader& reader, PositionRow& row) {
  if (is(key, "entryPrice") || is(key, "avgPrice"))
    row.entry = read_near<Price>(reader, value, "entryPrice");
  else if (is(key, "positionValue"))
    row.cost = read_near<Money>(reader, value, "positionValue");
  else if (is(key, "markPrice"))
    row.mark = read_near<Price>(reader, value, "markPrice");
  else if (is(key, "leverage"))
    row.leverage_e9 = read_near<Money>(reader, value, "leverage").raw();
  else if (is(key, "liqPrice"))
    row.liquidation = read_near<Price>(reader, value, "liqPrice");
  else if (is(key, "stopLoss"))
    row.stop_loss = read_exact<Price>(reader, value, "stopLoss", row.exact);
  else if (is(key, "takeProfit"))
    row.take_profit = read_exact<Price>(reader, value, "takeProfit", row.exact);
  else if (is(key, "curRealisedPnl"))
    row.realised = read_near<Money>(reader, value, "curRealisedPnl");
  else if (is(key, "tradeMode"))
    row.isolated = read_small(reader, value, "tradeMode") == 1;
  else if (is(key, "positionIdx"))
    row.position_idx = read_small(reader, value, "positionIdx");
  else if (is(key, "updatedTime"))
    row.updated = reader.time(value, "updatedTime").value_or(Timestamp{});
  else if (is(key, "seq"))
    row.seq = reader.integer(value, "seq").value_or(0);
  else
    return false;
  return true;
}

void read_coins(ondemand::value& value, FieldReader& reader, std::vector<CoinBalance>& coins) {
  for_each_element(value, reader, "coin", [&](ondemand::value& item) {
    ondemand::object object;
    if (item.get_object().get(object)) return reader.fail("coin", "holds what is not an object");
    CoinBalance& coin = coins.emplace_back();
    for_each_member(object, reader, [&](ondemand::raw_json_string key, ondemand::value& member) {
      if (is(key, "coin"))
        coin.coin = reader.text(member, "coin.coin");
      else if (is(key, "walletBalance"))
        coin.wallet = read_near<Money>(reader, member, "coin.walletBalance");
      else if (is(key, "equity"))
        coin.equity = read_near<Money>(reader, member, "coin.equity");
      else if (is(key, "locked"))
        coin.locked = read_near<Money>(reader, member, "coin.locked");
    });
    if (!reader.failed() && coin.coin.empty()) reader.missing("coin.coin");
  });
}

}  // namespace

std::optional<Category> parse_category(std::string_view word) {
  if (word == "linear") return Category::Linear;
  if (word == "spot") return Category::Spot;
  return std::nullopt;
}

InlineText<40> read_identity(FieldReader& reader, ondemand::value& value, const char* field) {
  return read_name<40>(reader, value, field);
}

InlineText<40> read_link_id(FieldReader& reader, ondemand::value& value, const char* field) {
  const std::string_view text = reader.text(value, field);
  const bool ours = text.size() <= InlineText<40>::capacity() && is_plain(text);
  return ours ? text : std::string_view{};
}

int read_small(FieldReader& reader, ondemand::value& value, const char* field) {
  const std::int64_t number = reader.integer(value, field).value_or(0);
  return static_cast<int>(std::clamp<std::int64_t>(number, INT32_MIN, INT32_MAX));
}

bool read_order(ondemand::object& object, FieldReader& reader, const RowOrigin& from,
                OrderRow& row) {
  RowCategory category;
  bool quantity = false;
  std::optional<Side> side;
  std::string_view status;
  for_each_member(object, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
    if (is(key, "category"))
      category.read(reader, value);
    else if (is(key, "symbol"))
      row.symbol = read_symbol(reader, value);
    else if (is(key, "side"))
      side = side_of(reader.text(value, "side"));
    else if (is(key, "orderStatus"))
      status = reader.text(value, "orderStatus");
    else if (is(key, "qty"))
      row.quantity = read_exact<Quantity>(reader, value, "qty", row.exact, &quantity);
    else if (!read_order_number(key, value, reader, row))
      read_order_text(key, value, reader, row);
  });
  if (!category.settle(reader, from, row.category)) return false;
  if (row.symbol.empty()) reader.missing("symbol");
  if (row.order_id.empty()) reader.missing("orderId");
  if (status.empty()) reader.missing("orderStatus");
  if (!quantity) reader.missing("qty");
  row.status = parse_order_status(status);
  row.side_known = side.has_value();
  row.side = side.value_or(Side::Buy);
  return !reader.failed();
}

bool read_execution(ondemand::object& object, FieldReader& reader, const RowOrigin& from,
                    ExecutionRow& row) {
  RowCategory category;
  TradeFacts facts;
  row.fast = from.fast;
  for_each_member(object, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
    if (is(key, "category")) {
      category.read(reader, value);
    } else if (is(key, "symbol")) {
      row.symbol = read_symbol(reader, value);
    } else if (is(key, "orderId")) {
      row.order_id = read_identity(reader, value, "orderId");
    } else if (is(key, "orderLinkId")) {
      row.link_id = read_link_id(reader, value, "orderLinkId");
    } else if (is(key, "execId")) {
      row.execution = read_identity(reader, value, "execId");
    } else if (is(key, "side")) {
      facts.side = side_of(reader.text(value, "side"));
    } else if (is(key, "execType")) {
      const std::string_view word = reader.text(value, "execType");
      facts.kind = !word.empty();
      if (facts.kind) row.kind = parse_execution_kind(word);
    } else if (is(key, "execPrice")) {
      row.price = read_exact<Price>(reader, value, "execPrice", row.exact, &facts.price);
    } else if (is(key, "execQty")) {
      row.quantity = read_exact<Quantity>(reader, value, "execQty", row.exact, &facts.quantity);
    } else if (is(key, "feeCurrency")) {
      row.fee_coin = reader.text(value, "feeCurrency");
    } else if (is(key, "stopOrderType")) {
      row.stop_order_type = read_word(reader, value, "stopOrderType");
    } else {
      read_execution_number(key, value, reader, row);
    }
  });
  if (!category.settle(reader, from, row.category)) return false;
  row.side = facts.side.value_or(Side::Buy);
  judge_execution(reader, facts, row);
  return !reader.failed();
}

bool read_position(ondemand::object& object, FieldReader& reader, const RowOrigin& from,
                   PositionRow& row) {
  RowCategory category;
  std::optional<Side> side;
  Quantity size;
  for_each_member(object, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
    if (is(key, "category"))
      category.read(reader, value);
    else if (is(key, "symbol"))
      row.symbol = read_symbol(reader, value);
    else if (is(key, "side"))
      side = side_of(reader.text(value, "side"));
    else if (is(key, "size"))
      size = read_exact<Quantity>(reader, value, "size", row.exact);
    else if (is(key, "positionStatus"))
      row.status = reader.text(value, "positionStatus");
    else
      read_position_number(key, value, reader, row);
  });
  if (!category.settle(reader, from, row.category)) return false;
  if (row.symbol.empty()) reader.missing("symbol");
  if (size < Quantity{}) reader.fail("size", "is below zero");
  if (!side && !size.is_zero()) reader.fail("side", "is neither Buy nor Sell");
  if (side) row.quantity = signed_quantity(*side, size);
  return !reader.failed();
}

bool read_wallet(ondemand::object& object, FieldReader& reader, WalletRow& row) {
  for_each_member(object, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
    if (is(key, "accountType")) {
      row.account_type = reader.text(value, "accountType");
    } else if (is(key, "totalEquity")) {
      const Decimal total = read_decimal(reader, value, "totalEquity");
      row.total_equity = Money::from_raw(total.raw);
      row.totals_known = total.told;
    } else if (is(key, "totalAvailableBalance")) {
      row.available = read_near<Money>(reader, value, "totalAvailableBalance");
    } else if (is(key, "coin")) {
      row.coins.clear();
      read_coins(value, reader, row.coins);
    }
  });
  return !reader.failed();
}

}  // namespace proteus::live

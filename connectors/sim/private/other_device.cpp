#include "connectors/sim/private/other_device.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/sim/private/rows.hpp"

namespace proteus::sim {
namespace {

Refusal bad(std::string_view key) { return {10001, fmt::format("params error: {} invalid", key)}; }

template <class Value>
Said<Value> positive(const Query& query, std::string_view key) {
  const std::string* text = query.find(key);
  if (text == nullptr) return bad(key);
  const auto value = Value::parse(*text);
  if (!value || value.value() <= Value{}) return bad(key);
  return value.value();
}

Said<std::string> trade(const Query& query, InstrumentId instrument, AccountId account,
                        const OtherDevice& device) {
  NewOrder wish;
  wish.instrument = instrument;
  const std::string_view side = query.value_or("side", {});
  if (side != "Buy" && side != "Sell") return bad("side");
  wish.side = side == "Buy" ? Side::Buy : Side::Sell;
  BOOST_OUTCOME_TRY(wish.quantity, positive<Quantity>(query, "qty"));
  wish.market = query.find("price") == nullptr;
  if (!wish.market) {
    BOOST_OUTCOME_TRY(wish.price, positive<Price>(query, "price"));
  }
  wish.link_id = query.value_or("link", {});
  BOOST_OUTCOME_TRY(const OrderIds ids, device.core.submit(account, wish, device.now));
  return fmt::format(R"({{"orderId":"{}","orderLinkId":"{}"}})", ids.id, ids.link_id);
}

std::string seen(AccountId id, const OtherDevice& device) {
  const TradingAccount& account = device.core.account(id);
  const RowStyle style{true, device.market.clock_offset_ms()};
  std::string wallet, positions, orders;
  append_wallet_row(wallet, device.core, id);
  for (const Instrument& what : device.core.instruments()) {
    if (what.category != Category::Linear || account.position(what.id).is_zero()) continue;
    if (!positions.empty()) positions += ',';
    append_position_rows(positions, device.core, id, what.id, device.view.mark(what.id, device.now),
                         style);
  }
  for (const auto& [number, order] : account.open) {
    if (!orders.empty()) orders += ',';
    append_order_row(orders, order, device.core.instruments()[order.instrument], style);
  }
  return fmt::format(R"({{"now":{},"wallet":{},"positions":[{}],"orders":[{}]}})",
                     to_unix_ms(device.now) + style.offset_ms, wallet, positions, orders);
}

}  // namespace

bool is_for_account(std::string_view path) {
  return path == "/sim/trade" || path == "/sim/leverage" || path == "/sim/position-mode" ||
         path == "/sim/account";
}

Said<std::string> act_for_account(std::string_view path, const Query& query,
                                  const OtherDevice& device) {
  if (device.accounts.empty()) return Refusal{10003, "API key is invalid."};
  const std::string_view key = query.value_or("key", device.accounts.front().key);
  const auto owner = std::ranges::find(device.accounts, key, &AccountSpec::key);
  if (owner == device.accounts.end()) return Refusal{10003, "API key is invalid."};
  const auto account = static_cast<AccountId>(owner - device.accounts.begin());
  if (path == "/sim/account") return seen(account, device);
  const auto instrument = device.market.find(Category::Linear, query.value_or("symbol", {}));
  if (!instrument) return bad("symbol");
  if (path == "/sim/trade") return trade(query, *instrument, account, device);
  if (path == "/sim/leverage") {
    BOOST_OUTCOME_TRY(const auto leverage, positive<Quantity>(query, "leverage"));
    BOOST_OUTCOME_TRY(device.core.set_leverage(account, *instrument, leverage.raw()));
    return std::string("{}");
  }
  const std::string_view mode = query.value_or("mode", {});
  if (mode != "0" && mode != "3") return bad("mode");
  BOOST_OUTCOME_TRY(device.core.set_mode(account, *instrument, mode == "3"));
  return std::string("{}");
}

}  // namespace proteus::sim

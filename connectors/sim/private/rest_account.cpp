// Positions, margin and the account itself, by REST.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "connectors/sim/private/private_request.hpp"

namespace proteus::sim {

Said<std::string> position_list(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(linear_only(request.query.value_or("category", {})));
  BOOST_OUTCOME_TRY(const Scope scope, scope_of(request, true));
  BOOST_OUTCOME_TRY(const std::int64_t limit, count_of(request.query, "limit", 20, 200));
  BOOST_OUTCOME_TRY(const auto cursor, cursor_of(request));
  std::string rows, next;
  std::int64_t count = 0, last = 0;
  // The number of a row is its instrument's; pages go in instrument order.
  for (const Instrument& what : request.core.instruments()) {
    const auto number = static_cast<std::int64_t>(what.id.index);
    if (what.category != Category::Linear || !scope.holds(what)) continue;
    if (cursor && number <= *cursor) continue;
    const bool flat = request.owner().position(what.id).is_zero();
    if (flat && !scope.instrument) continue;
    if (count == limit) {
      next = cursor_text(last);
      break;
    }
    if (count++ > 0) rows += ',';
    last = number;
    const Price mark = request.view.priced(what.id, request.now)
                           ? request.view.mark(what.id, request.now)
                           : Price{};
    append_position_rows(rows, request.core, request.account, what.id, mark, request.style());
  }
  if (count > 0 && request.last_page_cursor) next = cursor_text(last);
  return list_text(rows, next);
}

Said<std::string> position_set_leverage(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(const auto category, needed_text(request.body, "category"));
  BOOST_OUTCOME_TRY(linear_only(category));
  BOOST_OUTCOME_TRY(const auto symbol, needed_text(request.body, "symbol"));
  BOOST_OUTCOME_TRY(const InstrumentId id, symbol_in(request, symbol));
  BOOST_OUTCOME_TRY(const auto buy, decimal_in<Quantity>(request.body, "buyLeverage"));
  BOOST_OUTCOME_TRY(const auto sell, decimal_in<Quantity>(request.body, "sellLeverage"));
  if (!buy || !sell) return wrong("leverage");
  if (*buy != *sell)
    return Refusal{10001, "params error: buyLeverage and sellLeverage have to be equal"};
  BOOST_OUTCOME_TRY(request.core.set_leverage(request.account, id, buy->raw()));
  return std::string("{}");
}

Said<std::string> position_switch_mode(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(const auto category, needed_text(request.body, "category"));
  BOOST_OUTCOME_TRY(linear_only(category));
  BOOST_OUTCOME_TRY(const auto symbol, text_in(request.body, "symbol"));
  BOOST_OUTCOME_TRY(const auto coin, text_in(request.body, "coin"));
  std::optional<InstrumentId> only;
  if (symbol) {
    BOOST_OUTCOME_TRY(only, symbol_in(request, *symbol));
  } else if (!coin) {
    return Refusal{10001, "params error: symbol or coin is needed"};
  }
  const boost::json::value* mode = request.body.if_contains("mode");
  if (mode == nullptr || !mode->is_int64()) return wrong("mode");
  if (mode->get_int64() == 3) return Refusal{110029, "hedge mode is not supported"};
  if (mode->get_int64() != 0) return wrong("mode");
  bool changed = false;
  for (const Instrument& what : request.core.instruments()) {
    const bool meant = only ? what.id == *only : what.quote_coin.view() == *coin;
    if (!meant || !request.owner().notes[what.id.index].hedge) continue;
    BOOST_OUTCOME_TRY(request.core.set_mode(request.account, what.id, false));
    changed = true;
  }
  if (!changed) return Refusal{110025, "Position mode is not modified"};
  return std::string("{}");
}

Said<std::string> account_wallet(const PrivateRequest& request) {
  if (request.query.value_or("accountType", {}) != "UNIFIED") return wrong("accountType");
  std::string row;
  append_wallet_row(row, request.core, request.account);
  return fmt::format(R"({{"list":[{}]}})", row);
}

Said<std::string> account_info(const PrivateRequest& request) {
  return fmt::format(
      R"({{"unifiedMarginStatus":5,"marginMode":"REGULAR_MARGIN","isMasterTrader":false,)"
      R"("spotHedgingStatus":"OFF","updatedTime":"{}"}})",
      to_unix_ms(request.market.source().first()) + request.market.clock_offset_ms());
}

Said<std::string> account_user_setting(const PrivateRequest& request) {
  const auto& moves = request.owner().moves_price;
  return fmt::format(R"({{"lpaSpot":{},"lpaPerp":{},"deltaHedgeEnable":false}})",
                     moves[static_cast<std::size_t>(Category::Spot)],
                     moves[static_cast<std::size_t>(Category::Linear)]);
}

Said<std::string> account_set_limit_px_action(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(const auto word, needed_text(request.body, "category"));
  BOOST_OUTCOME_TRY(const Category category, category_named(word));
  const boost::json::value* moves = request.body.if_contains("modifyEnable");
  if (moves == nullptr || !moves->is_bool()) return wrong("modifyEnable");
  request.core.set_price_moving(request.account, category, moves->get_bool());
  return std::string("{}");
}

Said<std::string> account_fee_rate(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(const Scope scope, scope_of(request, false));
  const matching::Rates& rates = request.core.rates();
  std::string rows;
  for (const Instrument& what : request.core.instruments()) {
    if (!scope.holds(what)) continue;
    rows += fmt::format(R"({}{{"symbol":"{}","takerFeeRate":"{}","makerFeeRate":"{}"}})",
                        rows.empty() ? "" : ",", what.symbol.view(),
                        format_fixed(rates.fee(what.category, Liquidity::Taker)),
                        format_fixed(rates.fee(what.category, Liquidity::Maker)));
  }
  return fmt::format(R"({{"list":[{}]}})", rows);
}

/// Coins that an account may hold or that an instrument is named after; nothing leaves by any
/// chain.
Said<std::string> asset_coin_info(const PrivateRequest& request) {
  std::set<std::string_view> coins = {"USDT"};
  for (const Instrument& what : request.core.instruments())
    coins.insert({what.base_coin.view(), what.quote_coin.view()});
  const std::string_view only = request.query.value_or("coin", {});
  std::string rows;
  for (const std::string_view coin : coins)
    if (only.empty() || only == coin)
      rows += fmt::format(R"({}{{"coin":"{}","name":"{}","remainAmount":"0","chains":[]}})",
                          rows.empty() ? "" : ",", coin, coin);
  return fmt::format(R"({{"rows":[{}]}})", rows);
}

Said<std::string> user_query_api(const PrivateRequest& request) {
  const auto number = request.account + 1;
  const AccountRights& rights = request.owner().rights;
  return fmt::format(
      R"({{"id":"{0}","note":"simulated","apiKey":"{1}","readOnly":{2},"secret":"",)"
      R"("permissions":{{"ContractTrade":["Order","Position"],"Spot":["SpotTrade"],"Wallet":[{3}],)"
      R"("Options":[],"Derivatives":["DerivativesTrade"],"CopyTrading":[],"BlockTrade":[],)"
      R"("Exchange":[],"NFT":[],"Affiliate":[],"Earn":[]}},"ips":["{4}"],"type":1,)"
      R"("deadlineDay":0,"expiredAt":"{5}",)"
      R"("createdAt":"","unified":0,"uta":1,"userID":{0},"inviterID":0,"vipLevel":"No VIP",)"
      R"("mktMakerLevel":"0","affiliateID":0,"rsaPublicKey":"","isMaster":true,"parentUid":"0",)"
      R"("kycLevel":"LEVEL_DEFAULT","kycRegion":""}})",
      number, request.owner().key, rights.read_only ? 1 : 0,
      rights.withdraw ? R"("AccountTransfer","SubMemberTransfer","Withdraw")" : "",
      rights.ip.empty() ? "*" : rights.ip,
      rights.expires.empty() ? std::string{} : rights.expires + "T00:00:00Z");
}

}  // namespace proteus::sim

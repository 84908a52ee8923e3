// instruments-info: the venue's description of what it trades, in pages.
#include <fmt/format.h>

#include "connectors/sim/rest_parts.hpp"

namespace proteus::sim {
namespace {

constexpr std::int64_t kLotsMax = 10'000'000;  // told where the source names no maximum
constexpr std::int64_t kTicksMax = 19'999'998;

std::string quantity_max(Quantity named, const Instrument& what) {
  if (!named.is_zero()) return named.to_string();
  return decimal_text(Int128{what.lot_step.raw()} * kLotsMax);
}

std::string linear_row(const Instrument& what, Timestamp launch) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(
      what.funding_interval > Duration{0} ? what.funding_interval
                                          : Duration{std::chrono::hours{8}});
  std::string out = fmt::format(
      R"({{"symbol":"{0}","symbolId":{1},"contractType":"LinearPerpetual","status":"{2}",)"
      R"("baseCoin":"{3}","quoteCoin":"{4}","settleCoin":"{4}","launchTime":"{5}",)"
      R"("deliveryTime":"{6}","deliveryFeeRate":"","priceScale":"{7}",)"
      R"("leverageFilter":{{"minLeverage":"1","maxLeverage":"{8}","leverageStep":"0.01"}},)",
      what.symbol.view(), what.id.index + 1, to_string(what.status), what.base_coin.view(),
      what.quote_coin.view(), to_unix_ms(launch), to_unix_ms(what.delivery_time),
      decimals_of(what.tick_size.raw()), decimal_text(what.leverage_max_e9));
  out += fmt::format(
      R"("priceFilter":{{"minPrice":"{0}","maxPrice":"{1}","tickSize":"{0}"}},)"
      R"("lotSizeFilter":{{"minOrderQty":"{2}","maxOrderQty":"{3}","maxMktOrderQty":"{4}",)"
      R"("qtyStep":"{5}","minNotionalValue":"{6}","postOnlyMaxOrderQty":"{3}"}},)",
      what.tick_size.to_string(), decimal_text(Int128{what.tick_size.raw()} * kTicksMax),
      what.quantity_min.to_string(), quantity_max(what.quantity_max_limit, what),
      quantity_max(what.quantity_max_market, what), what.lot_step.to_string(),
      what.notional_min.to_string());
  out +=
      fmt::format(R"("unifiedMarginTrade":true,"fundingInterval":{0},"copyTrading":"none",)"
                  R"("upperFundingRate":"0.005","lowerFundingRate":"-0.005","isPreListing":false,)"
                  R"("preListingInfo":null,"riskParameters":{{"priceLimitRatioX":"0.01",)"
                  R"("priceLimitRatioY":"0.02"}},"symbolType":"","displayName":"",)"
                  R"("forbidUplWithdrawal":false}})",
                  minutes.count());
  return out;
}

std::string spot_row(const Instrument& what) {
  return fmt::format(
      R"({{"symbol":"{0}","symbolId":{10},"baseCoin":"{1}","quoteCoin":"{2}","innovation":"0",)"
      R"("status":"{3}","marginTrading":"none","stTag":"0","lotSizeFilter":{{)"
      R"("basePrecision":"{4}","quotePrecision":"{5}","minOrderQty":"{6}","maxOrderQty":"{7}",)"
      R"("minOrderAmt":"{8}","maxOrderAmt":"4000000","maxLimitOrderQty":"{7}",)"
      R"("maxMarketOrderQty":"{9}","postOnlyMaxLimitOrderSize":"{7}"}},)"
      R"("priceFilter":{{"tickSize":"{11}"}},"riskParameters":{{"priceLimitRatioX":"0.05",)"
      R"("priceLimitRatioY":"0.05"}},"symbolType":"","xstockMultiplier":""}})",
      what.symbol.view(), what.base_coin.view(), what.quote_coin.view(), to_string(what.status),
      what.lot_step.to_string(),
      decimal_text(std::max<std::int64_t>(
          1, static_cast<std::int64_t>(divide(Int128{what.tick_size.raw()} * what.lot_step.raw(),
                                              kFixedScale, Rounding::Down)))),
      (what.quantity_min.is_zero() ? what.lot_step : what.quantity_min).to_string(),
      quantity_max(what.quantity_max_limit, what), what.notional_min.to_string(),
      quantity_max(what.quantity_max_market, what), what.id.index + 1, what.tick_size.to_string());
}

/// The symbol after which a page begins; the cursor may come encoded once more than needed.
std::string symbol_after(const std::string& cursor) {
  std::string text = percent_decoded(cursor);
  const std::size_t at = text.find("last=");
  return at == std::string::npos ? std::string{} : text.substr(at + 5);
}

bool wanted(const Request& request, const Instrument& what) {
  const auto is = [&](const char* key, std::string_view value, std::string_view fallback) {
    return request.query.value_or(key, fallback) == value;
  };
  const bool by_name = request.query.find("symbol") != nullptr;
  if (by_name) return is("symbol", what.symbol.view(), "");
  return is("status", to_string(what.status), "Trading") &&
         is("baseCoin", what.base_coin.view(), what.base_coin.view());
}

}  // namespace

Result<std::string> instruments_info(const Request& request) {
  // Categories of the venue that nothing is listed in here; clients ask for all of them.
  for (const char* const none : {"inverse", "option"})
    if (request.query.value_or("category", {}) == none && request.query.find("symbol") == nullptr)
      return fmt::format(R"({{"category":"{}","list":[],"nextPageCursor":""}})", none);
  BOOST_OUTCOME_TRY(const Category category, category_of(request));
  if (request.query.find("symbol") != nullptr) {
    BOOST_OUTCOME_TRY(symbol_of(request, category));
  }
  BOOST_OUTCOME_TRY(const std::int64_t asked, number_of(request, "limit", 500, 1, 1000));
  const bool paged = category == Category::Linear;
  const auto limit = paged ? static_cast<std::size_t>(asked) : SIZE_MAX;
  const std::string* cursor = request.query.find("cursor");
  const std::string after = paged && cursor != nullptr ? symbol_after(*cursor) : std::string{};
  if (paged && cursor != nullptr && !request.market.find(category, after))
    return bad_parameter("params error: cursor invalid");

  std::string list;
  std::string first, last;
  std::size_t count = 0;
  bool more = false;
  bool begun = after.empty();
  for (const Instrument& what : request.market.instruments()) {
    if (what.category != category) continue;
    if (!begun) {
      begun = what.symbol.view() == after;
      continue;
    }
    if (!wanted(request, what)) continue;
    if (count == limit) {
      more = true;
      break;
    }
    if (count++ == 0) first = what.symbol.view();
    if (count > 1) list += ',';
    last = what.symbol.view();
    list += paged ? linear_row(what, request.market.source().first()) : spot_row(what);
  }
  std::string out = fmt::format("{{\"category\":\"{}\",\"list\":[{}]", to_string(category), list);
  if (paged) {
    const bool told = count > 0 && (more || request.last_page_cursor);
    out += ",\"nextPageCursor\":\"";
    if (told) out += fmt::format("first%3D{}%26last%3D{}", first, last);
    out += '"';
  }
  out += '}';
  return out;
}

}  // namespace proteus::sim

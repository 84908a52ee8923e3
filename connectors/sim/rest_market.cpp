// Tickers, book, trades and funding by REST.
#include <fmt/format.h>

#include "connectors/sim/private/price_band.hpp"
#include "connectors/sim/rest_parts.hpp"

namespace proteus::sim {
namespace {

constexpr std::int64_t kBarsBackMax = 120;  // how far recent-trade looks back

void append_ticker(std::string& out, const TickerFields& fields) {
  out += '{';
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    append_json(out, fields[i].first);
    out += ':';
    append_json(out, fields[i].second);
  }
  out += '}';
}

/// Trades up to `now`, newest first, at most `limit`; each with the instant it was pushed.
std::vector<std::pair<PathTrade, Timestamp>> trades_before(Market& market, InstrumentId id,
                                                           std::size_t limit, Timestamp now) {
  std::vector<std::pair<PathTrade, Timestamp>> newest;
  const PushGrid& grid = market.grid();
  const std::uint64_t key = market.tape(id, now).key();
  Timestamp open = grid.bar_before(now);
  for (std::int64_t back = 0; back < kBarsBackMax && newest.size() < limit;
       ++back, open = grid.bar_before(open)) {
    const auto bar = market.source().bar(id, open);
    if (!bar) continue;
    BarPath path(*bar, market.instrument(id), grid, key);
    std::vector<std::pair<PathTrade, Timestamp>> of_bar;
    const std::int64_t last = grid.step_at(open, now);
    for (std::int64_t step = 0; step <= last; ++step) {
      path.advance_to(step);
      for (const PathTrade& trade : path.trades()) of_bar.emplace_back(trade, path.instant());
    }
    for (auto it = of_bar.rbegin(); it != of_bar.rend() && newest.size() < limit; ++it)
      newest.push_back(*it);
  }
  return newest;
}

}  // namespace

Result<std::string> tickers(const Request& request) {
  BOOST_OUTCOME_TRY(const Category category, category_of(request));
  std::optional<InstrumentId> only;
  if (request.query.find("symbol") != nullptr) {
    BOOST_OUTCOME_TRY(only, symbol_of(request, category));
  }
  std::string out = fmt::format("{{\"category\":\"{}\",\"list\":[", to_string(category));
  bool any = false;
  for (const Instrument& what : request.market.instruments()) {
    if (what.category != category || (only && *only != what.id)) continue;
    const auto fields = ticker_fields(request.market, what.id, request.now, TickerView::Rest);
    if (fields.empty()) continue;  // Not traded yet.
    if (any) out += ',';
    any = true;
    append_ticker(out, fields);
  }
  out += "]}";
  return out;
}

Result<std::string> orderbook(const Request& request) {
  BOOST_OUTCOME_TRY(const Category category, category_of(request));
  BOOST_OUTCOME_TRY(const InstrumentId id, symbol_of(request, category));
  const std::int64_t usual = category == Category::Spot ? 1 : 25;
  BOOST_OUTCOME_TRY(const std::int64_t limit, number_of(request, "limit", usual, 1, 1000));
  const Instrument& what = request.market.instrument(id);
  const Ladder book = request.market.ladder(id, static_cast<std::size_t>(limit), request.now);
  const std::int64_t offset = request.market.clock_offset_ms();
  std::string out = fmt::format("{{\"s\":\"{}\",\"b\":", what.symbol.view());
  append_levels(out, book.bids, what);
  out += ",\"a\":";
  append_levels(out, book.asks, what);
  // u belongs to no stream of another depth, as at the venue.
  out += fmt::format(",\"ts\":{},\"u\":{},\"seq\":{},\"cts\":{}}}",
                     to_unix_ms(request.now) + offset, to_unix_ms(book.matched) / 1000,
                     to_unix_ms(book.matched), to_unix_ms(book.matched) + offset);
  return out;
}

Result<std::string> recent_trades(const Request& request) {
  BOOST_OUTCOME_TRY(const Category category, category_of(request));
  BOOST_OUTCOME_TRY(const InstrumentId id, symbol_of(request, category));
  const std::int64_t most = category == Category::Spot ? 60 : 1000;
  BOOST_OUTCOME_TRY(const std::int64_t limit,
                    number_of(request, "limit", std::min<std::int64_t>(500, most), 1, most));
  const Instrument& what = request.market.instrument(id);
  const int price_places = decimals_of(what.tick_size.raw());
  const int lot_places = decimals_of(what.lot_step.raw());
  std::string out = fmt::format("{{\"category\":\"{}\",\"list\":[", to_string(category));
  bool any = false;
  for (const auto& [trade, instant] :
       trades_before(request.market, id, static_cast<std::size_t>(limit), request.now)) {
    if (any) out += ',';
    any = true;
    out += fmt::format(R"({{"execId":"{}","symbol":"{}","price":")", trade_id(what, trade),
                       what.symbol.view());
    append_decimal(out, trade.price.raw(), price_places);
    out += "\",\"size\":\"";
    append_decimal(out, Int128{trade.lots} * what.lot_step.raw(), lot_places);
    out += fmt::format(
        R"(","side":"{}","time":"{}","isBlockTrade":false,"isRPITrade":false,"seq":"{}"}})",
        trade.taker_buys ? "Buy" : "Sell", to_unix_ms(trade.time), to_unix_ms(instant));
  }
  out += "]}";
  return out;
}

Result<std::string> price_limit(const Request& request) {
  BOOST_OUTCOME_TRY(const Category category, category_of(request, "linear"));
  BOOST_OUTCOME_TRY(const InstrumentId id, symbol_of(request, category));
  SimMarketView view(request.market);
  if (!view.priced(id, request.now)) return bad_parameter("Not supported symbols");
  const PriceBand band = price_band(view, request.market.instrument(id), request.now);
  return fmt::format(R"({{"symbol":"{}","buyLmt":"{}","sellLmt":"{}","ts":"{}"}})",
                     request.market.instrument(id).symbol.view(), band.buy_max.to_string(),
                     band.sell_min.to_string(),
                     to_unix_ms(request.now) + request.market.clock_offset_ms());
}

Result<std::string> funding_history(const Request& request) {
  BOOST_OUTCOME_TRY(const Category category, category_of(request));
  if (category != Category::Linear) return bad_parameter("params error: Category is invalid");
  BOOST_OUTCOME_TRY(const InstrumentId id, symbol_of(request, category));
  BOOST_OUTCOME_TRY(const auto start, time_of(request, "startTime"));
  BOOST_OUTCOME_TRY(const auto end, time_of(request, "endTime"));
  BOOST_OUTCOME_TRY(const std::int64_t limit, number_of(request, "limit", 200, 1, 200));
  if (start && !end) return bad_parameter("params error: startTime needs endTime");
  Market& market = request.market;
  const Instrument& what = market.instrument(id);
  const Duration step = market.funding_interval(what);
  const Timestamp newest = std::min(end.value_or(request.now), request.now);
  const Timestamp oldest = std::max(start.value_or(Timestamp{}), market.source().first());
  std::string out = "{\"category\":\"linear\",\"list\":[";
  std::int64_t count = 0;
  for (Timestamp at = market.next_funding(what, newest) - step; at >= oldest && count < limit;
       at -= step) {
    if (count++ > 0) out += ',';
    out += fmt::format(R"({{"symbol":"{}","fundingRate":"{}","fundingRateTimestamp":"{}"}})",
                       what.symbol.view(), decimal_text(market.funding_rate_e9(id, at)),
                       to_unix_ms(at));
  }
  out += "]}";
  return out;
}

}  // namespace proteus::sim

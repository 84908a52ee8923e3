// What was ordered and done, by REST: open orders, closed ones, executions. Newest first, in pages.
#include <algorithm>
#include <deque>
#include <vector>

#include "connectors/sim/private/private_request.hpp"

namespace proteus::sim {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr Duration kUnfilledKept = std::chrono::hours{24};

/// Rows with a number below the cursor's, at most `limit`, newest first, as the text of a list.
/// number_of: the row's place in time; append: writes one.
template <class Row, class NumberOf, class Append>
std::string paged(const PrivateRequest& request, std::vector<const Row*> rows, std::int64_t limit,
                  std::optional<std::int64_t> cursor, NumberOf number_of, Append append) {
  std::ranges::sort(rows, std::greater{}, number_of);
  std::string text, next;
  std::int64_t count = 0;
  const Row* last = nullptr;
  for (const Row* const row : rows) {
    if (cursor && number_of(row) >= *cursor) continue;
    if (count == limit) {
      next = cursor_text(number_of(last));
      break;
    }
    if (count++ > 0) text += ',';
    append(text, *row);
    last = row;
  }
  if (last != nullptr && request.last_page_cursor) next = cursor_text(number_of(last));
  return list_text(
      text, next,
      request.query.value_or("category", {}) == "spot" ? Category::Spot : Category::Linear);
}

std::string order_page(const PrivateRequest& request, std::vector<const VenueOrder*> rows,
                       std::int64_t limit, std::optional<std::int64_t> cursor) {
  return paged(
      request, std::move(rows), limit, cursor,
      [](const VenueOrder* order) { return static_cast<std::int64_t>(order->number); },
      [&](std::string& out, const VenueOrder& order) {
        append_order_row(out, order, request.core.instruments()[order.instrument], request.style());
      });
}

/// Whether the ids in the query name it; true where there are none.
bool named(const PrivateRequest& request, const std::string& id, const std::string& link_id) {
  if (const std::string* wanted_id = request.query.find("orderId")) return id == *wanted_id;
  if (const std::string* wanted_link = request.query.find("orderLinkId"))
    return link_id == *wanted_link;
  return true;
}

bool names_an_order(const PrivateRequest& request) {
  return request.query.find("orderId") != nullptr || request.query.find("orderLinkId") != nullptr;
}

}  // namespace

Said<std::string> order_realtime(const PrivateRequest& request) {
  const bool by_id = names_an_order(request);
  BOOST_OUTCOME_TRY(const Scope scope, scope_of(request, !by_id));
  BOOST_OUTCOME_TRY(const std::int64_t limit, count_of(request.query, "limit", 20, 50));
  BOOST_OUTCOME_TRY(const auto cursor, cursor_of(request));
  const std::string_view open_only = request.query.value_or("openOnly", "0");
  if (open_only != "0" && open_only != "1") return wrong("openOnly");
  const TradingAccount& owner = request.owner();
  const auto wanted_here = [&](const VenueOrder& order) {
    const Instrument& what = request.core.instruments()[order.instrument];
    return (by_id ? what.category == scope.category : scope.holds(what)) &&
           named(request, order.id, order.link_id) &&
           passes_filter(order, request.query.value_or("orderFilter", {}));
  };
  std::vector<const VenueOrder*> rows;
  // By id also those that closed lately are found.
  const auto look_at = [&](const VenueOrder& order) {
    const VenueOrder* const row = owner.shown(order, request.now);
    if (row != nullptr && (by_id || row->open() == (open_only == "0")) && wanted_here(*row))
      rows.push_back(row);
  };
  for (const auto& [number, order] : owner.open) look_at(order);
  for (std::size_t i = owner.closed.size() - owner.remembered_closed; i < owner.closed.size(); ++i)
    look_at(owner.closed[i]);
  return order_page(request, std::move(rows), limit, cursor);
}

Said<std::string> order_history(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(const Scope scope, scope_of(request, false));
  BOOST_OUTCOME_TRY(const std::int64_t limit, count_of(request.query, "limit", 20, 50));
  BOOST_OUTCOME_TRY(const auto cursor, cursor_of(request));
  BOOST_OUTCOME_TRY(const Span7 span, span_of(request));
  const bool by_id = names_an_order(request);
  const std::string_view status = request.query.value_or("orderStatus", {});
  std::vector<const VenueOrder*> rows;
  for (const VenueOrder& closed : request.owner().closed) {
    const VenueOrder* const row = request.owner().shown(closed, request.now);
    if (row == nullptr || row->open()) continue;
    const VenueOrder& order = *row;
    const std::int64_t told = to_unix_ms(order.created) + request.market.clock_offset_ms();
    const bool in_time = by_id || (told >= span.from_ms && told <= span.until_ms);
    const bool forgotten = order.filled.is_zero() && order.updated + kUnfilledKept < request.now;
    const Instrument& what = request.core.instruments()[order.instrument];
    const bool here = by_id ? what.category == scope.category : scope.holds(what);
    if (in_time && !forgotten && here && named(request, order.id, order.link_id) &&
        passes_filter(order, request.query.value_or("orderFilter", {})) &&
        (status.empty() || status == to_string(order.status)))
      rows.push_back(&order);
  }
  return order_page(request, std::move(rows), limit, cursor);
}

Said<std::string> account_transaction_log(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(const std::int64_t limit, count_of(request.query, "limit", 20, 50));
  BOOST_OUTCOME_TRY(const auto cursor, cursor_of(request));
  BOOST_OUTCOME_TRY(const Span7 span, span_of(request, kDayMs));
  const std::string_view type = request.query.value_or("type", {});
  const std::string_view currency = request.query.value_or("currency", "USDT");
  const std::string_view base = request.query.value_or("baseCoin", {});
  std::vector<const Execution*> rows;
  for (const Execution& e : request.owner().executions) {
    const std::int64_t told = to_unix_ms(e.time) + request.market.clock_offset_ms();
    const Instrument& what = request.core.instruments()[e.order.instrument];
    if (told >= span.from_ms && told <= span.until_ms && currency == "USDT" &&
        (base.empty() || base == what.base_coin.view()) &&
        (type.empty() || type == transaction_type(e.type)))
      rows.push_back(&e);
  }
  return paged(
      request, std::move(rows), limit, cursor, [](const Execution* e) { return e->seq; },
      [&](std::string& out, const Execution& e) {
        append_transaction_row(out, e, request.core.instruments()[e.order.instrument],
                               request.market.clock_offset_ms());
      });
}

/// One row an order that closed something of a perpetual; live ones too.
Said<std::string> position_closed_pnl(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(linear_only(request.query.value_or("category", {})));
  BOOST_OUTCOME_TRY(const Scope scope, scope_of(request, false));
  BOOST_OUTCOME_TRY(const std::int64_t limit, count_of(request.query, "limit", 50, 100));
  BOOST_OUTCOME_TRY(const auto cursor, cursor_of(request));
  BOOST_OUTCOME_TRY(const Span7 span, span_of(request));
  const TradingAccount& owner = request.owner();
  std::vector<const VenueOrder*> rows;
  const auto look_at = [&](const VenueOrder& order) {
    const std::int64_t told = to_unix_ms(order.updated) + request.market.clock_offset_ms();
    if (!order.closed.is_zero() && told >= span.from_ms && told <= span.until_ms &&
        scope.holds(request.core.instruments()[order.instrument]))
      rows.push_back(&order);
  };
  for (const auto& [number, order] : owner.open) look_at(order);
  for (const VenueOrder& order : owner.closed) look_at(order);
  return paged(
      request, std::move(rows), limit, cursor,
      [](const VenueOrder* order) { return static_cast<std::int64_t>(order->number); },
      [&](std::string& out, const VenueOrder& order) {
        append_closed_row(out, order, request.core.instruments()[order.instrument],
                          owner.notes[order.instrument.index].leverage_e9,
                          request.market.clock_offset_ms());
      });
}

Said<std::string> execution_list(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(const Scope scope, scope_of(request, false));
  BOOST_OUTCOME_TRY(const std::int64_t limit, count_of(request.query, "limit", 50, 100));
  BOOST_OUTCOME_TRY(const auto cursor, cursor_of(request));
  BOOST_OUTCOME_TRY(const Span7 span, span_of(request));
  const bool by_id = names_an_order(request);
  const std::string_view type = request.query.value_or("execType", {});
  std::vector<const Execution*> rows;
  for (const Execution& e : request.owner().executions) {
    if (!request.owner().shown(e, request.now)) continue;
    const std::int64_t told = to_unix_ms(e.time) + request.market.clock_offset_ms();
    const bool in_time = told >= span.from_ms && told <= span.until_ms;
    const Instrument& what = request.core.instruments()[e.order.instrument];
    const bool here = scope.holds(what);
    // An order's id goes before every other filter but the category.
    const bool meant =
        by_id ? what.category == scope.category && named(request, e.order.id, e.order.link_id)
              : in_time && here && (type.empty() || type == to_string(e.type));
    if (meant) rows.push_back(&e);
  }
  return paged(
      request, std::move(rows), limit, cursor, [](const Execution* e) { return e->seq; },
      [&](std::string& out, const Execution& e) {
        append_execution_row(out, e, request.core.instruments()[e.order.instrument],
                             request.style());
      });
}

}  // namespace proteus::sim

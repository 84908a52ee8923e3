// Orders by the dozen, by REST and websocket: every row is an order of its own, with its own code
// and its own share of the limit. Section 10.5.
#include <fmt/format.h>

#include "connectors/sim/private/private_request.hpp"

namespace proteus::sim {
namespace {

namespace json = boost::json;

constexpr std::size_t kRowsMax = 20;
constexpr std::size_t kSpotRowsMax = 10;

using Single = Said<std::string> (*)(const PrivateRequest&);

std::string text_or_empty(const json::object& row, std::string_view key) {
  const json::value* value = row.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string()))
                                                : std::string{};
}

Said<std::string> done_row(const PrivateRequest& request, const json::object& row, Single single) {
  if (!request.quota->window.take(request.quota->limit, request.now))
    return Refusal{10006, "Too many visits. Exceeded the API Rate Limit."};
  PrivateRequest one{request.market,  request.view,  request.core, request.guard,
                     request.account, request.query, row,          request.now};
  return single(one);
}

Said<std::string> batch(const PrivateRequest& request, Single single, bool tells_creation) {
  BOOST_OUTCOME_TRY(const auto category, needed_text(request.body, "category"));
  BOOST_OUTCOME_TRY(const Category kind, category_named(category));
  const std::size_t most = kind == Category::Spot ? kSpotRowsMax : kRowsMax;
  const json::value* rows = request.body.if_contains("request");
  if (rows == nullptr || !rows->is_array() || rows->get_array().empty() ||
      rows->get_array().size() > most)
    return wrong("request");
  std::string list, codes;
  for (const json::value& value : rows->get_array()) {
    json::object row = value.is_object() ? value.get_object() : json::object{};
    row["category"] = category;
    const auto said = done_row(request, row, single);
    std::string order_id, link_id = text_or_empty(row, "orderLinkId");
    if (said) {
      const json::value ids = json::parse(said.value());
      order_id = text_or_empty(ids.get_object(), "orderId");
      link_id = text_or_empty(ids.get_object(), "orderLinkId");
    }
    list += fmt::format(R"({}{{"category":"{}","symbol":)", list.empty() ? "" : ",", category);
    append_json(list, text_or_empty(row, "symbol"));
    list += fmt::format(R"(,"orderId":"{}","orderLinkId":)", order_id);
    append_json(list, link_id);
    if (tells_creation) {
      const std::int64_t at = to_unix_ms(request.now) + request.market.clock_offset_ms();
      list += fmt::format(R"(,"createAt":"{}")", said ? std::to_string(at) : std::string{});
    }
    list += '}';
    codes += fmt::format(R"({}{{"code":{},"msg":)", codes.empty() ? "" : ",",
                         said ? 0 : said.error().code);
    append_json(codes, said ? "OK" : said.error().text);
    codes += '}';
  }
  *request.ext_info = fmt::format(R"({{"list":[{}]}})", codes);
  return fmt::format(R"({{"list":[{}]}})", list);
}

}  // namespace

Said<std::string> order_create_batch(const PrivateRequest& request) {
  return batch(request, order_create, true);
}
Said<std::string> order_amend_batch(const PrivateRequest& request) {
  return batch(request, order_amend, false);
}
Said<std::string> order_cancel_batch(const PrivateRequest& request) {
  return batch(request, order_cancel, false);
}

}  // namespace proteus::sim

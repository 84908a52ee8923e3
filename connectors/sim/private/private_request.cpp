#include "connectors/sim/private/private_request.hpp"

#include <fmt/format.h>

#include <chrono>

namespace proteus::sim {
namespace {

constexpr std::int64_t kWeekMs = 7 * 86'400'000LL;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

Said<std::optional<std::string>> text_in(const boost::json::object& body, std::string_view key) {
  const boost::json::value* value = body.if_contains({key.data(), key.size()});
  if (value == nullptr || value->is_null()) return std::optional<std::string>{};
  if (!value->is_string()) return wrong(key);
  std::string text(std::string_view(value->get_string()));
  if (text.empty()) return std::optional<std::string>{};
  return std::optional(std::move(text));
}

Said<std::string> needed_text(const boost::json::object& body, std::string_view key) {
  BOOST_OUTCOME_TRY(const auto text, text_in(body, key));
  if (!text) return wrong(key);
  return *text;
}

Said<bool> flag_in(const boost::json::object& body, std::string_view key) {
  const boost::json::value* value = body.if_contains({key.data(), key.size()});
  if (value == nullptr || value->is_null()) return false;
  if (!value->is_bool()) return wrong(key);
  return value->get_bool();
}

Said<void> linear_only(std::string_view category) {
  if (category == "linear") return boost::outcome_v2::success();
  return Refusal{10001, "params error: Category is invalid"};
}

Said<Category> category_named(std::string_view category) {
  if (category == "linear") return Category::Linear;
  if (category == "spot") return Category::Spot;
  return Refusal{10001, "params error: Category is invalid"};
}

Said<InstrumentId> symbol_in(const PrivateRequest& request, std::string_view symbol,
                             Category category) {
  const auto id = request.market.find(category, symbol);
  if (!id) return Refusal{10001, "Not supported symbols"};
  return *id;
}

Said<void> right_position(const PrivateRequest& request, InstrumentId instrument) {
  const boost::json::value* index = request.body.if_contains("positionIdx");
  const bool none = index == nullptr || index->is_null();
  const std::int64_t number = none ? 0 : index->is_int64() ? index->get_int64() : -1;
  const bool hedge = request.owner().notes[instrument.index].hedge;
  if (hedge ? number != 1 && number != 2 : number != 0)
    return Refusal{10001, "position idx not match position mode"};
  if (hedge) return Refusal{10001, "params error: hedge mode is not simulated"};
  return boost::outcome_v2::success();
}

Said<std::int64_t> count_of(const Query& query, std::string_view key, std::int64_t fallback,
                            std::int64_t max) {
  const std::string* text = query.find(key);
  if (text == nullptr) return fallback;
  const auto value = whole_number(*text);
  if (!value || *value < 1) return wrong(key);
  return std::min(*value, max);
}

bool Scope::holds(const Instrument& what) const {
  if (what.category != category) return false;
  if (instrument) return what.id == *instrument;
  if (!base_coin.empty()) return what.base_coin.view() == base_coin;
  return settle_coin.empty() || what.quote_coin.view() == settle_coin;
}

Said<Scope> scope_of(const PrivateRequest& request, bool needed) {
  Scope scope;
  BOOST_OUTCOME_TRY(scope.category, category_named(request.query.value_or("category", {})));
  if (const std::string* symbol = request.query.find("symbol")) {
    BOOST_OUTCOME_TRY(scope.instrument, symbol_in(request, *symbol, scope.category));
  }
  scope.base_coin = request.query.value_or("baseCoin", {});
  scope.settle_coin = request.query.value_or("settleCoin", {});
  if (needed && scope.category == Category::Linear && !scope.instrument &&
      scope.base_coin.empty() && scope.settle_coin.empty())
    return Refusal{10001, "Missing some parameters that must be filled in, symbol or settleCoin"};
  return scope;
}

Said<Span7> span_of(const PrivateRequest& request, std::int64_t usual_ms) {
  const std::int64_t now = to_unix_ms(request.now) + request.market.clock_offset_ms();
  std::optional<std::int64_t> from, until;
  for (const auto& [key, into] : {std::pair{"startTime", &from}, std::pair{"endTime", &until}}) {
    const std::string* text = request.query.find(key);
    if (text == nullptr) continue;
    *into = whole_number(*text);
    if (!*into) return wrong(key);
  }
  if (from && until && (*until < *from || *until - *from > kWeekMs))
    return Refusal{10001, "The time range between startTime and endTime cannot exceed 7 days"};
  if (from)
    return Span7{*from, until.value_or(*from > INT64_MAX - kWeekMs ? INT64_MAX : *from + kWeekMs)};
  if (until) return Span7{*until - kWeekMs, *until};
  return Span7{now - usual_ms, now};
}

Said<std::optional<std::int64_t>> cursor_of(const PrivateRequest& request) {
  const std::string* text = request.query.find("cursor");
  if (text == nullptr) return std::optional<std::int64_t>{};
  // It may come encoded once more than needed.
  const std::string plain = percent_decoded(*text);
  const std::size_t at = plain.find(':');
  const auto number =
      at == std::string::npos ? std::nullopt : whole_number(std::string_view(plain).substr(at + 1));
  if (!number) return wrong("cursor");
  return std::optional(*number);
}

std::string cursor_text(std::int64_t number) { return fmt::format("row%3A{}", number); }

std::string list_text(std::string_view rows, std::string_view cursor, Category category) {
  return fmt::format(R"({{"category":"{}","list":[{}],"nextPageCursor":"{}"}})",
                     to_string(category), rows, cursor);
}

}  // namespace proteus::sim

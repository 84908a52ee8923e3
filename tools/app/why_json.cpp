#include "tools/app/why_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "engine/core/refusal.hpp"
#include "tools/app/status_json.hpp"

namespace proteus::app {
namespace {

namespace bj = boost::json;

const bj::value* member(const bj::value& object, std::string_view key) {
  return object.is_object() ? object.as_object().if_contains(key) : nullptr;
}

std::string text_or_empty(const bj::value& object, std::string_view key) {
  const bj::value* v = member(object, key);
  return v != nullptr && v->is_string() ? std::string(v->as_string()) : std::string();
}

bool flag(const bj::value& object, std::string_view key) {
  const bj::value* v = member(object, key);
  return v != nullptr && v->is_bool() && v->as_bool();
}

/// NaN where it is no number: JSON shows it as null.
double number_or_nan(const bj::value* v) {
  if (v == nullptr || !v->is_number()) return std::nan("");
  return v->to_number<double>();
}

const bj::array& entries(const bj::value& object, std::string_view key) {
  static const bj::array kNone;
  const bj::value* v = member(object, key);
  return v != nullptr && v->is_array() ? v->as_array() : kNone;
}

std::string observation_json(const bj::value& detail, const std::vector<std::string>& names) {
  JsonList out;
  std::size_t i = 0;
  for (const bj::value& value : entries(detail, "observation")) {
    const std::string name = i < names.size() ? names[i] : fmt::format("x{}", i);
    out.add(JsonObject{}.add("name", name).add("value", number_or_nan(&value)));
    ++i;
  }
  return out.text();
}

/// What the policy said, or null.
std::string policy_json(const bj::value& detail) {
  const bj::array& words = entries(detail, "policy");
  return words.empty() ? "null" : bj::serialize(words.front());
}

std::string sizing_json(const bj::value& detail) {
  JsonList out;
  for (const bj::value& step : entries(detail, "sizing"))
    out.add(JsonObject{}
                .add("step", text_or_empty(step, "id"))
                .add("weight", number_or_nan(member(step, "weight")))
                .add("factor", number_or_nan(member(step, "factor"))));
  return out.text();
}

/// A Measure as stored: raw and unit; decimals for what counts in 1e-9. The value is null where
/// there was nothing to measure (no price that liquidates, no edge that is expected).
JsonObject measure_json(const bj::value* measure) {
  if (measure == nullptr) return {};
  const std::string unit = text_or_empty(*measure, "unit");
  const bj::value* raw = member(*measure, "raw");
  const std::int64_t value = raw != nullptr && raw->is_int64() ? raw->as_int64() : 0;
  if (value == INT64_MAX) return JsonObject{}.add_raw("value", "null").add("unit", unit);
  const bool whole = unit == "count" || unit == "ns";
  return JsonObject{}
      .add("value", whole ? std::to_string(value) : format_fixed(value))
      .add("unit", unit);
}

int control_number(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Control::KeyPermissions); ++i)
    if (to_string(static_cast<Control>(i)) == name) return i;
  return 0;
}

/// As `refuser` (engine/core/refusal.hpp), of a word as it is stored.
bool is_backlog(const bj::value& word) {
  const bj::value* limit = member(word, "limit");
  const bj::value* raw = limit == nullptr ? nullptr : member(*limit, "raw");
  return !flag(word, "passed") &&
         text_or_empty(word, "control") == to_string(Control::MessageRate) && raw != nullptr &&
         raw->is_int64() && raw->as_int64() == 0;
}

std::string controls_json(const bj::value& detail) {
  JsonList out;
  for (const bj::value& word : entries(detail, "controls")) {
    const std::string name = text_or_empty(word, "control");
    out.add(
        JsonObject{}
            .add("control", is_backlog(word) ? to_string(Hold::Backlog) : std::string_view(name))
            .add("number", control_number(name))
            .add("passed", flag(word, "passed"))
            .add("limit", measure_json(member(word, "limit")))
            .add("actual", measure_json(member(word, "actual"))));
  }
  return out.text();
}

std::string fills_json(const DecisionFacts& facts, const std::string& order) {
  JsonList out;
  for (const FillFacts& fill : facts.fills)
    if (fill.order_id == order) out.add_raw(json::to_json(fill));
  return out.text();
}

std::string orders_json(const bj::value& detail, const DecisionFacts& facts) {
  JsonList out;
  const bool backlog = std::ranges::any_of(entries(detail, "controls"), is_backlog);
  for (const bj::value& wish : entries(detail, "orders")) {
    const std::string id = text_or_empty(wish, "id"), by = text_or_empty(wish, "refused_by");
    OrderFacts now;
    for (const OrderFacts& order : facts.orders)
      if (order.id == id) now = order;
    out.add(JsonObject{}
                .add("id", id)
                .add("side", text_or_empty(wish, "side"))
                .add("quantity", text_or_empty(wish, "quantity"))
                .add("reduce_only", flag(wish, "reduce_only"))
                .add("approved", flag(wish, "approved"))
                .add("refused_by", backlog && by == to_string(Control::MessageRate)
                                       ? std::string(to_string(Hold::Backlog))
                                       : by)
                .add("type", now.type)
                .add("state", now.state)
                .add("ended_by", now.ended_by)
                .add("filled", now.filled)
                .add("text", now.text)
                .add("decided", now.decided)
                .add("reference", now.reference)
                .add("sends", now.sends)
                .add("updated", now.updated)
                .add_raw("fills", fills_json(facts, id)));
  }
  return out.text();
}

}  // namespace

BarFacts bar_facts(const BarClosed& closed, Timestamp received) {
  const Bar& bar = closed.bar;
  const Timestamp end = next_open(bar.open_time, bar.interval);
  return {bar.open.to_string(),
          bar.high.to_string(),
          bar.low.to_string(),
          bar.close.to_string(),
          std::string(to_string(closed.source)),
          json::time_text(end),
          json::time_text(received),
          bar.volume,
          seconds(received - end) * 1e3};
}

DecisionFacts facts_of(const DecisionRecord& record, std::string instrument, std::string interval,
                       std::vector<std::string> names) {
  DecisionFacts facts;
  facts.instrument = std::move(instrument);
  facts.interval = std::move(interval);
  facts.bar_open = json::time_text(record.bar_open);
  facts.time = json::time_text(record.time);
  facts.close = record.close.to_string();
  facts.outcome = to_string(record.outcome);
  facts.reason = record.reason.view();
  facts.position = record.position.to_string();
  facts.wanted = record.wanted.to_string();
  facts.equity = record.equity.to_string();
  facts.sequence = record.sequence;
  if (record.has_target) facts.target = {record.target.weight, record.target.confidence};
  facts.detail = json::to_json(record);
  facts.names = std::move(names);
  return facts;
}

JsonObject decision_json(const DecisionFacts& facts) {
  bj::error_code failed;
  const bj::value detail = bj::parse(facts.detail, failed);
  JsonObject out;
  out.add("instrument", facts.instrument)
      .add("interval", facts.interval)
      .add("bar_open", facts.bar_open)
      .add("close", facts.close)
      .add("time", facts.time)
      .add("sequence", facts.sequence)
      .add("outcome", facts.outcome)
      .add("reason", facts.reason)
      .add("equity", facts.equity)
      .add("position", facts.position)
      .add("wanted", facts.wanted)
      .add_raw("observation", observation_json(detail, facts.names));
  if (facts.target)
    out.add(
        "target",
        JsonObject{}.add("weight", facts.target->first).add("confidence", facts.target->second));
  else
    out.add_raw("target", "null");
  out.add_raw("bar", facts.bar ? json::to_json(*facts.bar) : "null")
      .add_raw("policy", policy_json(detail))
      .add_raw("adaptation", facts.adaptation ? json::to_json(*facts.adaptation) : "null")
      .add_raw("sizing", sizing_json(detail))
      .add_raw("controls", controls_json(detail))
      .add_raw("orders", orders_json(detail, facts))
      .add_raw("after", facts.after ? json::to_json(*facts.after) : "null");
  const std::string summary = why_summary(out.text());
  return out.add("summary", summary);
}

std::string why_document(std::string_view source, std::string_view session,
                         const std::vector<DecisionFacts>& decisions) {
  JsonList list;
  for (const DecisionFacts& facts : decisions) list.add(decision_json(facts));
  return JsonObject{}
      .add("schema", kStatusSchema)
      .add("source", source)
      .add("session", session)
      .add_raw("decisions", list.text())
      .text();
}

}  // namespace proteus::app

#include "tools/app/told/record_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace proteus::app::told {
namespace {

constexpr std::size_t kWordsMax = 400;

template <class T>
std::optional<InstrumentId> its_instrument(const T& value) {
  if constexpr (requires { value.has_instrument; })
    return value.has_instrument ? std::optional(value.instrument) : std::nullopt;
  else if constexpr (requires { value.instrument.index; })
    return value.instrument;
  else if constexpr (requires { value.bar.instrument; })
    return value.bar.instrument;
  else if constexpr (requires { value.instrument.id; })
    return value.instrument.id;
  else if constexpr (requires { value.order.instrument; })
    return value.order.instrument;
  else
    return std::nullopt;
}

}  // namespace

std::vector<FieldText> fields_of(const storage::WalRecord& record) {
  std::vector<FieldText> out;
  if (const auto* event = std::get_if<Event>(&record)) {
    flatten(event->sequence, "sequence", out);
    out.push_back({"origin", event->origin == Origin::Input ? "input" : "derived"});
    flatten(event->ts_event, "ts_event", out);
    flatten(event->ts_recv, "ts_recv", out);
    std::visit([&](const auto& body) { flatten(body, "", out); }, event->body);
  } else if (const auto* snapshot = std::get_if<storage::Snapshot>(&record)) {
    flatten(snapshot->sequence, "sequence", out);
    flatten(snapshot->time, "time", out);
    out.push_back({"ledger_hash", fmt::format("{:016x}", snapshot->ledger_hash)});
  } else {
    std::visit(
        [&](const auto& r) {
          if constexpr (Described<std::remove_cvref_t<decltype(r)>>) flatten(r, "", out);
        },
        record);
  }
  return out;
}

std::vector<FieldDifference> differences(const std::vector<FieldText>& then,
                                         const std::vector<FieldText>& now) {
  const std::string none = "(none)";
  std::map<std::string_view, const std::string*> there, here;
  for (const FieldText& f : then) there[f.name] = &f.value;
  for (const FieldText& f : now) here[f.name] = &f.value;
  std::vector<FieldDifference> found;
  for (const FieldText& f : then) {
    const auto other = here.find(f.name);
    if (other == here.end())
      found.push_back({f.name, f.value, none});
    else if (*other->second != f.value)
      found.push_back({f.name, f.value, *other->second});
  }
  for (const FieldText& f : now)
    if (!there.contains(f.name)) found.push_back({f.name, none, f.value});
  return found;
}

std::string_view kind_of(const storage::WalRecord& record) {
  if (const auto* event = std::get_if<Event>(&record)) return event_name(event->body);
  constexpr std::array<std::string_view, 6> kNames = {"event",  "decision", "order",
                                                      "cancel", "equity",   "snapshot"};
  return kNames[record.index()];
}

std::string words_of(const storage::WalRecord& record) {
  std::string text{kind_of(record)};
  if (const auto* event = std::get_if<Event>(&record))
    text += fmt::format(" (event {}, {}) {}", event->sequence,
                        event->origin == Origin::Input ? "input" : "derived",
                        std::visit([](const auto& b) { return json::to_json(b); }, event->body));
  else if (const auto* snapshot = std::get_if<storage::Snapshot>(&record))
    text += fmt::format(" after event {}, ledger hash {:016x}", snapshot->sequence,
                        snapshot->ledger_hash);
  else
    text += " " + std::visit(
                      [](const auto& r) -> std::string {
                        using R = std::remove_cvref_t<decltype(r)>;
                        if constexpr (Described<R> && !std::is_same_v<R, storage::Snapshot>)
                          return json::to_json(r);
                        else
                          return {};
                      },
                      record);
  if (text.size() > kWordsMax) text = text.substr(0, kWordsMax) + "...";
  return text;
}

std::optional<InstrumentId> instrument_of(const storage::WalRecord& record) {
  if (const auto* event = std::get_if<Event>(&record))
    return std::visit([](const auto& body) { return its_instrument(body); }, event->body);
  if (const auto* decision = std::get_if<DecisionRecord>(&record)) return decision->instrument;
  if (const auto* order = std::get_if<OrderIntent>(&record)) return order->order.instrument;
  return std::nullopt;
}

bool same_bits(const storage::WalRecord& a, const storage::WalRecord& b) {
  if (a.index() != b.index()) return false;
  thread_local ByteBuffer left, right;
  left.clear();
  right.clear();
  std::visit([](const auto& r) { storage::encode_record(r, 0, left); }, a);
  std::visit([](const auto& r) { storage::encode_record(r, 0, right); }, b);
  return std::ranges::equal(left.view(), right.view());
}

}  // namespace proteus::app::told

#include "connectors/storage/retold_journal.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/json.hpp"

namespace proteus::storage {
namespace {

constexpr std::size_t kTextMax = 400;

std::string shortened(std::string text) {
  if (text.size() > kTextMax) text = text.substr(0, kTextMax) + "...";
  return text;
}

std::string describe(const Event& event) {
  return fmt::format("event {} ({}, {}) {}", event.sequence, event_name(event.body),
                     event.origin == Origin::Input ? "input" : "derived",
                     std::visit([](const auto& body) { return json::to_json(body); }, event.body));
}
std::string describe(const DecisionRecord& record) { return "decision " + json::to_json(record); }
std::string describe(const OrderIntent& intent) { return "order " + json::to_json(intent); }
std::string describe(const CancelIntent& intent) { return "cancel " + json::to_json(intent); }
std::string describe(const EquityPoint& point) { return "equity " + json::to_json(point); }
std::string describe(const Snapshot& snapshot) {
  return fmt::format("a snapshot after event {}", snapshot.sequence);
}

/// Bit for bit, as they stand in the log.
template <class T>
bool same(const T& then, const T& now) {
  ByteBuffer a;
  ByteBuffer b;
  encode_record(then, 0, a);
  encode_record(now, 0, b);
  return std::ranges::equal(a.view(), b.view());
}

}  // namespace

const WalRecord* RetoldJournal::expected() {
  if (expected_ != nullptr || log_ != nullptr || error_) return expected_;
  number_ = last_.tail().number;
  Result<const WalRecord*> record = last_.next();
  if (record.has_error()) {
    error_ = record.error();
    return nullptr;
  }
  expected_ = record.value();
  if (expected_ != nullptr) return expected_;
  Result<std::unique_ptr<WalJournal>> log = WalJournal::resume(last_, options_);
  if (log.has_error()) {
    error_ = log.error();
    return nullptr;
  }
  owned_ = std::move(log.value());
  log_ = owned_.get();
  return nullptr;
}

Result<const Event*> RetoldJournal::next_input() {
  const WalRecord* const record = expected();
  if (error_) return *error_;
  if (record == nullptr) return nullptr;
  const auto* event = std::get_if<Event>(record);
  if (event == nullptr || event->origin != Origin::Input) {
    differs(std::visit([](const auto& r) { return describe(r); }, *record), "nothing");
    return *error_;
  }
  ++inputs_;
  return event;
}

template <class T>
void RetoldJournal::check(const T& made) {
  const WalRecord* const record = expected();
  if (error_) return;
  if (record == nullptr) return log_->append(made);
  const T* const then = std::get_if<T>(record);
  if (then == nullptr || !same(*then, made))
    return differs(std::visit([](const auto& r) { return describe(r); }, *record), describe(made));
  expected_ = nullptr;
  ++records_;
}

void RetoldJournal::differs(const std::string& then, const std::string& now) {
  error_ = error(ErrorCode::Corrupt,
                 fmt::format("record {} of the session log is told differently by this program: "
                             "it has {}; now came {}",
                             number_, shortened(then), shortened(now)));
}

bool RetoldJournal::commit() {
  const WalRecord* const record = expected();
  if (error_) return false;
  if (record == nullptr) return log_->commit();
  // What the engine told of its log is what it will tell next.
  if (const auto* event = std::get_if<Event>(record); event && event->origin == Origin::Input)
    if (const auto* hold = std::get_if<HoldChanged>(&event->body);
        hold && hold->hold == Hold::Backlog)
      failing_ = hold->active;
  return !failing_;
}

}  // namespace proteus::storage

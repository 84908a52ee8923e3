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
  if (ahead_.empty() && log_ == nullptr && !error_) static_cast<void>(read_on());
  return ahead_.empty() ? nullptr : &ahead_.front().record;
}

/// One record more. False: there is none, and the log goes on here, or something failed.
bool RetoldJournal::read_on() {
  const WalReader::Tail where = last_.tail();
  Result<const WalRecord*> record = last_.next();
  if (record.has_value() && record.value() != nullptr) {
    ahead_.push_back({*record.value(), where});
    return true;
  }
  if (record.has_error())
    error_ = record.error();
  else if (ahead_.empty())
    open_log();
  return false;
}

void RetoldJournal::open_log() {
  Result<std::unique_ptr<WalJournal>> log = WalJournal::resume(last_, options_);
  if (log.has_error()) {
    error_ = log.error();
    return;
  }
  owned_ = std::move(log.value());
  log_ = owned_.get();
}

/// What a venue reports because of an input stands before that input. A write that was cut between
/// the two leaves reports without a cause: nothing had left for them, and they are cut off.
Result<const Event*> RetoldJournal::next_input() {
  const auto is_input = [](const Ahead& ahead) {
    const auto* event = std::get_if<Event>(&ahead.record);
    return event != nullptr && event->origin == Origin::Input;
  };
  for (std::size_t i = 0; log_ == nullptr && !error_; ++i) {
    if (i < ahead_.size() || read_on()) {
      if (!is_input(ahead_[i])) continue;
      ++inputs_;
      return &std::get<Event>(ahead_[i].record);
    }
    if (error_ || ahead_.empty()) break;
    if (const Result<void> cut = last_.cut_from(ahead_.front().where); cut.has_error())
      error_ = cut.error();
    ahead_.clear();
    if (!error_) open_log();
  }
  if (error_) return *error_;
  return nullptr;
}

template <class T>
void RetoldJournal::check(const T& made) {
  const WalRecord* const record = expected();
  if (error_) return;
  if (record == nullptr) return log_->append(made);
  const T* const then = std::get_if<T>(record);
  if (then == nullptr || !same(*then, made))
    return differs(std::visit([](const auto& r) { return describe(r); }, *record), describe(made));
  ahead_.pop_front();
  ++records_;
}

void RetoldJournal::differs(const std::string& then, const std::string& now) {
  error_ = error(ErrorCode::Corrupt,
                 fmt::format("record {} of the session log is told differently by this program: "
                             "it has {}; now came {}",
                             ahead_.front().where.number, shortened(then), shortened(now)));
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

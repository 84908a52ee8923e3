#include "tools/app/told/compared_journal.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::app::told {
namespace {

constexpr std::size_t kGatheredMax = 256;  // records a side, of one input

bool is_input(const storage::WalRecord& record) {
  const auto* event = std::get_if<Event>(&record);
  return event != nullptr && event->origin == Origin::Input;
}

}  // namespace

bool ComparedJournal::read_on() {
  if (ended_ || error_) return false;
  const std::size_t holes = log_.holes().size();
  const Result<const storage::WalRecord*> record = log_.next();
  if (record.has_error()) {
    error_ = record.error();
  } else if (log_.holes().size() > holes) {
    error_ =
        error(ErrorCode::Unsupported,
              fmt::format("the log has a hole that a repair left ({}): it can be told again up "
                          "to there alone, {} records were",
                          log_.missing(), counts_.records));
  } else if (record.value() == nullptr) {
    ended_ = true;
  } else {
    ahead_.push_back({*record.value(), log_.number() - 1});
    return true;
  }
  return false;
}

const ComparedJournal::Ahead* ComparedJournal::expected() {
  if (ahead_.empty()) static_cast<void>(read_on());
  return ahead_.empty() ? nullptr : &ahead_.front();
}

void ComparedJournal::part(std::uint64_t record, storage::WalRecord then, storage::WalRecord now) {
  parting_.emplace();
  parting_->record = record;
  parting_->then.push_back(std::move(then));
  parting_->now.push_back(std::move(now));
}

/// Between two inputs: what the log says that the whole state is.
void ComparedJournal::check_snapshots() {
  while (!parting_) {
    const Ahead* const front = expected();
    const auto* then = front == nullptr ? nullptr : std::get_if<storage::Snapshot>(&front->record);
    if (then == nullptr) return;
    storage::Snapshot now = make_snapshot_();
    if (then->sequence != now.sequence || then->time != now.time ||
        then->ledger_hash != now.ledger_hash || then->state != now.state)
      return part(front->number, *then, std::move(now));
    ++counts_.snapshots;
    ++counts_.records;
    ahead_.pop_front();
  }
}

Result<const Event*> ComparedJournal::next_input() {
  check_snapshots();
  for (std::size_t i = 0; !parting_; ++i) {
    if (i >= ahead_.size() && !read_on()) break;
    if (!is_input(ahead_[i].record)) continue;
    input_number_ = ahead_[i].number;
    return &std::get<Event>(ahead_[i].record);
  }
  if (error_) return *error_;
  if (!parting_) uncaused_ = ahead_.size();
  return nullptr;
}

template <class T>
void ComparedJournal::check(const T& made) {
  if (parting_) {
    if (parting_->now.size() < kGatheredMax) parting_->now.emplace_back(made);
    return;
  }
  const Ahead* const front = expected();
  if (front == nullptr) {
    ++beyond_;
    return;
  }
  const T* const then = std::get_if<T>(&front->record);
  left_.clear();
  right_.clear();
  if (then != nullptr) {
    storage::encode_record(*then, 0, left_);
    storage::encode_record(made, 0, right_);
  }
  if (then != nullptr && std::ranges::equal(left_.view(), right_.view())) {
    ++counts_.records;
    ahead_.pop_front();
    return;
  }
  parting_.emplace();
  parting_->record = front->number;
  parting_->now.emplace_back(made);
  gather_then();
}

/// The log's side: from the first record that differs to the next input.
void ComparedJournal::gather_then() {
  for (std::size_t i = 0; i < kGatheredMax; ++i) {
    if (i >= ahead_.size() && !read_on()) break;
    if (i > 0 && is_input(ahead_[i].record)) break;
    parting_->then.push_back(ahead_[i].record);
  }
}

void ComparedJournal::append(const Event& event) {
  check(event);
  if (parting_) return;
  if (event.origin == Origin::Input) ++counts_.inputs;
  if (std::holds_alternative<Fill>(event.body)) ++counts_.fills;
  if (std::holds_alternative<AdaptationProposed>(event.body)) ++counts_.adaptations;
}
void ComparedJournal::append(const DecisionRecord& decision) {
  check(decision);
  if (parting_) return;
  ++counts_.decisions;
  for (const DecisionOrder& order : decision.orders)
    if (!order.approved) ++counts_.refusals;
}
void ComparedJournal::append(const OrderIntent& intent) {
  check(intent);
  if (!parting_) ++counts_.orders;
}
void ComparedJournal::append(const CancelIntent& intent) {
  check(intent);
  if (!parting_) ++counts_.cancels;
}
void ComparedJournal::append(const EquityPoint& point) {
  check(point);
  if (!parting_) ++counts_.equity_points;
}

bool ComparedJournal::commit() {
  if (parting_ || error_) return true;
  const Ahead* const front = expected();
  if (front == nullptr) return true;
  // What the engine told of its log is what it will tell next.
  if (const auto* event = std::get_if<Event>(&front->record);
      event != nullptr && event->origin == Origin::Input)
    if (const auto* hold = std::get_if<HoldChanged>(&event->body);
        hold != nullptr && hold->hold == Hold::Backlog)
      failing_ = hold->active;
  return !failing_;
}

}  // namespace proteus::app::told

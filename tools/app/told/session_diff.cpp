#include "tools/app/told/session_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <set>

#include "connectors/storage/file.hpp"
#include "connectors/storage/session_log.hpp"
#include "connectors/storage/setting_hashes.hpp"
#include "tools/app/json_view.hpp"

namespace proteus::app::told {
namespace {

namespace fs = std::filesystem;

/// What names a run, and what it is not about.
bool is_identity(std::string_view field) {
  if (field.starts_with("order.")) field.remove_prefix(std::string_view("order.").size());
  constexpr std::array<std::string_view, 8> kNames = {
      "sequence", "id", "execution", "time", "decided_at", "ts_event", "ts_recv", "origin"};
  return std::ranges::find(kNames, field) != kNames.end() || field.ends_with("].id") ||
         field.ends_with(".kernel");
}

struct Step {
  storage::WalRecord record;
  std::uint64_t number = 0;
  Timestamp time{};
};

/// Decisions, orders and fills of a log from the bar on that opens at a time; a decision comes
/// before its orders.
class Steps {
 public:
  Steps(storage::SessionLog log, Timestamp from) : log_(std::move(log)), from_(from) {}

  Result<std::optional<Step>> next() {
    while (ready_.empty()) {
      BOOST_OUTCOME_TRY(const storage::WalRecord* const record, log_.next());
      if (record == nullptr) break;
      take({*record, log_.number() - 1, {}});
    }
    if (ready_.empty()) return std::optional<Step>{};
    std::optional<Step> step = std::move(ready_.front());
    ready_.pop_front();
    return step;
  }

 private:
  void take(Step step) {
    if (const auto* event = std::get_if<Event>(&step.record)) {
      if (!std::holds_alternative<Fill>(event->body)) return;
      step.time = event->ts_recv;
      if (begun_) ready_.push_back(std::move(step));
    } else if (const auto* order = std::get_if<OrderIntent>(&step.record)) {
      step.time = order->order.decided_at;
      orders_.push_back(std::move(step));
    } else if (const auto* decision = std::get_if<DecisionRecord>(&step.record)) {
      step.time = decision->time;
      if (decision->bar_open < from_) return orders_.clear();
      begun_ = true;
      ready_.push_back(std::move(step));
      std::ranges::move(orders_, std::back_inserter(ready_));
      orders_.clear();
    }
  }

  storage::SessionLog log_;
  Timestamp from_;
  std::deque<Step> ready_;
  std::vector<Step> orders_;  // of the decision that comes next
  bool begun_ = false;
};

Result<Course> course_of(const fs::path& session, std::vector<std::string>& notes) {
  BOOST_OUTCOME_TRY(auto log, storage::SessionLog::open(session / "session.wal"));
  Course course;
  for (;;) {
    BOOST_OUTCOME_TRY(const storage::WalRecord* const record, log.next());
    if (record == nullptr) break;
    course.add(*record);
  }
  if (!log.missing().empty()) notes.push_back(session.string() + ": " + log.missing());
  return course;
}

Result<std::vector<FieldDifference>> settings_that_differ(const fs::path& a, const fs::path& b) {
  BOOST_OUTCOME_TRY(const std::string then, storage::read_file(a / "config.resolved.toml"));
  BOOST_OUTCOME_TRY(const std::string now, storage::read_file(b / "config.resolved.toml"));
  std::vector<FieldText> left, right;
  for (const auto& [key, value] : storage::setting_values(then)) left.push_back({key, value});
  for (const auto& [key, value] : storage::setting_values(now)) right.push_back({key, value});
  return differences(left, right);
}

Result<std::vector<FieldDifference>> programs_that_differ(const fs::path& a, const fs::path& b) {
  BOOST_OUTCOME_TRY(const std::string then, storage::read_file(a / "session.json"));
  BOOST_OUTCOME_TRY(const std::string now, storage::read_file(b / "session.json"));
  const view::bj::value left = view::parse(then);
  const view::bj::value right = view::parse(now);
  std::vector<FieldDifference> found;
  for (const char* key : {"mode", "version", "build", "cpu"})
    if (view::text(left, key) != view::text(right, key))
      found.push_back({key, view::text(left, key), view::text(right, key)});
  return found;
}

Difference difference_of_steps(const Step& a, const Step& b, std::vector<FieldDifference> fields) {
  Difference d;
  d.record = a.number;
  d.time = a.time;
  d.kind = kind_of(a.record);
  d.then = words_of(a.record);
  d.now = words_of(b.record);
  if (const auto* decision = std::get_if<DecisionRecord>(&a.record)) {
    d.sequence = decision->sequence;
    d.bar_open = decision->bar_open;
    d.place = step_of(fields, std::numeric_limits<std::size_t>::max());
  } else {
    d.place = std::holds_alternative<OrderIntent>(a.record) ? Cause::Risk : Cause::Fill;
  }
  if (kind_of(a.record) != kind_of(b.record)) d.place = Cause::Fill;  // a fill came, or did not
  d.fields = std::move(fields);
  return d;
}

/// The first step that is not the same on both sides.
Result<void> find_first(Steps& a, Steps& b, SessionDiff& diff) {
  for (;;) {
    BOOST_OUTCOME_TRY(const auto left, a.next());
    BOOST_OUTCOME_TRY(const auto right, b.next());
    if (!left || !right) {
      diff.one_ends_first = left.has_value() != right.has_value();
      if (left || right)
        diff.notes.push_back(fmt::format("the {} session goes on where the other one has ended",
                                         left ? "first" : "second"));
      return success();
    }
    auto fields = differences(fields_of(left->record), fields_of(right->record));
    std::erase_if(fields, [](const FieldDifference& f) { return is_identity(f.name); });
    if (fields.empty() && kind_of(left->record) == kind_of(right->record)) {
      ++diff.compared;
      continue;
    }
    diff.difference = difference_of_steps(*left, *right, std::move(fields));
    return success();
  }
}

Cause cause_of_diff(const SessionDiff& diff) {
  if (!diff.difference) return Cause::None;
  if (diff.difference->place == Cause::Input) return Cause::Input;
  constexpr std::array<std::string_view, 7> kDeciding = {
      "engine.", "strategy.", "policy.", "forecast.", "risk.", "paper.", "replay."};
  Cause cause = Cause::None;
  for (const FieldDifference& f : diff.settings) {
    if (f.name == "policy.content" || f.name == "forecast.content") return Cause::Weights;
    const auto begins = [&](std::string_view section) { return f.name.starts_with(section); };
    if (std::ranges::any_of(kDeciding, begins) && !f.name.ends_with(".checkpoints"))
      cause = Cause::Config;
  }
  if (cause != Cause::None) return cause;
  for (const FieldDifference& f : diff.programs)
    if (f.name == "version" || f.name == "build") return Cause::Binary;
  return diff.difference->place;
}

}  // namespace

Result<SessionDiff> diff_sessions(const fs::path& a, const fs::path& b) {
  SessionDiff diff;
  BOOST_OUTCOME_TRY(diff.settings, settings_that_differ(a, b));
  BOOST_OUTCOME_TRY(diff.programs, programs_that_differ(a, b));
  BOOST_OUTCOME_TRY(const Course one, course_of(a, diff.notes));
  BOOST_OUTCOME_TRY(const Course two, course_of(b, diff.notes));
  diff.profit_a = one.profit();
  diff.profit_b = two.profit();
  diff.split = split_profit(one, two);
  if (!one.begin() || !two.begin()) {
    diff.notes.emplace_back("one of them never decided: their steps cannot be compared");
    return diff;
  }
  const Timestamp from = std::max(*one.begin(), *two.begin());
  BOOST_OUTCOME_TRY(auto left, storage::SessionLog::open(a / "session.wal"));
  BOOST_OUTCOME_TRY(auto right, storage::SessionLog::open(b / "session.wal"));
  Steps steps_a{std::move(left), from};
  Steps steps_b{std::move(right), from};
  BOOST_OUTCOME_TRY(find_first(steps_a, steps_b, diff));
  diff.cause = cause_of_diff(diff);
  return diff;
}

}  // namespace proteus::app::told

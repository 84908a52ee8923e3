// The telling itself: recorded inputs through a fresh engine.
#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <map>

#include "connectors/net/loop.hpp"
#include "models/online/failure.hpp"
#include "models/online/learner.hpp"
#include "tools/app/told/feed_evidence.hpp"
#include "tools/app/told/telling.hpp"
#include "tools/app/trading.hpp"

namespace proteus::app::told {
namespace {

/// Keeps what is cut, and learns from it when the log says that an answer came.
class AskedLearner final : public Learner {
 public:
  explicit AskedLearner(const online::LearnMarket& market) : market_(market) {}
  void learn(LearnTask task) override {
    const std::uint32_t index = task.instrument.index;
    tasks_.insert_or_assign(index, std::move(task));
  }
  /// Nothing: the stretch was cut before the telling began.
  std::optional<EventBody> answer(InstrumentId instrument, std::uint32_t ordinal) {
    const auto found = tasks_.find(instrument.index);
    if (found == tasks_.end() || found->second.ordinal != ordinal) return std::nullopt;
    const LearnTask task = std::move(found->second);
    tasks_.erase(found);
    return online::work_on(
        task, [this](const LearnTask& given) { return online::learn(given, market_); });
  }

 private:
  online::LearnMarket market_;
  std::map<std::uint32_t, LearnTask> tasks_;
};

const InstrumentChanged* named_in(const storage::WalRecord* record) {
  const auto* event = record == nullptr ? nullptr : std::get_if<Event>(record);
  if (event == nullptr || event->origin != Origin::Input) return nullptr;
  return std::get_if<InstrumentChanged>(&event->body);
}

/// Where a telling begins.
struct Beginning {
  std::optional<storage::Snapshot> snapshot;
  InstrumentTable instruments;
};

/// A log's first records are its instruments; a later segment's first is a snapshot.
Result<Beginning> beginning_of(const std::filesystem::path& wal, std::size_t wanted) {
  BOOST_OUTCOME_TRY(auto log, storage::SessionLog::open(wal));
  Beginning from;
  BOOST_OUTCOME_TRY(const storage::WalRecord* record, log.next());
  if (record != nullptr)
    if (const auto* snapshot = std::get_if<storage::Snapshot>(record)) {
      from.snapshot = *snapshot;
      BOOST_OUTCOME_TRY(from.instruments, instruments_of(*snapshot));
    }
  while (!from.snapshot && named_in(record) != nullptr && from.instruments.size() <= wanted) {
    const Instrument& named = named_in(record)->instrument;
    if (from.instruments.find(named.category, named.symbol.view())) break;
    BOOST_OUTCOME_TRY(from.instruments.add(named));
    BOOST_OUTCOME_TRY(record, log.next());
  }
  return from;
}

template <class T>
std::vector<const T*> all_of(const std::vector<storage::WalRecord>& records) {
  std::vector<const T*> found;
  for (const auto& record : records)
    if (const auto* one = std::get_if<T>(&record)) found.push_back(one);
  return found;
}

/// An order or its cancel stands in the log before the decision that tells why.
Cause step_of_decisions(const Parting& parting, std::size_t features) {
  const auto then = all_of<DecisionRecord>(parting.then);
  const auto now = all_of<DecisionRecord>(parting.now);
  for (std::size_t i = 0; i < std::min(then.size(), now.size()); ++i) {
    const auto fields = differences(fields_of(*then[i]), fields_of(*now[i]));
    if (!fields.empty()) return step_of(fields, features);
  }
  return then.size() == now.size() ? Cause::Risk : Cause::Input;
}

Cause place_of(const Parting& parting, std::size_t features) {
  const storage::WalRecord& then = parting.then.front();
  const storage::WalRecord& now = parting.now.front();
  if (std::holds_alternative<EquityPoint>(then)) return Cause::Fill;
  if (std::holds_alternative<storage::Snapshot>(then)) return Cause::PolicyState;
  const auto* event = std::get_if<Event>(&then);
  const auto* made = std::get_if<Event>(&now);
  if (event == nullptr && made != nullptr) event = made;
  if (event == nullptr) return step_of_decisions(parting, features);
  const EventBody& body = event->body;
  if (std::holds_alternative<AdaptationProposed>(body) ||
      std::holds_alternative<AdaptationCut>(body) ||
      std::holds_alternative<AdaptationJudged>(body) ||
      std::holds_alternative<AdaptationFailed>(body))
    return Cause::PolicyState;
  if (std::holds_alternative<Fill>(body) || std::holds_alternative<OrderUpdate>(body) ||
      std::holds_alternative<FundingSettled>(body) ||
      std::holds_alternative<ExternalAdjustment>(body))
    return Cause::Fill;
  if (event->origin == Origin::Input) return Cause::Input;
  return Cause::Risk;  // a hold, a state, a control that latched
}

Difference difference_of(const Parting& parting, const InstrumentTable& instruments,
                         const Event& input, std::size_t features) {
  Difference d;
  const storage::WalRecord& then = parting.then.front();
  const storage::WalRecord& now = parting.now.front();
  d.record = parting.record;
  d.sequence = input.sequence;
  d.time = input.ts_recv;
  d.kind = kind_of(then);
  d.then = words_of(then);
  d.now = words_of(now);
  if (kind_of(then) == kind_of(now)) d.fields = differences(fields_of(then), fields_of(now));
  if (d.fields.empty() && std::holds_alternative<storage::Snapshot>(then))
    d.fields.push_back({"state", "bytes that differ", "though books and time are the same"});
  auto about = instrument_of(then);
  if (!about) about = instrument_of(now);
  if (about && about->index < instruments.size()) d.instrument = instruments[*about].name();
  for (const DecisionRecord* decision : all_of<DecisionRecord>(parting.then))
    if (!d.bar_open && (!about || decision->instrument == *about)) d.bar_open = decision->bar_open;
  if (const auto* closed = std::get_if<BarClosed>(&input.body); closed != nullptr && !d.bar_open)
    d.bar_open = closed->bar.open_time;
  d.place = place_of(parting, features);
  return d;
}

/// Compares a recorded answer of the learner with what is learned now.
class AnswerCheck {
 public:
  AnswerCheck(AskedLearner* learner, ComparedJournal& journal)
      : learner_(learner), journal_(journal) {}

  void check(const Event& input) {
    if (std::holds_alternative<AdaptationFailed>(input.body)) ++failed_;
    const auto* then = std::get_if<AdaptationProposed>(&input.body);
    if (then == nullptr) return;
    auto now =
        learner_ == nullptr ? std::nullopt : learner_->answer(then->instrument, then->ordinal);
    if (!now) {
      ++unasked_;
      return;
    }
    Event made = input;
    made.body = std::move(*now);
    if (!same_bits(input, made)) journal_.part(journal_.input_number(), input, std::move(made));
  }
  void note(std::vector<std::string>& notes) const {
    if (failed_ > 0)
      notes.push_back(fmt::format(
          "{} adaptation(s) had no answer then: taken from the log as they stand", failed_));
    if (unasked_ > 0)
      notes.push_back(
          fmt::format("{} answer(s) of the learner belong to bars from before the first "
                      "record: taken from the log as they stand",
                      unasked_));
  }
  [[nodiscard]] std::uint64_t unasked() const { return unasked_; }

 private:
  AskedLearner* learner_;
  ComparedJournal& journal_;
  std::uint64_t failed_ = 0;
  std::uint64_t unasked_ = 0;
};

/// Behind the order to stop nothing is missing and nothing is too much; an end without one may lie
/// anywhere.
void note_ends(const ComparedJournal& journal, Retelling& telling) {
  if (telling.ended && (journal.log().torn() || journal.beyond() > 0 || journal.uncaused() > 0)) {
    telling.findings.push_back(
        {Cause::Input,
         fmt::format("behind the order to stop the log {}: it was changed or cut",
                     journal.log().torn()   ? "ends inside a record"
                     : journal.beyond() > 0 ? "lacks records that follow from it"
                                            : "has records that nothing leads to"),
         {}});
    return;
  }
  if (journal.log().torn())
    telling.notes.push_back("the log ends inside a record: its writer was interrupted");
  if (journal.beyond() > 0)
    telling.notes.push_back(fmt::format(
        "{} record(s) follow from the last input that an interruption kept from the log",
        journal.beyond()));
  if (journal.uncaused() > 0)
    telling.notes.push_back(fmt::format(
        "{} record(s) at the end of the log belong to an input that an interruption kept from it",
        journal.uncaused()));
}

}  // namespace

/// The step of the way to an order that a decision's field belongs to.
namespace {

Cause step_of_field(std::string_view field, std::size_t features) {
  const auto is = [&](std::string_view name) { return field.starts_with(name); };
  if (is("observation[")) {
    std::size_t index = 0;  // Behind the features stands what a policy knows of itself.
    const std::string_view digits = field.substr(std::string_view("observation[").size());
    std::from_chars(digits.data(), digits.data() + digits.size(), index);
    return index < features ? Cause::Feature : Cause::PolicyState;
  }
  if (is("policy") || is("has_target") || is("target")) return Cause::PolicyState;
  if (is("sizing") || is("wanted")) return Cause::Sizing;
  if (is("controls") || is("orders") || is("outcome") || is("reason")) return Cause::Risk;
  if (is("close") || is("bar_open")) return Cause::Input;
  return Cause::Fill;  // position, equity: the books
}

}  // namespace

Cause step_of(const std::vector<FieldDifference>& fields, std::size_t features) {
  constexpr std::array kOrder = {Cause::Input,       Cause::Fill,   Cause::Feature,
                                 Cause::PolicyState, Cause::Sizing, Cause::Risk};
  for (const Cause cause : kOrder)
    for (const FieldDifference& f : fields)
      if (f.name != "sequence" && f.name != "time" && step_of_field(f.name, features) == cause)
        return cause;
  return Cause::Risk;
}

Result<void> retell_log(const Loaded& loaded, const std::filesystem::path& folder,
                        Retelling& telling, FeedEvidence* evidence, InstrumentTable* table) {
  BOOST_OUTCOME_TRY(auto session, storage::Session::look(folder));
  const std::filesystem::path wal = session.wal_path();
  if (!std::filesystem::exists(wal)) {
    telling.untold = "its session.wal, the end of its log, is missing";
    return success();
  }
  const std::size_t count = loaded.settings.engine.instruments.size();
  BOOST_OUTCOME_TRY(const Beginning from, beginning_of(wal, count));
  if (from.instruments.size() != count) {
    telling.untold = fmt::format(
        "its log names {} instrument(s), and its settings {}: it had not begun, or "
        "engine.instruments was changed",
        from.instruments.size(), count);
    return success();
  }
  if (table != nullptr) *table = from.instruments;
  BOOST_OUTCOME_TRY(auto log, storage::SessionLog::open(wal));
  const storage::WalHeader header = log.header();
  telling.mode = header.mode.view();
  telling.first_record = log.first_record();
  if (from.snapshot) {
    telling.notes.push_back(log.missing() + "; it is told again from the snapshot there");
    BOOST_OUTCOME_TRY(log.next());
  }
  ComparedJournal journal{std::move(log)};
  const Duration begin = net::Loop::steady_now();
  auto made = Trading::retell(loaded, header, std::move(session), from.instruments, journal,
                              from.snapshot ? &*from.snapshot : nullptr);
  if (made.has_error()) {
    telling.untold = made.error().context;
    return success();
  }
  Trading& trading = *made.value();
  journal.compare_snapshots([&] { return trading.snapshot(); });
  std::optional<AskedLearner> learner;
  if (trading.learns()) {
    const strategies::PolicySpec& spec = trading.policy_spec();
    learner.emplace(online::LearnMarket{spec.market, spec.interval});
    trading.show_tasks(*learner);
  }
  AnswerCheck answers{learner ? &*learner : nullptr, journal};
  Event told;
  bool first = true;
  for (;;) {
    BOOST_OUTCOME_TRY(const Event* const input, journal.next_input());
    if (input == nullptr) break;
    told = *input;  // The journal reads on while the engine works.
    if (first) telling.from = told.ts_recv;
    first = false;
    answers.check(told);
    if (journal.parting()) break;
    if (evidence != nullptr) evidence->expect(told, journal.input_number());
    trading.engine().on_input(told.body, told.ts_event, told.ts_recv);
    if (journal.parting()) break;
  }
  telling.seconds = std::chrono::duration<double>(net::Loop::steady_now() - begin).count();
  telling.counts = journal.counts();
  telling.counts.adaptations -= std::min(telling.counts.adaptations, answers.unasked());
  telling.ledger_hash = trading.engine().ledger_hash();
  telling.until = trading.engine().now();
  answers.note(telling.notes);
  const auto* const command = std::get_if<OperatorCommand>(&told.body);
  telling.ended = command != nullptr && command->action == OperatorAction::Stop;
  note_ends(journal, telling);
  if (!journal.parting()) return success();
  const std::size_t features = loaded.policies.empty() ? std::numeric_limits<std::size_t>::max()
                                                       : loaded.policies[0].spec.offset.size();
  telling.difference = difference_of(*journal.parting(), trading.instruments(), told, features);
  return success();
}

}  // namespace proteus::app::told

#include "connectors/replay/recorded_answers.hpp"

namespace proteus::replay {
namespace {

/// Bodies that are held at once: a warm-up of 500 instruments with two intervals.
constexpr std::size_t kHeldMax = 1'024;

/// Streams that can hold answers of the public interface.
std::vector<storage::FeedStream> with_answers(const std::vector<storage::FeedStream>& streams) {
  std::vector<storage::FeedStream> with;
  for (const storage::FeedStream& stream : streams)
    if (!stream.stem.starts_with("public") && !stream.stem.starts_with("account") &&
        !stream.stem.starts_with("private"))
      with.push_back(stream);
  return with;
}

}  // namespace

RecordedAnswers::RecordedAnswers(const std::vector<storage::FeedStream>& streams,
                                 std::optional<Timestamp> from, OnDamage on_damage)
    : merge_(with_answers(streams), from), on_damage_(std::move(on_damage)) {}

void RecordedAnswers::fill(Timestamp until) {
  while (!ended_ && held_ < kHeldMax && (answers_.empty() || answers_.back().received <= until)) {
    const auto next = merge_.next();
    if (!next) {
      on_damage_(next.error().context);
      continue;
    }
    if (!next.value()) {
      ended_ = true;
      return;
    }
    const storage::FrameView& frame = *next.value();
    if (frame.stream != "rest") continue;
    const RestKind kind = kind_of(frame.bytes);
    if (kind == RestKind::Other) continue;
    answers_.push_back({frame.received, kind, std::string(frame.bytes), false});
    ++held_;
  }
}

std::optional<RecordedAnswers::Answer> RecordedAnswers::take(const RestRequest& request,
                                                             Timestamp until) {
  fill(until);
  const Answer* partly = nullptr;
  for (Answer& answer : answers_) {
    if (answer.received > until) break;
    if (answer.taken) continue;
    const Fit fits = fit(codec_, request, answer.body);
    if (fits == Fit::None) continue;
    if (fits == Fit::Some) {
      // What was asked for then and is not now is still there for who asks for it.
      if (partly == nullptr) partly = &answer;
      continue;
    }
    answer.taken = true;
    --held_;
    return Answer{answer.received, answer.kind, std::move(answer.body), true};
  }
  if (partly != nullptr) return *partly;
  return std::nullopt;
}

std::optional<Timestamp> RecordedAnswers::due(Timestamp until) {
  fill(until);
  while (passed_ < answers_.size() && answers_[passed_].taken) ++passed_;
  if (passed_ >= answers_.size() || answers_[passed_].received > until) return std::nullopt;
  return answers_[passed_].received;
}

void RecordedAnswers::pass() { ++passed_; }

void RecordedAnswers::forget(Timestamp time) {
  while (passed_ > 0 && !answers_.empty() && answers_.front().received < time) {
    held_ -= answers_.front().taken ? 0U : 1U;
    answers_.pop_front();
    --passed_;
  }
}

bool RecordedAnswers::holds(RestKind kind, Timestamp until) {
  fill(until);
  for (const Answer& answer : answers_)
    if (answer.kind == kind && answer.received <= until) return true;
  return false;
}

std::optional<Timestamp> RecordedAnswers::first() {
  fill(Timestamp::min());
  if (answers_.empty()) return std::nullopt;
  return answers_.front().received;
}

}  // namespace proteus::replay

// Between the strategies and whoever learns for them. While a session is told again its answers
// come from the log, and nobody learns; what is still awaited when the log ends is asked for once
// more. What was cut before the log's last segment began is in nobody's hands then (a snapshot has
// no stretches): Trading says that it is lost, and it is cut anew.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "engine/ports/learner.hpp"

namespace proteus::app {

class LearnerGate final : public Learner {
 public:
  void learn(LearnTask task) override {
    if (learner_ != nullptr) return learner_->learn(std::move(task));
    const std::uint32_t index = task.instrument.index;
    kept_.insert_or_assign(index, std::move(task));
  }
  /// Whether this stretch can still be asked for.
  [[nodiscard]] bool keeps(InstrumentId instrument, std::uint32_t ordinal) const {
    const auto kept = kept_.find(instrument.index);
    return kept != kept_.end() && kept->second.ordinal == ordinal;
  }
  /// From here on this one learns; it must outlive the strategies' last bar. awaited: the ordinal
  /// that an instrument waits for; 0: none.
  void open(Learner& learner, const std::function<std::uint32_t(InstrumentId)>& awaited) {
    learner_ = &learner;
    for (auto& [index, task] : kept_)
      if (task.ordinal == awaited(InstrumentId{index})) learner.learn(std::move(task));
    kept_.clear();
  }
  /// Nobody learns any more.
  void close() { learner_ = nullptr; }

 private:
  Learner* learner_ = nullptr;
  std::map<std::uint32_t, LearnTask> kept_;  ///< the last of each instrument
};

}  // namespace proteus::app

// Who adapts policies while others trade. A task goes out by value and never waits; the answer
// comes through the engine's door, as AdaptationProposed or AdaptationFailed.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/core/event.hpp"
#include "engine/ports/policy.hpp"

namespace proteus {

/// What a bar says of the market beside the features (strategies/policy/unit_account.hpp).
struct LearnBar {
  double bar_return = 0.0;
  double assumed = 0.0;
  double scale = 0.0;
  bool good = true;     ///< false: a feature was no number; the policy did not see this bar
  bool decides = true;  ///< false: what is held stays
};

/// One of the policies that trade an instrument together; each adapts for itself.
struct LearnSubject {
  std::shared_ptr<const Policy> base;
  std::vector<float> features;  ///< [bars, features of the policy], scaled, oldest first
};

struct LearnTask {
  InstrumentId instrument;
  std::uint32_t ordinal = 0;
  AdaptedPart part = AdaptedPart::Head;
  bool remembers = true;  ///< false: the memory is empty at every bar
  std::vector<LearnSubject> subjects;
  std::vector<LearnBar> bars;  ///< oldest first; a trial begins with the first
  std::size_t rebuild = 0;     ///< of these, the first: the memory fills, nothing is learned
  double held_share = 0.2;     ///< of the others, the last: kept back from learning
  std::size_t steps = 5;
  double rate = 1.0;
  double norm_max = 1.0;  ///< longer changes are shortened to it
};

/// Cause of an AdaptationFailed whose stretch ended with the process that held it. Nobody has
/// failed there: a new stretch is cut with the next bar.
inline constexpr std::string_view kStretchLost =
    "the stretch was lost with the process that was to learn from it";

class Learner {
 public:
  virtual ~Learner() = default;
  /// Weights of several subjects stand one after the other in the answer.
  virtual void learn(LearnTask task) = 0;
};

}  // namespace proteus

#include "models/training/gae.hpp"

#include "engine/core/assert.hpp"

namespace proteus::training {
namespace {

enum class Kind : std::uint8_t { GoesOn, Terminated, Truncated };

Kind kind_of(StepEnd end, bool cut_at_episodes) {
  switch (end) {
    case StepEnd::None:
      return Kind::GoesOn;
    case StepEnd::EpisodeTerminated:
      return cut_at_episodes ? Kind::Terminated : Kind::GoesOn;
    case StepEnd::EpisodeTruncated:
      return cut_at_episodes ? Kind::Truncated : Kind::GoesOn;
    case StepEnd::TrialTerminated:
      return Kind::Terminated;
    case StepEnd::TrialTruncated:
      return Kind::Truncated;
  }
  PROTEUS_ASSERT(false);
  return Kind::Terminated;
}

void check(const GaeInput& in, const GaeSettings& settings, std::size_t advantages,
           std::size_t returns) {
  const std::size_t size = in.steps * in.environments;
  PROTEUS_ASSERT(settings.gamma >= 0.0 && settings.gamma <= 1.0);
  PROTEUS_ASSERT(settings.lambda >= 0.0 && settings.lambda <= 1.0);
  PROTEUS_ASSERT(in.rewards.size() == size && in.values.size() == size && in.ends.size() == size);
  PROTEUS_ASSERT(in.truncated_values.empty() || in.truncated_values.size() == size);
  PROTEUS_ASSERT(in.last_values.size() == in.environments);
  PROTEUS_ASSERT(advantages == size && returns == size);
}

}  // namespace

void gae(const GaeInput& in, const GaeSettings& settings, std::span<float> advantages,
         std::span<float> returns) {
  check(in, settings, advantages.size(), returns.size());
  for (std::size_t n = 0; n < in.environments; ++n) {
    double next_value = in.last_values[n];
    double next_advantage = 0.0;
    for (std::size_t t = in.steps; t-- > 0;) {
      const std::size_t i = t * in.environments + n;
      const Kind kind = kind_of(in.ends[i], settings.cut_at_episodes);
      if (kind != Kind::GoesOn) {
        PROTEUS_ASSERT(kind == Kind::Terminated || !in.truncated_values.empty());
        next_value = kind == Kind::Truncated ? in.truncated_values[i] : 0.0;
        next_advantage = 0.0;
      }
      const double value = in.values[i];
      const double delta = in.rewards[i] + settings.gamma * next_value - value;
      next_advantage = delta + settings.gamma * settings.lambda * next_advantage;
      advantages[i] = static_cast<float>(next_advantage);
      returns[i] = static_cast<float>(next_advantage + value);
      next_value = value;
    }
  }
}

}  // namespace proteus::training

// What a policy is told at each step, put together in this one place:
//
//   observation | previous action, one-hot | previous reward | previous step ended an episode |
//   share of the trial that has passed
//
// each of which can be left out. At the start of a trial all but the observation is zero: an agent
// learns about its task from what it did and what came of it, and from nothing else. Observation
// and reward can be brought to mean 0 and deviation 1, as seen up to the last update; a policy that
// is tested takes the moments that it was trained with and changes them no more.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/settings.hpp"
#include "models/learners/running_moments.hpp"
#include "models/learners/vector_env.hpp"

namespace proteus::learners {

struct InputSettings {
  bool action = true;
  bool reward = true;
  bool done = true;
  bool time = false;
  bool normalise = false;

  static constexpr auto settings() {
    using I = InputSettings;
    return std::tuple{
        setting("input_action", &I::action, "the policy sees its previous action, one-hot"),
        setting("input_reward", &I::reward, "the policy sees its previous reward"),
        setting("input_done", &I::done, "the policy sees that the previous step ended an episode"),
        setting("input_time", &I::time,
                "the policy sees the share of the trial that has passed; for environments whose "
                "observation does not say it"),
        setting("normalise", &I::normalise,
                "observation and reward come to mean 0 and deviation 1, cut to [-10, 10]")};
  }
};

/// What decides the width of an input.
struct InputShape {
  std::size_t environments = 1;
  std::size_t columns = 0;      ///< of the observation
  std::size_t actions = 0;      ///< choices
  std::size_t trial_steps = 1;  ///< that the input "time" is a share of
};
InputShape shape_of(const VectorEnv& env);

class Inputs {
 public:
  Inputs(const InputSettings& settings, const InputShape& shape);
  Inputs(const InputSettings& settings, const VectorEnv& env) : Inputs(settings, shape_of(env)) {}
  /// The same with the moments of `trained`, which stay as they are.
  Inputs(const Inputs& trained, const VectorEnv& env);
  /// Of a checkpoint: frozen, with one offset and factor for each column and, last, the reward.
  Inputs(const InputSettings& settings, const InputShape& shape, std::vector<double> offset,
         std::vector<double> factor);

  [[nodiscard]] std::size_t width() const;
  [[nodiscard]] const InputSettings& settings() const { return settings_; }

  /// A trial begins everywhere.
  void begin();
  /// Writes [environments, width] for the state that `env` is in, and remembers it for take_in,
  /// unless the moments are frozen.
  void write(const VectorEnv& env, std::span<float> out);
  /// The same without counting.
  void peek(const VectorEnv& env, std::span<float> out) const;
  /// Only remembers it.
  void count(const VectorEnv& env);
  /// The moments become those of all that was seen, by all ranks. Until then what is written stays
  /// as it was scaled before, so that a rollout is of one piece. What is not finite is forgotten.
  /// Errors: those of Group.
  Result<void> take_in(Group* group);
  /// What was seen since the last take_in is not to count.
  void forget() { seen_.clear(); }
  /// Whether there are moments to scale with; always, where nothing is scaled.
  [[nodiscard]] bool ready() const {
    return !settings_.normalise || frozen_ || moments_.count() > 0.0;
  }
  /// A value counts as (x - offset) * factor, cut to ±kLimit, one pair for each column of the
  /// observation and, last, the reward.
  static constexpr double kLimit = 10.0;
  [[nodiscard]] std::span<const double> offset() const { return offset_; }
  [[nodiscard]] std::span<const double> factor() const { return factor_; }
  [[nodiscard]] const InputShape& shape() const { return shape_; }
  void archive(Archive& a);

  /// What the last step did, for the next write.
  /// weights: where the environment takes those; they are told in place of the one-hot action.
  void after(const VectorEnv& env, std::span<const std::int32_t> actions,
             std::span<const float> weights = {});
  /// The row that environment `i` would have seen, had its episode not been cut off by the last
  /// step; before `after`.
  void write_final(const VectorEnv& env, std::span<const std::int32_t> actions,
                   std::span<const float> weights, std::size_t i, std::span<float> out) const;

 private:
  struct Previous {
    std::int32_t action = -1;  ///< none yet
    float reward = 0.0F;
    float done = 0.0F;
    float steps = 0.0F;   ///< of this trial
    float amount = 1.0F;  ///< the weight, where the environment takes those
    void archive(Archive& a) { a(action, reward, done, steps, amount); }
  };
  void rescale();
  void write_row(const float* observation, const Previous& previous, float* out) const;
  [[nodiscard]] float scaled(std::size_t column, float x) const;

  InputSettings settings_;
  InputShape shape_;
  float trial_steps_;
  bool frozen_ = false;
  std::vector<Previous> previous_;
  std::vector<float> rewards_;  ///< scratch
  // Of the observation's columns and, last, of the reward:
  RunningMoments moments_;
  RunningMoments seen_;  ///< since the last take_in
  std::vector<double> offset_;
  std::vector<double> factor_;
};

}  // namespace proteus::learners

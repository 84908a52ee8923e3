// What a policy is told at each step, put together in this one place:
//
//   observation | previous action, one-hot | previous reward | previous step ended an episode |
//   share of the trial that has passed
//
// each of which can be left out. At the start of a trial all but the observation is zero: an agent
// learns about its task from what it did and what came of it, and from nothing else. Observation
// and reward can be brought to mean 0 and deviation 1, as seen so far; a policy that is tested
// takes the moments that it was trained with and changes them no more.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/settings.hpp"
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

/// Running mean and variance of columns (Chan, Golub, LeVeque 1979), batch by batch.
class RunningMoments {
 public:
  explicit RunningMoments(std::size_t columns) : mean_(columns, 0.0), square_(columns, 0.0) {}
  /// Column `column` of `rows` values, `stride` apart.
  void add(std::size_t column, const float* values, std::size_t rows, std::size_t stride);
  /// After each column had its batch of so many rows.
  void advance(std::size_t rows) { count_ += static_cast<double>(rows); }
  [[nodiscard]] double mean(std::size_t column) const { return mean_[column]; }
  /// Of the population; 1 before anything was seen.
  [[nodiscard]] double variance(std::size_t column) const {
    return count_ > 0.0 ? square_[column] / count_ : 1.0;
  }
  [[nodiscard]] double count() const { return count_; }

 private:
  double count_ = 0.0;
  std::vector<double> mean_;
  std::vector<double> square_;  // sum of squared distances from the mean
};

class Inputs {
 public:
  Inputs(const InputSettings& settings, const VectorEnv& env);
  /// The same with the moments of `trained`, which stay as they are.
  Inputs(const Inputs& trained, const VectorEnv& env);

  [[nodiscard]] std::size_t width() const;
  [[nodiscard]] const InputSettings& settings() const { return settings_; }

  /// A trial begins everywhere.
  void begin();
  /// Writes [environments, width] for the state that `env` is in. Counts it into the moments unless
  /// these are frozen.
  void write(const VectorEnv& env, std::span<float> out);
  /// The same without counting.
  void peek(const VectorEnv& env, std::span<float> out) const;
  /// What the last step did, for the next write.
  void after(const VectorEnv& env, std::span<const std::int32_t> actions);
  /// The row that environment `i` would have seen, had its episode not been cut off by the last
  /// step; before `after`.
  void write_final(const VectorEnv& env, std::span<const std::int32_t> actions, std::size_t i,
                   std::span<float> out) const;

 private:
  struct Previous {
    std::int32_t action = -1;  ///< none yet
    float reward = 0.0F;
    float done = 0.0F;
    float steps = 0.0F;  ///< of this trial
  };
  void count(const VectorEnv& env);
  void write_row(const float* observation, const Previous& previous, float* out) const;
  [[nodiscard]] float scaled(std::size_t column, float x) const;

  InputSettings settings_;
  std::size_t columns_;
  std::size_t actions_;
  float trial_steps_;
  bool frozen_ = false;
  std::vector<Previous> previous_;
  std::vector<float> rewards_;  ///< scratch
  RunningMoments moments_;      ///< of the observation's columns and, last, of the reward
};

}  // namespace proteus::learners

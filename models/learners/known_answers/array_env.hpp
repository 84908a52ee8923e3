// The arrays of an environment, for those that only have a game to add.
#pragma once

#include <vector>

#include "models/learners/archive_array.hpp"
#include "models/learners/streams.hpp"
#include "models/learners/vector_env.hpp"

namespace proteus::learners {

class ArrayEnv : public VectorEnv {
 public:
  ArrayEnv(std::size_t size, std::size_t columns, std::size_t actions, std::size_t trial_steps)
      : columns_(columns),
        actions_(actions),
        trial_steps_(trial_steps),
        random_(0, "", 0, size),
        observations_(size * columns),
        finals_(size * columns),
        rewards_(size),
        ends_(size) {}

  [[nodiscard]] std::size_t size() const override { return rewards_.size(); }
  [[nodiscard]] std::size_t columns() const override { return columns_; }
  [[nodiscard]] std::size_t actions() const override { return actions_; }
  [[nodiscard]] std::size_t trial_steps() const override { return trial_steps_; }
  [[nodiscard]] std::span<const float> observations() const override { return observations_; }
  [[nodiscard]] std::span<const float> final_observations() const override { return finals_; }
  [[nodiscard]] std::span<const float> rewards() const override { return rewards_; }
  [[nodiscard]] std::span<const training::StepEnd> ends() const override { return ends_; }
  /// Those with more to keep add it behind this.
  void archive(Archive& a) override {
    a.part("environments");
    a(random_);
    archive_array(a, std::span(observations_));
  }

 protected:
  std::span<float> observation(std::size_t i) {
    return std::span(observations_).subspan(i * columns_, columns_);
  }
  std::span<float> final_observation(std::size_t i) {
    return std::span(finals_).subspan(i * columns_, columns_);
  }
  void seed(std::uint64_t seed, std::string_view name) {
    random_ = Streams{seed, name, first(), size()};
  }

  std::size_t columns_;
  std::size_t actions_;
  std::size_t trial_steps_;
  Streams random_;
  std::vector<float> observations_;
  std::vector<float> finals_;
  std::vector<float> rewards_;
  std::vector<training::StepEnd> ends_;
};

}  // namespace proteus::learners

#include "models/learners/known_answers/cart_pole_env.hpp"

#include <cmath>
#include <numbers>

namespace proteus::learners {

using training::StepEnd;

namespace {
constexpr std::size_t kSteps = 500;
constexpr double kPlaceMax = 2.4;
constexpr double kAngleMax = 12.0 * std::numbers::pi / 180.0;
}  // namespace

CartPole::CartPole(std::size_t size) : ArrayEnv(size, 4, 2, kSteps), states_(size), steps_(size) {}

CartPole::State CartPole::after(const State& state, bool right) {
  constexpr double kGravity = 9.8;
  constexpr double kPole = 0.1;
  constexpr double kTotal = 1.1;
  constexpr double kHalf = 0.5;
  constexpr double kForce = 10.0;
  constexpr double kTick = 0.02;
  const auto [x, v, angle, spin] = state;
  const double sine = std::sin(angle);
  const double cosine = std::cos(angle);
  const double push = ((right ? kForce : -kForce) + kPole * kHalf * spin * spin * sine) / kTotal;
  const double twist =
      (kGravity * sine - cosine * push) / (kHalf * (4.0 / 3.0 - kPole * cosine * cosine / kTotal));
  const double acceleration = push - kPole * kHalf * twist * cosine / kTotal;
  return {x + kTick * v, v + kTick * acceleration, angle + kTick * spin, spin + kTick * twist};
}

void CartPole::begin(std::size_t i) {
  for (double& value : states_[i]) value = 0.1 * random_[i].uniform() - 0.05;
  steps_[i] = 0;
}

void CartPole::show(std::size_t i, std::span<float> out) const {
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = static_cast<float>(states_[i][k]);
}

void CartPole::reset(std::uint64_t seed) {
  this->seed(seed, "cart pole");
  for (std::size_t i = 0; i < size(); ++i) {
    begin(i);
    show(i, observation(i));
  }
}

void CartPole::archive(Archive& a) {
  ArrayEnv::archive(a);
  archive_array(a, std::span(states_));
  archive_array(a, std::span(steps_));
}

void CartPole::step(std::span<const std::int32_t> actions) {
  for (std::size_t i = 0; i < size(); ++i) {
    states_[i] = after(states_[i], actions[i] == 1);
    rewards_[i] = 1.0F;
    const bool fallen = std::abs(states_[i][0]) > kPlaceMax || std::abs(states_[i][2]) > kAngleMax;
    ends_[i] = StepEnd::None;
    if (++steps_[i] == kSteps) ends_[i] = StepEnd::TrialTruncated;
    if (fallen) ends_[i] = StepEnd::TrialTerminated;
    if (ends_[i] != StepEnd::None) {
      show(i, final_observation(i));
      begin(i);
    }
    show(i, observation(i));
  }
}

}  // namespace proteus::learners

#include "models/learners/known_answers/bandit_env.hpp"

#include <algorithm>

namespace proteus::learners {

using training::StepEnd;

BernoulliBandit::BernoulliBandit(std::size_t size, std::size_t arms, std::size_t pulls, Arms kind)
    : ArrayEnv(size, 0, arms, pulls),
      kind_(kind),
      chances_(size * arms),
      pulls_(size),
      regrets_(size) {}

void BernoulliBandit::deal(std::size_t i) {
  const auto chances = std::span(chances_).subspan(i * actions_, actions_);
  for (float& p : chances) p = static_cast<float>(random_[i].uniform());
  if (kind_ == Arms::Dependent) chances[1] = 1.0F - chances[0];
  pulls_[i] = 0;
}

void BernoulliBandit::reset(std::uint64_t seed) {
  this->seed(seed, "bandit");
  for (std::size_t i = 0; i < size(); ++i) deal(i);
}

void BernoulliBandit::archive(Archive& a) {
  ArrayEnv::archive(a);
  archive_array(a, std::span(chances_));
  archive_array(a, std::span(pulls_));
}

void BernoulliBandit::step(std::span<const std::int32_t> actions) {
  for (std::size_t i = 0; i < size(); ++i) {
    const auto chances = std::span(chances_).subspan(i * actions_, actions_);
    const float p = chances[static_cast<std::size_t>(actions[i])];
    rewards_[i] = random_[i].chance(static_cast<double>(p)) ? 1.0F : 0.0F;
    regrets_[i] = *std::ranges::max_element(chances) - p;
    ends_[i] = ++pulls_[i] == trial_steps_ ? StepEnd::TrialTerminated : StepEnd::None;
    if (ends_[i] != StepEnd::None) deal(i);
  }
}

TellingArmBandit::TellingArmBandit(std::size_t size, std::size_t choices, std::size_t pulls,
                                   std::size_t first)
    : ArrayEnv(size, 0, choices + 1, pulls), first_pulls_(first), targets_(size), pulls_(size) {}

void TellingArmBandit::reset(std::uint64_t seed) {
  this->seed(seed, "telling arm");
  for (std::size_t i = 0; i < size(); ++i) {
    targets_[i] = random_.draw(i, actions_ - 1);
    pulls_[i] = 0;
  }
}

void TellingArmBandit::archive(Archive& a) {
  ArrayEnv::archive(a);
  archive_array(a, std::span(targets_));
  archive_array(a, std::span(pulls_));
}

void TellingArmBandit::step(std::span<const std::int32_t> actions) {
  constexpr float kTarget = 5.0F;
  constexpr float kOther = 1.0F;
  const std::size_t choices = actions_ - 1;
  for (std::size_t i = 0; i < size(); ++i) {
    const auto arm = static_cast<std::size_t>(actions[i]);
    if (arm == choices)
      rewards_[i] = static_cast<float>(targets_[i] + 1) / static_cast<float>(choices);
    else
      rewards_[i] = arm == targets_[i] ? kTarget : kOther;
    ++pulls_[i];
    ends_[i] = pulls_[i] == first_pulls_ ? StepEnd::EpisodeTerminated : StepEnd::None;
    if (pulls_[i] < trial_steps_) continue;
    ends_[i] = StepEnd::TrialTerminated;
    targets_[i] = random_.draw(i, choices);
    pulls_[i] = 0;
  }
}

}  // namespace proteus::learners

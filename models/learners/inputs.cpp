#include "models/learners/inputs.hpp"

#include <algorithm>
#include <cmath>

#include "engine/core/assert.hpp"

namespace proteus::learners {

void RunningMoments::add(std::size_t column, const float* values, std::size_t rows,
                         std::size_t stride) {
  const double n = static_cast<double>(rows);
  double mean = 0.0;
  for (std::size_t i = 0; i < rows; ++i) mean += values[i * stride];
  mean /= n;
  double square = 0.0;
  for (std::size_t i = 0; i < rows; ++i) {
    const double away = values[i * stride] - mean;
    square += away * away;
  }
  const double away = mean - mean_[column];
  const double all = count_ + n;
  mean_[column] += away * n / all;
  square_[column] += square + away * away * count_ * n / all;
}

Inputs::Inputs(const InputSettings& settings, const VectorEnv& env)
    : settings_(settings),
      columns_(env.columns()),
      actions_(env.actions()),
      trial_steps_(static_cast<float>(env.trial_steps())),
      previous_(env.size()),
      rewards_(env.size()),
      moments_(columns_ + 1) {}

Inputs::Inputs(const Inputs& trained, const VectorEnv& env) : Inputs(trained.settings_, env) {
  PROTEUS_ASSERT(columns_ == trained.columns_ && actions_ == trained.actions_);
  moments_ = trained.moments_;
  trial_steps_ = trained.trial_steps_;
  frozen_ = true;
}

std::size_t Inputs::width() const {
  return columns_ + (settings_.action ? actions_ : 0) + (settings_.reward ? 1 : 0) +
         (settings_.done ? 1 : 0) + (settings_.time ? 1 : 0);
}

void Inputs::begin() { std::ranges::fill(previous_, Previous{}); }

float Inputs::scaled(std::size_t column, float x) const {
  constexpr double kLimit = 10.0;
  if (!settings_.normalise) return x;
  const double deviation = std::sqrt(moments_.variance(column) + 1e-12);
  return static_cast<float>(std::clamp((x - moments_.mean(column)) / deviation, -kLimit, kLimit));
}

void Inputs::count(const VectorEnv& env) {
  const std::size_t rows = previous_.size();
  for (std::size_t c = 0; c < columns_; ++c)
    moments_.add(c, env.observations().data() + c, rows, columns_);
  for (std::size_t i = 0; i < rows; ++i) rewards_[i] = previous_[i].reward;
  moments_.add(columns_, rewards_.data(), rows, 1);
  moments_.advance(rows);
}

void Inputs::write_row(const float* observation, const Previous& previous, float* out) const {
  for (std::size_t c = 0; c < columns_; ++c) *out++ = scaled(c, observation[c]);
  if (settings_.action) {
    std::fill_n(out, actions_, 0.0F);
    if (previous.action >= 0) out[previous.action] = 1.0F;
    out += actions_;
  }
  const bool begun = previous.action >= 0;
  if (settings_.reward) *out++ = begun ? scaled(columns_, previous.reward) : 0.0F;
  if (settings_.done) *out++ = previous.done;
  if (settings_.time) *out++ = previous.steps / trial_steps_;
}

void Inputs::write(const VectorEnv& env, std::span<float> out) {
  if (settings_.normalise && !frozen_) count(env);
  peek(env, out);
}

void Inputs::peek(const VectorEnv& env, std::span<float> out) const {
  PROTEUS_ASSERT(out.size() == previous_.size() * width());
  for (std::size_t i = 0; i < previous_.size(); ++i)
    write_row(env.observations().data() + i * columns_, previous_[i], out.data() + i * width());
}

void Inputs::after(const VectorEnv& env, std::span<const std::int32_t> actions) {
  for (std::size_t i = 0; i < previous_.size(); ++i) {
    const training::StepEnd end = env.ends()[i];
    if (ends_trial(end))
      previous_[i] = {};
    else
      previous_[i] = {actions[i], env.rewards()[i], end == training::StepEnd::None ? 0.0F : 1.0F,
                      previous_[i].steps + 1.0F};
  }
}

void Inputs::write_final(const VectorEnv& env, std::span<const std::int32_t> actions, std::size_t i,
                         std::span<float> out) const {
  write_row(env.final_observations().data() + i * columns_,
            {actions[i], env.rewards()[i], 0.0F, previous_[i].steps + 1.0F}, out.data());
}

}  // namespace proteus::learners

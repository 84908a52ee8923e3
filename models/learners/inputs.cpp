#include "models/learners/inputs.hpp"

#include <algorithm>
#include <cmath>

#include "engine/core/assert.hpp"
#include "models/learners/archive_array.hpp"

namespace proteus::learners {
namespace {

float amount_of(std::span<const float> weights, std::size_t i) {
  return weights.empty() ? 1.0F : std::clamp(weights[i], -1.0F, 1.0F);
}

}  // namespace

InputShape shape_of(const VectorEnv& env) {
  return {env.size(), env.columns(), env.actions(), env.trial_steps()};
}

Inputs::Inputs(const InputSettings& settings, const InputShape& shape)
    : settings_(settings),
      shape_(shape),
      trial_steps_(static_cast<float>(shape.trial_steps)),
      previous_(shape.environments),
      rewards_(shape.environments),
      moments_(shape.columns + 1),
      seen_(shape.columns + 1),
      offset_(shape.columns + 1, 0.0),
      factor_(shape.columns + 1, 1.0) {}

Inputs::Inputs(const Inputs& trained, const VectorEnv& env) : Inputs(trained.settings_, env) {
  PROTEUS_ASSERT(shape_.columns == trained.shape_.columns &&
                 shape_.actions == trained.shape_.actions);
  moments_ = trained.moments_;
  offset_ = trained.offset_;
  factor_ = trained.factor_;
  trial_steps_ = trained.trial_steps_;
  frozen_ = true;
}

Inputs::Inputs(const InputSettings& settings, const InputShape& shape, std::vector<double> offset,
               std::vector<double> factor)
    : Inputs(settings, shape) {
  PROTEUS_ASSERT(offset.size() == offset_.size() && factor.size() == factor_.size());
  offset_ = std::move(offset);
  factor_ = std::move(factor);
  frozen_ = true;
}

std::size_t Inputs::width() const {
  return shape_.columns + (settings_.action ? shape_.actions : 0) + (settings_.reward ? 1 : 0) +
         (settings_.done ? 1 : 0) + (settings_.time ? 1 : 0);
}

void Inputs::begin() { std::ranges::fill(previous_, Previous{}); }

float Inputs::scaled(std::size_t column, float x) const {
  if (!settings_.normalise) return x;
  const double value = (static_cast<double>(x) - offset_[column]) * factor_[column];
  // What is no number or infinite stays so, to be found and named.
  if (!std::isfinite(value)) return static_cast<float>(value);
  return static_cast<float>(std::clamp(value, -kLimit, kLimit));
}

void Inputs::count(const VectorEnv& env) {
  const std::size_t rows = previous_.size();
  for (std::size_t c = 0; c < shape_.columns; ++c)
    seen_.add(c, env.observations().data() + c, rows, shape_.columns);
  for (std::size_t i = 0; i < rows; ++i) rewards_[i] = previous_[i].reward;
  seen_.add(shape_.columns, rewards_.data(), rows, 1);
  seen_.advance(rows);
}

Result<void> Inputs::take_in(Group* group) {
  if (!settings_.normalise || frozen_) return success();
  BOOST_OUTCOME_TRY(seen_.add_up(group, "the inputs' moments"));
  if (seen_.finite()) moments_.merge(seen_);
  seen_.clear();
  rescale();
  return success();
}

/// A column that has never moved is only centred.
void Inputs::rescale() {
  for (std::size_t c = 0; c < offset_.size(); ++c) {
    const double variance = moments_.variance(c);
    offset_[c] = moments_.mean(c);
    factor_[c] = variance > 0.0 ? 1.0 / std::sqrt(variance + 1e-12) : 1.0;
  }
}

void Inputs::archive(Archive& a) {
  a.part("inputs");
  archive_array(a, std::span(previous_));
  a(moments_, seen_);
  if (a.reading() && settings_.normalise && !frozen_) rescale();
}

void Inputs::write_row(const float* observation, const Previous& previous, float* out) const {
  for (std::size_t c = 0; c < shape_.columns; ++c) *out++ = scaled(c, observation[c]);
  if (settings_.action) {
    std::fill_n(out, shape_.actions, 0.0F);
    if (previous.action >= 0) out[previous.action] = previous.amount;
    out += shape_.actions;
  }
  const bool begun = previous.action >= 0;
  if (settings_.reward) *out++ = begun ? scaled(shape_.columns, previous.reward) : 0.0F;
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
    write_row(env.observations().data() + i * shape_.columns, previous_[i],
              out.data() + i * width());
}

void Inputs::after(const VectorEnv& env, std::span<const std::int32_t> actions,
                   std::span<const float> weights) {
  for (std::size_t i = 0; i < previous_.size(); ++i) {
    const training::StepEnd end = env.ends()[i];
    if (ends_trial(end))
      previous_[i] = {};
    else
      previous_[i] = {actions[i], env.rewards()[i], end == training::StepEnd::None ? 0.0F : 1.0F,
                      previous_[i].steps + 1.0F, amount_of(weights, i)};
  }
}

void Inputs::write_final(const VectorEnv& env, std::span<const std::int32_t> actions,
                         std::span<const float> weights, std::size_t i,
                         std::span<float> out) const {
  write_row(env.final_observations().data() + i * shape_.columns,
            {actions[i], env.rewards()[i], 0.0F, previous_[i].steps + 1.0F, amount_of(weights, i)},
            out.data());
}

}  // namespace proteus::learners

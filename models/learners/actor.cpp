#include "models/learners/actor.hpp"

#include <algorithm>
#include <cmath>

#include "models/inference/kernels.hpp"
#include "models/learners/archive_array.hpp"
#include "models/learners/weight_loss.hpp"

namespace proteus::learners {

using torch::Tensor;

namespace {

Tensor rows_of(std::span<float> values, std::size_t rows) {
  const auto n = static_cast<std::int64_t>(rows);
  return torch::from_blob(values.data(), {n, static_cast<std::int64_t>(values.size() / rows)});
}

}  // namespace

Actor::Actor(const policy::ActorCritic& policy, VectorEnv& env, Inputs& inputs, std::uint64_t seed,
             Choice choice)
    : policy_(policy),
      env_(env),
      inputs_(inputs),
      begins_(seed, "trials"),
      samples_(seed, "actions", env.first(), env.size()),
      choice_(choice),
      actions_(env.size()),
      weights_(env.weighs() ? env.size() : 0),
      log_chances_(env.size()),
      values_(env.size()),
      chances_(env.size() * env.actions()) {
  begin();
}

void Actor::begin() {
  env_.reset(begins_.bits());
  inputs_.begin();
  state_ = torch::zeros({static_cast<std::int64_t>(env_.size()), policy_.state_size()});
}

void Actor::archive(Archive& a) {
  a.part("actor");
  a(begins_, samples_);
  archive_tensor(a, state_);
}

void Actor::decide(std::span<float> input) {
  inputs_.write(env_, input);
  const Tensor outputs = policy_.step(rows_of(input, env_.size()), state_);
  if (env_.weighs())
    choose_weights(outputs.data_ptr<float>());
  else
    choose(outputs.data_ptr<float>());
}

void Actor::choose_weights(const float* outputs) {
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const float* out = outputs + i * (kWeightOutputs + 1);
    const WeightOdds odds = weight_odds(out);
    const float away = choice_ == Choice::Greedy ? 0.0F : static_cast<float>(samples_[i].normal());
    weights_[i] = odds.mean + std::exp(odds.log_deviation) * away;
    log_chances_[i] = weight_log_density(odds, weights_[i]);
    values_[i] = out[kWeightOutputs];
  }
}

void Actor::choose(const float* outputs) {
  const std::size_t n = env_.actions();
  const std::size_t rows = env_.size();
  for (std::size_t i = 0; i < rows; ++i) {
    const float* out = outputs + i * (n + 1);
    const float most = *std::max_element(out, out + n);
    for (std::size_t a = 0; a < n; ++a) chances_[i * n + a] = out[a] - most;
    log_chances_[i] = most;
    values_[i] = out[n];
  }
  inference::kernels().exp(chances_.data(), chances_.size());
  for (std::size_t i = 0; i < rows; ++i) {
    const float* out = outputs + i * (n + 1);
    const float* weight = chances_.data() + i * n;
    float sum = 0.0F;
    for (std::size_t a = 0; a < n; ++a) sum += weight[a];
    std::size_t chosen = 0;
    if (choice_ == Choice::Greedy) {
      chosen = static_cast<std::size_t>(std::max_element(out, out + n) - out);
    } else {
      float left = static_cast<float>(samples_[i].uniform()) * sum;
      while (chosen + 1 < n && (left -= weight[chosen]) > 0.0F) ++chosen;
    }
    actions_[i] = static_cast<std::int32_t>(chosen);
    log_chances_[i] = out[chosen] - (std::log(sum) + log_chances_[i]);
  }
}

void Actor::advance(std::span<float> truncated_values) {
  if (env_.weighs())
    env_.step_weights(weights_);
  else
    env_.step(actions_);
  if (!truncated_values.empty()) bootstrap(truncated_values);
  const std::int64_t width = state_.size(1);
  for (std::size_t i = 0; i < actions_.size(); ++i)
    if (ends_trial(env_.ends()[i]))
      std::fill_n(state_.data_ptr<float>() + static_cast<std::int64_t>(i) * width, width, 0.0F);
  inputs_.after(env_, actions_, weights_);
}

void Actor::bootstrap(std::span<float> out) const {
  std::vector<std::int64_t> cut;
  for (std::size_t i = 0; i < actions_.size(); ++i)
    if (is_truncated(env_.ends()[i])) cut.push_back(static_cast<std::int64_t>(i));
  if (cut.empty()) return;
  const std::size_t width = inputs_.width();
  std::vector<float> input(cut.size() * width);
  for (std::size_t k = 0; k < cut.size(); ++k)
    inputs_.write_final(env_, actions_, weights_, static_cast<std::size_t>(cut[k]),
                        std::span(input).subspan(k * width, width));
  Tensor state = state_.index_select(0, torch::tensor(cut));
  const Tensor outputs = policy_.step(rows_of(input, cut.size()), state);
  const auto said = static_cast<std::size_t>(outputs.size(1));  // the value last
  for (std::size_t k = 0; k < cut.size(); ++k)
    out[static_cast<std::size_t>(cut[k])] = outputs.data_ptr<float>()[(k + 1) * said - 1];
}

void Actor::value_now(std::span<float> scratch, std::span<float> out) {
  inputs_.peek(env_, scratch);
  Tensor state = state_;
  const Tensor outputs = policy_.step(rows_of(scratch, env_.size()), state);
  const auto said = static_cast<std::size_t>(outputs.size(1));
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = outputs.data_ptr<float>()[(i + 1) * said - 1];
}

}  // namespace proteus::learners

// A small market to learn on, and bytes of what can be archived.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "models/learners/rl2_trainer.hpp"
#include "models/training/synthetic.hpp"

namespace proteus::learners {

inline std::shared_ptr<const training::Series> series_of(
    std::uint64_t seed, features::Kind features = features::Kind::Chapter) {
  return training::synthetic_series({.bars = 400, .features = features}, seed).value();
}

/// Two series; the last quarter of the bars is for validation.
inline runs::Data market_data() {
  runs::Data data;
  data.series = {series_of(3), series_of(4)};
  const Timestamp cut = data.series.front()->bars()[300].open_time;
  data.training.to = cut;
  data.validation.from = cut;
  return data;
}

/// Trials of two episodes of six bars, for six markets.
inline Rl2Settings small_settings() {
  Rl2Settings s;
  s.policy = {.encoder = 8, .core = {.kind = policy::CoreKind::Gru, .hidden = 8}};
  s.ppo.rollout_steps = 15;  // Ends in mid-trial.
  s.ppo.minibatches = 2;
  s.ppo.rate = 3e-3;
  s.sampler = {.episode_bars = 6, .episodes = 2, .spacing = 5};
  s.environments = 6;
  s.steps = 6 * 15 * 12;
  s.validate_every = 3;
  s.validation_trials = 8;
  return s;
}

/// Everything that an input can tell, as it is.
inline constexpr InputSettings kAll{.time = true};

inline policy::ActorCriticSettings small_policy(policy::CoreKind kind = policy::CoreKind::Gru) {
  return {.encoder = 0, .core = {.kind = kind, .hidden = 16}};
}

/// Learns games in seconds.
inline PpoSettings quick(std::int64_t rollout_steps) {
  PpoSettings s;
  s.rollout_steps = rollout_steps;
  s.gamma = 1.0;
  s.rate = 5e-3;
  s.kl_stop = 1.0;
  return s;
}

/// What the last of these iterations told.
inline std::vector<runs::Scalar> iterate(runs::Trainer& trainer, int times = 1) {
  runs::Scalars out;
  for (int i = 0; i < times; ++i) {
    out.clear();
    EXPECT_FALSE(trainer.iterate(out).has_error());
  }
  return out.all();
}

template <class T>
std::vector<std::byte> bytes_of(T& object) {
  ByteBuffer buffer;
  Archive a = Archive::writer(buffer);
  object.archive(a);
  EXPECT_TRUE(a.finish());
  const auto view = buffer.view();
  return {view.begin(), view.end()};
}

template <class T>
bool read_into(T& object, std::span<const std::byte> bytes) {
  Archive a = Archive::reader(bytes);
  object.archive(a);
  return a.finish();
}

}  // namespace proteus::learners

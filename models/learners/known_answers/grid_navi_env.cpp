#include "models/learners/known_answers/grid_navi_env.hpp"

#include <algorithm>

namespace proteus::learners {

using training::StepEnd;

// The observation is the cell, one-hot.
GridNavi::GridNavi(std::size_t size, std::size_t steps)
    : ArrayEnv(size, kSide * kSide, 5, steps * kEpisodes), steps_(steps), games_(size) {}

void GridNavi::deal(std::size_t i) {
  Game& game = games_[i];
  game = {};
  do {
    game.goal = {static_cast<int>(random_.draw(i, kSide)),
                 static_cast<int>(random_.draw(i, kSide))};
  } while (game.goal.x < 2 && game.goal.y < 2);
}

void GridNavi::show(const Game& game, std::span<float> out) {
  std::ranges::fill(out, 0.0F);
  out[static_cast<std::size_t>(game.at.y) * kSide + static_cast<std::size_t>(game.at.x)] = 1.0F;
}

void GridNavi::reset(std::uint64_t seed) {
  this->seed(seed, "grid");
  for (std::size_t i = 0; i < size(); ++i) {
    deal(i);
    show(games_[i], observation(i));
  }
}

void GridNavi::archive(Archive& a) {
  ArrayEnv::archive(a);
  archive_array(a, std::span(games_));
}

void GridNavi::step(std::span<const std::int32_t> actions) {
  constexpr std::array<Cell, 5> kMoves{{{0, 0}, {0, 1}, {1, 0}, {0, -1}, {-1, 0}}};
  constexpr int kLast = static_cast<int>(kSide) - 1;
  for (std::size_t i = 0; i < size(); ++i) {
    Game& game = games_[i];
    const Cell move = kMoves[static_cast<std::size_t>(actions[i])];
    game.at = {std::clamp(game.at.x + move.x, 0, kLast), std::clamp(game.at.y + move.y, 0, kLast)};
    rewards_[i] = game.at == game.goal ? 1.0F : -0.1F;
    ends_[i] = StepEnd::None;
    if (++game.steps % steps_ == 0) {
      show(game, final_observation(i));
      game.at = {};
      ends_[i] = StepEnd::EpisodeTruncated;
    }
    if (game.steps == trial_steps_) {
      // The horizon belongs to the task: nothing would have come after it.
      ends_[i] = StepEnd::TrialTerminated;
      deal(i);
    }
    show(game, observation(i));
  }
}

}  // namespace proteus::learners

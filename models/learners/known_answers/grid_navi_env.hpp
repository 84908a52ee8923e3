// GridNavi (Zintgraf et al. 2020, "VariBAD"): find a hidden goal in a grid of 5 x 5 and go back to
// it. The start is one corner; the goal lies in one of the 21 cells outside of the 2 x 2 cells
// around it, and stays for the four episodes of a trial, of 15 steps each. A step pays 1 on the
// goal and -0.1 elsewhere. Actions: stay, up, right, down, left; walls hold.
#pragma once

#include <array>

#include "models/learners/known_answers/array_env.hpp"

namespace proteus::learners {

class GridNavi : public ArrayEnv {
 public:
  static constexpr std::size_t kSide = 5;
  static constexpr std::size_t kSteps = 15;
  static constexpr std::size_t kEpisodes = 4;

  /// `steps`: of an episode.
  explicit GridNavi(std::size_t size, std::size_t steps = kSteps);
  void reset(std::uint64_t seed) override;
  void step(std::span<const std::int32_t> actions) override;
  void archive(Archive& a) override;

 private:
  struct Cell {
    int x = 0;
    int y = 0;
    friend bool operator==(const Cell&, const Cell&) = default;
  };
  struct Game {
    Cell at;
    Cell goal;
    std::size_t steps = 0;  ///< of the trial
    void archive(Archive& a) { a(at.x, at.y, goal.x, goal.y, steps); }
  };
  void deal(std::size_t i);
  static void show(const Game& game, std::span<float> out);

  std::size_t steps_;
  std::vector<Game> games_;
};

}  // namespace proteus::learners

// What the episodes of trials came to: one line of a table for each place that an episode can have
// in its trial, so that what an agent gains by what it has seen shows from the first to the last.
#pragma once

#include <span>
#include <vector>

#include "engine/core/time.hpp"

namespace proteus::evaluation {

/// One step of an account: at the close of a bar.
struct TrialStep {
  Timestamp close{};
  double net = 0.0;       ///< return after all costs, of equity
  double market = 0.0;    ///< return of the instrument itself, without any cost
  double position = 0.0;  ///< value held / equity, signed
};

/// One episode: it begins flat and with new capital.
using Episode = std::vector<TrialStep>;
/// Episodes in their order, of one market and of one memory.
using Trial = std::vector<Episode>;

/// Episodes at the same place of their trials, together. Sharpe and Sortino ratios are a year, by
/// the square root, over all their steps one behind the other; 0 where nothing varies.
struct EpisodeFigures {
  std::size_t episodes = 0;
  double total_return = 0.0;    ///< mean of capital at the end / at the start - 1
  double standard_error = 0.0;  ///< of that mean; 0 for one episode
  double market = 0.0;          ///< the same of the instrument, held and without costs
  double sharpe_ratio = 0.0;
  double sortino_ratio = 0.0;
  double max_drawdown = 0.0;  ///< mean of the episodes' greatest falls, shares of the peak
  double win_rate = 0.0;      ///< of the steps that changed the equity, those that raised it
  double steps = 0.0;         ///< mean
  std::vector<double> curve;  ///< mean capital after each step, of 1 at the start; one more than
                              ///< the longest has steps, an ended one stays where it is
};

/// Figures of episode 0, 1, ... of the trials, and behind them of all together, whose curve is
/// empty. `bars_a_year`: of the steps. No trial: no line.
std::vector<EpisodeFigures> figures_by_episode(std::span<const Trial> trials, double bars_a_year);

/// Mean net return of all trials that have a step at the same close, ascending: an account that
/// trades them at equal weight.
std::vector<double> mean_returns(std::span<const Trial> trials);

}  // namespace proteus::evaluation

#include "tools/learn/agent_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/evaluation/bootstrap.hpp"
#include "models/learners/fixed_trials.hpp"

namespace proteus::app::train {
namespace {

using evaluation::EpisodeFigures;
using evaluation::Trial;

/// Both ways of playing the same trials.
struct Played {
  std::vector<Trial> kept;
  std::vector<Trial> cleared;
  double bars_a_year = 0.0;
  double capital = 0.0;
};

std::string place_of(std::size_t i, std::size_t lines) {
  return i + 1 < lines ? fmt::format("{}", i + 1) : std::string("all");
}

std::string table(const std::vector<EpisodeFigures>& kept,
                  const std::vector<EpisodeFigures>& cleared, double capital) {
  std::string text =
      fmt::format("{:>7} {:>9} {:>8} {:>8} {:>8} {:>10} {:>6} {:>6} {:>14} {:>9} {:>11}\n",
                  "episode", "return %", "+/- s.e.", "Sharpe", "Sortino", "drawdown %", "won %",
                  "steps", "final capital", "market %", "cleared %");
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const EpisodeFigures& f = kept[i];
    text += fmt::format(
        "{:>7} {:>+9.2f} {:>8.2f} {:>8.2f} {:>8.2f} {:>10.2f} {:>6.1f} {:>6.0f} {:>14.2f} "
        "{:>+9.2f} {:>+11.2f}\n",
        place_of(i, kept.size()), 100.0 * f.total_return, 100.0 * f.standard_error, f.sharpe_ratio,
        f.sortino_ratio, 100.0 * f.max_drawdown, 100.0 * f.win_rate, f.steps,
        capital * (1.0 + f.total_return), 100.0 * f.market, 100.0 * cleared[i].total_return);
  }
  return text;
}

std::string csv(const std::vector<EpisodeFigures>& kept, const std::vector<EpisodeFigures>& cleared,
                double capital) {
  std::string text =
      "memory,episode,episodes,total_return,standard_error,sharpe_ratio,sortino_ratio,"
      "max_drawdown,win_rate,steps,final_capital,market\n";
  for (const auto& [name, figures] : {std::pair{"kept", &kept}, std::pair{"cleared", &cleared}})
    for (std::size_t i = 0; i < figures->size(); ++i) {
      const EpisodeFigures& f = (*figures)[i];
      text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n", name,
                          place_of(i, figures->size()), f.episodes, f.total_return,
                          f.standard_error, f.sharpe_ratio, f.sortino_ratio, f.max_drawdown,
                          f.win_rate, f.steps, capital * (1.0 + f.total_return), f.market);
    }
  return text;
}

/// A column an episode; a shorter one's last value stays.
std::string curves(const std::vector<EpisodeFigures>& kept, double capital) {
  std::string text = "step";
  std::size_t steps = 0;
  const std::size_t episodes = kept.empty() ? 0 : kept.size() - 1;
  for (std::size_t i = 0; i < episodes; ++i) {
    text += fmt::format(",episode_{}", i + 1);
    steps = std::max(steps, kept[i].curve.size());
  }
  for (std::size_t step = 0; step < steps; ++step) {
    text += fmt::format("\n{}", step);
    for (std::size_t i = 0; i < episodes; ++i) {
      const auto& curve = kept[i].curve;
      text += fmt::format(",{:.6f}", capital * curve[std::min(step, curve.size() - 1)]);
    }
  }
  return text + "\n";
}

/// What the memory is worth: the same agent on the same bars with it and without.
std::string difference(const Played& played, const AgentTest& settings) {
  const auto with = evaluation::mean_returns(played.kept);
  const auto without = evaluation::mean_returns(played.cleared);
  const double year = std::sqrt(played.bars_a_year);
  if (with == without)
    return "\nkept and cleared did the same at every bar: what it remembered changed nothing\n";
  const auto gain = evaluation::bootstrap_difference(with, without, evaluation::sharpe_ratio,
                                                     {.draws = settings.draws});
  if (gain.has_error())
    return "\nno Sharpe ratio to compare: nothing was held with the memory, or without\n";
  const auto& g = gain.value();
  return fmt::format(
      "\nSharpe ratio a year of all markets at equal weight: {:.2f} with the memory kept, {:.2f} "
      "cleared\nat each episode; {:+.2f}, 95 % interval {:+.2f} to {:+.2f}{}\n",
      year * evaluation::sharpe_ratio(with), year * evaluation::sharpe_ratio(without),
      year * g.estimate, year * g.low, year * g.high,
      g.low <= 0.0 && g.high >= 0.0 ? ": not shown to be other than 0" : "");
}

Result<Played> play(const learners::LoadedAgent& agent, const training::EngineRiskSettings& risk,
                    const AgentTest& settings, const TestData& data) {
  Played played;
  // Markets are put together bar by bar: the one that closes most counts, which flatters none.
  played.bars_a_year = data.series.front()->bars_a_year();
  for (const auto& series : data.series)
    played.bars_a_year = std::min(played.bars_a_year, series->bars_a_year());
  played.capital = agent.settings.env.capital;
  learners::UnseenTrials unseen{data.series, data.period, settings.trials, false};
  BOOST_OUTCOME_TRY(played.kept, learners::play_unseen(agent, unseen, risk));
  unseen.forgets = true;
  BOOST_OUTCOME_TRY(played.cleared, learners::play_unseen(agent, unseen, risk));
  return played;
}

}  // namespace

Result<TestReport> test_agent(const inference::Checkpoint& model,
                              const training::EngineRiskSettings& risk, const AgentTest& settings,
                              const TestData& data) {
  BOOST_OUTCOME_TRY(const learners::LoadedAgent agent,
                    learners::load_agent(model, data.series.front()->schema()));
  BOOST_OUTCOME_TRY(const Played played, play(agent, risk, settings, data));
  const auto kept = evaluation::figures_by_episode(played.kept, played.bars_a_year);
  const auto cleared = evaluation::figures_by_episode(played.cleared, played.bars_a_year);
  TestReport report;
  report.text = fmt::format(
      "test on bars that training has not seen: {} trials of {} episodes of {} bars, {} series; "
      "net of fees,\nslippage and funding. market: held and without costs; cleared: the return "
      "where the memory is\ncleared at each episode\n\n",
      played.kept.size(), agent.settings.sampler.episodes, agent.settings.sampler.episode_bars,
      data.series.size());
  report.text += table(kept, cleared, played.capital) + difference(played, settings);
  report.files = {{"test.csv", csv(kept, cleared, played.capital)},
                  {"test_curves.csv", curves(kept, played.capital)}};
  return report;
}

}  // namespace proteus::app::train

// What a step is worth, from equity alone: fees, slippage and funding are in it already, once.
// E is equity at the bar's close, E' at the next, C the capital of the episode.
//
//   profit               (E' - E) / C; an episode's rewards add up to (E_end - C) / C
//   step_return          E' / E - 1
//   log_equity           ln(E' / E); they add up to ln(E_end / C). Equity counts as no less than
//                        one millionth of C
//   differential_sharpe  Moody and Saffell 2001, "Learning to trade via direct reinforcement":
//                        with R = E'/E - 1, D = (B (R - A) - A (R² - B) / 2) / (B - A²)^(3/2), and
//                        only then A += eta (R - A), B += eta (R² - B). A starts at 0 and B at the
//                        mean squared return of the market before the episode: with A < 0 at the
//                        start being flat would be best, and the agent freezes. B - A² counts as no
//                        less than a hundredth of that B.
//   drawdown_penalised   ln(E' / E) - penalty x (rise of the drawdown below the episode's peak)
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/core/bar.hpp"
#include "engine/core/settings.hpp"

namespace proteus::training {

enum class RewardKind : std::uint8_t {
  Profit,
  StepReturn,
  LogEquity,
  DifferentialSharpe,
  DrawdownPenalised
};

struct RewardSettings {
  RewardKind kind = RewardKind::LogEquity;
  double sharpe_rate = 0.01;
  double drawdown_penalty = 1.0;
  double scale = 1.0;

  static constexpr auto settings() {
    using R = RewardSettings;
    return std::tuple{
        setting("reward", &R::kind,
                "what a step is worth: profit, step_return, log_equity, differential_sharpe or "
                "drawdown_penalised"),
        setting("sharpe_rate", &R::sharpe_rate,
                "differential_sharpe: weight of the last return in the running moments", 1e-5, 0.5),
        setting("drawdown_penalty", &R::drawdown_penalty,
                "drawdown_penalised: what a rise of the drawdown costs, in log returns", 0.0,
                100.0),
        setting("reward_scale", &R::scale, "factor on every reward", 1e-6, 1e6)};
  }
};

/// Mean squared close-to-close return of the last bars before and with `at`, at most 64 of them; at
/// least 1e-12. The B that differential Sharpe starts from.
double market_square(std::span<const Bar> bars, std::size_t at);

/// The reward of one episode, step by step.
class RewardMeter {
 public:
  RewardMeter() = default;
  /// `capital` > 0; `square`: from market_square.
  void begin(double capital, double square);
  /// From the equity before to the equity after one step; `before` > 0.
  double step(const RewardSettings& settings, double before, double after);

  template <class A>
  void archive(A& a) {
    a(capital_, peak_, drawdown_, mean_, square_, least_);
  }

 private:
  double capital_ = 1.0;
  double peak_ = 1.0;
  double drawdown_ = 0.0;
  double mean_ = 0.0;    // A
  double square_ = 1.0;  // B
  double least_ = 0.01;  // of B - A²
};

}  // namespace proteus::training

template <>
struct proteus::EnumNames<proteus::training::RewardKind> {
  static constexpr std::array<std::string_view, 5> names{
      "profit", "step_return", "log_equity", "differential_sharpe", "drawdown_penalised"};
};

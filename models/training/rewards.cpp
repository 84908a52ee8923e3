#include "models/training/rewards.hpp"

#include <algorithm>
#include <cmath>

namespace proteus::training {

double market_square(std::span<const Bar> bars, std::size_t at) {
  constexpr std::size_t kReturns = 64;
  constexpr double kLeast = 1e-12;
  const std::size_t begin = at > kReturns ? at - kReturns : 0;
  double sum = 0.0;
  for (std::size_t i = begin + 1; i <= at; ++i) {
    const double r = bars[i].close.to_double() / bars[i - 1].close.to_double() - 1.0;
    sum += r * r;
  }
  return at > begin ? std::max(kLeast, sum / static_cast<double>(at - begin)) : kLeast;
}

void RewardMeter::begin(double capital, double square) {
  constexpr double kLeastShare = 0.01;
  *this = RewardMeter{};
  capital_ = peak_ = capital;
  square_ = square;
  least_ = kLeastShare * square;
}

double RewardMeter::step(const RewardSettings& settings, double before, double after) {
  constexpr double kFloor = 1e-6;  // of the capital
  const auto log_return = [&] {
    return std::log(std::max(after, kFloor * capital_) / std::max(before, kFloor * capital_));
  };
  const double simple = after / before - 1.0;
  double reward = 0.0;
  switch (settings.kind) {
    case RewardKind::Profit:
      reward = (after - before) / capital_;
      break;
    case RewardKind::StepReturn:
      reward = simple;
      break;
    case RewardKind::LogEquity:
      reward = log_return();
      break;
    case RewardKind::DifferentialSharpe: {
      const double first = simple - mean_;
      const double second = simple * simple - square_;
      const double variance = std::max(square_ - mean_ * mean_, least_);
      reward = (square_ * first - 0.5 * mean_ * second) / (variance * std::sqrt(variance));
      mean_ += settings.sharpe_rate * first;
      square_ += settings.sharpe_rate * second;
      break;
    }
    case RewardKind::DrawdownPenalised: {
      peak_ = std::max(peak_, after);
      const double drawdown = 1.0 - after / peak_;
      reward = log_return() - settings.drawdown_penalty * std::max(drawdown - drawdown_, 0.0);
      drawdown_ = drawdown;
      break;
    }
  }
  return settings.scale * reward;
}

}  // namespace proteus::training

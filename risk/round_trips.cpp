#include "risk/round_trips.hpp"

#include <cmath>

namespace proteus::risk {

void RoundTrips::on_bar(int held, int before, double change) {
  if (decay_ < 1.0) {
    wins_ = decay_ * wins_;
    losses_ = decay_ * losses_;
    won_ = decay_ * won_;
    lost_ = decay_ * lost_;
    weight_squares_ = decay_ * decay_ * weight_squares_;
  }
  if (held != before) {
    if (before != 0) close(open_ - cost_);
    is_open_ = held != 0;
    open_ = is_open_ ? -cost_ : 0.0;
  }
  if (held != 0) open_ = open_ + held * change;
}

void RoundTrips::close(double result) {
  if (result > 0.0) {
    wins_ = wins_ + 1.0;
    won_ = won_ + result;
  } else {
    losses_ = losses_ + 1.0;
    lost_ = lost_ - result;
  }
  weight_squares_ = weight_squares_ + 1.0;
  ++closed_;
}

KellyEstimate RoundTrips::estimate(double confidence) const {
  const bool losing = is_open_ && open_ < 0.0;
  const double losses = losing ? losses_ + 1.0 : losses_;
  const double lost = losing ? lost_ - open_ : lost_;
  const double weight = wins_ + losses;
  const double squares = losing ? weight_squares_ + 1.0 : weight_squares_;
  if (!(weight > 0.0)) return {};
  const double n = weight * weight / squares;
  if (!(wins_ > 0.0)) return {0.0, 0.0, n};

  const double odds = losses > 0.0 ? (lost / losses) / (won_ / wins_) : 0.0;  // 1 / b
  const auto fraction = [odds](double p) { return p - (1.0 - p) * odds; };
  const double p = wins_ / weight;
  const double z2 = confidence * confidence;
  const double spread = confidence * std::sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n));
  const double low = (p + z2 / (2.0 * n) - spread) / (1.0 + z2 / n);
  const double raw = fraction(p);
  const double careful = fraction(low);
  return {raw, careful > 0.0 ? careful / raw : 0.0, n};
}

}  // namespace proteus::risk

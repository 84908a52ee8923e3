#include "risk/kelly.hpp"

#include <cstdlib>

namespace proteus::risk {

double kelly_fraction(double mean, double variance, double periods) {
  if (!(mean > 0.0) || !(variance > 0.0) || !(periods > 0.0)) return 0.0;
  const double sharpe_squared = mean * mean / variance;
  return mean / variance * (sharpe_squared / (sharpe_squared + 1.0 / periods));
}

void ShadowLedger::on_close(double close) {
  if (close_ > 0.0) {
    const double earned = held_ * (close / close_ - 1.0);
    returns_.add(earned - cost_ * std::abs(held_ - held_before_));
    if (held_ != 0) ++bars_held_;
  }
  close_ = close;
  held_before_ = held_;
}

}  // namespace proteus::risk

// What a form of Kelly's rule makes of a record: the fraction, and how far it can be believed.
#pragma once

namespace proteus::risk {

struct KellyEstimate {
  double raw = 0.0;        ///< fraction as the samples say it; below 0 where they speak of a loss
  double shrinkage = 0.0;  ///< [0, 1]: what the error of the estimate leaves of it
  double samples = 0.0;    ///< how much it rests on; what is counted depends on the form
  /// What is no number stakes nothing.
  [[nodiscard]] double fraction() const {
    const double kept = raw * shrinkage;
    return kept > 0.0 ? kept : 0.0;
  }
};

}  // namespace proteus::risk

// The standard normal distribution: density's integral and its inverse, for every ratio that is
// turned into a probability.
#pragma once

namespace proteus::evaluation {

/// P(Z <= z). Relative error near 1e-15 in both tails, since the lower one comes from erfc.
double normal_cdf(double z);
/// The z with P(Z <= z) = p, relative error near 1e-14. 0 and 1 give -inf and inf; anything outside
/// [0, 1] gives NaN.
double normal_quantile(double p);

}  // namespace proteus::evaluation

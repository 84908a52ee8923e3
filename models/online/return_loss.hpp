// What the inner loop makes smaller: minus the mean net return of the expected weight, over bars
// that have passed. Our orders do not move the market, so that what any weight would have earned is
// known, and the expectation over all choices stands in closed form: nothing is sampled.
//
//   p_t   = softmax of the three logits (short, flat, long)
//   w_t   = p_t(long) - p_t(short)
//   e_t   = w_t scale_t where the bar decides, else e_(t-1)
//   n_t   = e_t r_(t+1) - |e_t| a_(t+1) - cost |e_t - e_(t-1)|
//   loss  = - mean_t n_t / unit
//
// as the policy's unit account has it (strategies/policy/unit_account.hpp). |x| has the gradient
// sign(x), 0 at 0; or, where the meta-trainer needs a second derivative, |x| is sqrt(x^2 + k^2) - k
// and its steps and these are the same. The value, last among the outputs, has no part in it. Pure
// functions over arrays; computed in double precision, whatever the outputs are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/result.hpp"

namespace proteus::online {

inline constexpr std::size_t kActions = 3;  ///< short, flat, long
inline constexpr std::size_t kOutputs = kActions + 1;

/// What is known of a bar, once the next has closed.
struct ReturnRow {
  double next_return = 0.0;   ///< r: of the next bar, less the funding that is known of it
  double next_assumed = 0.0;  ///< a: funding assumed against any holder over the next bar
  double scale = 0.0;         ///< exposure of a full weight from this close on
  bool decides = true;        ///< false: what is held stays
};

/// Bars of one instrument, in order, without a hole.
struct ReturnRows {
  std::vector<ReturnRow> rows;
  double exposure = 0.0;  ///< e before the first
  double cost = 0.0;      ///< of a change of exposure by one, as a fraction
  double unit = 1.0;      ///< volatility target of a bar, above 0
  double kink = 0.0;      ///< k, at least 0; 0: |x| itself
};

/// The loss over the rows from `first` on, `count` of them. outputs: [rows, kOutputs], all from the
/// first row on, since what is held before `first` follows from them. Where `gradient` is not
/// empty, [rows, kOutputs], it becomes the loss's by the outputs; all of them. Errors: Refused,
/// where a number is not finite, arrays do not fit or no row is counted; with which row.
template <class Real>
Result<double> return_loss(const ReturnRows& rows, std::span<const Real> outputs, std::size_t first,
                           std::size_t count, std::span<Real> gradient = {});

/// The same over all rows.
template <class Real>
Result<double> return_loss(const ReturnRows& rows, std::span<const Real> outputs,
                           std::span<Real> gradient = {}) {
  return return_loss(rows, outputs, 0, rows.rows.size(), gradient);
}

/// Mean over rows of KL(p || q), p and q by the logits among `base` and `adapted`, both [rows,
/// kOutputs]. Errors: Refused, where it is not finite.
template <class Real>
Result<double> mean_kl(std::span<const Real> base, std::span<const Real> adapted);

}  // namespace proteus::online

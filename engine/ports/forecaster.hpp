// What forecasts a return after a few steps of adaptation, whatever computes it. Its weights never
// change: every forecast adapts from them anew.
#pragma once

#include <cstddef>
#include <span>

namespace proteus {

class Forecaster {
 public:
  struct Answer {
    double base = 0.0;         ///< what it forecasts without a step
    double forecast = 0.0;     ///< after the steps
    double loss_before = 0.0;  ///< mean squared error on the support, before the first step
    double loss_after = 0.0;   ///< and after the last
  };

  virtual ~Forecaster() = default;
  /// Numbers of a row.
  [[nodiscard]] virtual std::size_t inputs() const = 0;
  /// Adapts by so many steps on the support, x [rows, inputs] and y [rows] with at least one row,
  /// and forecasts `row`, [inputs]. Of the same arguments always the same bits. It computes in
  /// memory of its own: one thread at a time.
  virtual Answer forecast(std::span<const float> x, std::span<const float> y, std::size_t steps,
                          std::span<const float> row) = 0;
};

}  // namespace proteus

// What a policy that trades sees of a series, bar by bar, made once: its features as it reads them,
// and the moves its unit account lives on. By the very stream that trades.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "models/training/series.hpp"
#include "models/training/task_sampler.hpp"
#include "strategies/policy/market_moves.hpp"
#include "strategies/policy/policy_spec.hpp"

namespace proteus::training {

/// Offset, factor and range of each feature over the bars of `period` whose features are ready, of
/// all series together; a series counts by its bars. Errors: NotFound, where there is none.
Result<void> fit_features(std::span<const std::shared_ptr<const Series>> series,
                          const Period& period, strategies::PolicySpec& spec);

/// Time-series momentum over a week to two months of hours (Moskowitz, Ooi, Pedersen 2012).
inline constexpr std::array<std::string_view, 4> kTeacherFeatures = {
    "scaled_return_168", "scaled_return_336", "scaled_return_720", "scaled_return_1440"};

class PolicyPanel {
 public:
  PolicyPanel(std::shared_ptr<const Series> series, const strategies::PolicySpec& spec);

  [[nodiscard]] const Series& series() const { return *series_; }
  [[nodiscard]] std::size_t size() const { return moves_.size(); }
  /// The first bar at which features are ready and the scale is known.
  [[nodiscard]] std::size_t first_ready() const { return first_ready_; }
  [[nodiscard]] std::span<const float> features(std::size_t bar) const {
    return std::span(features_).subspan(bar * series_->columns(), series_->columns());
  }
  /// What the plain trend rule would hold, in [-1, 1]: the mean of what the price did over
  /// kTeacherFeatures, each in deviations. Only where has_teacher().
  [[nodiscard]] float teacher(std::size_t bar) const { return teacher_[bar]; }
  [[nodiscard]] bool has_teacher() const { return !teacher_.empty(); }
  [[nodiscard]] const strategies::MarketMove& move(std::size_t bar) const { return moves_[bar]; }

 private:
  std::shared_ptr<const Series> series_;
  std::size_t first_ready_ = 0;
  std::vector<float> features_;
  std::vector<float> teacher_;
  std::vector<strategies::MarketMove> moves_;
};

}  // namespace proteus::training

#include "strategies/observation.hpp"

#include <algorithm>

namespace proteus::strategies {

Observation::Observation(std::size_t own_count, std::unique_ptr<features::FeatureSet> features)
    : features_(std::move(features)), row_(own_count + features_->values().size()) {}

std::span<const double> Observation::record(const Bar& bar, std::span<const double> own) {
  features_->update(bar, funding_);
  const std::span<const double> values = features_->values();
  PROTEUS_ASSERT(own.size() + values.size() == row_.size());
  std::ranges::copy(values, std::ranges::copy(own, row_.begin()).out);
  return row_;
}

void Observation::on_ticker(const TickerUpdated& ticker) {
  funding_ = {.known = ticker.funding_known, .rate_e9 = ticker.funding_rate_e9};
}

void Observation::reset() {
  features_->reset();
  funding_ = {};
}

}  // namespace proteus::strategies

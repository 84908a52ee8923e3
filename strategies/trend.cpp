#include "strategies/trend.hpp"

#include <algorithm>
#include <cmath>

namespace proteus::strategies {
namespace {

constexpr std::size_t kLongest = 8;

}  // namespace

Trend::Trend(std::size_t bars, Category category, std::unique_ptr<features::FeatureSet> features)
    : bars_(bars),
      shorts_(category != Category::Spot),
      observation_(kOwnNames.size(), std::move(features)),
      closes_(kLongest * bars + 1, 0.0) {
  PROTEUS_ASSERT(bars >= 1 && bars <= 1'000);
}

double Trend::log_close(std::size_t back) const {
  return closes_[(slot_ + closes_.size() - 1 - back) % closes_.size()];
}

Opinion Trend::on_bar(const Bar& bar, const PositionView&, Money) {
  closes_[slot_] = std::log(bar.close.to_double());
  slot_ = (slot_ + 1) % closes_.size();
  seen_ = std::min(seen_ + 1, closes_.size());
  std::array<double, kOwnNames.size()> own{};
  if (seen_ < closes_.size())
    return {.reason = "the longest horizon is still filling",
            .observation = observation_.record(bar, own),
            .warming_up = true};
  const std::size_t n = closes_.size() - 1;
  double squares = 0.0;
  for (std::size_t back = 0; back < n; ++back) {
    const double r = log_close(back) - log_close(back + 1);
    squares += r * r;
  }
  const double sigma = std::sqrt(squares / static_cast<double>(n));
  double sum = 0.0;
  for (std::size_t i = 0; i < kHorizons; ++i) {
    const std::size_t horizon = bars_ << i;
    const double come = log_close(0) - log_close(horizon);
    const double usual = sigma * std::sqrt(static_cast<double>(horizon));
    own[i] = usual > 0.0 ? std::clamp(come / usual, -1.0, 1.0) : 0.0;
    sum += own[i];
  }
  const double weight = sum / static_cast<double>(kHorizons);
  own.back() = weight;
  Opinion opinion;
  opinion.target = Target{.weight = shorts_ ? weight : std::max(weight, 0.0)};
  opinion.reason = weight > 0.0   ? "the trend points up: long"
                   : weight < 0.0 ? (shorts_ ? "the trend points down: short"
                                             : "the trend points down: flat, spot has no short")
                                  : "there is no trend: flat";
  opinion.observation = observation_.record(bar, own);
  return opinion;
}

void Trend::reset() {
  observation_.reset();
  std::ranges::fill(closes_, 0.0);
  slot_ = 0;
  seen_ = 0;
}

}  // namespace proteus::strategies

#include "strategies/sma_cross.hpp"

#include <algorithm>

namespace proteus::strategies {
namespace {

double mean(Int128 sum, std::size_t count) {
  return static_cast<double>(sum) / static_cast<double>(count) / static_cast<double>(kFixedScale);
}

}  // namespace

SmaCross::SmaCross(std::size_t fast, std::size_t slow, Category category,
                   std::unique_ptr<features::FeatureSet> features)
    : fast_(fast),
      slow_(slow),
      weight_below_(category == Category::Spot ? 0.0 : -1.0),
      observation_(kOwnNames.size(), std::move(features)),
      closes_(slow, 0) {
  PROTEUS_ASSERT(fast >= 1 && fast < slow && slow <= 10'000);
}

void SmaCross::push(std::int64_t close) {
  const std::size_t leaving_fast = slot_ >= fast_ ? slot_ - fast_ : slot_ + slow_ - fast_;
  fast_sum_ += close - closes_[leaving_fast];
  slow_sum_ += close - closes_[slot_];
  closes_[slot_] = close;
  slot_ = slot_ + 1 == slow_ ? 0 : slot_ + 1;
  seen_ = std::min(seen_ + 1, slow_);
}

Opinion SmaCross::on_bar(const Bar& bar, const PositionView&, Money) {
  push(bar.close.raw());
  if (seen_ < slow_)
    return {.reason = "the slow window is still filling",
            .observation = observation_.record(bar, std::array{0.0, 0.0, 0.0}),
            .warming_up = true};

  const double fast_mean = mean(fast_sum_, fast_);
  const double slow_mean = mean(slow_sum_, slow_);
  Opinion opinion;
  opinion.observation =
      observation_.record(bar, std::array{fast_mean, slow_mean, fast_mean / slow_mean});
  const Int128 fast = fast_sum_ * static_cast<std::int64_t>(slow_);
  const Int128 slow = slow_sum_ * static_cast<std::int64_t>(fast_);
  if (fast > slow) {
    opinion.target = Target{.weight = 1.0};
    opinion.reason = "fast mean above slow mean: long";
  } else if (fast < slow) {
    opinion.target = Target{.weight = weight_below_};
    opinion.reason = weight_below_ < 0.0 ? "fast mean below slow mean: short"
                                         : "fast mean below slow mean: flat, spot has no short";
  } else {
    opinion.reason = "fast mean equals slow mean: keep what is held";
  }
  return opinion;
}

void SmaCross::reset() {
  observation_.reset();
  std::ranges::fill(closes_, 0);
  slot_ = 0;
  seen_ = 0;
  fast_sum_ = 0;
  slow_sum_ = 0;
}

}  // namespace proteus::strategies

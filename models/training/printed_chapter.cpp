#include "models/training/printed_chapter.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/core/assert.hpp"

namespace proteus::training {
namespace {

/// Sum of the last `count` values up to and with i, of which the first may not exist, / count.
double trailing(std::span<const double> values, std::size_t i, std::size_t count) {
  const std::size_t begin = i + 1 > count ? i + 1 - count : 0;
  double sum = 0.0;
  for (std::size_t k = begin; k <= i; ++k) sum += values[k];
  return sum / static_cast<double>(count);
}

struct Moments {
  double mean = 0.0;
  double deviation = 0.0;  // population
};
Moments moments(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  Moments m{.mean = std::accumulate(values.begin(), values.end(), 0.0) / count};
  double squares = 0.0;
  for (const double x : values) squares += (x - m.mean) * (x - m.mean);
  m.deviation = std::sqrt(squares / count);
  return m;
}

/// Seeded with the first close.
std::vector<double> ema(std::span<const double> closes, double span) {
  const double alpha = 2.0 / (span + 1.0);
  std::vector<double> out(closes.begin(), closes.end());
  for (std::size_t i = 1; i < out.size(); ++i)
    out[i] = alpha * closes[i] + (1.0 - alpha) * out[i - 1];
  return out;
}

}  // namespace

std::vector<double> printed_features(std::span<const double> closes, std::size_t window) {
  PROTEUS_ASSERT(window > 0);
  constexpr std::size_t kRsi = 14;
  const std::size_t n = closes.size();
  std::vector<double> log_returns(n);
  std::vector<double> sizes(n);
  std::vector<double> gains(n);
  std::vector<double> losses(n);
  for (std::size_t i = 1; i < n; ++i) {
    log_returns[i] = std::log(closes[i] / closes[i - 1]);
    sizes[i] = std::abs(log_returns[i]);
    gains[i] = std::max(closes[i] - closes[i - 1], 0.0);
    losses[i] = std::max(closes[i - 1] - closes[i], 0.0);
  }
  const auto mean = ema(closes, static_cast<double>(window));
  const auto fast = ema(closes, 12.0);
  const auto slow = ema(closes, 26.0);

  std::vector<double> rows;
  for (std::size_t i = printed_warm_up(window); i < n; ++i) {
    const double close = closes[i];
    const auto change = [&](std::size_t bars) { return close / closes[i - bars] - 1.0; };
    const double loss = trailing(losses, i, kRsi);
    const double strength = loss > 0.0 ? trailing(gains, i, kRsi) / loss : 100.0;
    const Moments band = moments(closes.subspan(i - window, window));
    const double size = trailing(sizes, i, window);
    const std::span<const double> returns{log_returns};
    const double row[kPrintedFeatures] = {
        change(1),
        change(5),
        change(10),
        close / trailing(closes, i, window) - 1.0,
        close / mean[i] - 1.0,
        moments(returns.subspan(i + 1 - window, window)).deviation,
        change(window),
        (100.0 - 100.0 / (1.0 + strength)) / 100.0,
        (fast[i] - slow[i]) / close,
        (close - band.mean) / (2.0 * band.deviation + 1e-10),
        size > 0.0 ? sizes[i] / size - 1.0 : 0.0};
    rows.insert(rows.end(), std::begin(row), std::end(row));
  }
  return rows;
}

PrintedEnv::PrintedEnv(std::span<const double> prices, std::span<const double> features,
                       std::size_t columns, const Settings& settings)
    : prices_(prices), features_(features), columns_(columns), settings_(settings) {
  PROTEUS_ASSERT(prices.size() > 1 && columns > 0 && features.size() % columns == 0);
  reset(0);
}

std::size_t PrintedEnv::starts() const {
  const std::size_t used = settings_.max_steps + 1;
  return prices_.size() > used + 1 ? prices_.size() - used : 1;
}

void PrintedEnv::reset(std::size_t start) {
  PROTEUS_ASSERT(start + 1 < prices_.size());
  at_ = start;
  steps_ = 0;
  position_ = 0;
  capital_ = settings_.capital;
  entry_ = 0.0;
  total_pnl_ = 0.0;
}

/// From what is held to `to` (1 or -1): closes the other side, then opens; each costs.
void PrintedEnv::turn(int to, double price) {
  if (position_ == to) return;
  if (position_ == -to) {
    const double pnl = to * (entry_ - price) / entry_;
    total_pnl_ += pnl;
    capital_ *= 1.0 + pnl - settings_.transaction_cost;
  }
  position_ = to;
  entry_ = price;
  capital_ *= 1.0 - settings_.transaction_cost;
}

PrintedEnv::Step PrintedEnv::step(std::int64_t action) {
  PROTEUS_ASSERT(at_ + 1 < prices_.size());
  const double price = prices_[at_];
  const int before = position_;
  if (action == 0) turn(1, price);
  if (action == 1) turn(-1, price);
  ++at_;
  ++steps_;
  Step step{.done = steps_ >= settings_.max_steps || at_ + 1 >= prices_.size()};
  step.step_return = position_ * (prices_[at_] - price) / price;
  step.reward = step.step_return - (before != position_ ? settings_.transaction_cost : 0.0);
  step.capital = capital_;
  step.position = position_;
  step.total_pnl = total_pnl_;
  return step;
}

void PrintedEnv::state(std::span<float> out) const {
  PROTEUS_ASSERT(out.size() == columns_ + 3);
  std::ranges::fill(out, 0.0F);
  if ((at_ + 1) * columns_ <= features_.size())
    std::ranges::transform(features_.subspan(at_ * columns_, columns_), out.begin(),
                           [](double x) { return static_cast<float>(x); });
  out[columns_] = static_cast<float>(position_);
  out[columns_ + 1] = static_cast<float>(total_pnl_);
  out[columns_ + 2] =
      static_cast<float>(static_cast<double>(steps_) / static_cast<double>(settings_.max_steps));
}

}  // namespace proteus::training

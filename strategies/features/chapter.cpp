#include "strategies/features/chapter.hpp"

#include <cmath>

namespace proteus::features {
namespace {

constexpr int kWindow = 20;
constexpr int kRsiWindow = 14;

/// To the nearest double. Most sums fit 64 bits, where the conversion is one instruction and gives
/// the same double as the library call for 128 bits.
double real(Int128 value) {
  const auto narrow = static_cast<std::int64_t>(value);
  return narrow == value ? static_cast<double>(narrow) : static_cast<double>(value);
}
Int128 square(std::int64_t value) { return Int128{value} * value; }

Schema chapter_schema() {
  return {
      .set = "chapter",
      .version = 1,
      .warm_up_bars = ChapterFeatures::kWarmUpBars,
      .features = {{"return_1", "close/close[1]-1"},
                   {"return_5", "close/close[5]-1"},
                   {"return_10", "close/close[10]-1"},
                   {"sma_20", "close/sma(20)-1"},
                   {"ema_20", "close/ema(20,adjusted)-1"},
                   {"volatility_20", "population deviation of 20 log returns"},
                   {"momentum_20", "close/close[20]-1"},
                   {"rsi_14", "rises/(rises+falls) over 14 changes, 0.5 if none"},
                   {"macd_12_26", "(ema(12,adjusted)-ema(26,adjusted))/close"},
                   {"bollinger_20", "(close-mean)/(2*population deviation) of 20 closes before"},
                   {"volume_20", "volume/mean(20)-1, |log return| if 20 volumes are zero"}}};
}

}  // namespace

ChapterFeatures::ChapterFeatures() : schema_(chapter_schema()) {}

void ChapterFeatures::update(const Bar& bar, const FundingView&) {
  PROTEUS_ASSERT(bar.close.raw() > 0);
  const std::int64_t close = bar.close.raw();
  const double band = bollinger(close);  // Before the push: this close is not among the twenty.
  push(bar.close, bar.volume);
  if (ready()) write(close, band);
}

double ChapterFeatures::bollinger(std::int64_t close) const {
  // n sum(c²) - (sum c)² is n² times the variance. The products may pass 2^128, the difference does
  // not, so unsigned arithmetic gives it exactly.
  const auto sum = static_cast<UInt128>(state_.close_sum);
  const UInt128 spread = kWindow * state_.close_squares - sum * sum;
  return ratio_or_zero(real(Int128{kWindow} * close - state_.close_sum),
                       2.0 * std::sqrt(static_cast<double>(spread)));
}

void ChapterFeatures::push(Price price, double volume) {
  // Slots start at zero, so taking out what was never put in changes nothing while windows fill.
  State& s = state_;
  const std::int64_t close = price.raw();
  const std::uint64_t slot = s.seen % kSlots;
  const std::uint64_t leaving = (s.seen - kWindow) % kSlots;
  const std::uint64_t leaving_rsi = (s.seen - kRsiWindow) % kSlots;
  const std::int64_t previous = s.seen > 0 ? s.close[(s.seen - 1) % kSlots] : close;
  const std::int64_t change = close - previous;
  const std::int64_t log_return = change != 0 ? log_units(Price::from_raw(previous), price) : 0;
  const Int128 traded = volume_units(volume);

  const std::int64_t old_change = s.change[leaving_rsi];
  s.rise_sum += std::max<std::int64_t>(change, 0) - std::max<std::int64_t>(old_change, 0);
  s.fall_sum += std::max<std::int64_t>(-change, 0) - std::max<std::int64_t>(-old_change, 0);
  s.change[slot] = change;

  const std::int64_t old_return = s.log_return[leaving];
  s.return_sum += log_return - old_return;
  s.return_squares += square(log_return) - square(old_return);
  s.return_sizes += std::abs(log_return) - std::abs(old_return);
  s.log_return[slot] = log_return;

  const std::int64_t old_close = s.close[leaving];
  s.close_sum += close - old_close;
  s.close_squares += static_cast<UInt128>(square(close)) - static_cast<UInt128>(square(old_close));
  s.close[slot] = close;

  s.volume_sum += traded - s.volume[leaving];
  s.volume[slot] = traded;

  const auto value = static_cast<double>(close);
  s.ema_12.add(value);
  s.ema_20.add(value);
  s.ema_26.add(value);
  ++s.seen;
}

void ChapterFeatures::write(std::int64_t close, double band) {
  State& s = state_;
  const std::uint64_t now = s.seen - 1;
  const auto value = static_cast<double>(close);
  const auto simple_return = [&](std::uint64_t bars) {
    const std::int64_t past = s.close[(now - bars) % kSlots];
    return static_cast<double>(close - past) / static_cast<double>(past);
  };
  const auto over_mean = [](Int128 last, Int128 sum) {
    return ratio_or_zero(real(kWindow * last - sum), real(sum));
  };
  const Int128 spread = kWindow * s.return_squares - s.return_sum * s.return_sum;
  const Int128 moves = s.rise_sum + s.fall_sum;
  const std::int64_t size = std::abs(s.log_return[now % kSlots]);

  s.values = {simple_return(1),
              simple_return(5),
              simple_return(10),
              over_mean(close, s.close_sum),
              (value - s.ema_20.mean()) / s.ema_20.mean(),
              std::sqrt(real(spread)) * (kLogUnit / kWindow),
              simple_return(20),
              moves != 0 ? real(s.rise_sum) / real(moves) : 0.5,
              (s.ema_12.mean() - s.ema_26.mean()) / value,
              band,
              s.volume_sum != 0 ? over_mean(s.volume[now % kSlots], s.volume_sum)
                                : over_mean(size, s.return_sizes)};
}

}  // namespace proteus::features

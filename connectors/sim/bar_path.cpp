#include "connectors/sim/bar_path.hpp"

#include <algorithm>

#include "connectors/sim/random.hpp"

namespace proteus::sim {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kWhole = 1 << 20;  // progress of a bar that is through
constexpr milliseconds kStep{1};          // trades of one step lie this far apart

}  // namespace

PushGrid PushGrid::of(Interval base, Duration interval) {
  const Duration half = std::chrono::floor<milliseconds>(interval / 2);
  return {base, interval, std::min<Duration>(milliseconds{200}, half)};
}

Timestamp PushGrid::next(Timestamp t) const {
  const Timestamp open = bar_open(t, base);
  const Duration since = t - open;
  if (since < first) return open + first;
  return std::min(open + (since / interval + 1) * interval, next_open(open, base));
}

std::int64_t PushGrid::last_step(Timestamp open) const {
  const Duration length = next_open(open, base) - open;
  return (length + interval - Duration{1}) / interval;
}

std::int64_t PushGrid::step_at(Timestamp open, Timestamp t) const {
  if (t >= next_open(open, base)) return last_step(open);
  const Duration since = t - open;
  return since < first ? -1 : since / interval;
}

Timestamp PushGrid::instant(Timestamp open, std::int64_t step) const {
  if (step <= 0) return open + first;
  return std::min(open + step * interval, next_open(open, base));
}

BarPath::BarPath(const Bar& bar, const Instrument& instrument, const PushGrid& grid,
                 std::uint64_t key)
    : bar_(bar),
      whole_(candle_of(bar)),
      grid_(grid),
      key_(mix(key, static_cast<std::uint64_t>(to_unix_ms(bar.open_time)))),
      tick_size_(instrument.tick_size),
      lot_step_(instrument.lot_step),
      last_step_(grid.last_step(bar.open_time)),
      lots_total_(static_cast<std::int64_t>(
          std::min<Int128>(whole_.volume_e9 / instrument.lot_step.raw(), INT64_MAX / 4))) {
  Draws draws(key_);
  // A rising bar mostly dips first: two times in three.
  const bool low_first = (bar.close >= bar.open) == (draws.next() % 3 != 0);
  extremes_[0] = low_first ? bar.low : bar.high;
  extremes_[1] = low_first ? bar.high : bar.low;
  turns_[0] = static_cast<std::int64_t>((0.10 + 0.35 * draws.unit()) * kWhole);
  turns_[1] = static_cast<std::int64_t>((0.55 + 0.35 * draws.unit()) * kWhole);
  taker_buys_ = draws.next() % 2 == 0;
  tick_ = taker_buys_ ? "PlusTick" : "MinusTick";
  candle_ = Candle{bar.open_time, bar.open, bar.open, bar.open, bar.open};
  candle_.last_trade = bar.open_time;
}

std::int64_t BarPath::progress(std::int64_t step) const {
  if (step <= 0) return 0;
  if (step >= last_step_) return kWhole;
  return static_cast<std::int64_t>(Int128{kWhole} * (step * grid_.interval).count() /
                                   (bar_.close_time - bar_.open_time).count());
}

Price BarPath::price_at(std::int64_t at, std::int64_t step) const {
  if (step == 0) return bar_.open;
  if (step >= last_step_) return bar_.close;
  const std::int64_t stations[] = {0, turns_[0], turns_[1], kWhole};
  const Price prices[] = {bar_.open, extremes_[0], extremes_[1], bar_.close};
  std::size_t leg = 0;
  while (leg < 2 && at > stations[leg + 1]) ++leg;
  const std::int64_t length = stations[leg + 1] - stations[leg];
  const std::int64_t gone = at - stations[leg];
  const Int128 straight =
      prices[leg].raw() + Int128{prices[leg + 1].raw() - prices[leg].raw()} * gone / length;
  // A wiggle of up to an eighth of the range, none at the stations.
  const Int128 room =
      Int128{bar_.high.raw() - bar_.low.raw()} * gone / length * (length - gone) / length / 2;
  const auto coin = static_cast<std::int64_t>(mix(key_, 7'000'000 + step) % 2001) - 1000;
  const Int128 wanted = straight + room * coin / 1000;
  const Int128 ticks = divide(wanted, tick_size_.raw(), Rounding::Near);
  return std::clamp(Price::from_raw(static_cast<std::int64_t>(ticks * tick_size_.raw())), bar_.low,
                    bar_.high);
}

std::int64_t BarPath::lots_until(std::int64_t step) const {
  if (step >= last_step_) return lots_total_;
  const std::int64_t jitter = static_cast<std::int64_t>(mix(key_, 9'000'000 + step) % 1000);
  return static_cast<std::int64_t>(Int128{lots_total_} * (step * 1000 + jitter) /
                                   (last_step_ * 1000 + 1000));
}

void BarPath::visit(Price price, std::int64_t lots, Timestamp time) {
  const Price before = candle_.close;
  candle_.high = std::max(candle_.high, price);
  candle_.low = std::min(candle_.low, price);
  candle_.close = price;
  if (price != before) {
    taker_buys_ = price > before;
    tick_ = taker_buys_ ? "PlusTick" : "MinusTick";
  }
  if (lots == 0) return;
  const std::uint64_t id = mix(key_, 11'000'000 + trade_ordinal_++);
  if (price == before) {
    taker_buys_ = id % 2 == 0;
    if (tick_[0] != 'Z') tick_ = tick_[0] == 'P' ? "ZeroPlusTick" : "ZeroMinusTick";
  }
  candle_.last_trade = time;
  trades_.push_back({time, price, lots, taker_buys_, tick_, id});
}

void BarPath::step_once() {
  const std::int64_t from = step_ < 0 ? -1 : progress(step_);
  ++step_;
  trades_.clear();
  const std::int64_t to = progress(step_);
  Price points[3];
  std::int64_t count = 0;
  for (std::size_t i = 0; i < 2; ++i)
    if (from < turns_[i] && turns_[i] <= to) points[count++] = extremes_[i];
  points[count++] = price_at(to, step_);

  const std::int64_t until = lots_until(step_);
  const std::int64_t fresh = until - lots_done_;
  lots_done_ = until;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t lots = i + 1 < count ? fresh / count : fresh - fresh / count * (count - 1);
    visit(points[i], lots, instant() - (count - i) * kStep);
  }
  if (step_ == last_step_) {
    const Timestamp last_trade = candle_.last_trade;
    candle_ = whole_;
    candle_.last_trade = last_trade;
    return;
  }
  candle_.volume_e9 = Int128{until} * lot_step_.raw();
  candle_.turnover_e9 =
      lots_total_ == 0 ? 0 : whole_.turnover_e9 / lots_total_ * until / 100'000 * 100'000;
}

void BarPath::advance_to(std::int64_t step) {
  while (step_ < std::min(step, last_step_)) step_once();
}

}  // namespace proteus::sim

#include "connectors/sim/market.hpp"

#include <algorithm>
#include <cmath>

#include "connectors/sim/random.hpp"

namespace proteus::sim {
namespace {

constexpr std::size_t kCacheMax = 200'000;  // candles; about 25 MB
constexpr Duration kDay = std::chrono::hours{24};

Duration length_of(Interval interval) { return bar_length(Timestamp{}, interval); }

}  // namespace

Tape::Tape(const Instrument& instrument, MarketSource& source, const PushGrid& grid,
           std::uint64_t seed)
    : instrument_(instrument),
      source_(source),
      grid_(grid),
      key_(mix(mix(seed), instrument.name())) {}

void Tape::move(Timestamp t) {
  if (at_ == t) return;
  const Timestamp open = grid_.bar_before(t);
  const std::int64_t step = grid_.step_at(open, t);
  // What was found earlier bounds the search backwards, as long as time went forward.
  const bool forward = at_ && *at_ <= t;
  const Timestamp known = forward ? grid_.bar_before(*at_) : source_.first();
  at_ = t;
  if (!forward) path_.reset();
  if (step >= 0) {
    if (path_ && path_->open_time() == open) {
      path_->advance_to(step);
      running_ = true;
      return;
    }
    if (const auto bar = source_.bar(instrument_.id, open)) {
      path_.emplace(*bar, instrument_, grid_, key_);
      path_->advance_to(step);
      running_ = true;
      return;
    }
  }
  running_ = false;
  for (Timestamp o = grid_.bar_before(open); o >= known; o = grid_.bar_before(o)) {
    if (path_ && path_->open_time() == o) break;
    if (const auto bar = source_.bar(instrument_.id, o)) {
      path_.emplace(*bar, instrument_, grid_, key_);
      break;
    }
  }
  if (path_) path_->finish();
}

void RollingDay::move(Timestamp t) {
  const Timestamp until = grid_.bar_before(t);
  const Timestamp from = until - kDay;
  if (until_ == until) return;
  Timestamp next = until_ && *until_ < until ? *until_ : Timestamp::min();
  if (next < from) {
    bars_.clear();
    whole_.reset();
    next = bar_open(std::max(from, source_.first()), grid_.base);
  }
  for (; next < until; next = next_open(next, grid_.base)) {
    const auto bar = source_.bar(id_, next);
    if (!bar) continue;
    bars_.push_back(candle_of(*bar));
    extend(whole_, bars_.back(), bars_.front().open_time);
  }
  until_ = until;
  bool range_lost = false;
  while (!bars_.empty() && bars_.front().open_time < from) {
    const Candle& old = bars_.front();
    whole_->volume_e9 -= old.volume_e9;
    whole_->turnover_e9 -= old.turnover_e9;
    range_lost = range_lost || old.high == whole_->high || old.low == whole_->low;
    bars_.pop_front();
  }
  if (bars_.empty()) {
    whole_.reset();
  } else if (range_lost) {
    rebuild_range();
  }
}

void RollingDay::rebuild_range() {
  whole_->high = bars_.front().high;
  whole_->low = bars_.front().low;
  for (const Candle& bar : bars_) {
    whole_->high = std::max(whole_->high, bar.high);
    whole_->low = std::min(whole_->low, bar.low);
  }
}

Market::Market(MarketSource& source, const SimSettings& settings)
    : source_(source),
      settings_(settings),
      grid_(PushGrid::of(source.base_interval(), settings.push_interval)),
      clock_offset_ms_(settings.faults.clock_offset_ms) {
  for (const Instrument& instrument : source.instruments()) {
    tapes_.push_back(std::make_unique<Tape>(instrument, source, grid_,
                                            static_cast<std::uint64_t>(settings.seed)));
    days_.push_back(std::make_unique<RollingDay>(instrument.id, source, grid_));
    by_symbol_.emplace(std::pair{instrument.category, std::string(instrument.symbol.view())},
                       instrument.id);
  }
}

std::optional<InstrumentId> Market::find(Category category, std::string_view symbol) const {
  const auto found = by_symbol_.find(std::pair{category, std::string(symbol)});
  if (found == by_symbol_.end()) return std::nullopt;
  return found->second;
}

bool Market::offers(Interval interval) const {
  if (interval == grid_.base) return true;
  if (interval == Interval::Month) return length_of(grid_.base) <= kDay;
  return grid_.base != Interval::Month && length_of(interval) > length_of(grid_.base) &&
         length_of(interval) % length_of(grid_.base) == Duration{0};
}

const Tape& Market::tape(InstrumentId id, Timestamp t) {
  tapes_[id.index]->move(t);
  return *tapes_[id.index];
}

const RollingDay& Market::day(InstrumentId id, Timestamp t) {
  days_[id.index]->move(t);
  return *days_[id.index];
}

Interval Market::piece_of(Interval interval) const {
  const auto fits_in = [&](Interval piece) {
    return piece < interval && offers(piece) && piece != grid_.base;
  };
  if (fits_in(Interval::D1)) return Interval::D1;
  if (fits_in(Interval::H1)) return Interval::H1;
  return grid_.base;
}

void Market::fold(std::optional<Candle>& whole, InstrumentId id, Interval pieces, Timestamp open,
                  Timestamp from, Timestamp until) {
  Timestamp at = from;
  for (Timestamp next = next_open(at, pieces); next <= until; next = next_open(at, pieces)) {
    if (const auto piece = closed(id, pieces, at)) extend(whole, *piece, open);
    at = next;
  }
  if (at < until && pieces != grid_.base) fold(whole, id, piece_of(pieces), open, at, until);
}

std::optional<Candle> Market::closed(InstrumentId id, Interval interval, Timestamp open) {
  if (interval == grid_.base) {
    const auto bar = source_.bar(id, open);
    return bar ? std::optional(candle_of(*bar)) : std::nullopt;
  }
  const bool kept = interval >= Interval::H1;
  if (kept) {
    const auto found = cache_.find(CacheKey{id.index, interval, open});
    if (found != cache_.end()) return found->second;
  }
  std::optional<Candle> whole;
  fold(whole, id, piece_of(interval), open, open, next_open(open, interval));
  if (kept) {
    if (cache_.size() >= kCacheMax) cache_.clear();
    cache_.emplace(CacheKey{id.index, interval, open}, whole);
  }
  return whole;
}

std::optional<Candle> Market::candle_before(InstrumentId id, Interval interval, Timestamp open,
                                            Timestamp until) {
  std::optional<Candle> whole;
  if (until > open) fold(whole, id, piece_of(interval), open, open, until);
  return whole;
}

std::optional<Candle> Market::candle(InstrumentId id, Interval interval, Timestamp open,
                                     Timestamp t) {
  if (next_open(open, interval) <= t) return closed(id, interval, open);
  std::optional<Candle> whole;
  if (interval != grid_.base) whole = candle_before(id, interval, open, grid_.bar_before(t));
  if (const Tape& now = tape(id, t); now.running() && now.path().open_time() >= open)
    extend(whole, now.path().candle(), open);
  return whole;
}

void Market::fill_side(std::vector<BookLevel>& side, const Instrument& instrument,
                       std::int64_t best, std::int64_t step, std::size_t depth, std::uint64_t key,
                       std::uint64_t moment) {
  const double lot_value = instrument.lot_step.to_double() * static_cast<double>(best) /
                           static_cast<double>(kFixedScale);
  const double typical = std::clamp(settings_.level_notional / lot_value, 1.0, 1e12);
  side.reserve(depth);
  for (std::size_t i = 0; i < depth; ++i) {
    const std::int64_t price = best + static_cast<std::int64_t>(i) * step;
    if (price <= 0) break;
    // A level keeps its size for sixteen moments, each level at its own phase.
    const std::uint64_t level = mix(key, static_cast<std::uint64_t>(price));
    const double draw = unit_of(mix(level, (moment + (level & 15U)) >> 4U));
    side.push_back({price, 1 + static_cast<std::int64_t>(typical * 2.0 * draw)});
  }
}

Ladder Market::ladder(InstrumentId id, std::size_t depth, Timestamp t) {
  Ladder book;
  const Tape& now = tape(id, t);
  if (!now.priced()) return book;
  const Instrument& what = instrument(id);
  const std::int64_t tick = what.tick_size.raw();
  const std::int64_t last = now.path().last().raw();
  const std::int64_t gap = settings_.spread_ticks * tick;
  // The last taker met the far side: that side's best price is the last price.
  const bool bought = now.path().last_taker_buys();
  const auto on_tick = [&](Rounding how) {
    return static_cast<std::int64_t>(divide(last, tick, how)) * tick;
  };
  const std::int64_t ask = bought ? on_tick(Rounding::Up) : on_tick(Rounding::Down) + gap;
  const std::int64_t bid = ask - gap;
  book.matched = now.path().instant();
  const auto moment =
      static_cast<std::uint64_t>((to_unix_ms(book.matched) * 1'000'000) / grid_.interval.count());
  fill_side(book.bids, what, bid, -tick, depth, mix(now.key(), "bid"), moment);
  fill_side(book.asks, what, ask, tick, depth, mix(now.key(), "ask"), moment);
  return book;
}

Price Market::mark(Price last, const Instrument& instrument) const {
  const double moved = last.to_double() * (1.0 + settings_.mark_basis_bps / 10'000.0);
  if (settings_.mark_basis_bps == 0.0) return last;
  return round_to_step(Price::from_raw(to_fixed_raw(moved)), instrument.tick_size, Rounding::Near);
}

std::int64_t Market::funding_rate_e9(InstrumentId id, Timestamp funding_time) {
  return source_.funding_rate_e9(id, funding_time).value_or(100'000);
}

Duration Market::funding_interval(const Instrument& instrument) const {
  return instrument.funding_interval > Duration{0} ? instrument.funding_interval
                                                   : Duration{std::chrono::hours{8}};
}

Timestamp Market::next_funding(const Instrument& instrument, Timestamp t) const {
  const Duration step = funding_interval(instrument);
  return Timestamp{(t.time_since_epoch() / step + 1) * step};
}

}  // namespace proteus::sim

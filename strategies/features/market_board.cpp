#include "strategies/features/market_board.hpp"

#include <algorithm>

#include "engine/core/assert.hpp"

namespace proteus::features {

std::size_t MarketBoard::join(std::string_view symbol) {
  const auto known = std::ranges::find(places_, symbol, &Place::symbol);
  if (known != places_.end()) return static_cast<std::size_t>(known - places_.begin());
  places_.emplace_back().symbol = symbol;
  return places_.size() - 1;
}

void MarketBoard::post(std::size_t place, Timestamp close, const Row& row) {
  PROTEUS_ASSERT(place < places_.size());
  Place& of = places_[place];
  if (close <= of.posts[of.newest].close) return;
  of.newest = (of.newest + 1) % kKept;
  of.posts[of.newest] = {close, row};
  valid_ = valid_ && close >= asked_;
}

const MarketBoard::Post* MarketBoard::newest_before(const Place& place, Timestamp close) {
  for (std::size_t age = 0; age < kKept; ++age) {
    const Post& post = place.posts[(place.newest + kKept - age) % kKept];
    if (post.close == Timestamp{}) return nullptr;
    if (post.close < close) return &post;
  }
  return nullptr;
}

std::optional<MarketBoard::Row> MarketBoard::mean_before(Timestamp close, Duration bar) {
  if (valid_ && asked_ == close) return mean_;
  Timestamp latest{};
  for (const Place& place : places_)
    if (const Post* const post = newest_before(place, close))
      latest = std::max(latest, post->close);
  Row sum{};
  std::size_t count = 0;
  for (const Place& place : places_) {
    const Post* const post = newest_before(place, close);
    if (post == nullptr || latest - post->close > static_cast<std::int64_t>(kFreshBars) * bar)
      continue;
    for (std::size_t i = 0; i < kColumns; ++i) sum[i] += post->row[i];
    ++count;
  }
  asked_ = close;
  valid_ = true;
  mean_.reset();
  if (count < 2) return mean_;
  for (double& x : sum) x /= static_cast<double>(count);
  return mean_ = sum;
}

void MarketBoard::archive(Archive& a, std::size_t place) {
  PROTEUS_ASSERT(place < places_.size());
  a(places_[place]);
  if (a.reading() && places_[place].newest >= kKept) a.fail();
  if (a.reading() && !a.ok()) places_[place].newest = 0;
  valid_ = false;
}

}  // namespace proteus::features

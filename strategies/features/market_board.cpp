#include "strategies/features/market_board.hpp"

#include <algorithm>

#include "engine/core/assert.hpp"

namespace proteus::features {

std::size_t MarketBoard::join(std::string_view symbol) {
  const auto known = std::ranges::find(symbols_, symbol);
  places_.push_back({.symbol = static_cast<std::size_t>(known - symbols_.begin())});
  if (known == symbols_.end()) symbols_.emplace_back(symbol);
  latest_.resize(symbols_.size());
  return places_.size() - 1;
}

void MarketBoard::post(std::size_t place, Timestamp close, const Row& row) {
  PROTEUS_ASSERT(place < places_.size());
  Place& of = places_[place];
  PROTEUS_ASSERT(close > of.posts[of.newest].close);
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
  asked_ = close;
  valid_ = true;
  mean_.reset();
  Timestamp last{};
  std::ranges::fill(latest_, nullptr);
  for (const Place& place : places_) {
    const Post* const post = newest_before(place, close);
    if (post == nullptr) continue;
    const Post*& best = latest_[place.symbol];
    if (best == nullptr || post->close > best->close) best = post;
    last = std::max(last, post->close);
  }
  Row sum{};
  std::size_t count = 0;
  for (const Post* const post : latest_) {
    if (post == nullptr || last - post->close > static_cast<std::int64_t>(kFreshBars) * bar)
      continue;
    for (std::size_t i = 0; i < kColumns; ++i) sum[i] += post->row[i];
    ++count;
  }
  if (count < 2) return mean_;
  for (double& x : sum) x /= static_cast<double>(count);
  return mean_ = sum;
}

void MarketBoard::clear(std::size_t place) {
  PROTEUS_ASSERT(place < places_.size());
  places_[place].posts = {};
  places_[place].newest = 0;
  valid_ = false;
}

void MarketBoard::archive(Archive& a, std::size_t place) {
  PROTEUS_ASSERT(place < places_.size());
  a(places_[place]);
  if (a.reading() && places_[place].newest >= kKept) {
    a.fail();
    clear(place);
  }
  valid_ = false;
}

}  // namespace proteus::features

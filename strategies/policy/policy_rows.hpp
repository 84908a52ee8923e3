// The last bars of one instrument as policies read them: what a memory is rebuilt from, and what a
// learner learns from. Features are as the feature set made them; each policy scales for itself.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/assert.hpp"
#include "engine/core/time.hpp"
#include "strategies/policy/unit_account.hpp"

namespace proteus::strategies {

/// What a row says beside its features.
struct RowFacts {
  Timestamp open{};
  MarketMove move;
  bool good = true;      ///< false: a feature was no number; the policy does not see this bar
  bool decides = false;  ///< a decision falls on it
  void archive(Archive& a) { a(open, move, good, decides); }
};

class PolicyRows {
 public:
  /// Keeps the newest `capacity` rows of `features` numbers.
  PolicyRows(std::size_t capacity, std::size_t features)
      : features_(features), facts_(capacity), values_(capacity * features) {}

  void push(std::span<const double> features, const RowFacts& facts) {
    PROTEUS_ASSERT(features.size() == features_);
    facts_[next_] = facts;
    std::ranges::copy(features, values_.begin() + static_cast<std::ptrdiff_t>(next_ * features_));
    next_ = next_ + 1 == facts_.size() ? 0 : next_ + 1;
    size_ = std::min(size_ + 1, facts_.size());
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// age: 0 is the newest row; below size().
  [[nodiscard]] const RowFacts& facts(std::size_t age) const { return facts_[slot(age)]; }
  [[nodiscard]] std::span<const double> features(std::size_t age) const {
    return std::span(values_).subspan(slot(age) * features_, features_);
  }
  void clear() { next_ = size_ = 0; }
  void archive(Archive& a) { a(facts_, values_, next_, size_); }

 private:
  [[nodiscard]] std::size_t slot(std::size_t age) const {
    PROTEUS_ASSERT(age < size_);
    return next_ > age ? next_ - age - 1 : next_ + facts_.size() - age - 1;
  }
  std::size_t features_;
  std::vector<RowFacts> facts_;
  std::vector<double> values_;
  std::size_t next_ = 0;
  std::size_t size_ = 0;
};

}  // namespace proteus::strategies

// The order ids that a venue has taken, newest 8 192 of them: an id counts until that many others
// have come after it, which for ids that carry their second is for good.
#pragma once

#include <string_view>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/order_id.hpp"

namespace proteus::paper {

class RecentIds {
 public:
  static constexpr std::size_t kKept = 1U << 13U;

  RecentIds() { ring_.reserve(kKept); }

  /// Seconds do not go back from order to order, so that an id's twin is among the newest; ids
  /// without a second are looked for among all.
  [[nodiscard]] bool contains(const ClientOrderId& id) const {
    for (std::size_t age = 1; age <= ring_.size(); ++age) {
      const ClientOrderId& known = ring_[(oldest_ + ring_.size() - age) % ring_.size()];
      if (known == id) return true;
      if (decision_second(known) < decision_second(id)) return false;
    }
    return false;
  }
  /// Of an id that is not contained.
  void insert(const ClientOrderId& id) {
    if (ring_.size() < kKept) return ring_.push_back(id);
    ring_[oldest_] = id;
    oldest_ = (oldest_ + 1) % kKept;
  }
  void archive(Archive& a) {
    a(ring_, oldest_);
    if (a.reading() && (ring_.size() > kKept || oldest_ >= kKept)) a.fail();
  }

 private:
  std::vector<ClientOrderId> ring_;  // in the order they came
  std::size_t oldest_ = 0;           // of a full ring
};

}  // namespace proteus::paper

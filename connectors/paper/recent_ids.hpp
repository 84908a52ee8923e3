// The order ids that a venue has taken, newest 8 192 of them: an id counts until that many others
// have come after it, which for ids that carry their second is for good. Room is taken at the
// start; pages that no id was written to cost no memory.
#pragma once

#include <memory_resource>
#include <unordered_set>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/order_id.hpp"

namespace proteus::paper {

class RecentIds {
 public:
  static constexpr std::size_t kKept = 1U << 13U;

  RecentIds() {
    ring_.reserve(kKept);
    set_.reserve(kKept);
  }
  RecentIds(const RecentIds&) = delete;
  RecentIds& operator=(const RecentIds&) = delete;

  [[nodiscard]] bool contains(const ClientOrderId& id) const { return set_.contains(id); }
  /// Of an id that is not contained.
  void insert(const ClientOrderId& id) {
    if (ring_.size() < kKept) {
      ring_.push_back(id);
    } else {
      set_.erase(ring_[oldest_]);
      ring_[oldest_] = id;
      oldest_ = (oldest_ + 1) % kKept;
    }
    set_.insert(id);
  }
  void archive(Archive& a) {
    a(ring_, oldest_);
    if (!a.reading()) return;
    set_.clear();
    if (ring_.size() > kKept || oldest_ >= kKept) return a.fail();
    set_.insert(ring_.begin(), ring_.end());
  }

 private:
  static constexpr std::size_t kBytesAnId = 96;  // a node of the set and its share of the buckets
  std::pmr::monotonic_buffer_resource room_{kKept * kBytesAnId};
  std::pmr::unsynchronized_pool_resource nodes_{&room_};
  std::pmr::unordered_set<ClientOrderId> set_{&nodes_};  // asked, never walked over
  std::vector<ClientOrderId> ring_;                      // in the order they came
  std::size_t oldest_ = 0;                               // of a full ring
};

}  // namespace proteus::paper

// A short list held in place: what events and records carry must not allocate.
#pragma once

#include <array>
#include <cstddef>

#include "engine/core/assert.hpp"

namespace proteus {

/// A small list held in place; push_back beyond N asserts.
template <class T, std::size_t N>
class InlineList {
 public:
  void push_back(const T& value) {
    PROTEUS_ASSERT(size_ < N);
    items_[size_++] = value;
  }
  void clear() { size_ = 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return items_[i]; }
  [[nodiscard]] T& operator[](std::size_t i) { return items_[i]; }
  [[nodiscard]] const T* begin() const { return items_.data(); }
  [[nodiscard]] const T* end() const { return items_.data() + size_; }
  static constexpr std::size_t capacity() { return N; }

 private:
  std::array<T, N> items_{};
  std::size_t size_ = 0;
};

}  // namespace proteus

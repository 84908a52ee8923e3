// Memory for secrets: pages of their own between two that nobody may touch, locked, in no dump and
// in no forked child, wiped before they are given back.
#pragma once

#include <cstddef>

namespace proteus::signing {

class LockedMemory {
 public:
  explicit LockedMemory(std::size_t size);
  ~LockedMemory();
  LockedMemory(const LockedMemory&) = delete;
  LockedMemory& operator=(const LockedMemory&) = delete;

  /// nullptr: there was no memory. Zeros at first.
  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] bool locked() const { return locked_; }

 private:
  char* base_ = nullptr;
  std::size_t whole_ = 0;
  char* data_ = nullptr;
  std::size_t size_ = 0;  ///< whole pages
  bool locked_ = false;
};

}  // namespace proteus::signing

// Symbol text -> InstrumentId for one category, without allocation. Open addressing, at most half
// full.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/instrument.hpp"

namespace proteus::bybit {

class SymbolIndex {
 public:
  SymbolIndex(const InstrumentTable& instruments, Category category);

  [[nodiscard]] std::optional<InstrumentId> find(std::string_view symbol) const {
    for (std::size_t slot = hash(symbol) & mask_;; slot = (slot + 1) & mask_) {
      const Slot& entry = slots_[slot];
      if (!entry.used) return std::nullopt;
      if (entry.symbol.view() == symbol) return entry.id;
    }
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Slot {
    InlineText<32> symbol;
    InstrumentId id;
    bool used = false;
  };
  static std::size_t hash(std::string_view text) {  // FNV-1a
    std::uint64_t h = 14695981039346656037ULL;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return static_cast<std::size_t>(h ^ (h >> 32));
  }

  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace proteus::bybit

#include "connectors/bybit/symbol_index.hpp"

#include <bit>

namespace proteus::bybit {

SymbolIndex::SymbolIndex(const InstrumentTable& instruments, Category category)
    : slots_(std::bit_ceil(2 * instruments.size() + 2)), mask_(slots_.size() - 1) {
  for (const Instrument& instrument : instruments) {
    if (instrument.category != category) continue;
    std::size_t slot = hash(instrument.symbol.view()) & mask_;
    while (slots_[slot].used) slot = (slot + 1) & mask_;
    slots_[slot].symbol = instrument.symbol;
    slots_[slot].id = instrument.id;
    slots_[slot].used = true;
    ++size_;
  }
}

}  // namespace proteus::bybit

#include "engine/core/instrument.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus {

std::string_view to_string(Category category) {
  return category == Category::Linear ? "linear" : "spot";
}

std::string_view to_string(InstrumentStatus status) {
  switch (status) {
    case InstrumentStatus::Trading:
      return "Trading";
    case InstrumentStatus::PreLaunch:
      return "PreLaunch";
    case InstrumentStatus::Delivering:
      return "Delivering";
    case InstrumentStatus::Closed:
      return "Closed";
  }
  return "?";
}

std::string Instrument::name() const {
  return fmt::format("{}:{}", to_string(category), symbol.view());
}

Result<InstrumentName> parse_instrument_name(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view category = text.substr(0, colon);
  const std::string_view symbol =
      colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  const bool symbol_ok = !symbol.empty() &&
                         symbol.size() <= decltype(Instrument::symbol)::capacity() &&
                         std::ranges::all_of(symbol, [](char c) {
                           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
                         });
  if (!symbol_ok || (category != "linear" && category != "spot"))
    return error(
        ErrorCode::Malformed,
        fmt::format(
            "not an instrument: \"{}\" (write linear:BTCUSDT or spot:BTCUSDT, symbol in capitals)",
            text.substr(0, 60)));
  return InstrumentName{category == "linear" ? Category::Linear : Category::Spot,
                        std::string(symbol)};
}

Result<InstrumentId> InstrumentTable::add(Instrument instrument) {
  if (find(instrument.category, instrument.symbol.view()))
    return error(ErrorCode::Malformed,
                 fmt::format("instrument {} is listed twice", instrument.name()));
  if (instrument.tick_size <= Price{} || instrument.lot_step <= Quantity{})
    return error(
        ErrorCode::OutOfRange,
        fmt::format("instrument {} has tick size {} and lot step {}: both must be positive",
                    instrument.name(), instrument.tick_size.to_string(),
                    instrument.lot_step.to_string()));
  if (instrument.leverage_max_e9 < kFixedScale)
    return error(ErrorCode::OutOfRange,
                 fmt::format("instrument {} has a largest leverage of {}: it must be at least 1",
                             instrument.name(), format_fixed(instrument.leverage_max_e9)));
  if (!notional_fits(instrument.tick_size, instrument.quantity_max_limit))
    return error(ErrorCode::OutOfRange,
                 fmt::format("instrument {}: its largest order does not fit units of 1e-9",
                             instrument.name()));
  instrument.id = InstrumentId{static_cast<std::uint32_t>(instruments_.size())};
  instruments_.push_back(instrument);
  return instrument.id;
}

void InstrumentTable::update(const Instrument& instrument) {
  Instrument& known = instruments_.at(instrument.id.index);
  PROTEUS_ASSERT(known.category == instrument.category && known.symbol == instrument.symbol);
  known = instrument;
}

std::optional<InstrumentId> InstrumentTable::find(Category category,
                                                  std::string_view symbol) const {
  for (const Instrument& i : instruments_)
    if (i.category == category && i.symbol.view() == symbol) return i.id;
  return std::nullopt;
}

}  // namespace proteus

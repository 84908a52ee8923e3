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
    return error(ErrorCode::Malformed,
                 fmt::format("not an instrument: \"{}\" (write linear:BTCUSDT or spot:BTCUSDT, "
                             "symbol in capitals; on the command line several are "
                             "separated by commas, without brackets)",
                             text.substr(0, 60)));
  return InstrumentName{category == "linear" ? Category::Linear : Category::Spot,
                        std::string(symbol)};
}

std::string problem_of(const Instrument& i) {
  if (i.tick_size <= Price{} || i.lot_step <= Quantity{})
    return fmt::format("has tick size {} and lot step {}: both must be positive",
                       i.tick_size.to_string(), i.lot_step.to_string());
  if (i.leverage_max_e9 < kFixedScale)
    return fmt::format("has a largest leverage of {}: it must be at least 1",
                       format_fixed(i.leverage_max_e9));
  if (i.quantity_min < Quantity{} || i.notional_min < Money{} || i.funding_interval < Duration{0})
    return "has a negative minimum or funding interval";
  for (const auto& [name, most] :
       {std::pair{"limit", i.quantity_max_limit}, std::pair{"market", i.quantity_max_market}}) {
    if (most.is_zero()) continue;  // The venue names none.
    if (most < i.quantity_min || most < i.lot_step)
      return fmt::format("has a largest {} order of {}, below its smallest of {} or its step of {}",
                         name, most.to_string(), i.quantity_min.to_string(),
                         i.lot_step.to_string());
  }
  if (!notional_fits(i.tick_size, i.quantity_max_limit))
    return "has a largest order whose value does not fit units of 1e-9";
  return "";
}

Result<InstrumentId> InstrumentTable::add(Instrument instrument) {
  if (find(instrument.category, instrument.symbol.view()))
    return error(ErrorCode::Malformed,
                 fmt::format("instrument {} is listed twice", instrument.name()));
  if (const std::string problem = problem_of(instrument); !problem.empty())
    return error(ErrorCode::OutOfRange,
                 fmt::format("instrument {} {}", instrument.name(), problem));
  instrument.id = InstrumentId{static_cast<std::uint32_t>(instruments_.size())};
  instruments_.push_back(instrument);
  return instrument.id;
}

bool InstrumentTable::update(const Instrument& instrument) {
  Instrument& known = instruments_.at(instrument.id.index);
  PROTEUS_ASSERT(known.category == instrument.category && known.symbol == instrument.symbol);
  if (!problem_of(instrument).empty()) return false;
  known = instrument;
  return true;
}

std::optional<InstrumentId> InstrumentTable::find(Category category,
                                                  std::string_view symbol) const {
  for (const Instrument& i : instruments_)
    if (i.category == category && i.symbol.view() == symbol) return i.id;
  return std::nullopt;
}

}  // namespace proteus

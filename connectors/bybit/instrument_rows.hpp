// One row of instruments-info. Linear and spot name the same things differently. Not public, see
// field_reader.hpp.
#pragma once

#include "connectors/bybit/field_reader.hpp"
#include "connectors/bybit/rest_codec.hpp"

namespace proteus::bybit {

/// Reads a row. What concerns only this instrument (a price step finer than 1e-9, a missing step)
/// becomes its `problem`; what breaks the page goes to `page_reader`.
InstrumentRow read_instrument(ondemand::object& row, Category category, FieldReader& page_reader);

}  // namespace proteus::bybit

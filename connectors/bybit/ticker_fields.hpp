// The fields of a ticker that we use: the same names on the stream and in REST. Not public, see
// field_reader.hpp.
#pragma once

#include "connectors/bybit/codec.hpp"
#include "connectors/bybit/field_reader.hpp"

namespace proteus::bybit {

/// Takes one member of a ticker object into `values`; members we do not use are left alone.
void read_ticker_member(FieldReader& reader, ondemand::raw_json_string key, ondemand::value& value,
                        TickerValues& values);

}  // namespace proteus::bybit

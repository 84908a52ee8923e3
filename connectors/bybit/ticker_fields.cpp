#include "connectors/bybit/ticker_fields.hpp"

namespace proteus::bybit {

void read_ticker_member(FieldReader& reader, ondemand::raw_json_string key, ondemand::value& value,
                        TickerValues& values) {
  const auto price = [&](const char* field) -> std::optional<Price> {
    const std::optional<std::int64_t> raw = reader.fixed(value, field);
    if (!raw) return std::nullopt;
    return Price::from_raw(*raw);
  };
  switch (key.raw()[0]) {
    case 'l':
      if (is(key, "lastPrice")) values.last = price("lastPrice");
      return;
    case 'm':
      if (is(key, "markPrice")) values.mark = price("markPrice");
      return;
    case 'i':
      if (is(key, "indexPrice")) values.index = price("indexPrice");
      return;
    case 'f':
      if (is(key, "fundingRate")) values.funding_rate_e9 = reader.rate(value, "fundingRate");
      return;
    case 'n':
      if (is(key, "nextFundingTime")) values.next_funding = reader.time(value, "nextFundingTime");
      return;
    default:
      return;
  }
}

}  // namespace proteus::bybit

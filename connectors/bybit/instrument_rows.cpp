#include "connectors/bybit/instrument_rows.hpp"

#include <fmt/format.h>

namespace proteus::bybit {
namespace {

/// A status we do not know is taken for one that does not trade.
InstrumentStatus parse_status(std::string_view text) {
  if (text == "Trading") return InstrumentStatus::Trading;
  if (text == "PreLaunch") return InstrumentStatus::PreLaunch;
  if (text == "Delivering") return InstrumentStatus::Delivering;
  return InstrumentStatus::Closed;
}

class RowReader {
 public:
  RowReader(Category category, FieldReader& page) : page_(page) {
    row_.instrument.category = category;
  }
  void member(ondemand::raw_json_string key, ondemand::value& value);
  InstrumentRow finish();

 private:
  void lot_size(ondemand::raw_json_string key, ondemand::value& value);
  template <class F>
  void nested(ondemand::value& value, const char* field, F&& f);
  Quantity quantity(ondemand::value& value, const char* field) {
    return Quantity::from_raw(
        fields_.fixed(value, field, FieldReader::Overflow::Clamp).value_or(0));
  }
  [[nodiscard]] bool spot() const { return row_.instrument.category == Category::Spot; }

  FieldReader& page_;
  FieldReader fields_;
  InstrumentRow row_;
};

template <class F>
void RowReader::nested(ondemand::value& value, const char* field, F&& f) {
  ondemand::object object;
  if (value.get_object().get(object)) return fields_.fail(field, "is not an object");
  for_each_member(object, page_, f);
}

void RowReader::member(ondemand::raw_json_string key, ondemand::value& value) {
  Instrument& i = row_.instrument;
  if (is(key, "symbol")) {
    row_.symbol = fields_.text(value, "symbol");
    i.symbol = std::string_view{row_.symbol};
  } else if (is(key, "status")) {
    i.status = parse_status(fields_.text(value, "status"));
  } else if (is(key, "baseCoin")) {
    i.base_coin = fields_.text(value, "baseCoin");
  } else if (is(key, "quoteCoin")) {
    i.quote_coin = fields_.text(value, "quoteCoin");
  } else if (is(key, "deliveryTime")) {
    i.delivery_time = fields_.time(value, "deliveryTime").value_or(Timestamp{});
  } else if (is(key, "fundingInterval")) {
    const std::int64_t minutes = fields_.integer(value, "fundingInterval").value_or(0);
    if (minutes < 0 || minutes > std::int64_t{60} * 24 * 366)
      return fields_.fail("fundingInterval", "is out of range", ErrorCode::OutOfRange);
    i.funding_interval = std::chrono::minutes{minutes};
  } else if (is(key, "priceFilter")) {
    nested(value, "priceFilter", [&](ondemand::raw_json_string k, ondemand::value& v) {
      if (is(k, "tickSize"))
        i.tick_size = Price::from_raw(fields_.fixed(v, "priceFilter.tickSize").value_or(0));
    });
  } else if (is(key, "lotSizeFilter")) {
    nested(value, "lotSizeFilter",
           [&](ondemand::raw_json_string k, ondemand::value& v) { lot_size(k, v); });
  } else if (is(key, "leverageFilter") && !spot()) {
    nested(value, "leverageFilter", [&](ondemand::raw_json_string k, ondemand::value& v) {
      if (is(k, "maxLeverage"))
        i.leverage_max_e9 = fields_.fixed(v, "leverageFilter.maxLeverage").value_or(kFixedScale);
    });
  }
}

void RowReader::lot_size(ondemand::raw_json_string key, ondemand::value& value) {
  Instrument& i = row_.instrument;
  if (is(key, spot() ? "basePrecision" : "qtyStep")) {
    i.lot_step = Quantity::from_raw(fields_.fixed(value, "lotSizeFilter.qtyStep").value_or(0));
  } else if (is(key, spot() ? "minOrderAmt" : "minNotionalValue")) {
    i.notional_min = Money::from_raw(fields_.fixed(value, "lotSizeFilter.minNotional").value_or(0));
  } else if (is(key, spot() ? "maxLimitOrderQty" : "maxOrderQty")) {
    i.quantity_max_limit = quantity(value, "lotSizeFilter.maxOrderQty");
  } else if (is(key, spot() ? "maxMarketOrderQty" : "maxMktOrderQty")) {
    i.quantity_max_market = quantity(value, "lotSizeFilter.maxMarketQty");
  } else if (is(key, "minOrderQty") && !spot()) {  // Deprecated for spot: value rules there.
    i.quantity_min = quantity(value, "lotSizeFilter.minOrderQty");
  }
}

InstrumentRow RowReader::finish() {
  const Instrument& i = row_.instrument;
  if (fields_.failed())
    row_.problem = fields_.error("instruments-info row", row_.symbol).context;
  else if (row_.symbol.empty() || row_.symbol.size() > decltype(Instrument::symbol)::capacity())
    row_.problem = fmt::format("symbol \"{}\" is empty or too long", excerpt(row_.symbol));
  else if (const std::string problem = problem_of(i); !problem.empty())
    row_.problem = fmt::format("{} {}", i.name(), problem);
  return std::move(row_);
}

}  // namespace

InstrumentRow read_instrument(ondemand::object& row, Category category, FieldReader& page_reader) {
  RowReader reader(category, page_reader);
  for_each_member(row, page_reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
    reader.member(key, value);
  });
  return reader.finish();
}

}  // namespace proteus::bybit

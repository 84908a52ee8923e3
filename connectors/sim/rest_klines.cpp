// Klines: the rows of a range, newest first, the running candle among them.
#include <algorithm>

#include "connectors/sim/rest_parts.hpp"

namespace proteus::sim {
namespace {

constexpr std::int64_t kRowsMax = 1000;  // a limit above is clamped

struct Range {
  InstrumentId id;
  Category category = Category::Linear;
  Interval interval = Interval::M1;
  std::optional<Timestamp> start;
  std::optional<Timestamp> end;
  std::int64_t limit = 200;
};

Result<Range> range_of(const Request& request) {
  Range range;
  BOOST_OUTCOME_TRY(range.category, category_of(request, "linear"));
  BOOST_OUTCOME_TRY(range.id, symbol_of(request, range.category));
  const auto interval = interval_of(request.query.value_or("interval", {}));
  if (!interval || !request.market.offers(*interval)) return bad_parameter("Invalid period!");
  range.interval = *interval;
  BOOST_OUTCOME_TRY(range.start, time_of(request, "start"));
  BOOST_OUTCOME_TRY(range.end, time_of(request, "end"));
  BOOST_OUTCOME_TRY(range.limit, number_of(request, "limit", 200, 1, kRowsMax));
  if (range.start && range.end && *range.start > *range.end)
    return bad_parameter("params error: start is after end");
  return range;
}

Timestamp before(Timestamp open, Interval interval) {
  return bar_open(open - Duration{1}, interval);
}

/// First candle whose open is allowed by `start`; the market's first without one.
Timestamp lowest_open(const Request& request, const Range& range) {
  const Timestamp floor = bar_open(request.market.source().first(), range.interval);
  if (!range.start) return floor;
  const Timestamp holding = bar_open(*range.start, range.interval);
  const bool inside = holding != *range.start && !request.market.settings().kline_start_floor;
  return std::max(floor, inside ? next_open(holding, range.interval) : holding);
}

/// Newest first. With a start alone the rows run forward from it; else they are the newest of the
/// range.
std::vector<Candle> rows_of(const Request& request, const Range& range) {
  const auto at = [&](Timestamp open) {
    return request.market.candle(range.id, range.interval, open, request.now);
  };
  const auto limit = static_cast<std::size_t>(range.limit);
  const Timestamp lowest = lowest_open(request, range);
  Timestamp highest = bar_open(request.now - Duration{1}, range.interval);
  std::vector<Candle> rows;
  if (range.start && !range.end) {
    for (Timestamp open = lowest; open <= highest && rows.size() < limit;
         open = next_open(open, range.interval))
      if (const auto candle = at(open)) rows.push_back(*candle);
    std::ranges::reverse(rows);
    return rows;
  }
  if (range.end) highest = std::min(highest, bar_open(*range.end, range.interval));
  for (Timestamp open = highest; open >= lowest && rows.size() < limit;
       open = before(open, range.interval))
    if (const auto candle = at(open)) rows.push_back(*candle);
  return rows;
}

std::string list_text(const Request& request, const Range& range, std::span<const Candle> rows,
                      bool amounts) {
  std::string out = "{\"category\":\"";
  out += to_string(range.category);
  out += "\",\"symbol\":\"";
  out += request.market.instrument(range.id).symbol.view();
  out += "\",\"list\":[";
  for (const Candle& row : rows) {
    if (&row != rows.data()) out += ',';
    append_kline_row(out, row, amounts);
  }
  out += "]}";
  return out;
}

}  // namespace

Result<std::string> klines(const Request& request) {
  BOOST_OUTCOME_TRY(const Range range, range_of(request));
  return list_text(request, range, rows_of(request, range), true);
}

Result<std::string> mark_klines(const Request& request) {
  BOOST_OUTCOME_TRY(const Range range, range_of(request));
  if (range.category != Category::Linear) return bad_parameter("params error: Category is invalid");
  const Instrument& what = request.market.instrument(range.id);
  std::vector<Candle> rows = rows_of(request, range);
  for (Candle& row : rows)
    for (Price* price : {&row.open, &row.high, &row.low, &row.close})
      *price = request.market.mark(*price, what);
  return list_text(request, range, rows, false);
}

}  // namespace proteus::sim

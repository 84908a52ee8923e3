#include "connectors/replay/rest_match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connectors/bybit/topics.hpp"

namespace proteus::replay {
namespace {

std::string_view parameter(std::string_view target, std::string_view name) {
  const std::size_t query = target.find('?');
  if (query == std::string_view::npos) return {};
  for (std::string_view rest = target.substr(query + 1); !rest.empty();) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

Timestamp time_parameter(std::string_view target, std::string_view name) {
  const std::string_view text = parameter(target, name);
  std::int64_t ms = 0;
  std::from_chars(text.data(), text.data() + text.size(), ms);
  return from_unix_ms(ms);
}

/// `"name":"value"` stands in the text.
bool says(std::string_view text, std::string_view name, std::string_view value) {
  return text.find(fmt::format(R"("{}":"{}")", name, value)) != std::string_view::npos;
}

Fit rows_fit(const std::vector<Bar>& bars, const RestRequest& request) {
  if (bars.empty()) return Fit::Whole;
  // One row tells no interval; of several the closest neighbours do.
  const Duration length = bar_length(bars.front().open_time, request.interval);
  for (std::size_t i = 0; i < bars.size(); ++i)
    if (bar_open(bars[i].open_time, request.interval) != bars[i].open_time ||
        (i > 0 && bars[i].open_time - bars[i - 1].open_time < length))
      return Fit::None;
  const Timestamp first = bars.front().open_time;
  const Timestamp last = bars.back().open_time;
  if (first > request.to || last < request.from) return Fit::None;
  return first >= request.from && last <= request.to ? Fit::Whole : Fit::Some;
}

}  // namespace

RestRequest parse_request(std::string_view target) {
  RestRequest request;
  const std::string_view path = target.substr(0, target.find('?'));
  if (path.ends_with("/time")) request.kind = RestKind::Time;
  if (path.ends_with("/instruments-info")) request.kind = RestKind::Instruments;
  if (path.ends_with("/kline")) request.kind = RestKind::Klines;
  if (path.ends_with("/funding/history")) request.kind = RestKind::Funding;
  request.category = parameter(target, "category") == to_string(Category::Spot) ? Category::Spot
                                                                                : Category::Linear;
  request.symbol = parameter(target, "symbol");
  request.cursor = parameter(target, "cursor");
  request.interval =
      bybit::parse_wire_interval(parameter(target, "interval")).value_or(Interval::M1);
  const bool funding = request.kind == RestKind::Funding;
  request.from = time_parameter(target, funding ? "startTime" : "start");
  request.to = time_parameter(target, funding ? "endTime" : "end");
  return request;
}

RestKind kind_of(std::string_view body) {
  const auto has = [&](std::string_view text) { return body.find(text) != std::string_view::npos; };
  if (body.empty() || body.front() != '{' || has(R"("topic":)")) return RestKind::Other;
  if (has(R"("timeNano")")) return RestKind::Time;
  if (has(R"("lotSizeFilter")")) return RestKind::Instruments;
  if (has(R"("fundingRateTimestamp")")) return RestKind::Funding;
  if (has(R"("list":[[)") || (has(R"("list":[])") && has(R"("symbol":)"))) return RestKind::Klines;
  return RestKind::Other;
}

Fit fit(bybit::RestCodec& codec, const RestRequest& request, std::string_view body) {
  const auto whole_if = [](bool fits) { return fits ? Fit::Whole : Fit::None; };
  if (kind_of(body) != request.kind) return Fit::None;
  switch (request.kind) {
    case RestKind::Other:
      return Fit::None;
    case RestKind::Time:
      return whole_if(codec.server_time(body).has_value());
    case RestKind::Instruments:
      return whole_if(says(body, "category", to_string(request.category)) &&
                      codec.instruments(body, request.category).has_value());
    case RestKind::Klines: {
      if (!says(body, "category", to_string(request.category)) ||
          !says(body, "symbol", request.symbol))
        return Fit::None;
      const auto page = codec.klines(body, InstrumentId{0}, request.interval);
      return page ? rows_fit(page.value().bars, request) : Fit::None;
    }
    case RestKind::Funding: {
      if (!says(body, "symbol", request.symbol)) return Fit::None;
      const auto rows = codec.funding_history(body);
      return whole_if(rows && std::ranges::all_of(rows.value(), [&](const bybit::FundingRow& row) {
                        return row.time >= request.from && row.time <= request.to;
                      }));
    }
  }
  return Fit::None;
}

std::string empty_klines(const RestRequest& request, Timestamp now) {
  return fmt::format(
      R"({{"retCode":0,"retMsg":"OK","result":{{"category":"{}","symbol":"{}","list":[]}},"retExtInfo":{{}},"time":{}}})",
      to_string(request.category), request.symbol, to_unix_ms(now));
}

std::string time_answer(Timestamp now) {
  const std::int64_t ns = to_unix_ns(now);
  return fmt::format(
      R"({{"retCode":0,"retMsg":"OK","result":{{"timeSecond":"{}","timeNano":"{}"}},"retExtInfo":{{}},"time":{}}})",
      ns / 1'000'000'000, ns, to_unix_ms(now));
}

}  // namespace proteus::replay

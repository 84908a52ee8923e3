#include "connectors/bybit/rest_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connectors/bybit/instrument_rows.hpp"
#include "connectors/bybit/ticker_fields.hpp"

namespace proteus::bybit {
namespace {

constexpr std::size_t kBodyBytesMax = std::size_t{64} << 20;
constexpr std::size_t kRowsMax = 5'000;  // The venue sends 1000 at most.
constexpr std::size_t kCursorMax = 1'000;

/// It goes into a request as it stands, so it must be what a URL can hold.
bool fits_into_url(std::string_view cursor) {
  return cursor.size() <= kCursorMax && std::all_of(cursor.begin(), cursor.end(), [](char c) {
           return c > ' ' && c < 0x7f &&
                  std::string_view{"\"#<>[]\\^`{|}"}.find(c) == std::string_view::npos;
         });
}

struct AnswerEnvelope {
  std::optional<std::int64_t> ret_code;
  std::string_view message;
  Timestamp time{};
};

RestVerdict verdict_of(std::int64_t ret_code) {
  switch (ret_code) {
    case 0:
      return RestVerdict::Good;
    case 10006:
    case 10429:
    case 429:
      return RestVerdict::Limited;
    case -1:
    case 10000:
    case 10002:
    case 10016:
    case 10019:
    case 500000:
      return RestVerdict::Failed;
    case 10018:
      return RestVerdict::Banned;
    default:
      return RestVerdict::Refused;
  }
}

RestVerdict verdict_of_status(int status) {
  if (status == 403) return RestVerdict::Banned;
  if (status == 429) return RestVerdict::Limited;
  if (status >= 500) return RestVerdict::Failed;
  return RestVerdict::Refused;
}

/// A candle row: start, open, high, low, close and, for klines, volume and turnover.
struct CandleRow {
  Timestamp start{};
  std::array<Price, 4> prices;
  std::optional<double> volume;  ///< mark prices have none
  double turnover = 0.0;
};

std::optional<CandleRow> read_candle(FieldReader& reader, ondemand::value& row) {
  static constexpr std::array<const char*, 5> kNames = {"list.start", "list.open", "list.high",
                                                        "list.low", "list.close"};
  CandleRow candle;
  std::size_t column = 0;
  std::size_t present = 0;
  for_each_element(row, reader, "list", [&](ondemand::value& cell) {
    if (column == 0) {
      if (const auto start = reader.time(cell, kNames[0])) candle.start = *start, ++present;
    } else if (column <= 4) {
      if (const auto raw = reader.fixed(cell, kNames[column]))
        candle.prices[column - 1] = Price::from_raw(*raw), ++present;
    } else if (column == 5) {
      candle.volume = reader.number(cell, "list.volume");
    } else if (column == 6) {
      candle.turnover = reader.number(cell, "list.turnover").value_or(0.0);
    }
    ++column;
  });
  if (!reader.failed() && present != kNames.size())
    reader.fail("list", "holds a row without start or prices");
  if (reader.failed()) return std::nullopt;
  return candle;
}

}  // namespace

class RestCodec::Impl {
 public:
  Result<AnswerEnvelope> envelope(std::string_view body);
  /// Calls f(result object, envelope time) of a body.
  template <class F>
  std::optional<Error> with_result(std::string_view body, const char* what, F&& f);
  /// Calls f(row value) for each element of result.list.
  template <class F>
  std::optional<Error> with_list(std::string_view body, const char* what, F&& f);
  /// Calls f(row value) for each element; too many rows are a failure before they are much memory.
  template <class F>
  void for_each_row(ondemand::value& list, F&& f);

  FieldReader reader;

 private:
  std::optional<Error> open(std::string_view body, const char* what);

  ondemand::parser parser_;
  PaddedBuffer buffer_;
  ondemand::document document_;
};

std::optional<Error> RestCodec::Impl::open(std::string_view body, const char* what) {
  reader.reset();
  if (body.size() > kBodyBytesMax)
    return error(ErrorCode::OutOfRange, fmt::format("{}: body of {} bytes (at most {})", what,
                                                    body.size(), kBodyBytesMax));
  if (const auto code = parser_.iterate(buffer_.copy(body)).get(document_)) reader.fail(code);
  if (reader.failed()) return reader.error(what, body);
  return std::nullopt;
}

Result<AnswerEnvelope> RestCodec::Impl::envelope(std::string_view body) {
  constexpr const char* kWhat = "answer";
  if (auto failed = open(body, kWhat)) return *std::move(failed);
  AnswerEnvelope envelope;
  ondemand::object object;
  if (const auto code = document_.get_object().get(object)) {
    reader.fail(code);
    return reader.error(kWhat, body);
  }
  for_each_member(object, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
    if (is(key, "retCode"))
      envelope.ret_code = reader.integer(value, "retCode");
    else if (is(key, "retMsg"))
      envelope.message = reader.text(value, "retMsg");
    else if (is(key, "time"))
      envelope.time = reader.time(value, "time").value_or(Timestamp{});
  });
  if (!reader.failed() && document_.current_location().error() != simdjson::OUT_OF_BOUNDS)
    reader.fail("answer", "goes on after its end");
  if (!reader.failed() && !envelope.ret_code) reader.missing("retCode");
  if (reader.failed()) return reader.error(kWhat, body);
  return envelope;
}

template <class F>
std::optional<Error> RestCodec::Impl::with_result(std::string_view body, const char* what, F&& f) {
  if (auto failed = open(body, what)) return failed;
  ondemand::object result;
  if (document_.find_field_unordered("result").get_object().get(result))
    reader.missing("result");
  else
    f(result);
  if (reader.failed()) return reader.error(what, body);
  return std::nullopt;
}

template <class F>
std::optional<Error> RestCodec::Impl::with_list(std::string_view body, const char* what, F&& f) {
  return with_result(body, what, [&](ondemand::object& result) {
    bool found = false;
    for_each_member(result, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
      if (!is(key, "list")) return;
      found = true;
      for_each_row(value, f);
    });
    if (!found) reader.missing("list");
  });
}

template <class F>
void RestCodec::Impl::for_each_row(ondemand::value& list, F&& f) {
  std::size_t rows = 0;
  for_each_element(list, reader, "list", [&](ondemand::value& item) {
    if (++rows > kRowsMax)
      reader.fail("list", fmt::format("holds more than {} rows", kRowsMax), ErrorCode::OutOfRange);
    if (!reader.failed()) f(item);
  });
}

RestCodec::RestCodec() : impl_(std::make_unique<Impl>()) {}
RestCodec::~RestCodec() = default;

RestCheck RestCodec::check_answer(const HttpResponse& response) {
  RestCheck check;
  if (response.status != 200) {
    check.verdict = verdict_of_status(response.status);
    check.reason =
        fmt::format("HTTP {}; the body begins with {}", response.status, excerpt(response.body));
    return check;
  }
  const Result<AnswerEnvelope> envelope = impl_->envelope(response.body);
  if (!envelope) {
    check.reason = envelope.error().context;
    return check;
  }
  check.verdict = verdict_of(*envelope.value().ret_code);
  check.time = envelope.value().time;
  if (check.verdict != RestVerdict::Good)
    check.reason = fmt::format("retCode {}: {}", *envelope.value().ret_code,
                               excerpt(envelope.value().message));
  return check;
}

Result<Timestamp> RestCodec::server_time(std::string_view body) {
  FieldReader& reader = impl_->reader;
  std::optional<std::int64_t> nanos;
  std::optional<std::int64_t> seconds;
  auto failed = impl_->with_result(body, "market/time", [&](ondemand::object& result) {
    for_each_member(result, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
      if (is(key, "timeNano")) nanos = reader.integer(value, "timeNano");
      if (is(key, "timeSecond")) seconds = reader.integer(value, "timeSecond");
    });
    constexpr std::int64_t kSecondsMax = 9'000'000'000;
    if (reader.failed()) return;
    if (!nanos && !seconds) return reader.missing("timeNano");
    if ((nanos && (*nanos <= 0 || *nanos > kSecondsMax * 1'000'000'000)) ||
        (seconds && (*seconds <= 0 || *seconds > kSecondsMax)))
      reader.fail("timeNano", "is no time we can hold", ErrorCode::OutOfRange);
  });
  if (failed) return *std::move(failed);
  return from_unix_ns(nanos ? *nanos : *seconds * 1'000'000'000);
}

Result<InstrumentPage> RestCodec::instruments(std::string_view body, Category category) {
  FieldReader& reader = impl_->reader;
  InstrumentPage page;
  auto failed = impl_->with_result(body, "instruments-info", [&](ondemand::object& result) {
    bool found = false;
    for_each_member(result, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
      if (is(key, "nextPageCursor")) {
        page.next_cursor = reader.text(value, "nextPageCursor");
        if (!fits_into_url(page.next_cursor))
          reader.fail("nextPageCursor", "cannot stand in a request: " + excerpt(page.next_cursor));
      }
      if (!is(key, "list")) return;
      found = true;
      impl_->for_each_row(value, [&](ondemand::value& item) {
        ondemand::object row;
        if (item.get_object().get(row)) return reader.fail("list", "holds what is not an object");
        page.rows.push_back(read_instrument(row, category, reader));
      });
    });
    if (!found) reader.missing("list");
  });
  if (failed) return *std::move(failed);
  // The last page may carry a cursor all the same; an empty page ends it.
  if (page.rows.empty()) page.next_cursor.clear();
  return page;
}

Result<BarPage> RestCodec::klines(std::string_view body, InstrumentId instrument,
                                  Interval interval) {
  FieldReader& reader = impl_->reader;
  BOOST_OUTCOME_TRY(const AnswerEnvelope envelope, impl_->envelope(body));
  BarPage page;
  page.server_time = envelope.time;
  auto failed = impl_->with_list(body, "kline answer", [&](ondemand::value& item) {
    const std::optional<CandleRow> row = read_candle(reader, item);
    if (!row) return;
    if (bar_open(row->start, interval) != row->start)
      return reader.fail("list.start", "does not lie on the interval");
    if (!row->volume) return reader.missing("list.volume");
    Bar& bar = page.bars.emplace_back();
    bar.instrument = instrument;
    bar.interval = interval;
    bar.open_time = row->start;
    bar.close_time = next_open(row->start, interval);
    bar.open = row->prices[0];
    bar.high = row->prices[1];
    bar.low = row->prices[2];
    bar.close = row->prices[3];
    bar.volume = *row->volume;
    bar.turnover = row->turnover;
  });
  if (failed) return *std::move(failed);
  std::stable_sort(page.bars.begin(), page.bars.end(),
                   [](const Bar& a, const Bar& b) { return a.open_time < b.open_time; });
  const auto same = [](const Bar& a, const Bar& b) { return a.open_time == b.open_time; };
  page.bars.erase(std::unique(page.bars.begin(), page.bars.end(), same), page.bars.end());
  return page;
}

Result<std::vector<MarkBar>> RestCodec::mark_klines(std::string_view body) {
  FieldReader& reader = impl_->reader;
  std::vector<MarkBar> bars;
  auto failed = impl_->with_list(body, "mark-price-kline answer", [&](ondemand::value& item) {
    const std::optional<CandleRow> row = read_candle(reader, item);
    if (!row) return;
    bars.push_back(
        MarkBar{row->start, row->prices[0], row->prices[1], row->prices[2], row->prices[3]});
  });
  if (failed) return *std::move(failed);
  std::stable_sort(bars.begin(), bars.end(),
                   [](const MarkBar& a, const MarkBar& b) { return a.open_time < b.open_time; });
  return bars;
}

Result<std::vector<TickerRow>> RestCodec::tickers(std::string_view body) {
  FieldReader& reader = impl_->reader;
  std::vector<TickerRow> rows;
  auto failed = impl_->with_list(body, "tickers answer", [&](ondemand::value& item) {
    ondemand::object object;
    if (item.get_object().get(object)) return reader.fail("list", "holds what is not an object");
    TickerRow& row = rows.emplace_back();
    for_each_member(object, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
      if (is(key, "symbol"))
        row.symbol = reader.text(value, "symbol");
      else
        read_ticker_member(reader, key, value, row.values);
    });
    if (!reader.failed() && row.symbol.empty()) reader.missing("list.symbol");
  });
  if (failed) return *std::move(failed);
  return rows;
}

Result<std::vector<FundingRow>> RestCodec::funding_history(std::string_view body) {
  FieldReader& reader = impl_->reader;
  std::vector<FundingRow> rows;
  auto failed = impl_->with_list(body, "funding/history answer", [&](ondemand::value& item) {
    ondemand::object object;
    if (item.get_object().get(object)) return reader.fail("list", "holds what is not an object");
    std::optional<Timestamp> time;
    std::optional<std::int64_t> rate;
    for_each_member(object, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
      if (is(key, "fundingRate")) rate = reader.rate(value, "fundingRate");
      if (is(key, "fundingRateTimestamp")) time = reader.time(value, "fundingRateTimestamp");
    });
    if (reader.failed()) return;
    if (!rate) return reader.missing("list.fundingRate");
    if (!time) return reader.missing("list.fundingRateTimestamp");
    rows.push_back(FundingRow{*time, *rate});
  });
  if (failed) return *std::move(failed);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const FundingRow& a, const FundingRow& b) { return a.time < b.time; });
  return rows;
}

}  // namespace proteus::bybit

// Bytes of the public topics and of the rows that REST shares with them: compact JSON, fields in
// the order in which the venue writes them. Times are what the venue tells, in ms.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/sim/market.hpp"

namespace proteus::sim {

/// "1" .. "720", "D", "W", "M": the venue's word for an interval, and back.
std::string_view venue_word(Interval interval);
std::optional<Interval> interval_of(std::string_view word);

std::string kline_frame(std::string_view topic, Interval interval, const Candle& candle,
                        bool confirm, std::int64_t ts);
/// ["start","open","high","low","close","volume","turnover"]; without the last two for mark prices.
void append_kline_row(std::string& out, const Candle& candle, bool amounts);

std::string trade_frame(std::string_view topic, const Instrument& instrument,
                        std::span<const PathTrade> trades, std::int64_t seq, std::int64_t ts);
/// UUID on linear, decimal text on spot.
std::string trade_id(const Instrument& instrument, const PathTrade& trade);

void append_levels(std::string& out, std::span<const BookLevel> levels,
                   const Instrument& instrument);
/// `bids`, `asks`: the whole book of a snapshot, or what changed of it (lots 0: the level is gone).
std::string book_frame(std::string_view topic, const Instrument& instrument, std::size_t depth,
                       bool snapshot, std::span<const BookLevel> bids,
                       std::span<const BookLevel> asks, std::int64_t u, Timestamp matched,
                       std::int64_t ts, std::int64_t offset_ms);
/// What turns `before` into `after`; both sorted alike.
std::vector<BookLevel> changed_levels(std::span<const BookLevel> before,
                                      std::span<const BookLevel> after);

/// Names and texts of a ticker in the venue's order. Empty before the first bar.
using TickerFields = std::vector<std::pair<const char*, std::string>>;
enum class TickerView : std::uint8_t { Stream, Rest };
TickerFields ticker_fields(Market& market, InstrumentId id, Timestamp now, TickerView view);
/// Only what differs from `before`; all of it when `before` is empty. An empty text if nothing
/// does.
std::string ticker_frame(std::string_view topic, const Instrument& instrument,
                         const TickerFields& before, const TickerFields& after, std::int64_t cs,
                         std::int64_t ts);

}  // namespace proteus::sim

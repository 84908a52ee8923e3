#include "connectors/sim/frames.hpp"

#include <fmt/format.h>

#include <array>

namespace proteus::sim {
namespace {

constexpr std::array<std::string_view, 13> kWords = {"1",   "3",   "5",   "15", "30", "60", "120",
                                                     "240", "360", "720", "D",  "W",  "M"};

void append_text(std::string& out, std::string_view key, Int128 raw, int decimals = 0) {
  out += ",\"";
  out += key;
  out += "\":\"";
  append_decimal(out, raw, decimals);
  out += '"';
}

void append_number(std::string& out, std::string_view key, std::int64_t value) {
  out += ",\"";
  out += key;
  out += "\":";
  append_int(out, value);
}

/// {"topic":"X" and the two keys that follow it, in the order asked for.
std::string frame_head(std::string_view topic, bool snapshot, std::int64_t ts, bool ts_first) {
  std::string out;
  out.reserve(320);
  out += "{\"topic\":\"";
  out += topic;
  out += '"';
  if (ts_first) append_number(out, "ts", ts);
  out += snapshot ? ",\"type\":\"snapshot\"" : ",\"type\":\"delta\"";
  if (!ts_first) append_number(out, "ts", ts);
  return out;
}

}  // namespace

std::string_view venue_word(Interval interval) {
  return kWords[static_cast<std::size_t>(interval)];
}

std::optional<Interval> interval_of(std::string_view word) {
  for (std::size_t i = 0; i < kWords.size(); ++i)
    if (kWords[i] == word) return static_cast<Interval>(i);
  return std::nullopt;
}

std::string kline_frame(std::string_view topic, Interval interval, const Candle& candle,
                        bool confirm, std::int64_t ts) {
  std::string out = frame_head(topic, true, ts, false);
  out += ",\"data\":[{\"start\":";
  append_int(out, to_unix_ms(candle.open_time));
  append_number(out, "end", to_unix_ms(next_open(candle.open_time, interval)) - 1);
  out += ",\"interval\":\"";
  out += venue_word(interval);
  out += '"';
  append_text(out, "open", candle.open.raw());
  append_text(out, "close", candle.close.raw());
  append_text(out, "high", candle.high.raw());
  append_text(out, "low", candle.low.raw());
  append_text(out, "volume", candle.volume_e9);
  append_text(out, "turnover", candle.turnover_e9);
  out += confirm ? ",\"confirm\":true" : ",\"confirm\":false";
  append_number(out, "timestamp", to_unix_ms(candle.last_trade));
  out += "}]}";
  return out;
}

void append_kline_row(std::string& out, const Candle& candle, bool amounts) {
  out += "[\"";
  append_int(out, to_unix_ms(candle.open_time));
  const auto next = [&](Int128 raw) {
    out += "\",\"";
    append_decimal(out, raw);
  };
  next(candle.open.raw());
  next(candle.high.raw());
  next(candle.low.raw());
  next(candle.close.raw());
  if (amounts) {
    next(candle.volume_e9);
    next(candle.turnover_e9);
  }
  out += "\"]";
}

std::string trade_id(const Instrument& instrument, const PathTrade& trade) {
  const std::uint64_t id = trade.id;
  if (instrument.category == Category::Spot)
    return std::to_string(2'000'000'000'000'000'000ULL + id % 1'000'000'000'000'000'000ULL);
  const auto ms = static_cast<std::uint64_t>(to_unix_ms(trade.time));
  return fmt::format("{:08x}-{:04x}-5{:03x}-{:04x}-{:012x}", id >> 32U, (id >> 16U) & 0xffffU,
                     id & 0xfffU, 0x8000U | ((id >> 4U) & 0x3fffU), ms & 0xffffffffffffU);
}

std::string trade_frame(std::string_view topic, const Instrument& instrument,
                        std::span<const PathTrade> trades, std::int64_t seq, std::int64_t ts) {
  std::string out = frame_head(topic, true, ts, false);
  out += ",\"data\":[";
  const int price_places = decimals_of(instrument.tick_size.raw());
  const int lot_places = decimals_of(instrument.lot_step.raw());
  for (const PathTrade& trade : trades) {
    if (&trade != trades.data()) out += ',';
    out += "{\"T\":";
    append_int(out, to_unix_ms(trade.time));
    out += ",\"s\":\"";
    out += instrument.symbol.view();
    out += trade.taker_buys ? "\",\"S\":\"Buy\"" : "\",\"S\":\"Sell\"";
    append_text(out, "v", Int128{trade.lots} * instrument.lot_step.raw(), lot_places);
    append_text(out, "p", trade.price.raw(), price_places);
    if (instrument.category == Category::Linear) {
      out += ",\"L\":\"";
      out += trade.tick;
      out += '"';
    }
    out += ",\"i\":\"";
    out += trade_id(instrument, trade);
    out += "\",\"BT\":false,\"RPI\":false";
    append_number(out, "seq", seq);
    out += '}';
  }
  out += "]}";
  return out;
}

void append_levels(std::string& out, std::span<const BookLevel> levels,
                   const Instrument& instrument) {
  const int price_places = decimals_of(instrument.tick_size.raw());
  const int lot_places = decimals_of(instrument.lot_step.raw());
  out += '[';
  for (const BookLevel& level : levels) {
    if (&level != levels.data()) out += ',';
    out += "[\"";
    append_decimal(out, level.price_raw, price_places);
    out += "\",\"";
    append_decimal(out, Int128{level.lots} * instrument.lot_step.raw(),
                   level.lots == 0 ? 0 : lot_places);
    out += "\"]";
  }
  out += ']';
}

std::string book_frame(std::string_view topic, const Instrument& instrument, std::size_t depth,
                       bool snapshot, std::span<const BookLevel> bids,
                       std::span<const BookLevel> asks, std::int64_t u, Timestamp matched,
                       std::int64_t ts, std::int64_t offset_ms) {
  const bool ts_first = depth == 1 || instrument.category == Category::Spot;
  std::string out = frame_head(topic, snapshot, ts, ts_first);
  out += ",\"data\":{\"s\":\"";
  out += instrument.symbol.view();
  out += "\",\"b\":";
  append_levels(out, bids, instrument);
  out += ",\"a\":";
  append_levels(out, asks, instrument);
  append_number(out, "u", u);
  append_number(out, "seq", to_unix_ms(matched));
  out += '}';
  append_number(out, "cts", to_unix_ms(matched) + offset_ms);
  out += '}';
  return out;
}

std::vector<BookLevel> changed_levels(std::span<const BookLevel> before,
                                      std::span<const BookLevel> after) {
  std::vector<BookLevel> changes;
  if (before.empty() || after.empty()) {
    for (const BookLevel& gone : before) changes.push_back({gone.price_raw, 0});
    changes.insert(changes.end(), after.begin(), after.end());
    return changes;
  }
  // Bids fall and asks rise: compare in the direction of the side that has two levels.
  const std::span<const BookLevel> longer = before.size() > 1 ? before : after;
  const bool falling = longer.size() > 1 && longer[1].price_raw < longer[0].price_raw;
  const auto comes_first = [&](const BookLevel& a, const BookLevel& b) {
    return falling ? a.price_raw > b.price_raw : a.price_raw < b.price_raw;
  };
  std::size_t i = 0, j = 0;
  while (i < before.size() || j < after.size()) {
    if (j == after.size() || (i < before.size() && comes_first(before[i], after[j]))) {
      changes.push_back({before[i++].price_raw, 0});
    } else if (i == before.size() || comes_first(after[j], before[i])) {
      changes.push_back(after[j++]);
    } else {
      if (before[i].lots != after[j].lots) changes.push_back(after[j]);
      ++i;
      ++j;
    }
  }
  return changes;
}

}  // namespace proteus::sim

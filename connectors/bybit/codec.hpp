// Public websocket frames -> values, with simdjson on-demand.
//
// Tolerant: any key order, unknown keys, unknown topics; "", null and a missing key all mean
// absent. Strict: a price, size or rate is exact decimal text, as a JSON string or (should the
// venue ever send one) as a JSON number whose own text is such a decimal; it never passes through
// double, and an exponent, NaN, blank or sign is an error. Times are whole milliseconds, as number
// or as text. volume and turnover are doubles, 0 where absent, and have to be finite.
//
// Every failure is an Error that names the field and shows the first bytes of the frame. Nothing
// here throws. Not thread-safe: one codec a loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "connectors/bybit/symbol_index.hpp"
#include "connectors/bybit/topics.hpp"
#include "engine/core/bar.hpp"
#include "engine/core/event.hpp"

namespace proteus::bybit {

// Frames are made in their place in the answer, which takes a constructor.

/// One candle of a kline frame. The bar is whole but closed only if `confirmed`.
struct Kline {
  Bar bar;
  bool confirmed = false;
};
struct KlineFrame {
  Timestamp ts{};  ///< when the venue made the frame; epoch: it did not say
  std::span<const Kline> rows;
  KlineFrame() = default;
  KlineFrame(Timestamp t, std::span<const Kline> r) : ts(t), rows(r) {}
};

/// The fields of a ticker that we use, as far as they are there.
struct TickerValues {
  std::optional<Price> last;
  std::optional<Price> mark;
  std::optional<Price> index;
  std::optional<std::int64_t> funding_rate_e9;  ///< rounded to the nearest 1e-9
  std::optional<Timestamp> next_funding;
};
struct TickerFrame {
  Timestamp ts{};
  InstrumentId instrument;
  bool snapshot = false;
  TickerValues values;
  TickerFrame() = default;
  TickerFrame(Timestamp t, InstrumentId i, bool whole, const TickerValues& v)
      : ts(t), instrument(i), snapshot(whole), values(v) {}
};

struct BookFrame {
  Timestamp ts{};
  InstrumentId instrument;
  int depth = 0;
  bool snapshot = false;
  std::int64_t update_id = 0;  ///< `u`
  std::span<const BookLevel> bids;
  std::span<const BookLevel> asks;
  BookFrame() = default;
  BookFrame(Timestamp t, InstrumentId i, int levels, bool whole, std::int64_t update,
            std::span<const BookLevel> b, std::span<const BookLevel> a)
      : ts(t), instrument(i), depth(levels), snapshot(whole), update_id(update), bids(b), asks(a) {}
};

struct PublicTrade {
  InstrumentId instrument;
  Side taker = Side::Buy;
  bool block = false;
  Price price;
  Quantity size;
  Timestamp time{};
  InlineText<40> id;
};
struct TradeFrame {
  Timestamp ts{};
  std::span<const PublicTrade> trades;
};

/// The answer to a command other than ping.
struct Ack {
  bool success = false;
  InlineText<24> op;      ///< "subscribe", ...; empty where the venue leaves it out
  InlineText<40> req_id;  ///< empty where the venue leaves it out
  InlineText<160> message;
};
/// The answer to a ping, in any of its four shapes.
struct Pong {
  InlineText<40> req_id;
};
/// A well-formed frame that is none of the above, or of an instrument that is not ours.
struct UnknownFrame {
  InlineText<64> what;
};

using Frame = std::variant<UnknownFrame, KlineFrame, TickerFrame, BookFrame, TradeFrame, Ack, Pong>;

class Codec {
 public:
  static constexpr std::size_t kFrameBytesMax = std::size_t{16} << 20;

  /// The category is that of the connection the frames come from: they do not carry it.
  explicit Codec(const SymbolIndex& symbols);
  ~Codec();
  Codec(Codec&&) noexcept;
  Codec(const Codec&) = delete;

  /// Spans in the answer are valid until the next call. Errors: Malformed or OutOfRange.
  Result<Frame> decode(std::string_view bytes);

  /// What the last frame was about, as far as it was understood; after a failed decode this tells
  /// whose frame it was.
  struct Subject {
    TopicKind kind = TopicKind::Other;
    std::optional<InstrumentId> instrument;
  };
  [[nodiscard]] const Subject& subject() const { return subject_; }

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
  Subject subject_;
};

}  // namespace proteus::bybit

// Fills put together to trades: from nothing held in an instrument to nothing held, or to the other
// side. All sums are exact. A fill that turns a position ends one trade and begins the next; its
// fee is shared by quantity, rounded towards zero for the part that closes.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "engine/core/event.hpp"

namespace proteus::app::told {

struct Trade {
  InstrumentId instrument;
  Side side = Side::Buy;  ///< of the entry
  Timestamp entered{};
  Timestamp left{};  ///< epoch: still open
  bool open = false;
  std::uint32_t fills = 0;
  Quantity quantity;  ///< that was bought or sold into it, of all entries
  Price entry;        ///< mean, by quantity, rounded to 1e-9
  Price exit;         ///< likewise; zero: nothing was closed
  Money gross;        ///< of what was closed, before fees and funding, at the exact prices
  Money fees;
  Money slippage;  ///< a part of the prices, told apart
  Money funding;   ///< > 0 paid
  Money net;       ///< gross less fees less funding
  static constexpr auto fields() {
    using T = Trade;
    return std::tuple{
        field("side", &T::side),   field("entered", &T::entered),   field("left", &T::left),
        field("open", &T::open),   field("fills", &T::fills),       field("quantity", &T::quantity),
        field("entry", &T::entry), field("exit", &T::exit),         field("gross", &T::gross),
        field("fees", &T::fees),   field("slippage", &T::slippage), field("funding", &T::funding),
        field("net", &T::net)};
  }
};

class Trades {
 public:
  /// In the order of the log. What a fill or a settlement ended is given back, whole.
  std::optional<Trade> add(const Fill& fill);
  void add(const FundingSettled& funding);
  /// Trades that are still open: `gross` is of what was closed of them.
  [[nodiscard]] std::vector<Trade> open() const;

 private:
  struct Position {
    Trade trade;
    std::int64_t held = 0;     ///< signed, units of 1e-9
    std::int64_t closed = 0;   ///< unsigned
    Int128 entered_value = 0;  ///< sum of price * quantity of the entries, 1e-18
    Int128 closed_value = 0;
  };
  static Trade finished(const Position& position);
  static void take(Position& position, const Fill& fill, std::int64_t quantity, Money fee,
                   Money slippage);

  std::map<std::uint32_t, Position> positions_;
};

}  // namespace proteus::app::told

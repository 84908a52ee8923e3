// All that the guard can send to an account: a cancel, and an order that only takes away what is
// held. There is no way to make either of these say anything else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/live/account_rows.hpp"

namespace proteus::live {

/// Client order ids of a guard: "g", the time of its start, what was drawn, a number. Unlike any of
/// a daemon, so that a daemon takes its fills for a stranger's and says so in its books.
class GuardIds {
 public:
  GuardIds(Timestamp start, std::uint64_t drawn) : start_(start), drawn_(drawn) {}
  ClientOrderId next();

 private:
  Timestamp start_;
  std::uint64_t drawn_;
  std::uint64_t count_ = 0;
};

/// A market order against a position, reduce-only; of spot, which knows no reduce-only, a sale of
/// what the wallet holds, never on margin: the venue refuses to sell more than there is.
class ReducingOrder {
 public:
  /// What closes the position: several where the venue bounds market orders (at most kPartsMax, the
  /// rest in the next round). Empty: it is flat, or of spot, which knows no reduce-only.
  static std::vector<ReducingOrder> closing(const PositionRow& position,
                                            const Instrument& instrument, GuardIds& ids);
  /// What sells `free` coins of a spot instrument, down to whole lots. Empty: less than a lot.
  static std::vector<ReducingOrder> selling(Quantity free, const Instrument& instrument,
                                            GuardIds& ids);
  /// What closes whatever position there is on one side, of a size that nobody could tell: quantity
  /// 0 (reference 12.6), which the venue fills up to the position or refuses where there is none.
  /// Nothing: of spot.
  static std::optional<ReducingOrder> whole(Side side, const Instrument& instrument, GuardIds& ids);
  static constexpr int kPartsMax = 10;

  /// The body of /v5/order/create; always with "reduceOnly":true, or a spot "Sell" with
  /// "isLeverage":0.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] InstrumentId instrument() const { return instrument_; }
  [[nodiscard]] Side side() const { return side_; }
  [[nodiscard]] Quantity quantity() const { return quantity_; }

 private:
  ReducingOrder() = default;
  static std::vector<ReducingOrder> parts(Quantity whole, Side side, const Instrument& instrument,
                                          GuardIds& ids);
  static ReducingOrder made(Quantity quantity, Side side, const Instrument& instrument,
                            GuardIds& ids);
  InstrumentId instrument_;
  Side side_ = Side::Buy;
  Quantity quantity_;
  std::string text_;
};

/// A cancel: of one order, or of an instrument's.
class GuardCancel {
 public:
  static GuardCancel of(const OrderRow& order, const Instrument& instrument);
  /// Of all orders that rest in the book or are about to; conditional ones stay, for a position's
  /// protective stop is one.
  static GuardCancel all_of(const Instrument& instrument);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool one() const { return one_; }  ///< false: of an instrument

 private:
  GuardCancel() = default;
  bool one_ = false;
  std::string text_;
};

/// The order can only take a position away: a protective stop, or a reduce-only one.
bool only_reduces(const OrderRow& order);

}  // namespace proteus::live

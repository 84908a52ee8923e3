// What the guard knows of the account: open orders, positions and spot coins of the traded
// instruments, from the lists that it asked for and from what its private stream has told since.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "connectors/live/gateway_parts.hpp"
#include "connectors/live/guard_orders.hpp"

namespace proteus::live {

class GuardBooks {
 public:
  explicit GuardBooks(const WireParts& parts) : parts_(parts) {}

  /// The whole of a list replaces what was known.
  void list(const std::vector<OrderRow>& rows);
  void list(const std::vector<PositionRow>& rows);
  void list(const WalletRow& wallet);
  /// One row of the stream.
  void see(const OrderRow& row);
  void see(const PositionRow& row);
  void see(const WalletRow& wallet);
  /// The venue knows of no such open order, or position, any more.
  void forget_order(const std::string& order_id) { orders_.erase(order_id); }
  void forget_position(InstrumentId id) { positions_.erase(id.index); }

  /// How a sale ended. The venue sells that much, does not sell so little, or says that the wallet
  /// does not hold it: a balance of ours that is older, or of more decimals than we read.
  void sold(InstrumentId id);
  void too_small(InstrumentId id, Quantity quantity);
  void not_held(InstrumentId id);
  /// What the venue would not sell may be asked again.
  void forget_refusals();

  /// Coins of a spot instrument that can be sold.
  struct Holding {
    InstrumentId instrument;
    Quantity whole;  ///< of the wallet, in whole lots: at least one that the venue sells
    Quantity free;   ///< of that what no order locks; zero: wait
  };
  /// One for each base coin, the first instrument that is named after it; never the settle coin.
  [[nodiscard]] std::vector<Holding> holdings() const;
  /// What is less than a lot, or than the venue sells: "0.0000005 BTC"; empty: nothing.
  [[nodiscard]] std::string dust() const;

  [[nodiscard]] std::vector<OrderRow> orders() const;
  /// Those that could open or enlarge a position.
  [[nodiscard]] std::vector<OrderRow> opening_orders() const;
  [[nodiscard]] std::vector<PositionRow> positions() const;
  [[nodiscard]] InstrumentId instrument_of(const OrderRow& row) const;
  [[nodiscard]] InstrumentId instrument_of(const PositionRow& row) const;

 private:
  const WireParts& parts_;
  std::map<std::string, OrderRow> orders_;  ///< by the venue's id
  std::map<std::uint32_t, PositionRow> positions_;

  struct Coin {
    Quantity wallet;
    Quantity locked;
    Quantity too_small;  ///< the venue has refused to sell that little
    int not_held = 0;    ///< refusals for want of balance since a sale was taken
  };
  /// Null: nothing is known of its coin.
  Coin* coin_of(InstrumentId id);
  [[nodiscard]] Holding holding_of(const Instrument& instrument, const Coin& coin) const;
  /// `use` for each coin that counts here, with its instrument.
  template <class Use>
  void each_coin(const Use& use) const;
  std::map<std::string, Coin> coins_;
};

}  // namespace proteus::live

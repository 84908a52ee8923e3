#include "connectors/live/guard_books.hpp"

#include <algorithm>
#include <set>

namespace proteus::live {

void GuardBooks::list(const std::vector<OrderRow>& rows) {
  orders_.clear();
  for (const OrderRow& row : rows) see(row);
}

void GuardBooks::list(const std::vector<PositionRow>& rows) {
  positions_.clear();
  for (const PositionRow& row : rows) see(row);
}

void GuardBooks::see(const OrderRow& row) {
  if (!parts_.find(row.category, row.symbol.view())) return;
  const std::string id(row.order_id.view());
  const auto known = orders_.find(id);
  // Rows come in any order: an older one does not open again what has closed since it was made.
  if (known != orders_.end() && row.updated < known->second.updated) return;
  if (is_open(row.status))
    orders_[id] = row;
  else if (known != orders_.end())
    orders_.erase(known);
}

void GuardBooks::see(const PositionRow& row) {
  const auto id = parts_.find(row.category, row.symbol.view());
  if (!id) return;
  const auto known = positions_.find(id->index);
  if (known != positions_.end() && row.seq > 0 && row.seq < known->second.seq) return;
  if (row.quantity.is_zero())
    positions_.erase(id->index);
  else
    positions_[id->index] = row;
}

void GuardBooks::list(const WalletRow& wallet) {
  for (auto& [name, coin] : coins_) coin.wallet = coin.locked = Quantity{};
  see(wallet);
}

/// Coins that are not listed have not changed.
void GuardBooks::see(const WalletRow& wallet) {
  for (const CoinBalance& told : wallet.coins) {
    Coin& coin = coins_[std::string(told.coin.view())];
    coin.wallet = Quantity::from_raw(told.wallet.raw());
    coin.locked = Quantity::from_raw(told.locked.raw());
    coin.not_held = std::min(coin.not_held, 1);
  }
}

GuardBooks::Coin* GuardBooks::coin_of(InstrumentId id) {
  const auto found = coins_.find(std::string(parts_.instruments[id].base_coin.view()));
  return found == coins_.end() ? nullptr : &found->second;
}

void GuardBooks::sold(InstrumentId id) {
  if (Coin* coin = coin_of(id)) coin->not_held = 0;
}
void GuardBooks::too_small(InstrumentId id, Quantity quantity) {
  if (Coin* coin = coin_of(id)) coin->too_small = std::max(coin->too_small, quantity);
}
void GuardBooks::not_held(InstrumentId id) {
  if (Coin* coin = coin_of(id)) ++coin->not_held;
}
void GuardBooks::forget_refusals() {
  for (auto& [name, coin] : coins_) {
    coin.too_small = Quantity{};
    coin.not_held = 0;
  }
}

GuardBooks::Holding GuardBooks::holding_of(const Instrument& instrument, const Coin& coin) const {
  const auto lots = [&](Quantity quantity) {
    // A balance of more than nine decimals may have been rounded up to a lot that is not there.
    if (coin.not_held > 0) quantity = quantity - Quantity::from_raw(1);
    return round_to_step(std::max(quantity, Quantity{}), instrument.lot_step);
  };
  Holding holding{instrument.id, lots(coin.wallet), lots(coin.wallet - coin.locked)};
  // Refused twice: whoever tells the balance anew tells what there is to sell.
  if (coin.not_held > 1) holding.free = Quantity{};
  if (holding.whole < instrument.quantity_min || holding.whole <= coin.too_small)
    holding.whole = Quantity{};
  return holding;
}

template <class Use>
void GuardBooks::each_coin(const Use& use) const {
  std::set<std::string> done{parts_.settings.settle_coin};
  for (const Instrument& instrument : parts_.instruments) {
    if (instrument.category != Category::Spot) continue;
    const std::string name(instrument.base_coin.view());
    const auto coin = coins_.find(name);
    if (done.insert(name).second && coin != coins_.end()) use(instrument, coin->second);
  }
}

std::vector<GuardBooks::Holding> GuardBooks::holdings() const {
  std::vector<Holding> held;
  each_coin([&](const Instrument& instrument, const Coin& coin) {
    const Holding holding = holding_of(instrument, coin);
    if (holding.whole > Quantity{}) held.push_back(holding);
  });
  return held;
}

std::string GuardBooks::dust() const {
  std::string words;
  each_coin([&](const Instrument& instrument, const Coin& coin) {
    if (coin.wallet <= Quantity{} || holding_of(instrument, coin).whole > Quantity{}) return;
    words += (words.empty() ? "" : ", ") + coin.wallet.to_string() + " ";
    words += instrument.base_coin.view();
  });
  return words;
}

std::vector<OrderRow> GuardBooks::orders() const {
  std::vector<OrderRow> rows;
  for (const auto& [id, row] : orders_) rows.push_back(row);
  return rows;
}

std::vector<OrderRow> GuardBooks::opening_orders() const {
  std::vector<OrderRow> rows;
  for (const auto& [id, row] : orders_)
    if (!only_reduces(row)) rows.push_back(row);
  return rows;
}

std::vector<PositionRow> GuardBooks::positions() const {
  std::vector<PositionRow> rows;
  for (const auto& [id, row] : positions_) rows.push_back(row);
  return rows;
}

InstrumentId GuardBooks::instrument_of(const OrderRow& row) const {
  return *parts_.find(row.category, row.symbol.view());
}
InstrumentId GuardBooks::instrument_of(const PositionRow& row) const {
  return *parts_.find(row.category, row.symbol.view());
}

}  // namespace proteus::live

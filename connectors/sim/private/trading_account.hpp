// One account: its books, its orders, what it was told, and the margin that its positions and
// orders tie up. Cross margin, one-way positions, linear perpetuals.
//
// Wallet balance = start + realised - fees - funding, by the ledger that the engine itself keeps.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "connectors/sim/private/orders.hpp"
#include "engine/ledger/ledger.hpp"
#include "engine/matching/rates.hpp"

namespace proteus::sim {

/// Initial margin, quote currency.
struct MarginUse {
  Money positions;
  Money orders;
  [[nodiscard]] Money total() const { return positions + orders; }
};

/// An order that is not there yet, for asking what it would need.
struct Proposal {
  InstrumentId instrument;
  Side side = Side::Buy;
  Quantity quantity;
  Price price;
};

class TradingAccount {
 public:
  /// `instruments` outlives the account.
  TradingAccount(const AccountSpec& spec, const InstrumentTable& instruments);

  [[nodiscard]] Quantity position(InstrumentId id) const { return books[id].quantity; }
  [[nodiscard]] Money wallet() const { return books.view().cash; }
  [[nodiscard]] Money equity() const { return books.view().equity; }

  /// Equity without what spot holds: what stands behind perpetuals.
  [[nodiscard]] Money margin_equity() const { return equity() - books.gross(Category::Spot); }
  /// What open spot buys may still cost, and what open sells of the instrument may still take.
  [[nodiscard]] Money locked_quote(std::uint64_t without = 0) const;
  [[nodiscard]] Quantity locked_base(InstrumentId id, std::uint64_t without = 0) const;
  /// What a spot buy may cost: of the wallet, and not what margin needs.
  [[nodiscard]] Money spendable(std::uint64_t without = 0) const;
  [[nodiscard]] bool is_spot(InstrumentId id) const {
    return instruments_[id].category == Category::Spot;
  }

  /// Margin of one instrument with the orders open now; a proposal is counted as one of them, the
  /// order `without` is not. Of buys and sells those that would carry the position further count,
  /// the dearer side alone; reduce-only orders never do.
  [[nodiscard]] MarginUse margin_of(InstrumentId id, const Proposal* extra = nullptr,
                                    std::uint64_t without = 0) const;
  [[nodiscard]] MarginUse margin(const Proposal* extra = nullptr, std::uint64_t without = 0) const;
  /// Value of all positions at mark and of all open orders.
  [[nodiscard]] Money exposure(std::uint64_t without = 0) const;
  /// share of the positions' values, rounded up.
  [[nodiscard]] Money maintenance(std::int64_t rate_e9) const;

  /// The open order of that name; null if there is none.
  VenueOrder* find(const OrderName& name);
  /// Of the closed ones that order lists still know; null if it did not fill.
  [[nodiscard]] const VenueOrder* find_filled(const OrderName& name) const;
  /// Orders of the instrument that are live; those that wait for a trigger which a client made.
  [[nodiscard]] std::size_t live_orders(InstrumentId id) const;
  [[nodiscard]] std::size_t conditional_orders(InstrumentId id) const;

  /// False: the id was used before. The oldest ids are forgotten beyond a quarter of a million.
  bool remember_link(const std::string& link_id);
  [[nodiscard]] bool knows_link(const std::string& link_id) const {
    return links_.contains(link_id);
  }
  /// Moves a closed order from the open ones to the past; the oldest of these goes when it is full.
  void archive(std::uint64_t number);
  void record(Execution execution);
  /// Notes the order's present state for telling, and its instrument's position.
  void told(const VenueOrder& order);
  /// Tells this state as a row of its own, whatever comes after.
  void told_apart(const VenueOrder& order);

  /// A fault: lists show the order, whose state now this is, as it stood so long ago.
  void lag(const VenueOrder& order, Duration by, Timestamp now);
  /// What lists say of an order of this account; null: they do not know it yet.
  [[nodiscard]] const VenueOrder* shown(const VenueOrder& order, Timestamp now) const;
  [[nodiscard]] bool shown(const Execution& execution, Timestamp now) const;

  std::string key;
  /// Whether a limit beyond the price band is moved to its edge or refused, by Category.
  std::array<bool, 2> moves_price{true, false};
  AccountRights rights;
  Ledger books;
  std::vector<PositionNotes> notes;          ///< by instrument
  std::map<std::uint64_t, VenueOrder> open;  ///< by number
  std::deque<VenueOrder> closed;             ///< in the order of closing
  std::size_t remembered_closed = 0;         ///< so many of the newest are in order lists too
  std::deque<Execution> executions;          ///< oldest first
  Changes changes;

 private:
  void note_for_lists(const VenueOrder& order);

  struct Lagging {
    Duration by{};
    std::vector<std::pair<Timestamp, VenueOrder>> states;  // oldest first
  };

  const InstrumentTable& instruments_;
  std::map<std::uint64_t, Lagging> lagging_;  // by number
  std::unordered_set<std::string> links_;
  std::deque<std::string> links_by_age_;
};

}  // namespace proteus::sim

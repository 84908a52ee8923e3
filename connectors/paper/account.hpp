// The venue's side of our account: its books, the margin that positions tie up, and what open
// orders have reserved. Answers one question: is there money (or coin) for this?
#pragma once

#include <vector>

#include "engine/ledger/ledger.hpp"
#include "engine/matching/margin.hpp"
#include "engine/matching/rates.hpp"

namespace proteus::paper {

/// What an open order has reserved: initial margin (linear), quote (spot buy), base (spot sell).
struct Lock {
  Money margin;
  Money cash;
  Quantity base;
  void archive(Archive& a) { a(margin, cash, base); }
};

class Account {
 public:
  /// `instruments` must outlive the account; it is read at every call.
  Account(Money capital, const InstrumentTable& instruments, const matching::Rates& rates);

  [[nodiscard]] const Ledger& books() const { return books_; }
  [[nodiscard]] Quantity position(InstrumentId id) const { return books_[id].quantity; }

  void apply(const Fill& fill);
  void apply(const FundingSettled& funding) { books_.apply(funding); }
  void mark(InstrumentId id, Price price);
  /// The instrument's leverage limit may have changed.
  void refresh(InstrumentId id);

  /// Whether `quantity` of the order may fill at `price`, by matching::affords; `own` is what the
  /// order itself holds back, and is at its disposal.
  [[nodiscard]] OrderEnd affords(const OrderRequest& order, Quantity quantity, Price price,
                                 const Lock& own) const;
  /// Base held and not reserved by resting sells.
  [[nodiscard]] Quantity free_base(InstrumentId id) const;

  /// What `quantity` of the order reserves while it is open. Stops and reduce-only orders: nothing.
  [[nodiscard]] Lock lock_for(const OrderRequest& order, Quantity quantity, Price price) const;
  void hold(InstrumentId id, const Lock& lock);
  void release(InstrumentId id, const Lock& lock);

  [[nodiscard]] matching::CrossMargin cross() const {
    return {books_.view().equity, books_.gross(Category::Linear)};
  }

  void archive(Archive& a) {
    a(books_, margin_, base_locked_, margin_used_, margin_locked_, cash_locked_);
  }

 private:
  const InstrumentTable& instruments_;
  const matching::Rates& rates_;
  Ledger books_;
  std::vector<Money> margin_;  // of each position at its mark
  std::vector<Quantity> base_locked_;
  Money margin_used_;  // sum of margin_
  Money margin_locked_;
  Money cash_locked_;
};

}  // namespace proteus::paper

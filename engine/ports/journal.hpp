// The run's log as the engine sees it: append, then commit once before anything leaves.
#pragma once

#include "engine/core/decision.hpp"
#include "engine/core/event.hpp"

namespace proteus {

/// An order on its way out, written before it leaves.
struct OrderIntent {
  std::uint64_t sequence = 0;  ///< of the event that led to it
  OrderRequest order;
  static constexpr auto fields() {
    return std::tuple{field("sequence", &OrderIntent::sequence),
                      field("order", &OrderIntent::order)};
  }
};
struct CancelIntent {
  std::uint64_t sequence = 0;
  ClientOrderId id;
  static constexpr auto fields() {
    return std::tuple{field("sequence", &CancelIntent::sequence), field("id", &CancelIntent::id)};
  }
};
/// The books after a decision batch, for equity curves and for the proof that two runs are one.
struct EquityPoint {
  std::uint64_t sequence = 0;
  Timestamp time{};
  Money equity;
  Money cash;
  Money gross;
  std::uint64_t ledger_hash = 0;
  static constexpr auto fields() {
    using E = EquityPoint;
    return std::tuple{field("sequence", &E::sequence), field("time", &E::time),
                      field("equity", &E::equity),     field("cash", &E::cash),
                      field("gross", &E::gross),       field("ledger_hash", &E::ledger_hash)};
  }
};

class Journal {
 public:
  virtual ~Journal() = default;
  virtual void append(const Event& event) = 0;
  virtual void append(const DecisionRecord& decision) = 0;
  virtual void append(const OrderIntent& intent) = 0;
  virtual void append(const CancelIntent& intent) = 0;
  virtual void append(const EquityPoint& point) = 0;
  /// All that was appended is in the kernel's hands when this returns true. False: it could not be
  /// written; nothing that depends on it may leave, and the session holds increases until a commit
  /// succeeds.
  [[nodiscard]] virtual bool commit() = 0;
};

}  // namespace proteus

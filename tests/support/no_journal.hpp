// A log that is switched off.
#pragma once

#include "engine/ports/journal.hpp"

namespace proteus::test {

/// Writes nothing down, and every commit succeeds.
class NoJournal final : public Journal {
 public:
  void append(const Event&) override {}
  void append(const DecisionRecord&) override {}
  void append(const OrderIntent&) override {}
  void append(const CancelIntent&) override {}
  void append(const EquityPoint&) override {}
  [[nodiscard]] bool commit() override { return true; }
};

}  // namespace proteus::test

// The numbers and names of the risk controls. docs/reference/risk-controls.md says what each asks.
#pragma once

#include <cstdint>
#include <string_view>

namespace proteus {

/// The controls by their number in the list of risk controls (docs/reference/risk-controls.md).
enum class Control : std::uint8_t {
  None = 0,
  CapitalThreshold = 1,
  PriceCollar = 2,
  PriceDrift = 3,
  OrderValue = 4,
  OrderQuantity = 5,
  MessageRate = 6,
  RepeatedExecution = 7,
  DuplicateOrder = 8,
  PositionLimit = 9,
  OpenOrderValue = 10,
  DailyLoss = 11,
  Drawdown = 12,
  LossStreak = 13,
  Leverage = 14,
  Kill = 15,
  CancelOnDisconnect = 16,
  ProtectiveStop = 17,
  StaleData = 18,
  AbsurdData = 19,
  ClockSkew = 20,
  SelfTrade = 21,
  UnknownOutcome = 22,
  Reconciliation = 23,
  StartReconciliation = 24,
  Override = 25,
  Stage = 26,
  ModelOutput = 27,
  AdaptationBounds = 28,
  ExpectedEdge = 29,
  DustAndMinimum = 30,
  KeyPermissions = 31
};
std::string_view to_string(Control control);

}  // namespace proteus

#include "connectors/live/account_rows.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace proteus::live {
namespace {

constexpr std::array<std::pair<std::string_view, VenueOrderStatus>, 9> kStatuses = {{
    {"New", VenueOrderStatus::New},
    {"PartiallyFilled", VenueOrderStatus::PartiallyFilled},
    {"Filled", VenueOrderStatus::Filled},
    {"Cancelled", VenueOrderStatus::Cancelled},
    {"PartiallyFilledCanceled", VenueOrderStatus::PartiallyFilledCanceled},
    {"Rejected", VenueOrderStatus::Rejected},
    {"Untriggered", VenueOrderStatus::Untriggered},
    {"Triggered", VenueOrderStatus::Triggered},
    {"Deactivated", VenueOrderStatus::Deactivated},
}};

constexpr std::array<std::pair<std::string_view, ExecutionKind>, 6> kKinds = {{
    {"Trade", ExecutionKind::Trade},
    {"Funding", ExecutionKind::Funding},
    {"BustTrade", ExecutionKind::Liquidation},
    {"AdlTrade", ExecutionKind::Adl},
    {"Settle", ExecutionKind::Settle},
    {"Delivery", ExecutionKind::Settle},
}};

/// Reasons of matching and of the system by which an order ends without its owner.
constexpr std::array<std::pair<std::string_view, OrderEnd>, 18> kEnds = {{
    {"EC_PostOnlyWillTakeLiquidity", OrderEnd::PostOnlyWouldTake},
    {"EC_NoImmediateQtyToFill", OrderEnd::ImmediateUnfilled},
    {"EC_NoEnoughQtyToFill", OrderEnd::FillOrKillUnfilled},
    {"EC_CancelForNoFullFill", OrderEnd::FillOrKillUnfilled},
    {"EC_DuplicatedClOrdID", OrderEnd::DuplicateId},
    {"EC_InvalidSymbolStatus", OrderEnd::NotTrading},
    {"EC_InCallAuctionStatus", OrderEnd::NotTrading},
    {"EC_QtyCannotBeZero", OrderEnd::BelowMinimum},
    {"EC_InvalidPriceScale", OrderEnd::OffStep},
    {"EC_CancelByOrderValueZero", OrderEnd::BelowMinimum},
    {"EC_CancelByMatchValueZero", OrderEnd::BelowMinimum},
    {"EC_ReachMaxTradeNum", OrderEnd::ImmediateUnfilled},
    {"CancelByUser", OrderEnd::ByUser},
    {"CancelByReduceOnly", OrderEnd::ReduceOnlyNothingToReduce},
    {"CancelByPrepareLiq", OrderEnd::Liquidation},
    {"CancelAllBeforeLiq", OrderEnd::Liquidation},
    {"CancelByCannotAffordOrderCost", OrderEnd::InsufficientMargin},
    {"CancelBySettle", OrderEnd::NotTrading},
}};

template <class Table, class T>
T find_word(const Table& table, std::string_view word, T otherwise) {
  for (const auto& [name, value] : table)
    if (name == word) return value;
  return otherwise;
}

}  // namespace

VenueOrderStatus parse_order_status(std::string_view word) {
  return find_word(kStatuses, word, VenueOrderStatus::Other);
}

std::string_view to_string(VenueOrderStatus status) {
  for (const auto& [name, value] : kStatuses)
    if (value == status) return name;
  return "Other";
}

bool is_open(VenueOrderStatus status) {
  switch (status) {
    case VenueOrderStatus::New:
    case VenueOrderStatus::PartiallyFilled:
    case VenueOrderStatus::Untriggered:
    case VenueOrderStatus::Triggered:
    case VenueOrderStatus::Other:
      return true;
    case VenueOrderStatus::Filled:
    case VenueOrderStatus::Cancelled:
    case VenueOrderStatus::PartiallyFilledCanceled:
    case VenueOrderStatus::Rejected:
    case VenueOrderStatus::Deactivated:
      break;
  }
  return false;
}

OrderEnd order_end_of(const OrderRow& row) {
  if (is_open(row.status) || row.status == VenueOrderStatus::Filled) return OrderEnd::None;
  // A cancel that came too late leaves this reason on an order that ended otherwise.
  const bool of_cancel = row.reject_reason.view() == "EC_OrigClOrdIDDoesNotExist" ||
                         row.reject_reason.view() == "EC_PerCancelRequest";
  if (!of_cancel)
    if (const OrderEnd end = find_word(kEnds, row.reject_reason.view(), OrderEnd::None);
        end != OrderEnd::None)
      return end;
  if (const OrderEnd end = find_word(kEnds, row.cancel_type.view(), OrderEnd::None);
      end != OrderEnd::None)
    return end;
  return row.reject_reason.view() == "EC_PerCancelRequest" ? OrderEnd::ByUser : OrderEnd::ByVenue;
}

ExecutionKind parse_execution_kind(std::string_view word) {
  return find_word(kKinds, word, ExecutionKind::Other);
}

std::string_view to_string(ExecutionKind kind) {
  for (const auto& [name, value] : kKinds)
    if (value == kind) return name;
  return "Other";
}

}  // namespace proteus::live

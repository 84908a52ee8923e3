#include "connectors/sim/private/orders.hpp"

namespace proteus::sim {

std::string_view to_string(OrderStatus status) {
  switch (status) {
    case OrderStatus::New:
      return "New";
    case OrderStatus::PartiallyFilled:
      return "PartiallyFilled";
    case OrderStatus::Filled:
      return "Filled";
    case OrderStatus::Cancelled:
      return "Cancelled";
    case OrderStatus::Untriggered:
      return "Untriggered";
    case OrderStatus::Triggered:
      return "Triggered";
    case OrderStatus::Rejected:
      return "Rejected";
    case OrderStatus::PartiallyFilledCanceled:
      return "PartiallyFilledCanceled";
    case OrderStatus::Deactivated:
      return "Deactivated";
  }
  return "?";
}

std::string_view venue_word(TimeInForce tif) {
  switch (tif) {
    case TimeInForce::Gtc:
      return "GTC";
    case TimeInForce::Ioc:
      return "IOC";
    case TimeInForce::Fok:
      return "FOK";
    case TimeInForce::PostOnly:
      return "PostOnly";
  }
  return "?";
}

std::string_view venue_word(Side side) { return side == Side::Buy ? "Buy" : "Sell"; }

std::string_view venue_word(TriggerBy by) {
  switch (by) {
    case TriggerBy::None:
      return "";
    case TriggerBy::LastPrice:
      return "LastPrice";
    case TriggerBy::MarkPrice:
      return "MarkPrice";
    case TriggerBy::IndexPrice:
      return "IndexPrice";
  }
  return "?";
}

std::string_view venue_word(SelfMatch how) {
  switch (how) {
    case SelfMatch::None:
      return "None";
    case SelfMatch::CancelMaker:
      return "CancelMaker";
    case SelfMatch::CancelTaker:
      return "CancelTaker";
    case SelfMatch::CancelBoth:
      return "CancelBoth";
  }
  return "?";
}

std::string_view to_string(ExecutionType type) {
  switch (type) {
    case ExecutionType::Trade:
      return "Trade";
    case ExecutionType::Funding:
      return "Funding";
    case ExecutionType::BustTrade:
      return "BustTrade";
  }
  return "?";
}

}  // namespace proteus::sim

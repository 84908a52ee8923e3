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

// One decision told whole: what was seen, wanted, allowed, sent, and what came back. The same
// document is made of the daemon's memory and of a session's tables. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/decision.hpp"
#include "tools/app/json_object.hpp"

namespace proteus::app {

struct FillFacts {
  std::string order_id, time, quantity, price, fee, slippage, liquidity;
  static constexpr auto fields() {
    using F = FillFacts;
    return std::tuple{
        field("order_id", &F::order_id),  field("time", &F::time), field("quantity", &F::quantity),
        field("price", &F::price),        field("fee", &F::fee),   field("slippage", &F::slippage),
        field("liquidity", &F::liquidity)};
  }
};

/// An order as it stands now; `state` is empty where it never left.
struct OrderFacts {
  std::string id, type, state, ended_by, filled, text;
  static constexpr auto fields() {
    using O = OrderFacts;
    return std::tuple{field("id", &O::id),         field("type", &O::type),
                      field("state", &O::state),   field("ended_by", &O::ended_by),
                      field("filled", &O::filled), field("text", &O::text)};
  }
};

/// A decision as the log or the tables hold it. Decimals and times are text, as in both.
struct DecisionFacts {
  std::string instrument, interval, bar_open, time, close, outcome, reason, position, wanted,
      equity;
  std::uint64_t sequence = 0;
  std::optional<std::pair<double, double>> target;  ///< weight, confidence
  std::string detail;              ///< JSON object with observation, sizing, controls, orders
  std::vector<std::string> names;  ///< of the observation's columns; may be too few or none
  std::vector<OrderFacts> orders;
  std::vector<FillFacts> fills;
};

DecisionFacts facts_of(const DecisionRecord& record, std::string instrument, std::string interval,
                       std::vector<std::string> names);
/// One decision. A detail that is no JSON leaves its parts empty.
JsonObject decision_json(const DecisionFacts& facts);
/// {"schema","source","session","decisions"}; source: "daemon" or "journal".
std::string why_document(std::string_view source, std::string_view session,
                         const std::vector<DecisionFacts>& decisions);

}  // namespace proteus::app

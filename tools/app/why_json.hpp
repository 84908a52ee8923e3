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

/// An order as it stands now; `state` is empty where it never left. `reference`: the price that it
/// was decided on; `sends`: how often it was sent;
/// `updated`: when the venue's last word came; both empty where only tables know.
struct OrderFacts {
  std::string id, type, state, ended_by, filled, text, decided, reference, sends, updated;
  static constexpr auto fields() {
    using O = OrderFacts;
    return std::tuple{field("id", &O::id),           field("type", &O::type),
                      field("state", &O::state),     field("ended_by", &O::ended_by),
                      field("filled", &O::filled),   field("text", &O::text),
                      field("decided", &O::decided), field("reference", &O::reference),
                      field("sends", &O::sends),     field("updated", &O::updated)};
  }
};

/// The bar that was decided on, and how it came.
struct BarFacts {
  std::string open, high, low, close, source, closed, received;
  double volume = 0.0;
  double latency_ms = 0.0;  ///< received after its close; below 0: our clock is behind the venue's
  static constexpr auto fields() {
    using B = BarFacts;
    return std::tuple{field("open", &B::open),
                      field("high", &B::high),
                      field("low", &B::low),
                      field("close", &B::close),
                      field("volume", &B::volume),
                      field("source", &B::source),
                      field("closed", &B::closed),
                      field("received", &B::received),
                      field("latency_ms", &B::latency_ms)};
  }
};
/// The last step of the instrument's adaptation before the decision.
struct AdaptationFacts {
  std::string time, step, cause;
  std::int64_t ordinal = 0;
  static constexpr auto fields() {
    using A = AdaptationFacts;
    return std::tuple{field("time", &A::time), field("step", &A::step), field("cause", &A::cause),
                      field("ordinal", &A::ordinal)};
  }
};
/// What was held and owned once all fills of the decision so far were booked.
struct AfterFacts {
  std::string time, position, equity, cash, gross;
  static constexpr auto fields() {
    using A = AfterFacts;
    return std::tuple{field("time", &A::time), field("position", &A::position),
                      field("equity", &A::equity), field("cash", &A::cash),
                      field("gross", &A::gross)};
  }
};
BarFacts bar_facts(const BarClosed& closed, Timestamp received);

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
  std::optional<BarFacts> bar;
  std::optional<AdaptationFacts> adaptation;  ///< absent: none so far
  std::optional<AfterFacts> after;            ///< absent: no bar has closed since
};

DecisionFacts facts_of(const DecisionRecord& record, std::string instrument, std::string interval,
                       std::vector<std::string> names);
/// One sentence: what was done, or why nothing was. `decision`: as decision_json tells it.
std::string why_summary(const std::string& decision);
/// One decision. A detail that is no JSON leaves its parts empty.
JsonObject decision_json(const DecisionFacts& facts);
/// {"schema","source","session","decisions"}; source: "daemon" or "journal".
std::string why_document(std::string_view source, std::string_view session,
                         const std::vector<DecisionFacts>& decisions);

}  // namespace proteus::app

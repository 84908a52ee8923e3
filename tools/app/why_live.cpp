// `proteus why` for a running daemon: its last decisions, out of its memory. For what is past:
// why_journal.cpp.
#include <fmt/format.h>

#include <filesystem>

#include "strategies/make_strategy.hpp"
#include "tools/app/json_object.hpp"
#include "tools/app/status_json.hpp"
#include "tools/app/why_json.hpp"

namespace proteus::app {
namespace {

std::vector<std::string> column_names(const StatusSources& s, const Instrument& instrument) {
  auto names = strategies::observation_names(s.loaded.settings.strategy, instrument,
                                             s.loaded.settings.engine.interval);
  return names.has_error() ? std::vector<std::string>{} : std::move(names.value());
}

FillFacts fill_facts(const Fill& fill) {
  return {std::string(fill.id.view()),
          json::time_text(fill.time),
          fill.quantity.to_string(),
          fill.price.to_string(),
          fill.fee.to_string(),
          fill.slippage.to_string(),
          std::string(to_string(fill.liquidity))};
}

DecisionFacts last_facts(const StatusSources& s, const Instrument& instrument) {
  const DecisionRecord& record = s.engine.last_decision(instrument.id);
  DecisionFacts facts =
      facts_of(record, instrument.name(), std::string(to_string(s.loaded.settings.engine.interval)),
               column_names(s, instrument));
  if (const auto* bar = s.watched.last_bar(instrument.id, s.loaded.settings.engine.interval);
      bar != nullptr && bar->closed.bar.open_time == record.bar_open)
    facts.bar = bar_facts(bar->closed, bar->received);
  if (const auto* step = s.watched.last_adaptation(instrument.id))
    facts.adaptation = AdaptationFacts{json::time_text(step->time), std::string(step->step),
                                       std::string(step->cause.view()), step->ordinal};
  const LedgerView ledger = s.engine.ledger();
  facts.after =
      AfterFacts{json::time_text(s.engine.now()), ledger[instrument.id].quantity.to_string(),
                 ledger.equity.to_string(), ledger.cash.to_string(), ledger.gross.to_string()};
  const WatchedJournal::Aftermath* after = s.watched.aftermath(instrument.id);
  if (after == nullptr) return facts;
  for (const OrderRequest& order : after->orders) {
    OrderFacts now{std::string(order.id.view()),
                   std::string(to_string(order.type)),
                   "submitted",
                   "none",
                   "0",
                   "",
                   json::time_text(order.decided_at),
                   order.reference.to_string(),
                   "",
                   ""};
    for (const OrderUpdate& update : after->updates)
      if (update.id == order.id)
        now = {now.id,
               now.type,
               std::string(to_string(update.state)),
               std::string(to_string(update.end)),
               update.filled.to_string(),
               std::string(update.text.view()),
               now.decided,
               now.reference,
               now.sends,
               now.updated};
    facts.orders.push_back(std::move(now));
  }
  for (const Fill& fill : after->fills) facts.fills.push_back(fill_facts(fill));
  return facts;
}

}  // namespace

std::string why_json(const StatusSources& s, std::string_view wanted) {
  const std::string session = std::filesystem::path(s.folder).filename().string();
  std::vector<DecisionFacts> decisions;
  std::string traded;
  bool known = wanted.empty();
  for (const Instrument& instrument : s.instruments) {
    traded += (traded.empty() ? "" : ", ") + instrument.name();
    if (!wanted.empty() && instrument.name() != wanted) continue;
    known = true;
    if (s.engine.last_decision(instrument.id).time != Timestamp{})
      decisions.push_back(last_facts(s, instrument));
  }
  if (!known)
    return error_json(
        fmt::format("session {} does not trade {}; it trades {}", session, wanted, traded));
  if (decisions.empty())
    return error_json(fmt::format(
        "no bar has closed yet in session {}: the first decision comes with the next {} bar",
        session, to_string(s.loaded.settings.engine.interval)));
  return why_document("daemon", session, decisions);
}

}  // namespace proteus::app

// The log's neighbour: passes everything on to the session log, tells people of what matters, and
// remembers the few things that the status shows and nobody else keeps. It sees what the engine
// does, inputs and what follows from them alike. Thread: the event loop.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/instrument.hpp"
#include "engine/ports/journal.hpp"

namespace proteus::app {

class WatchedJournal final : public Journal {
 public:
  /// What came of the last decision of an instrument that led to orders.
  struct Aftermath {
    std::vector<OrderRequest> orders;
    std::vector<OrderUpdate> updates;  ///< the latest of each order
    std::vector<Fill> fills;
  };

  /// Both must outlive this.
  WatchedJournal(Journal& log, const InstrumentTable& instruments)
      : log_(log), instruments_(instruments) {}

  void append(const Event& event) override;
  void append(const DecisionRecord& decision) override;
  void append(const OrderIntent& intent) override;
  void append(const CancelIntent& intent) override { log_.append(intent); }
  void append(const EquityPoint& point) override;
  [[nodiscard]] bool commit() override { return log_.commit(); }

  /// Nothing: no ticker has come yet.
  [[nodiscard]] const TickerUpdated* ticker(InstrumentId id) const;
  [[nodiscard]] const Aftermath* aftermath(InstrumentId id) const;
  /// The last anomaly of a kind in words, with its time; empty: none.
  [[nodiscard]] const std::string& last_anomaly(AnomalyKind kind) const {
    return anomalies_[static_cast<std::size_t>(kind)];
  }
  /// Largest fraction below the highest equity so far, over all decisions.
  [[nodiscard]] double worst_drawdown() const { return worst_drawdown_; }
  [[nodiscard]] std::uint64_t losses() const { return losses_; }

 private:
  void notice(const FeedChanged& feed, Timestamp now);
  void notice(const FeedAnomaly& anomaly, Timestamp now);
  void notice(const Fill& fill, Timestamp now);
  void notice(const OrderUpdate& update, Timestamp now);
  void notice(const FundingSettled& funding, Timestamp now);
  void notice(const TradingStateChanged& state, Timestamp now);
  void notice(const HoldChanged& hold, Timestamp now);
  void notice(const OperatorCommand& command, Timestamp now);
  void notice(const TickerUpdated& ticker, Timestamp now);
  template <class Other>
  void notice(const Other&, Timestamp) {}
  [[nodiscard]] std::string name(InstrumentId id) const;

  Journal& log_;
  const InstrumentTable& instruments_;
  std::map<std::string, Timestamp> lost_;  ///< streams that are away, and since when
  std::vector<std::optional<TickerUpdated>> tickers_;
  std::vector<Aftermath> aftermaths_;
  std::array<std::string, 32> anomalies_;
  Money peak_;
  double worst_drawdown_ = 0.0;
  std::uint64_t losses_ = 0;
};

}  // namespace proteus::app

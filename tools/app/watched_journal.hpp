// The log's neighbour: passes everything on to the session log, tells people of what matters, and
// remembers the few things that the status shows and nobody else keeps. It sees what the engine
// does, inputs and what follows from them alike. Thread: the event loop.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/net/loop.hpp"
#include "engine/core/archive.hpp"
#include "engine/core/instrument.hpp"
#include "engine/ports/journal.hpp"
#include "engine/runtime/engine.hpp"

namespace spdlog {
class logger;
}

namespace proteus::app {

/// Aloud: a line for each fill, refusal, hold and loss. Quiet: only for a change of trading state.
/// Silent: what is told again after a restart was told before.
enum class Telling : unsigned char { Aloud, Quiet, Silent };

/// What a fill did to a position, both signed: "opens", "adds", "reduces", "closes" or "flips".
std::string_view fill_effect(Quantity before, Quantity after);

/// Looks on as the log is written. Changes nothing, and does not wait.
class JournalObserver {
 public:
  virtual ~JournalObserver() = default;
  virtual void saw(const Event& event) = 0;
  virtual void saw(const DecisionRecord& decision) = 0;
};

class WatchedJournal final : public Journal {
 public:
  using SteadyClock = std::function<Duration()>;
  /// What came of the last decision of an instrument that led to orders.
  struct Aftermath {
    std::vector<OrderRequest> orders;
    std::vector<OrderUpdate> updates;  ///< the latest of each order
    std::vector<Fill> fills;
    void archive(Archive& a) { a(orders, updates, fills); }
  };

  /// How the last bar of an instrument came.
  struct ReceivedBar {
    BarClosed closed;
    Timestamp received{};
  };
  /// The last step of an instrument's adaptation, in the words of the table `adaptations`.
  struct AdaptationStep {
    Timestamp time{};
    std::string_view step;
    InlineText<120> cause;
    std::uint32_t ordinal = 0;
  };

  /// Both must outlive this. `clock`: real time, for what is told at most once a minute.
  WatchedJournal(Journal& log, const InstrumentTable& instruments, Telling telling = Telling::Aloud,
                 SteadyClock clock = net::Loop::steady_now)
      : log_(log), instruments_(instruments), telling_(telling), clock_(std::move(clock)) {}

  void set_telling(Telling telling) { telling_ = telling; }
  /// Fills and refusals are put into words here and not where they happen: words cost more than an
  /// order does. To be called often and at the end; the order of the lines is kept.
  void tell();
  /// From now on `observer` sees events and decisions; null: nobody does.
  void observe(JournalObserver* observer) { observer_ = observer; }

  void append(const Event& event) override;
  void append(const DecisionRecord& decision) override;
  void append(const OrderIntent& intent) override;
  void append(const CancelIntent& intent) override { log_.append(intent); }
  void append(const EquityPoint& point) override;
  [[nodiscard]] bool commit() override { return log_.commit(); }
  /// What is remembered of positions, orders and equity; streams begin anew after a restart.
  void archive(Archive& a) {
    a(open_, positions_, tickers_, aftermaths_, peak_, worst_drawdown_, losses_,
      refused_by_backlog_);
  }

  /// Nothing: no ticker has come yet.
  [[nodiscard]] const TickerUpdated* ticker(InstrumentId id) const;
  /// Nothing: none of the interval has come since the start.
  [[nodiscard]] const ReceivedBar* last_bar(InstrumentId id, Interval interval) const;
  /// Nothing: none since the start.
  [[nodiscard]] const AdaptationStep* last_adaptation(InstrumentId id) const;
  [[nodiscard]] const Aftermath* aftermath(InstrumentId id) const;
  /// The last anomaly of a kind in words, with its time; empty: none.
  [[nodiscard]] const std::string& last_anomaly(AnomalyKind kind) const {
    return anomalies_[static_cast<std::size_t>(kind)];
  }
  /// Largest fraction below the highest equity so far, over all decisions.
  [[nodiscard]] double worst_drawdown() const { return worst_drawdown_; }
  /// How often a stream that was live was lost; failed attempts to come back are not counted.
  [[nodiscard]] std::uint64_t losses() const { return losses_; }
  /// Orders that were refused because the log could not be written. The engine's counters have them
  /// under control 6, for which that hold speaks.
  [[nodiscard]] std::uint64_t refused_by_backlog() const { return refused_by_backlog_; }
  /// Orders that had not ended when the run was told to stop: they were cancelled.
  [[nodiscard]] std::uint64_t in_flight_at_stop() const { return in_flight_at_stop_; }
  /// Why the venue's time seems to run at another speed than ours; empty: it does not, or a bar has
  /// been decided in time since.
  [[nodiscard]] const std::string& speed_doubt() const { return speed_doubt_; }
  /// Sentences that were told of failed attempts to come back.
  [[nodiscard]] std::uint64_t retries_told() const { return retries_told_; }

 private:
  /// What is known of a stream that has been heard of.
  struct Stream {
    bool live = false;
    std::optional<Timestamp> away;  ///< since when, where it was live before
    std::optional<Duration> told;   ///< when its absence was last told, on the steady clock
  };
  void notice(const BarClosed& closed, Timestamp now);
  void notice(const FeedChanged& feed, Timestamp now);
  void notice(const FeedAnomaly& anomaly, Timestamp now);
  void notice(const Fill& fill, Timestamp now);
  void notice(const OrderUpdate& update, Timestamp now);
  void notice(const FundingSettled& funding, Timestamp now);
  void notice(const ExternalAdjustment& found, Timestamp now);
  void notice(const TradingStateChanged& state, Timestamp now);
  void notice(const HoldChanged& hold, Timestamp now);
  void notice(const ControlLatched& latched, Timestamp now);
  void notice(const OperatorCommand& command, Timestamp now);
  void notice(const TickerUpdated& ticker, Timestamp now);
  void notice(const AdaptationCut& cut, Timestamp now);
  void notice(const AdaptationProposed& proposed, Timestamp now);
  void notice(const AdaptationFailed& failed, Timestamp now);
  void notice(const AdaptationJudged& judged, Timestamp now);
  template <class Other>
  void notice(const Other&, Timestamp) {}
  void later(std::function<void()> line);
  spdlog::logger& in_order();
  [[nodiscard]] std::string name(InstrumentId id) const;
  [[nodiscard]] bool in_time(const DecisionRecord& decision) const;
  [[nodiscard]] bool aloud() const { return telling_ == Telling::Aloud; }
  void lost(const std::string& name, Stream& stream, std::string_view cause, Timestamp now);
  void doubt_speed(std::string_view what);
  void trust_speed();

  Journal& log_;
  JournalObserver* observer_ = nullptr;
  const InstrumentTable& instruments_;
  Telling telling_;
  SteadyClock clock_;
  std::map<std::string, Stream> streams_;
  std::vector<std::function<void()>> untold_;
  std::vector<OrderRequest> open_;
  std::vector<Quantity> positions_;
  std::vector<std::optional<TickerUpdated>> tickers_;
  std::vector<Aftermath> aftermaths_;
  std::vector<ReceivedBar> bars_;                    // by instrument and interval
  std::map<std::uint32_t, AdaptationStep> adapted_;  // by instrument
  std::array<std::string, 32> anomalies_;
  Money peak_;
  double worst_drawdown_ = 0.0;
  std::uint64_t losses_ = 0;
  std::uint64_t refused_by_backlog_ = 0;
  std::uint64_t retries_told_ = 0;
  std::uint64_t in_flight_at_stop_ = 0;
  bool reconciling_ = false;  ///< the hold is on
  Timestamp last_close_{};    ///< of the bar that came last
  bool fetched_ = false;      ///< the last bar came by REST, late as such bars are
  int out_of_time_ = 0;       ///< bars that did not fit our clock since the last that did
  std::string speed_doubt_;
};

/// Refused orders by the name of what refused them, without those that refused none.
struct RefusalCount {
  std::string_view by;
  std::uint64_t count;
};
std::vector<RefusalCount> refusal_counts(const EngineCounters& counters,
                                         const WatchedJournal& watched);

}  // namespace proteus::app

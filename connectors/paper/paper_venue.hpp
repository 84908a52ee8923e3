// A venue inside this process: it answers orders from the market data that the engine is shown, by
// the rules of docs/reference/paper-venue.md, and keeps books of its own that the engine's can be
// reconciled with. Deterministic: its answers follow from the events and orders alone.
//
// Thread: the event loop. Not re-entrant: a sink must not call submit() or cancel() while before()
// reports to it (asserted); it may once before() has returned. Nothing is allocated for a bar.
#pragma once

#include <optional>
#include <vector>

#include "connectors/paper/account.hpp"
#include "connectors/paper/recent_ids.hpp"
#include "engine/matching/book_fill.hpp"
#include "engine/matching/funding.hpp"
#include "engine/ports/venue.hpp"

namespace proteus::paper {

class PaperVenue final : public Venue {
 public:
  /// `decision`: bars of other intervals are ignored. `capital`: quote. The venue copies the table
  /// and follows InstrumentChanged.
  PaperVenue(const matching::VenueSettings& settings, Interval decision, Money capital,
             const InstrumentTable& instruments);
  PaperVenue(const PaperVenue&) = delete;
  PaperVenue& operator=(const PaperVenue&) = delete;

  /// Reports what is due by this event: funding, fills, triggers, cancellations, liquidations.
  void before(const Event& input, ReportSink& reports) override;
  /// Reports Acknowledged, or Rejected with the reason; a rejected order leaves no trace and its id
  /// stays free.
  void submit(const OrderRequest& order, Timestamp now, ReportSink& reports) override;
  void cancel(const ClientOrderId& id, Timestamp now, ReportSink& reports) override;

  void archive(Archive& a) override {
    a.part("paper venue");
    a(instruments_, account_, markets_, ids_, executions_, liquidations_, deliveries_,
      next_funding_, clocks_started_);
  }

  /// The venue's own books: marked by bar closes in bar mode, by the ticker's mark in quote mode.
  [[nodiscard]] const Ledger& books() const { return account_.books(); }
  [[nodiscard]] std::size_t open_orders() const;

 private:
  /// Sent: not yet at the venue's book. Armed: a stop that waits for its trigger.
  enum class Stage : std::uint8_t { Sent, Armed, Resting };
  struct Working {
    OrderRequest request;
    Timestamp sent_at{};
    Quantity filled;
    Lock lock;
    Stage stage = Stage::Sent;
    bool fired = false;  ///< quote mode: the mark reached the trigger, the next book fills it
    bool closed = false;
    void archive(Archive& a) { a(request, sent_at, filled, lock, stage, fired, closed); }
  };
  /// A best price and what our orders took of it while it stood.
  struct Touch {
    Price price;
    Quantity taken;
    void archive(Archive& a) { a(price, taken); }
  };
  /// All that belongs to one instrument.
  struct Market {
    InstrumentId id;
    std::vector<Working> orders;  ///< in the order they were sent
    matching::FundingClock funding;
    Price last;              ///< price reference: last close, or the middle of the book
    Price mark;              ///< quote mode: the ticker's; zero: none yet
    Timestamp seen_until{};  ///< close of the last bar
    Touch bid;
    Touch ask;
    void archive(Archive& a) { a(id, orders, funding, last, mark, seen_until, bid, ask); }
  };
  struct Books;  // quote mode: both sides of one BookUpdated

  // Orders, in both modes (paper_venue.cpp).
  Market& market_of(InstrumentId id) {
    PROTEUS_ASSERT(id.index < markets_.size());
    return markets_[id.index];
  }
  [[nodiscard]] OrderEnd refusal(const Market& market, const OrderRequest& order) const;
  [[nodiscard]] bool may_reduce(const Market& market, const OrderRequest& order) const;
  [[nodiscard]] Quantity fillable(const Working& order) const;
  void execute(Market& market, Working& order, Quantity quantity, Price price, Price fair,
               Liquidity liquidity, Timestamp time, ReportSink& reports);
  void close(Working& order, OrderEnd end, Timestamp time, ReportSink& reports);
  void rest(Working& order, Timestamp time, ReportSink& reports);
  void drop_idle_reducers(Market& market, Timestamp time, ReportSink& reports);
  void liquidate(Market& market, Price base, std::int64_t slippage_e9, Timestamp time,
                 ReportSink& reports);
  void settle_funding(Market& market, Timestamp until, Price mark, ReportSink& reports);
  void deliver(Market& market, Timestamp time, ReportSink& reports);
  void on_instrument(const Instrument& instrument, Timestamp time, ReportSink& reports);
  [[nodiscard]] InlineText<40> next_execution();

  // Bar mode (bar_rules.cpp).
  void on_bar(const BarClosed& closed, ReportSink& reports);
  void match_bar(Market& market, const Bar& bar, ReportSink& reports);
  void arrive(Market& market, Working& order, const Bar& bar, ReportSink& reports);
  void take(Market& market, Working& order, Price base, const Bar& bar, ReportSink& reports);
  void fill_resting(Market& market, const Bar& bar, ReportSink& reports);

  // Quote mode (quote_rules.cpp).
  void start_clocks(Timestamp now);
  void settle_due(Timestamp now, ReportSink& reports);
  void on_quote_bar(const BarClosed& closed);
  void on_ticker(const TickerUpdated& ticker, Timestamp time, ReportSink& reports);
  void on_book(const BookUpdated& book, Timestamp time, ReportSink& reports);
  void arrive(Market& market, Working& order, Books& books, ReportSink& reports);
  void walk(Market& market, Working& order, Price limit, Books& books, ReportSink& reports);

  matching::VenueSettings settings_;
  matching::Rates rates_;
  Interval decision_;
  InstrumentTable instruments_;
  Account account_;
  std::vector<Market> markets_;  // by InstrumentId
  RecentIds ids_;
  std::uint64_t executions_ = 0;
  std::uint64_t liquidations_ = 0;
  std::uint64_t deliveries_ = 0;
  Timestamp next_funding_ = Timestamp::max();  // quote mode: no settlement is due before this
  bool clocks_started_ = false;
  bool reporting_ = false;
};

}  // namespace proteus::paper

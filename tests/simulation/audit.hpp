// The auditor: hears all that goes to a session's log, keeps books of its own from fills, funding
// and bars alone, and after every event holds them, and what the engine and the venue say of
// themselves, against the contracts. It shares no arithmetic with the ledger but exact integers.
// The first thing that is not so is kept in words; what follows from it is not looked at.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connectors/paper/paper_venue.hpp"
#include "engine/ports/journal.hpp"
#include "engine/runtime/engine.hpp"
#include "risk/settings.hpp"

namespace proteus::simulation {

/// What is audited, where it lives.
struct Audited {
  const Engine& engine;
  const paper::PaperVenue* venue;  ///< null: the venue is elsewhere, and reports when it likes
  const InstrumentTable& instruments;
  /// How long bars of one close wait for each other.
  Duration barrier{0};
};

class Audit final : public Journal {
 public:
  /// Asked at each commit; true: the disk is full just now.
  using DiskFull = std::function<bool()>;

  /// `marks`: where the books are marked from.
  Audit(Journal& log, Money capital, const risk::LimitSettings& limits, DiskFull disk_full,
        MarkSource marks = MarkSource::Bars)
      : log_(log),
        cash_(capital),
        marks_(marks),
        limits_(limits),
        disk_full_(std::move(disk_full)) {}

  void append(const Event& event) override;
  void append(const DecisionRecord& decision) override;
  void append(const OrderIntent& intent) override;
  void append(const CancelIntent& intent) override;
  void append(const EquityPoint& point) override;
  [[nodiscard]] bool commit() override;

  /// How far the venue's clock, by which it stamps fills, may lie beyond ours; nothing, until told.
  void doubt_clock(Duration by) { clock_doubt_ = by; }
  /// From now on the engine and the venue are looked at as well.
  void watch(const Audited& audited) { audited_.emplace(audited); }
  /// After an input has gone through the door: nothing may be left open.
  void after_input();

  /// Empty: all was well.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

  /// What has been looked at; a check that met nothing has shown nothing.
  struct Seen {
    std::uint64_t events = 0;
    std::uint64_t bars = 0;
    std::uint64_t decisions = 0;
    std::uint64_t intents = 0;
    std::uint64_t increases = 0;
    std::uint64_t reductions = 0;
    std::uint64_t fills = 0;
    std::uint64_t funding = 0;
    std::uint64_t adjustments = 0;
    std::uint64_t late_fills = 0;  ///< of orders that were over; only of a venue elsewhere
    std::uint64_t unknown = 0;     ///< orders in doubt
    std::uint64_t fills_away = 0;  ///< that happened while the private stream was away
    std::uint64_t gaps = 0;
    std::uint64_t holds = 0;
    std::uint64_t states = 0;
    std::uint64_t refusals = 0;
    std::uint64_t unlogged = 0;
    std::uint64_t full_disks = 0;
    std::uint64_t books_compared = 0;
    std::array<std::uint64_t, 16> outcomes{};  ///< by Outcome
  };
  [[nodiscard]] const Seen& seen() const { return seen_; }
  [[nodiscard]] Timestamp last_close(InstrumentId id) const { return markets_.at(id).close_time; }

 private:
  struct Ours {
    OrderRequest request;
    Timestamp decided_close{};  ///< end of the bar that was decided on: no fill is earlier
    Quantity filled;
    bool durable = false;  ///< its intent is in the kernel's hands
    bool heard = false;    ///< the venue has spoken of it
  };
  struct Market {
    Quantity held;
    Price mark;
    Price mark_before;           ///< the last bar; it holds again where that bar is set aside
    bool ticker_marked = false;  ///< closes mark it no more
    Timestamp close_time{};
    bool hole_told = false;  ///< a MissingBar since the last bar
    std::deque<Bar> undecided;
  };

  void hear(const BarClosed& closed, const Event& event);
  void hear(const TickerUpdated& ticker, const Event& event);
  void hear(const Fill& fill, const Event& event);
  void hear(const OrderUpdate& update, const Event& event);
  void hear(const FundingSettled& funding, const Event& event);
  void hear(const ExternalAdjustment& found, const Event& event);
  void hear(const FeedAnomaly& anomaly, const Event& event);
  void hear(const FeedChanged& feed, const Event& event);
  void hear(const HoldChanged& hold, const Event& event);
  void hear(const TradingStateChanged& state, const Event& event);
  void hear(const InstrumentChanged& changed, const Event& event);
  template <class Other>
  void hear(const Other&, const Event&) {}

  void increases(const OrderRequest& order);
  void reduces(const OrderRequest& order);
  void books();
  void open_orders();
  [[nodiscard]] Ours* open_order(std::string_view id);
  [[nodiscard]] bool known(std::string_view id) const {
    return orders_.contains(id) || ended_.contains(id);
  }
  [[nodiscard]] Money equity() const;
  [[nodiscard]] Money gross() const;
  [[nodiscard]] bool held_back(InstrumentId id) const;
  [[nodiscard]] std::string held_by(const OrderRequest& order) const;
  /// Keeps the sentence unless `holds`, or one is kept already.
  void expect(bool holds, std::string_view what, const std::string& detail = {});
  [[nodiscard]] std::string where() const;

  Journal& log_;
  std::optional<Audited> audited_;
  std::string complaint_;
  Seen seen_;

  std::uint64_t sequence_ = 0;
  Timestamp now_{};
  Money cash_;  ///< capital less all that was paid
  MarkSource marks_;
  Duration clock_doubt_{0};
  std::map<InstrumentId, Market> markets_;
  std::map<std::string, Ours, std::less<>> orders_;  ///< open ones
  std::set<std::string, std::less<>> ended_;
  std::set<std::string, std::less<>> executions_;
  std::map<std::pair<Hold, std::uint32_t>, bool> holds_;  ///< UINT32_MAX: of all instruments
  TradingState state_ = TradingState::Active;
  Timestamp private_lost_{};  ///< the last time; epoch: never
  Timestamp private_back_{};  ///< earlier than `private_lost_`: not yet
  risk::LimitSettings limits_;
  DiskFull disk_full_;
  bool disk_is_full_ = false;
};

}  // namespace proteus::simulation

// The venue is the truth: at the start, after each reconnect and every minute its executions, open
// orders, positions and balance are compared with ours.
//
// A look asks for executions, open orders, positions, the balance and executions again; it counts
// only if nothing happened meanwhile. Executions are asked for from the last look that agreed. What
// they explain is booked as what it is. A difference that remains for several looks in a row, and
// longer than the venue's lists may lag, is adopted as a line of its own, never as a fill. Orders
// of others are left alone and counted; one of ours that is over in our books is cancelled.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "connectors/live/inquiries.hpp"

namespace proteus::live {

class Reconciler {
 public:
  /// What a look read that matters to others.
  struct Seen {
    const std::vector<OrderRow>& orders;  ///< open ones
    const std::vector<PositionRow>& positions;
    SteadyTime asked{};  ///< when the look began
  };
  using OnSeen = std::function<void(const Seen&, SteadyTime now)>;

  Reconciler(GatewayParts& parts, RestLane& rest, ReportDesk& desk, Inquiries& inquiries,
             OnSeen on_seen)
      : parts_(parts),
        rest_(rest),
        desk_(desk),
        inquiries_(inquiries),
        on_seen_(std::move(on_seen)) {}

  /// Our picture may be wrong: nothing that increases risk goes out before a clean look.
  void doubt(std::string_view why, SteadyTime now);
  /// A look without a doubt, as every minute.
  void look(SteadyTime now);
  void on_timer(SteadyTime now);
  [[nodiscard]] bool clean() const { return clean_; }
  [[nodiscard]] SteadyTime last_clean() const { return last_clean_; }

 private:
  struct Difference {
    InstrumentId instrument;
    Quantity quantity;  ///< the venue's less ours
    friend bool operator==(const Difference&, const Difference&) = default;
  };
  struct Findings {
    std::vector<Difference> positions;
    /// The venue's balance less ours, with what was paid for positions taken off on both sides:
    /// the order in which fills were booked moves money between the two, and no equity. Zero where
    /// it is rounding.
    Money cash;
    [[nodiscard]] bool empty() const { return positions.empty() && cash.is_zero(); }
    friend bool operator==(const Findings&, const Findings&) = default;
  };
  enum class Step : std::uint8_t { Executions, Orders, Positions, Wallet, Again };

  struct Page {
    std::size_t rows = 0;
    std::string next_cursor;
  };
  void begin(SteadyTime now);
  void ask(Step step, std::string cursor, std::size_t category);
  [[nodiscard]] Result<Page> read(Step step, Category category, const std::string& body);
  void page_done(Step step, std::size_t category);
  void book_executions();
  void failed(const std::string& why);
  void judge();
  [[nodiscard]] Findings compare() const;
  [[nodiscard]] std::optional<Money> balance() const;
  [[nodiscard]] bool orders_agree(bool undisturbed);
  void cancel_stray(const OrderRow& row);
  void tell_of(const Findings& found) const;
  [[nodiscard]] bool can_adopt(const Findings& found);
  [[nodiscard]] Price price_of(const Difference& difference) const;
  void adopt(const Findings& found);
  void conclude();
  void hold(std::string_view why);
  [[nodiscard]] std::vector<Category> categories() const;

  GatewayParts& parts_;
  RestLane& rest_;
  ReportDesk& desk_;
  Inquiries& inquiries_;
  OnSeen on_seen_;
  AccountCodec codec_;
  bool clean_ = false;
  bool holding_ = false;  ///< the hold is on
  std::string held_for_;
  bool running_ = false;
  bool wanted_ = false;
  SteadyTime next_{};
  SteadyTime last_clean_{};
  SteadyTime began_{};
  Timestamp began_at_{};         ///< venue time
  Timestamp window_{};           ///< executions are being asked for from here
  Timestamp known_until_{};      ///< of the last look of this process that agreed
  std::uint64_t before_ = 0;     ///< what had been heard when the look began
  std::string not_adopted_;      ///< why, told once
  SteadyTime next_agreement_{};  ///< when an agreement goes to the log even if nothing was held
  int pages_ = 0;
  int agreed_ = 0;
  int doubtful_ = 0;  ///< looks since the last that agreed
  std::optional<Findings> last_;
  SteadyTime since_{};  ///< of the look that found `last_` first
  std::vector<ExecutionRow> executions_;
  std::vector<OrderRow> orders_;
  std::vector<PositionRow> positions_;
  WalletRow wallet_;
};

}  // namespace proteus::live

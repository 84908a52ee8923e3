// A small exchange for one scenario: engine, gate and paper venue as in a session, with the
// settings that are tested, on three instruments whose prices and lots leave every limit room. It
// runs in virtual time and touches neither disk nor network; the same calls give the same answers.
// Bars come through the simulated exchange and the protocol that live speaks; what the wire adds
// nothing to (a person's word, a venue's report, a reading of the clock) is told to the engine as
// the input that it is there.
//
// All instruments trade at 100 with lots of 0.001, so a lot is worth 0.1 = 1e-5 of the capital.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/paper/paper_venue.hpp"
#include "engine/runtime/engine.hpp"
#include "tools/app/selftest/gate_maker.hpp"
#include "tools/app/selftest/wire.hpp"
#include "tools/app/selftest/wish_gate.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app::selftest {

inline constexpr InstrumentId kPerpetual{0};
inline constexpr InstrumentId kOther{1};  ///< a second perpetual
inline constexpr InstrumentId kSpot{2};
inline constexpr std::size_t kInstruments = 3;

inline constexpr Price kPrice = Price::from_raw(100 * kFixedScale);
inline constexpr Quantity kLot = Quantity::from_raw(kFixedScale / 1000);
inline constexpr Money kLotValue = Money::from_raw(kFixedScale / 10);
inline constexpr Money kCapital = Money::from_raw(10'000 * kFixedScale);

/// Lots well above the venue's least value, and far below every limit.
inline constexpr std::int64_t kFewLots = 10;

/// `n` lots of 0.001.
constexpr Quantity lots(std::int64_t n) { return Quantity::from_raw(n * kLot.raw()); }
/// Whole lots that `amount` buys at 100.
constexpr std::int64_t lots_in(Money amount) { return amount.raw() / kLotValue.raw(); }

/// What was said to an order, and whether it then left.
struct Said {
  bool asked = false;  ///< an order came to the gate
  bool approved = false;
  bool left = false;  ///< the venue was given it
  ControlResult by;   ///< who refused
  Quantity quantity;  ///< as approved
  std::vector<ControlResult> words;
  /// The control's own word, if it was asked.
  [[nodiscard]] const ControlResult* word(Control control) const;
};

/// Keeps what scenarios ask for of all that the engine writes down.
struct Notes final : Journal {
  void append(const Event& event) override {
    if (const auto* update = std::get_if<OrderUpdate>(&event.body)) updates.push_back(*update);
    if (const auto* found = std::get_if<ExternalAdjustment>(&event.body))
      adjustments.push_back(*found);
  }
  void append(const DecisionRecord&) override {}
  void append(const OrderIntent& intent) override { intents.push_back(intent); }
  void append(const CancelIntent&) override {}
  void append(const EquityPoint&) override {}
  [[nodiscard]] bool commit() override { return true; }

  std::vector<OrderUpdate> updates;
  std::vector<ExternalAdjustment> adjustments;
  std::vector<OrderIntent> intents;
};

/// What was said to the order that was asked about last.
Said said_to_last(const WishGate& gate, const Notes& notes);

/// An order that is asked about and goes nowhere.
struct Question {
  InstrumentId id;
  Quantity change;
  Purpose purpose = Purpose::Open;
  std::optional<Price> limit;
  Price reference;
  std::uint32_t number = 0;  ///< that no other question has
};
Said ask_gate(WishGate& gate, const Engine& engine, const Notes& notes, const SessionCode& session,
              const Question& question);

struct StageOptions {
  std::optional<double> passive_bps = std::nullopt;  ///< limit orders this far from the close
  double volume = 1e13;  ///< base, of every bar: so much that no share of it binds
  Quantity largest_order = lots(10'000'000'000);  ///< that the venue takes of market orders
  Price range;                                    ///< how far every bar's high lies above the rest
  bool wired = true;  ///< bars come from the simulated exchange; false: straight into the engine
};

class Stage {
 public:
  /// `config`: the settings that are tested; limits and costs are taken as they are.
  Stage(const Settings& config, const GateMaker& make, const StageOptions& options = {});
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // The market. A bar of every instrument closes at once, in their order, flat at its price.
  void close();
  void close(int bars);
  /// From the next bar on.
  void price(InstrumentId id, Price price) { prices_[id.index] = price; }
  [[nodiscard]] Timestamp next_close() const;
  [[nodiscard]] Bar next_bar(InstrumentId id) const { return bar(id, open_); }
  /// `at` lies between the last event and the next close.
  void input(EventBody body, Timestamp at);
  void input(EventBody body) { input(std::move(body), engine_->now()); }
  void tell_mark(InstrumentId id, Price mark, Timestamp at);
  /// Time passes up to `at`, with the bars that close until then.
  void wait(Timestamp at);
  void operate(OperatorAction action) { input(OperatorCommand{action, "self-test"}); }
  /// Goes to the first close of the next day, without the bars between. Not where it is wired.
  void next_day();
  /// The exchange cuts the connections of the category a moment before the next close.
  void cut(Category category);
  /// A person lifts the control for an hour.
  void lift(Control control);

  // The account.
  /// Buys or sells to `position` past the gate; two bars close.
  void hold(InstrumentId id, Quantity position);
  /// The first half of that: one bar closes, and the order is open.
  void place(InstrumentId id, Quantity position);
  /// The venue tells of a fill, of an order of ours or of one that it knows better.
  void fill(InstrumentId id, Quantity change, Price price, const ClientOrderId& order = "venue");
  /// The venue settles `amount` > 0 that we pay: a loss to the unit. Negative: a profit.
  void lose(Money amount);
  [[nodiscard]] LedgerView ledger() const { return engine_->ledger(); }
  [[nodiscard]] Quantity position(InstrumentId id) const { return ledger()[id].quantity; }

  // Orders.
  /// One bar closes on which the instrument is to hold `position`.
  Said wish(InstrumentId id, Quantity position);
  /// The same, `change` away from what is held.
  Said trade(InstrumentId id, Quantity change) { return wish(id, position(id) + change); }
  /// One bar closes on which the strategy says `target` and the gate sizes it itself.
  Said target(InstrumentId id, Target target);
  /// What the strategy says that a position brings before costs, from the next bar on.
  void expect_edge(InstrumentId id, double edge);
  /// Asks the gate about an order as it stands now; it goes nowhere.
  Said ask(InstrumentId id, Quantity change, Purpose purpose = Purpose::Open,
           std::optional<Price> limit = std::nullopt);
  /// The id of the order that was asked about last.
  [[nodiscard]] ClientOrderId last_id() const { return gate_.last()->order.id; }
  /// A person's flatten of what is held, asked now.
  Said flatten(InstrumentId id) { return ask(id, -position(id), Purpose::Flatten); }

  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] WishGate& gate() { return gate_; }
  [[nodiscard]] const Notes& notes() const { return notes_; }
  [[nodiscard]] const DecisionRecord& decision(InstrumentId id) const {
    return engine_->last_decision(id);
  }
  [[nodiscard]] RiskStatus status() const { return gate_.status(ledger()); }
  [[nodiscard]] bool holding(Hold hold) const;

 private:
  [[nodiscard]] Bar bar(InstrumentId id, Timestamp open) const;
  class Scripted;
  class Market;
  [[nodiscard]] Said said() const { return said_to_last(gate_, notes_); }

  EngineSettings settings_;
  InstrumentTable instruments_;
  Notes notes_;
  WishGate gate_;
  paper::PaperVenue venue_;
  std::array<Scripted*, kInstruments> strategies_{};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Market> market_;
  std::unique_ptr<Wire> wire_;  ///< null: it is not wired
  std::array<Price, kInstruments> prices_;
  double volume_;
  Price range_;
  std::uint64_t fills_ = 0;
  Timestamp open_;  ///< of the bars in progress
  std::uint32_t asked_ = 0;
};

/// The instruments of the stage.
std::vector<Instrument> stage_instruments(const StageOptions& options = {});
/// When the stage begins: the open of a bar of the interval.
Timestamp stage_start(Interval interval);
InstrumentTable stage_table(const StageOptions& options = {});
GateParts gate_parts(const Settings& config, const risk::SizingSettings& sizing,
                     const InstrumentTable& instruments);
/// The settings of sizing without shares that name other instruments.
risk::SizingSettings stage_sizing(const Settings& config);

}  // namespace proteus::app::selftest

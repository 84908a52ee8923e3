// A live account for one scenario: the simulated exchange with an account, a network with latency,
// the account's gateway, the live venue, the gate under test and the engine, in virtual time,
// without disk, sockets or threads. Everything that is drawn comes from one seed; the same calls
// give the same answers.
//
// Two perpetuals stand still at 100, with ticks of 0.01 and lots of 0.001, on bars of a minute
// whatever the interval of the settings: nothing here depends on it.
#pragma once

#include <boost/json.hpp>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/live/live_venue.hpp"
#include "tools/app/selftest/gate_maker.hpp"
#include "tools/app/selftest/network.hpp"
#include "tools/app/selftest/stage.hpp"
#include "tools/app/selftest/wire_tap.hpp"
#include "tools/app/selftest/wish_gate.hpp"

namespace proteus::app::selftest {

struct LiveOptions {
  /// What the key may and is granted, as the simulated exchange spells it: ":dcp".
  std::string rights = {};
  /// The account holds it before anybody connects.
  Quantity held = {};
  std::optional<double> passive_bps = std::nullopt;  ///< limit orders this far from the close
  bool disconnect_protection = false;
  std::int64_t spread_ticks = 1;
  Duration push_interval = std::chrono::seconds{5};
  std::string_view unanswered = {};  ///< this path is never answered, until `answer_all`
  bool connect = true;               ///< false: `connect` is called by the scenario
};

/// How the venue has one order of the account.
struct VenueOrder {
  std::string link;
  std::string status;
  std::string cancel_type;
};

class LiveStage final : private live::AccountIo {
 public:
  /// Of the simulated account: guards nothing.
  static constexpr std::string_view kKey = "selftest";
  static constexpr std::string_view kSecret = "of-a-simulated-account";

  LiveStage(const Settings& config, const GateMaker& make, const WireTap& tap,
            const LiveOptions& options);
  ~LiveStage() override;
  LiveStage(const LiveStage&) = delete;
  LiveStage& operator=(const LiveStage&) = delete;

  // The daemon.
  /// Asks what the key may and begins; false: the account is refused, `refusal` says why.
  bool connect();
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  [[nodiscard]] live::GatewayStatus status() const { return gateway_->status(network_.now()); }
  [[nodiscard]] live::AccountGateway& gateway() { return *gateway_; }
  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] const Notes& notes() const { return notes_; }
  [[nodiscard]] const live::LiveSettings& settings() const { return live_; }
  [[nodiscard]] Quantity position(InstrumentId id) const { return engine_->ledger()[id].quantity; }
  [[nodiscard]] RiskStatus risk() const { return gate_.status(engine_->ledger()); }
  [[nodiscard]] bool holding(Hold hold) const;
  void operate(OperatorAction action);
  /// A look at the venue's books now.
  void look() { gateway_->reconcile(network_.now()); }

  // Time.
  void run(Duration time) { network_.run_to(network_.now() + time); }
  bool run_until(const std::function<bool()>& holds, Duration longest,
                 Duration step = std::chrono::milliseconds{50});
  /// The next bars close and are decided.
  void close();
  bool until_clean();

  // Orders.
  /// Asks the gate about an order as it stands now; it goes nowhere.
  Said ask(InstrumentId id, Quantity change, Purpose purpose = Purpose::Open);
  Said flatten(InstrumentId id) { return ask(id, -position(id), Purpose::Flatten); }
  /// One bar closes on which the instrument is to hold `position`.
  Said wish(InstrumentId id, Quantity position);
  /// The same past the gate: the order is on its way, or has arrived.
  void place(InstrumentId id, Quantity position);
  /// The same, and stops at the moment when `holds`, in the minute after the close at the latest.
  bool place_until(InstrumentId id, Quantity position, const std::function<bool()>& holds);
  /// That, until the books have it. False: they never do.
  bool hold(InstrumentId id, Quantity position);
  /// An order of ours that no decision led to, past engine and gate.
  void send(InstrumentId id, Quantity change, Price limit, TimeInForce time_in_force);
  /// Messages and requests that left for the account with all of these words in them.
  [[nodiscard]] std::size_t sent(std::initializer_list<std::string_view> words) const;
  [[nodiscard]] std::size_t sent(std::string_view word) const { return sent({word}); }
  /// Orders, and cancels of the order, that left, whichever way.
  [[nodiscard]] std::size_t creates(std::string_view word = {}) const {
    return sent({"\"orderType\"", word});
  }
  [[nodiscard]] std::size_t cancels(const ClientOrderId& id) const {
    return sent({"order.cancel", id.view()}) + sent({"/v5/order/cancel ", id.view()});
  }

  // The network and the venue.
  [[nodiscard]] Network& network() { return network_; }
  void fault(sim::FaultKind kind, std::int64_t count = 1);
  /// The same on the private stream of now.
  void fault_private(sim::FaultKind kind);
  void answer_all() { unanswered_ = {}; }
  /// Requests to this path are refused by the venue, for no reason that we could know.
  void refuse(std::string_view path) { refused_ = path; }
  /// Somebody else on the account: a trade at the market.
  void stranger_trades(InstrumentId id, Quantity change);
  /// Somebody else on the account: the position's stop is taken away.
  void stranger_removes_stop(InstrumentId id);
  /// By the venue's word, asked apart from the gateway.
  [[nodiscard]] Quantity venue_position(InstrumentId id);
  [[nodiscard]] Price venue_stop(InstrumentId id);
  /// Orders that live at the venue; stops of positions are none.
  [[nodiscard]] std::size_t venue_open();
  /// Open and closed, newest first; stops of positions are none.
  [[nodiscard]] std::vector<VenueOrder> venue_orders();
  /// Best bid and ask of the public book.
  struct Best {
    Price bid, ask;
  };
  [[nodiscard]] Best best(InstrumentId id);
  [[nodiscard]] const Instrument& instrument(InstrumentId id) const { return table_[id]; }

 private:
  class Signing;
  class Wisher;

  // What the gateway asks for.
  void open(live::Channel channel) override { network_.open(channel); }
  void send(live::Channel channel, std::string text) override;
  void close(live::Channel channel) override { network_.close(channel); }
  void request(live::RequestId id, live::HttpCall call) override;

  /// A signed request of the owner's, by hand.
  boost::json::value owner_asks(bool post, const std::string& path, const std::string& text);
  boost::json::object venue_row(InstrumentId id);

  const WireTap& tap_;
  LiveOptions options_;
  Settings config_;
  live::LiveSettings live_;
  EngineSettings engine_settings_;
  InstrumentTable table_;
  Notes notes_;
  WishGate gate_;
  live::LiveVenue venue_;
  std::unique_ptr<sim::MarketSource> market_;
  Network network_;
  std::unique_ptr<sim::SimExchange> exchange_;
  bybit::VenueClock clock_;
  std::unique_ptr<Signing> signing_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<live::AccountGateway> gateway_;
  std::unique_ptr<bybit::PublicFeed> feed_;
  std::vector<std::string> sent_;
  std::string refusal_;
  std::string_view unanswered_;
  std::string_view refused_;
  std::uint32_t asked_ = 0;
  std::uint32_t raw_ = 0;
};

}  // namespace proteus::app::selftest

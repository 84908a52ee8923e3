// What the parts of the account's gateway share: settings, instruments, memory, clock, signing, and
// the way into the engine.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "connectors/bybit/venue_clock.hpp"
#include "connectors/live/account_io.hpp"
#include "connectors/live/live_venue.hpp"
#include "connectors/live/settings.hpp"
#include "engine/core/ledger_view.hpp"
#include "engine/ports/event_sink.hpp"

namespace proteus::live {

/// Inputs for the engine, in order. `put` delivers at once; inside a call of the engine (an order
/// leaves) only `later` may be used, which waits for the next `flush`.
class InputQueue {
 public:
  InputQueue(EventSink& engine, std::function<Timestamp()> now)
      : engine_(engine), now_(std::move(now)) {}

  void put(EventBody body, Timestamp happened = {}) {
    later(std::move(body), happened);
    flush();
  }
  void later(EventBody body, Timestamp happened = {}) {
    waiting_.push_back({std::move(body), happened});
  }
  void flush() {
    if (inside_) return;
    inside_ = true;
    while (!waiting_.empty()) {
      Waiting next = std::move(waiting_.front());
      waiting_.pop_front();
      const Timestamp now = now_();
      ++put_;
      engine_.on_input(std::move(next.body), next.happened == Timestamp{} ? now : next.happened,
                       now);
    }
    inside_ = false;
  }
  /// Inputs delivered so far: two equal readings mean that nothing happened between them.
  [[nodiscard]] std::uint64_t delivered() const { return put_; }

 private:
  struct Waiting {
    EventBody body;
    Timestamp happened{};
    Waiting(EventBody b, Timestamp h) : body(std::move(b)), happened(h) {}
  };
  EventSink& engine_;
  std::function<Timestamp()> now_;
  std::deque<Waiting> waiting_;
  bool inside_ = false;
  std::uint64_t put_ = 0;
};

/// What did not fit anywhere else: counted and shown, never traded on.
struct GatewayCounters {
  std::uint64_t orders_sent = 0;
  std::uint64_t orders_by_rest = 0;
  std::uint64_t cancels_sent = 0;
  std::uint64_t unknown_outcomes = 0;
  std::uint64_t inquiries = 0;
  std::uint64_t repeated_executions = 0;
  std::uint64_t executions_fetched = 0;  ///< that no stream had told
  std::uint64_t reconciliations = 0;     ///< clean ones
  std::uint64_t mismatches = 0;          ///< differences that were adopted
  std::uint64_t strays = 0;              ///< orders of ours, over in our books, open at the venue
  std::uint64_t foreign_orders = 0;      ///< seen in the last look; left alone
  std::uint64_t foreign_positions = 0;   ///< in instruments that are not traded here
  std::uint64_t malformed = 0;           ///< frames and bodies that could not be read
  std::uint64_t stops_set = 0;
  std::uint64_t settings_restored = 0;  ///< that somebody had changed: position mode, leverage
};

/// What asking and telling the venue takes: all that a lane or a stream needs to know.
struct WireParts {
  const LiveSettings& settings;
  Duration recv_window;
  const InstrumentTable& instruments;
  AccountIo& io;
  bybit::VenueClock& clock;
  const Signing& signing;
  GatewayCounters& counters;
  std::function<void(std::string)> tell;  ///< a sentence for a person, worth a look
  std::uint64_t seed = 0;

  /// The instrument of a row; nothing: it is not traded here.
  [[nodiscard]] std::optional<InstrumentId> find(Category category, std::string_view symbol) const {
    for (const Instrument& instrument : instruments)
      if (instrument.category == category && instrument.symbol.view() == symbol)
        return instrument.id;
    return std::nullopt;
  }
  /// Venue time for a signed request, in ms; a little early, for the rule forgives only the past.
  [[nodiscard]] std::int64_t stamp_ms(SteadyTime now) const {
    constexpr std::int64_t kMargin = 100;
    return to_unix_ms(clock.at(now)) - kMargin;
  }
  [[nodiscard]] std::int64_t recv_window_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(recv_window).count();
  }
};

/// And what trading takes.
struct GatewayParts : WireParts {
  const VenueMemory& memory;
  std::function<LedgerView()> ledger;
  InputQueue& inputs;
};

}  // namespace proteus::live

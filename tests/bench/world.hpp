// What is traded in the benchmarks: a seeded market, and the paper daemon's chain over it without
// its sockets (sma_cross, ledger, gate, sizing, paper venue), every setting at its default.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "connectors/paper/paper_venue.hpp"
#include "engine/ports/journal.hpp"
#include "engine/runtime/engine.hpp"
#include "risk/gate.hpp"
#include "tests/support/no_journal.hpp"

namespace proteus::bench {

/// Closed one-minute bars, minute by minute and within a minute in instrument order.
struct Market {
  std::vector<Instrument> instruments;
  std::vector<Bar> bars;
};
/// The first `instruments` (1 to 8) perpetuals of the simulated market; at least `bars` bars.
Market make_market(std::size_t instruments, int bars);

using test::NoJournal;

SessionCode bench_session();

/// The whole chain. `journal` must outlive it.
class World {
 public:
  World(const Market& market, Journal& journal, OrderStyle style = OrderStyle::Market);
  void feed(const Bar& bar) {
    engine_.on_input(BarClosed{bar, BarSource::Stream}, bar.close_time, bar.close_time);
  }
  /// A ticker as the venue sends one just before the bar closes: mark at the close, funding known.
  void feed_ticker(const Bar& bar);
  [[nodiscard]] const Engine& engine() const { return engine_; }
  [[nodiscard]] const paper::PaperVenue& venue() const { return venue_; }

 private:
  InstrumentTable table_;
  risk::Gate gate_;
  paper::PaperVenue venue_;
  Engine engine_;
};

/// The engine with nothing behind its ports: no wish, no limit, no answer. What remains is the
/// door, the ledger's marks and the decision record.
class EmptyWorld {
 public:
  EmptyWorld(const Market& market, Journal& journal);
  ~EmptyWorld();
  void feed(const Bar& bar) {
    engine_.on_input(BarClosed{bar, BarSource::Stream}, bar.close_time, bar.close_time);
  }
  [[nodiscard]] const Engine& engine() const { return engine_; }

 private:
  InstrumentTable table_;
  std::unique_ptr<RiskGate> gate_;
  std::unique_ptr<Venue> venue_;
  Engine engine_;
};

}  // namespace proteus::bench

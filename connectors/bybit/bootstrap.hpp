// The start of a run, without I/O: market/time, then instruments-info (all pages of the categories
// that are wanted), then the table of the wanted instruments in the order of the configuration;
// where it is asked for, also the funding that was settled over the warm-up. Thread: the loop's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/bybit/feed_io.hpp"
#include "connectors/bybit/past_funding.hpp"
#include "connectors/bybit/settings.hpp"
#include "connectors/bybit/venue_clock.hpp"
#include "engine/core/instrument.hpp"

namespace proteus::bybit {

class Bootstrap {
 public:
  /// Tries each request up to `tries` times with the settings' back-off; 0: for as long as it
  /// takes, refusals too. `seed` draws the jitter.
  /// `clock` gets its first anchor here. funding_for: asks for the funding of the warm-up of bars
  /// of this length; what the venue does not tell is missing, and no error.
  Bootstrap(const FeedSettings& settings, std::vector<InstrumentName> wanted, RestIo& io,
            VenueClock& clock, std::uint64_t seed, int tries = 6,
            std::optional<Interval> funding_for = std::nullopt);
  ~Bootstrap();
  Bootstrap(const Bootstrap&) = delete;
  Bootstrap& operator=(const Bootstrap&) = delete;

  void start(SteadyTime now);
  void on_response(RequestId request, Result<HttpResponse> response, SteadyTime now);
  /// Drives retries and deadlines; call at least every 100 ms.
  void on_timer(SteadyTime now);

  /// What the last failed try met, once; for a person who waits.
  [[nodiscard]] std::optional<std::string> take_complaint();
  [[nodiscard]] bool done() const;
  /// After done(): the table, or what went wrong in one sentence (an unknown instrument names the
  /// nearest matches). Asserts before done().
  [[nodiscard]] const Result<InstrumentTable>& result() const;
  /// What became known of past funding; once.
  [[nodiscard]] PastFunding take_funding();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace proteus::bybit

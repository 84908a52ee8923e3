// Bugs on purpose, each at a port of the engine, in the harness alone: what the checkers have to
// find. Nothing of the product knows of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "engine/ports/event_sink.hpp"
#include "engine/ports/venue.hpp"
#include "tests/simulation/truth.hpp"

namespace proteus::simulation {

enum class Planted : std::uint8_t {
  Nothing,
  DroppedFill,   ///< the venue fills an order, and its report is lost on the way
  DoubledOrder,  ///< an order goes out a second time, under an id of its own
  LookAhead      ///< a bar comes with the prices of the one after it
};
std::string_view to_string(Planted planted);

/// Around the real venue: from the `after`-th fill, or order, on it errs once.
class ErringVenue final : public Venue {
 public:
  ErringVenue(std::unique_ptr<Venue> venue, Planted planted, std::uint64_t after)
      : venue_(std::move(venue)), planted_(planted), after_(after) {}
  void before(const Event& input, ReportSink& reports) override;
  void submit(const OrderRequest& order, Timestamp now, ReportSink& reports) override;
  void cancel(const ClientOrderId& id, Timestamp now, ReportSink& reports) override {
    venue_->cancel(id, now, reports);
  }
  void archive(Archive& a) override { venue_->archive(a); }

 private:
  class Sieve;
  std::unique_ptr<Venue> venue_;
  Planted planted_;
  std::uint64_t after_;
};

/// Of a bar that came, what a strategy with a look-ahead of one bar would be shown.
EventBody one_bar_ahead(EventBody body, const Truth& truth);

}  // namespace proteus::simulation

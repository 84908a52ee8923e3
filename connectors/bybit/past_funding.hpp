// Funding from before the run, told between the bars of the warm-up as the venue's ticker would
// have told it: as soon as one funding time has passed, the next one and its rate. So what a policy
// sees of those bars, and what its own account is charged on them, is what it was in training.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "connectors/bybit/rest_codec.hpp"
#include "engine/core/event.hpp"
#include "engine/core/instrument.hpp"

namespace proteus::bybit {

class PastFunding {
 public:
  /// Nothing is known, and nothing was asked for.
  PastFunding() = default;
  /// interval: of the bars between which it is told.
  PastFunding(Interval interval, std::size_t instruments)
      : interval_(interval), histories_(instruments) {}

  /// What the venue said, ascending, without repeats.
  void put(InstrumentId instrument, std::vector<FundingRow> rows) {
    histories_.at(instrument.index).rows = std::move(rows);
  }
  /// The venue was asked and did not say.
  void miss(InstrumentId instrument) { histories_.at(instrument.index).missing = true; }
  [[nodiscard]] bool missing(InstrumentId instrument) const {
    return instrument.index < histories_.size() && histories_[instrument.index].missing;
  }

  /// The next ticker of the bar's instrument that was out at `t`, with the time at which it came
  /// out; nothing: all of them are told. The first call begins with the last rate that was settled
  /// by the bar's open.
  std::optional<std::pair<TickerUpdated, Timestamp>> next(const Bar& bar, Timestamp t);

 private:
  struct History {
    std::vector<FundingRow> rows;
    std::size_t told = 0;
    bool begun = false;
    bool missing = false;
  };
  Interval interval_ = Interval::H1;
  std::vector<History> histories_;
};

}  // namespace proteus::bybit

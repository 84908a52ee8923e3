// The way from a strategy's target to a signed position: volatility target, Kelly cap, share of the
// capital, no-trade band, lot and dust. docs/reference/sizing.md gives every step so that its
// doubles can be computed again elsewhere. No allocation after construction.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/core/instrument.hpp"
#include "engine/core/result.hpp"
#include "engine/ports/risk_gate.hpp"
#include "risk/kelly.hpp"
#include "risk/moments.hpp"
#include "risk/settings.hpp"

namespace proteus::risk {

/// The gate from what is believed to what is owed: weight x equity / close as a signed quantity,
/// cut toward zero to the lot. Nothing if it is not finite or does not fit units of 1e-9.
std::optional<Quantity> to_quantity(double weight, Money equity, Price close, Quantity lot_step);

/// Each instrument's share of `gross_max`, in table order. Errors, with the entry: an unknown or
/// missing instrument, a share that is no number in (0, 1], shares that add up to more than 1.
Result<std::vector<double>> capital_shares(const SizingSettings& settings,
                                           const InstrumentTable& instruments);

class Sizer {
 public:
  /// shares: from capital_shares.
  Sizer(const SizingSettings& settings, const InstrumentTable& instruments,
        const std::vector<double>& shares, Interval interval, const Costs& costs);

  Sized size(const SizingInput& input, SizingSteps& steps);

  [[nodiscard]] std::uint64_t outputs_refused() const { return outputs_refused_; }
  [[nodiscard]] const ShadowLedger& shadow(InstrumentId id) const {
    return books_[id.index].shadow;
  }
  void archive(Archive& a) { a(books_, outputs_refused_); }

 private:
  struct Book {
    ShadowLedger shadow;
    DecayedMoments log_returns;
    double allotment = 0.0;  ///< fraction of equity that a full target means
    double close = 0.0;      ///< 0: none seen
    Timestamp close_time{};
    void archive(Archive& a) { a(shadow, log_returns, close, close_time); }
  };

  static void learn(Book& book, const Bar& bar);
  Sized set_aside(const ControlResult& control, const SizingInput& input, SizingSteps& steps);
  [[nodiscard]] double volatility_factor(const Book& book) const;
  [[nodiscard]] double kelly_cap(const ShadowLedger& shadow, double x, SizingSteps& steps) const;

  SizingSettings settings_;
  double root_bars_per_year_;
  std::vector<Book> books_;
  std::uint64_t outputs_refused_ = 0;
};

}  // namespace proteus::risk

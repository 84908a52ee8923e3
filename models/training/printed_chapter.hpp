// The environment and the eleven features as the chapter prints them, to compare results with it;
// not to trade by. Faults that it keeps: it trades at the close that it has just seen, a turn pays
// the cost twice on capital and once in the reward, `capital` leaves the open position out,
// total_pnl is without cost, and windows that are not full yet are divided by their full length.
// Corrected: MarketEnv and features/chapter.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace proteus::training {

inline constexpr std::size_t kPrintedFeatures = 11;
/// The first close that has a row: max(window, 26).
constexpr std::size_t printed_warm_up(std::size_t window = 20) { return window > 26 ? window : 26; }

/// One row for each close from printed_warm_up(window) on, row-major; empty where there is none.
/// closes > 0; window > 0. To 1e-9 what the printed function gives.
std::vector<double> printed_features(std::span<const double> closes, std::size_t window = 20);

/// One printed environment over prices and the features that belong to them.
class PrintedEnv {
 public:
  struct Settings {
    double capital = 10'000.0;
    double transaction_cost = 0.001;  ///< fraction
    std::size_t max_steps = 200;
  };
  struct Step {
    double reward = 0.0;
    bool done = false;
    double capital = 0.0;
    int position = 0;  ///< -1, 0 or 1
    double total_pnl = 0.0;
    double step_return = 0.0;
  };

  /// Both spans must outlive it; `features` has `columns` numbers for each of the first prices.
  PrintedEnv(std::span<const double> prices, std::span<const double> features, std::size_t columns,
             const Settings& settings);

  /// How many starts there are to draw from: 0 .. starts() - 1.
  [[nodiscard]] std::size_t starts() const;
  /// A new episode from price `start`, which must have a price after it.
  void reset(std::size_t start);
  /// 0 buy, 1 sell, 2 hold. Not to be called when it is done.
  Step step(std::int64_t action);
  /// columns + 3: the features (zeros beyond their end), position, total_pnl, step / max_steps.
  void state(std::span<float> out) const;

 private:
  void turn(int to, double price);

  std::span<const double> prices_;
  std::span<const double> features_;
  std::size_t columns_;
  Settings settings_;
  std::size_t at_ = 0;
  std::size_t steps_ = 0;
  int position_ = 0;
  double capital_ = 0.0;
  double entry_ = 0.0;
  double total_pnl_ = 0.0;
};

}  // namespace proteus::training

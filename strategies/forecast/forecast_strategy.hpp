// Trades what a forecaster says: at every decision it adapts from its base on the last bars whose
// labels are known by then, forecasts the return ahead, and is long, short or flat by a threshold.
// Several forecasters: the mean of their forecasts. What becomes of the weight is the sizer's
// matter.
//
// It rests on recent bars alone, but for the side that it holds while a forecast lies between exit
// and threshold, for the decision that stands between two of them, and for the side that a stop or
// a target has left.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/instrument.hpp"
#include "engine/ports/strategy.hpp"
#include "strategies/features/feature_set.hpp"
#include "strategies/features/market_board.hpp"
#include "strategies/forecast/forecast_model.hpp"
#include "strategies/forecast/forecast_settings.hpp"
#include "strategies/forecast/forecast_window.hpp"
#include "strategies/policy/bar_funding.hpp"

namespace proteus::strategies {

/// What the forecast strategies of a run share. Their forecasters compute on the engine's thread.
struct ForecastParts {
  ForecastSettings settings;
  std::vector<ForecastModel> models;
  std::shared_ptr<features::MarketBoard> board = {};  ///< null: each instrument stands alone
};

class ForecastStrategy final : public Strategy {
 public:
  /// Errors: Refused, checkpoints that do not fit the interval, their features or each other.
  static Result<std::unique_ptr<ForecastStrategy>> create(const ForecastParts& parts,
                                                          const Instrument& instrument,
                                                          Interval interval);

  [[nodiscard]] std::string_view name() const override { return "forecast"; }
  /// Until the features have their windows, and after them the window its rows and their labels.
  [[nodiscard]] std::size_t warm_up_bars() const override {
    return first_row_ + window_bars_ + horizon_ - 1;
  }
  /// No target while windows fill, until the first bar that decides, and where something is no
  /// number and bad_output says hold; but a stop or a target of the position speaks at every bar.
  /// Observation: the features, then what was forecast at the last decision, then how far the close
  /// is from the average entry (forecast_observation_names).
  Opinion on_bar(const Bar& bar, const PositionView& position, Money equity) override;
  void on_ticker_at(const TickerUpdated& ticker, Timestamp at) override {
    funding_.on_ticker(ticker, at);
  }
  void reset() override;
  void archive(Archive& a) override;
  [[nodiscard]] const PolicyStatus* policy_status() const override { return &status_; }

 private:
  /// What was forecast last; means over the forecasters.
  struct Said {
    double forecast = 0.0;  ///< in usual returns over the horizon
    double base = 0.0;      ///< the same without a step
    double unit = 0.0;      ///< the usual return
    double loss_before = 0.0;
    double loss_after = 0.0;
    double spread = 0.0;  ///< largest less smallest forecast
    bool finite = true;
    void archive(Archive& a) { a(forecast, base, unit, loss_before, loss_after, spread, finite); }
  };

  /// The side that a stop or a target has left, and that is not held again before the forecast has
  /// changed its sign.
  struct Left {
    int side = 0;  ///< 0: none
    bool at_target = false;
    void archive(Archive& a) { a(side, at_target); }
  };

  ForecastStrategy(const ForecastParts& parts, const Instrument& instrument, Interval interval,
                   std::unique_ptr<features::FeatureSet> features);
  void guard(const PositionView& position, double close);
  void forecast();
  void decide();
  void observe();
  [[nodiscard]] Opinion speak(bool ready, bool decides) const;
  [[nodiscard]] std::string_view signal() const;

  ForecastSettings settings_;
  std::vector<ForecastModel> models_;
  Category category_;
  Interval interval_;
  std::size_t horizon_;
  std::size_t window_bars_;
  std::size_t steps_;
  std::size_t first_row_;  ///< bars until the first row
  std::unique_ptr<features::FeatureSet> features_;
  BarFunding funding_;
  UsualReturn usual_;
  ForecastWindow window_;
  std::size_t seen_ = 0;  ///< bars since the start or the last hole, up to first_row_
  int side_ = 0;          ///< of what is held: -1, 0, 1
  double weight_ = 0.0;
  bool decided_ = false;  ///< since the start or the last hole
  Left left_;
  double from_entry_ = 0.0;  ///< gain of the position at the last close, of its entry; 0: flat
  Said said_;
  PolicyStatus status_;
  std::vector<double> observation_;
  std::vector<float> x_;
  std::vector<float> y_;
  std::vector<float> row_;
};

/// Closed bars until the first opinion with these forecasters. Errors: Unsupported, where bars of
/// their interval do not carry their features.
Result<std::size_t> forecast_warm_up(const ForecastSettings& settings, const ForecastSpec& spec);

/// What the columns of its observations are called.
std::vector<std::string> forecast_observation_names(const features::Schema& features);

}  // namespace proteus::strategies

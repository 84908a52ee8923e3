// Trades what a trained policy says: one instrument, one or several checkpoints, the mean of their
// weights. What the policies see, and how their memory lives, is told in policy_trial.hpp and
// policy_reader.hpp; what becomes of the weight is the sizer's matter, as for every strategy.
//
// Bars that close together are computed in one batch: gather() asks the desk that all instruments
// share, the first on_bar() makes it answer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/core/instrument.hpp"
#include "engine/ports/strategy.hpp"
#include "strategies/features/feature_set.hpp"
#include "strategies/features/market_board.hpp"
#include "strategies/policy/bar_funding.hpp"
#include "strategies/policy/market_moves.hpp"
#include "strategies/policy/policy_adaptation.hpp"
#include "strategies/policy/policy_desk.hpp"
#include "strategies/policy/policy_model.hpp"
#include "strategies/policy/policy_reader.hpp"
#include "strategies/policy/policy_rows.hpp"
#include "strategies/policy/policy_settings.hpp"

namespace proteus::strategies {

/// What the policy strategies of a run share.
struct PolicyParts {
  PolicySettings settings;
  std::vector<PolicyModel> models;
  std::shared_ptr<PolicyDesk> desk;
  Learner* learner = nullptr;  ///< must outlive the strategies; null: nothing is adapted
  std::shared_ptr<features::MarketBoard> board = {};  ///< null: each instrument stands alone
};

class PolicyStrategy final : public Strategy {
 public:
  /// Errors: Refused, a checkpoint that does not fit the interval, its features or the others.
  static Result<std::unique_ptr<PolicyStrategy>> create(const PolicyParts& parts,
                                                        const Instrument& instrument,
                                                        Interval interval);

  [[nodiscard]] std::string_view name() const override { return "policy"; }
  /// Until the features have their windows and the memory its bars.
  [[nodiscard]] std::size_t warm_up_bars() const override { return first_row_ + rebuild_bars_; }
  void gather(const Bar& bar) override;
  /// No target while windows fill, on bars between two decisions, and where an answer is no number
  /// and bad_output says hold. Observation: the features, then the inputs of the policy's own
  /// account, as the first of the policies saw them.
  Opinion on_bar(const Bar& bar, const PositionView& position, Money equity) override;
  void on_ticker_at(const TickerUpdated& ticker, Timestamp at) override {
    funding_.on_ticker(ticker, at);
  }
  void on_adaptation(const AdaptationProposed& proposed) override;
  void on_adaptation(const AdaptationFailed& failed) override {
    adaptation_.on_failed(failed, status_);
  }
  bool take_news(EventBody& out) override { return adaptation_.take_news(out); }
  void reset() override;
  void archive(Archive& a) override;
  [[nodiscard]] const PolicyStatus* policy_status() const override { return &status_; }

 private:
  PolicyStrategy(const PolicyParts& parts, const Instrument& instrument, Interval interval,
                 std::unique_ptr<features::FeatureSet> features);
  void count_outside();
  void observe();
  [[nodiscard]] std::string_view waiting_for() const;
  Opinion speak(const std::vector<PolicyAnswer>& said);
  void describe(const std::vector<PolicyAnswer>& said, bool finite);
  void adapt();
  void change_weights();

  PolicySettings settings_;
  Category category_;
  Interval interval_;
  std::int64_t decide_every_;
  std::size_t first_row_;  ///< bars until the first row
  std::size_t rebuild_bars_;
  std::unique_ptr<features::FeatureSet> features_;
  BarFunding funding_;
  MarketMoves moves_;
  PolicyRows rows_;
  PolicyAdaptation adaptation_;
  std::vector<PolicyReader> readers_;
  std::vector<PolicyReader> shadows_;  ///< the base; read only while adapted weights are in use
  std::shared_ptr<PolicyDesk> desk_;
  std::size_t seen_ = 0;  ///< bars since the start or the last hole, up to first_row_
  bool gathered_ = false;
  bool ready_ = false;  ///< the bar that was gathered leads to an answer
  std::uint8_t outside_ = 0;
  std::vector<double> observation_;
  std::vector<PolicyAnswer> said_;
  PolicyWords words_;
  PolicyStatus status_;
};

/// Closed bars until the first opinion of a policy with this spec. Errors: Unsupported, where bars
/// of its interval do not carry its features.
Result<std::size_t> policy_warm_up(const PolicySpec& spec);

/// What the columns of its observations are called.
std::vector<std::string> policy_observation_names(const features::Schema& features);

}  // namespace proteus::strategies

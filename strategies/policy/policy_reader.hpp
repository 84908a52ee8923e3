// One policy on one instrument, live: its trial, begun anew with a rebuilt memory whenever one is
// over, and the numbers that tell how it fares. Base, adapted and shadow are each one of these over
// the same rows.
//
// A trial begins with nothing remembered and nothing held. The last `rebuild_bars` rows are then
// run in closed loop through the weights that will be used, as the first bars of a trial in
// training, and it goes on from there until `trial_bars` have passed (contract 12).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/core/archive.hpp"
#include "strategies/policy/policy_desk.hpp"
#include "strategies/policy/policy_model.hpp"
#include "strategies/policy/policy_rows.hpp"
#include "strategies/policy/policy_trial.hpp"

namespace proteus::strategies {

class PolicyReader {
 public:
  /// remembers: false reads every bar with an empty memory.
  PolicyReader(const PolicyModel& model, bool remembers);

  /// Other weights from here on; the next bar begins a trial with them.
  void use(std::shared_ptr<const Policy> policy);
  /// The same weights as were archived, or, where these were lost, others.
  void go_on(std::shared_ptr<const Policy> policy, bool lost) {
    model_.policy = std::move(policy);
    renew_ = renew_ || lost;
  }
  /// The next bar begins a trial.
  void forget() { renew_ = true; }
  /// Before the row is pushed: a new trial, where one is due, over the rows there are. Whether one
  /// began.
  bool prepare(const PolicyRows& rows);
  /// The newest row closes: marks the account and asks for an answer.
  void ask(const PolicyRows& rows, PolicyDesk& desk);
  /// What the policy says to it, after the desk has answered.
  const PolicyAnswer& hear(const RowFacts& facts, const PolicyDesk& desk);

  [[nodiscard]] const PolicyTrial& trial() const { return trial_; }
  [[nodiscard]] const PolicySpec& spec() const { return model_.spec; }
  [[nodiscard]] const std::shared_ptr<const Policy>& policy() const { return model_.policy; }
  /// The inputs of the last bar.
  [[nodiscard]] std::span<const float> inputs() const { return inputs_; }
  /// Sums of squares over the hidden state, and over its change since the bar before.
  [[nodiscard]] double state_square() const { return state_square_; }
  [[nodiscard]] double drift_square() const { return drift_square_; }
  void archive(Archive& a) { a(trial_, before_, inputs_, state_square_, drift_square_, renew_); }

 private:
  void pose(std::span<const double> features, const MarketMove& move);
  void rebuild(const PolicyRows& rows);
  const PolicyAnswer& close(std::span<const float> outputs, const RowFacts& facts);

  PolicyModel model_;
  bool remembers_;
  PolicyTrial trial_;
  std::vector<float> scaled_;
  std::vector<float> inputs_;
  std::vector<float> before_;   ///< the hidden state before the bar
  std::vector<float> silence_;  ///< outputs that are no numbers: what is held stays
  std::size_t place_ = 0;
  bool asked_ = false;
  bool renew_ = true;
  double state_square_ = 0.0;
  double drift_square_ = 0.0;
};

}  // namespace proteus::strategies

// Governs what gradient adaptation does to one instrument's policies (contract 12): when a stretch
// of bars goes to the learner, whether what comes back is used, and when it goes again. It decides
// by events and bars alone, so that a session told again decides the same.
//
//   cut       every adapt_every bars, or when the reward falls short (below), one at a time; given
//             up after adapt_patience bars; one that a restart has lost is cut anew with the next
//             bar
//   bounds    length of the change and divergence from the base, as the learner measured them; the
//             length is measured again here. Anything that is no number is refused.
//   judged    on bars held back from learning: net return a bar above the base's by adapt_margin
//   shadow    from adoption on the base trades the same bars beside it, in its own trial; when the
//             adapted has earned adapt_rollback less, it goes
//
// The reward falls short: CUSUM of Page 1954 over the reward's own standardised values since it was
// last begun, s = max(0, s - z - 1/2); a cut at s > adapt_change. Until kSettle bars have been seen
// nothing is said.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/ports/learner.hpp"
#include "engine/ports/strategy.hpp"
#include "strategies/policy/policy_model.hpp"
#include "strategies/policy/policy_rows.hpp"
#include "strategies/policy/policy_settings.hpp"

namespace proteus::strategies {

/// Tells when a reward has fallen short of what it was.
class FallDetector {
 public:
  static constexpr std::uint64_t kSettle = 48;
  /// threshold: in deviations; 0: never.
  explicit FallDetector(double threshold) : threshold_(threshold) {}
  /// Whether it has, with this reward. Begins anew when it says so.
  bool add(double reward);
  void archive(Archive& a) { a(seen_, mean_, squares_, sum_); }

 private:
  double threshold_;
  std::uint64_t seen_ = 0;
  double mean_ = 0.0;
  double squares_ = 0.0;
  double sum_ = 0.0;
};

class PolicyAdaptation {
 public:
  using Policies = std::vector<std::shared_ptr<const Policy>>;

  /// learner: may be null; then nothing is ever cut.
  PolicyAdaptation(const PolicySettings& settings, std::span<const PolicyModel> models,
                   InstrumentId instrument, Learner* learner);

  /// Rows that a cut needs; 0: none is ever cut.
  [[nodiscard]] std::size_t rows_needed() const { return stretch_ == 0 ? 0 : rebuild_ + stretch_; }
  /// Adapted weights are in use, and the base runs in shadow.
  [[nodiscard]] bool adapted() const { return version_ > 0; }
  /// Of the base where nothing is adapted.
  [[nodiscard]] const Policies& in_use() const { return adapted() ? adapted_ : base_; }
  [[nodiscard]] const Policies& base() const { return base_; }

  /// A bar was answered: rewards are those of the bar, net, in units. Whether in_use() has changed.
  bool on_bar(double reward, double base_reward, const PolicyRows& rows, PolicyStatus& status);
  /// Whether in_use() has changed.
  bool on_proposed(const AdaptationProposed& proposed, PolicyStatus& status);
  void on_failed(const AdaptationFailed& failed, PolicyStatus& status);
  bool take_news(EventBody& out);
  /// The rows were lost: what is awaited was learned from bars that are gone.
  void on_reset(PolicyStatus& status);

  /// Adapted weights that do not come back as they were are lost: the base goes on, said so.
  void archive(Archive& a, PolicyStatus& status);

 private:
  void cut(AdaptationCause cause, const PolicyRows& rows, PolicyStatus& status);
  [[nodiscard]] LearnTask task(const PolicyRows& rows) const;
  /// Why it is not adopted; empty: it is.
  [[nodiscard]] std::string objection(const AdaptationProposed& proposed, Policies& made) const;
  [[nodiscard]] Result<Policies> with(std::span<const float> weights) const;
  [[nodiscard]] double distance(std::span<const float> weights) const;
  void judge(AdaptationVerdict verdict, std::uint32_t ordinal, std::uint32_t before,
             std::uint32_t after, std::uint64_t hash, std::string_view reason);
  void close_version(PolicyStatus& status);
  void give_up(std::string_view why, PolicyStatus& status);

  PolicySettings settings_;
  std::vector<PolicySpec> specs_;
  InstrumentId instrument_;
  Learner* learner_;
  std::size_t rebuild_;
  std::size_t stretch_;  ///< bars of a cut; 0: adaptation is off
  Policies base_;
  Policies adapted_;
  FallDetector detector_;
  std::deque<EventBody> news_;  ///< told before the event that caused them is over

  std::vector<float> weights_;  ///< of adapted_, one policy after the other
  std::uint64_t weights_hash_ = 0;
  std::uint32_t version_ = 0;   ///< in use
  std::uint32_t versions_ = 0;  ///< made so far
  std::uint32_t version_ordinal_ = 0;
  std::uint32_t ordinal_ = 0;  ///< of the last cut
  std::uint32_t awaited_ = 0;  ///< 0: none
  std::uint64_t waited_ = 0;   ///< bars since that cut
  std::uint64_t since_cut_ = 0;
  double gain_ = 0.0;
};

/// FNV-1a, 64 bits, of the weights' bytes.
std::uint64_t weights_hash(std::span<const float> weights);

}  // namespace proteus::strategies

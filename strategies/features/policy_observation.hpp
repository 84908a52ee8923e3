// What a policy sees: a row of features, then what it holds, what that has earned and how much of
// its time is over. Training and trading both write it with this one class, so that a model never
// meets columns, units or scales other than those it learned from. Its text is what a checkpoint
// hashes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/ledger_view.hpp"
#include "engine/core/result.hpp"
#include "strategies/features/schema.hpp"

namespace proteus::features {

/// What `time` counts: the share of the episode, or of the whole trial, that has passed.
enum class TimeShare : std::uint8_t { Episode, Trial };

/// The columns after the features, in this order.
struct AccountState {
  double position = 0.0;    ///< value of the position / equity, signed: 1 is all equity long
  double unrealised = 0.0;  ///< unrealised profit / equity
  double time = 0.0;        ///< in [0, 1]
};
inline constexpr std::size_t kAccountColumns = 3;

/// `equity`: what the policy trades with. Without equity left, position and profit read 0.
AccountState account_state(const PositionView& position, Money equity, double time);

/// (x - offset) * factor, clipped to [-limit, limit], for each feature; empty: features as they
/// are. The account's columns are never scaled.
struct FeatureScaling {
  std::vector<double> offset;
  std::vector<double> factor;
  double limit = 10.0;
  [[nodiscard]] bool empty() const { return factor.empty(); }
};

/// Mean 0 and population deviation 1 over `rows` (row-major, `columns` wide; at least one row): of
/// the training range and no other. A column that never moves is only centred.
FeatureScaling fit_scaling(std::span<const double> rows, std::size_t columns);

class PolicyObservation {
 public:
  /// Errors: OutOfRange, where the scaling has not one finite pair for each feature, or a limit
  /// that is not positive.
  static Result<PolicyObservation> create(const Schema& features, TimeShare time,
                                          FeatureScaling scaling = {});

  [[nodiscard]] std::size_t columns() const { return features_ + kAccountColumns; }
  [[nodiscard]] const Schema& schema() const { return schema_; }
  [[nodiscard]] TimeShare time_share() const { return time_; }
  /// Whether this feature set is the one that write() expects.
  [[nodiscard]] bool fits(const Schema& features) const { return features.hash() == feature_hash_; }
  /// Names, definitions, order and scaling (numbers as hexadecimal floats).
  [[nodiscard]] const std::string& canonical_text() const { return text_; }
  [[nodiscard]] std::uint64_t hash() const { return fnv1a(text_); }

  /// `features`: one row of the feature set; `out`: columns() wide. Allocates nothing.
  void write(std::span<const double> features, const AccountState& account,
             std::span<float> out) const;

 private:
  PolicyObservation(const Schema& features, TimeShare time, FeatureScaling scaling);

  std::size_t features_;
  std::uint64_t feature_hash_;
  TimeShare time_;
  Schema schema_;
  FeatureScaling scaling_;
  std::string text_;
};

}  // namespace proteus::features

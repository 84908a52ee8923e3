#include "strategies/features/policy_observation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/core/assert.hpp"

namespace proteus::features {
namespace {

Schema with_account(Schema schema, TimeShare time) {
  schema.set += "+account";
  schema.features.push_back({"position", "position value/equity, signed"});
  schema.features.push_back({"unrealised_profit", "unrealised profit/equity"});
  schema.features.push_back({"time", time == TimeShare::Episode ? "steps done/steps of the episode"
                                                                : "steps done/steps of the trial"});
  return schema;
}

std::string text_of(const Schema& schema, const FeatureScaling& scaling) {
  std::string text = schema.canonical_text();
  for (std::size_t i = 0; i < scaling.factor.size(); ++i)
    text += fmt::format("scaled {} = clip((x-{:a})*{:a}, {:a})\n", schema.features[i].name,
                        scaling.offset[i], scaling.factor[i], scaling.limit);
  return text;
}

}  // namespace

AccountState account_state(const PositionView& position, Money equity, double time) {
  if (position.quantity.is_zero() || equity <= Money{}) return {.time = time};
  const double share = 1.0 / equity.to_double();
  return {.position = position.value.to_double() * share,
          .unrealised = position.unrealised.to_double() * share,
          .time = time};
}

FeatureScaling fit_scaling(std::span<const double> rows, std::size_t columns) {
  PROTEUS_ASSERT(columns > 0 && !rows.empty() && rows.size() % columns == 0);
  FeatureScaling scaling{.offset = std::vector<double>(columns),
                         .factor = std::vector<double>(columns)};
  std::vector<double> squares(columns);
  double count = 0.0;
  for (std::size_t at = 0; at < rows.size(); at += columns) {
    count += 1.0;
    for (std::size_t i = 0; i < columns; ++i) {  // Welford 1962
      const double before = rows[at + i] - scaling.offset[i];
      scaling.offset[i] += before / count;
      squares[i] += before * (rows[at + i] - scaling.offset[i]);
    }
  }
  for (std::size_t i = 0; i < columns; ++i) {
    const double deviation = std::sqrt(squares[i] / count);
    scaling.factor[i] = deviation > 0.0 ? 1.0 / deviation : 1.0;
  }
  return scaling;
}

Result<PolicyObservation> PolicyObservation::create(const Schema& features, TimeShare time,
                                                    FeatureScaling scaling) {
  const std::size_t wanted = scaling.empty() ? 0 : features.features.size();
  const auto finite = [](double x) { return std::isfinite(x); };
  if (scaling.factor.size() != wanted || scaling.offset.size() != wanted ||
      !std::ranges::all_of(scaling.factor, finite) || !std::ranges::all_of(scaling.offset, finite))
    return error(ErrorCode::OutOfRange,
                 fmt::format("feature scaling: {} offsets and {} factors for the {} features of "
                             "\"{}\" (one finite pair each, or none at all)",
                             scaling.offset.size(), scaling.factor.size(), features.features.size(),
                             features.set));
  if (!(scaling.limit > 0.0))
    return error(ErrorCode::OutOfRange,
                 fmt::format("feature scaling: the limit {} must be above 0", scaling.limit));
  return PolicyObservation{features, time, std::move(scaling)};
}

PolicyObservation::PolicyObservation(const Schema& features, TimeShare time, FeatureScaling scaling)
    : features_(features.features.size()),
      feature_hash_(features.hash()),
      time_(time),
      schema_(with_account(features, time)),
      scaling_(std::move(scaling)),
      text_(text_of(schema_, scaling_)) {}

void PolicyObservation::write(std::span<const double> features, const AccountState& account,
                              std::span<float> out) const {
  PROTEUS_ASSERT(features.size() == features_ && out.size() == columns());
  for (std::size_t i = 0; i < features_; ++i) {
    double x = features[i];
    if (!scaling_.empty())
      x = std::clamp((x - scaling_.offset[i]) * scaling_.factor[i], -scaling_.limit,
                     scaling_.limit);
    out[i] = static_cast<float>(x);
  }
  out[features_] = static_cast<float>(account.position);
  out[features_ + 1] = static_cast<float>(account.unrealised);
  out[features_ + 2] = static_cast<float>(account.time);
}

}  // namespace proteus::features

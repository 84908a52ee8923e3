#include "strategies/policy/policy_reader.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

namespace proteus::strategies {
namespace {

/// Without a branch for each: all of them, nearly always.
bool finite(std::span<const float> values) {
  constexpr std::uint32_t kExponent = 0x7F800000U;  // all of its bits: no number
  std::uint32_t bad = 0;
  for (const float x : values)
    bad |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(x) & kExponent) == kExponent);
  return bad == 0;
}

}  // namespace

PolicyReader::PolicyReader(const PolicyModel& model, bool remembers)
    : model_(model),
      remembers_(remembers),
      trial_(model.spec.market, model.spec.interval, model.policy->shape().state),
      scaled_(model.spec.offset.size()),
      inputs_(model.policy->shape().inputs),
      before_(model.policy->shape().state),
      silence_(model.policy->shape().outputs(), std::numeric_limits<float>::quiet_NaN()) {}

void PolicyReader::use(std::shared_ptr<const Policy> policy) {
  model_.policy = std::move(policy);
  renew_ = true;
}

bool PolicyReader::prepare(const PolicyRows& rows) {
  if (!renew_ && !trial_.over()) return false;
  rebuild(rows);
  return true;
}

/// Into inputs_; the account is marked.
void PolicyReader::pose(std::span<const double> features, const MarketMove& move) {
  scale_features(model_.spec, features, scaled_);
  trial_.observe(scaled_, move, inputs_);
  std::ranges::copy(trial_.state(), before_.begin());
  if (!remembers_) std::ranges::fill(trial_.state(), 0.0F);
}

/// A memory that is no number any more is begun anew with the next bar.
const PolicyAnswer& PolicyReader::close(std::span<const float> outputs, const RowFacts& facts) {
  if (!finite(trial_.state())) {
    std::ranges::fill(trial_.state(), 0.0F);
    renew_ = true;
    outputs = silence_;
  }
  return trial_.answer(outputs, facts.move, facts.decides);
}

void PolicyReader::rebuild(const PolicyRows& rows) {
  const Policy& policy = *model_.policy;
  const Policy::Shape& shape = policy.shape();
  const auto bars =
      std::min(rows.size(), static_cast<std::size_t>(model_.spec.market.rebuild_bars));
  std::vector<float> scratch(policy.scratch(1));
  std::vector<float> features(shape.features);
  std::vector<float> outputs(shape.outputs());
  renew_ = false;
  trial_.begin();
  for (std::size_t age = bars; age-- > 0;) {
    const RowFacts& facts = rows.facts(age);
    pose(rows.features(age), facts.move);
    if (facts.good && finite(inputs_)) {
      policy.trunk(1, inputs_.data(), trial_.state().data(), features.data(), scratch);
      policy.head(1, features.data(), outputs.data());
      close(outputs, facts);
    } else {
      close(silence_, facts);
    }
  }
}

void PolicyReader::ask(const PolicyRows& rows, PolicyDesk& desk) {
  const RowFacts& facts = rows.facts(0);
  pose(rows.features(0), facts.move);
  asked_ = facts.good && finite(inputs_);
  if (asked_) place_ = desk.ask(*model_.policy, inputs_, trial_.state());
}

const PolicyAnswer& PolicyReader::hear(const RowFacts& facts, const PolicyDesk& desk) {
  const PolicyAnswer& said = close(asked_ ? desk.outputs(place_) : silence_, facts);
  asked_ = false;
  state_square_ = drift_square_ = 0.0;
  const std::span<const float> state = trial_.state();
  for (std::size_t i = 0; i < state.size(); ++i) {
    const double now = state[i];
    const double moved = now - static_cast<double>(before_[i]);
    state_square_ += now * now;
    drift_square_ += moved * moved;
  }
  return said;
}

}  // namespace proteus::strategies

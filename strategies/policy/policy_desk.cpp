#include "strategies/policy/policy_desk.hpp"

#include <algorithm>

#include "engine/core/assert.hpp"

namespace proteus::strategies {

PolicyDesk::Group& PolicyDesk::group_of(const Policy& policy) {
  for (std::size_t i = 0; i < used_; ++i)
    if (groups_[i].trunk == policy.trunk_id()) return groups_[i];
  if (used_ == groups_.size()) groups_.emplace_back();
  Group& group = groups_[used_++];
  group.trunk = policy.trunk_id();
  group.any = &policy;
  group.width = policy.shape().outputs();
  group.rows = 0;
  group.inputs.clear();
  group.policies.clear();
  group.homes.clear();
  return group;
}

std::size_t PolicyDesk::ask(const Policy& policy, std::span<const float> inputs,
                            std::span<float> state) {
  if (answered_) {
    used_ = 0;
    places_.clear();
    answered_ = false;
  }
  const Policy::Shape& shape = policy.shape();
  PROTEUS_ASSERT(inputs.size() == shape.inputs && state.size() == shape.state);
  Group& group = group_of(policy);
  group.inputs.insert(group.inputs.end(), inputs.begin(), inputs.end());
  group.policies.push_back(&policy);
  group.homes.push_back(state);
  places_.push_back({static_cast<std::uint32_t>(&group - groups_.data()),
                     static_cast<std::uint32_t>(group.rows++)});
  return places_.size() - 1;
}

void PolicyDesk::compute(Group& group) {
  const Policy::Shape& shape = group.any->shape();
  const std::size_t n = group.rows;
  group.states.resize(n * shape.state);
  group.features.resize(n * shape.features);
  group.outputs.resize(n * shape.outputs());
  for (std::size_t i = 0; i < n; ++i)
    std::ranges::copy(group.homes[i],
                      group.states.begin() + static_cast<std::ptrdiff_t>(i * shape.state));
  const std::size_t scratch = group.any->scratch(n);
  if (scratch_.size() < scratch) scratch_.resize(scratch);
  group.any->trunk(n, group.inputs.data(), group.states.data(), group.features.data(), scratch_);
  for (std::size_t i = 0; i < n; ++i)
    std::copy_n(group.states.begin() + static_cast<std::ptrdiff_t>(i * shape.state), shape.state,
                group.homes[i].begin());
  // One head for each run of rows that share it: most instruments trade the base.
  for (std::size_t begin = 0; begin < n;) {
    std::size_t end = begin + 1;
    while (end < n && group.policies[end] == group.policies[begin]) ++end;
    group.policies[begin]->head(end - begin, group.features.data() + begin * shape.features,
                                group.outputs.data() + begin * shape.outputs());
    begin = end;
  }
}

void PolicyDesk::answer() {
  if (answered_) return;
  answered_ = true;
  rows_max_ = std::max(rows_max_, places_.size());
  for (std::size_t i = 0; i < used_; ++i) compute(groups_[i]);
}

std::span<const float> PolicyDesk::outputs(std::size_t place) const {
  PROTEUS_ASSERT(answered_ && place < places_.size());
  const Group& group = groups_[places_[place].group];
  return std::span(group.outputs).subspan(places_[place].row * group.width, group.width);
}

}  // namespace proteus::strategies

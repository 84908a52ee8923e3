// RL² and its baseline without a memory as models of `proteus train`, and the processes that train
// one together.
#pragma once

#include <vector>

#include "models/learners/process_group.hpp"
#include "tools/train/recipe.hpp"

namespace proteus::app::train {

/// All models: those of LibTorch, and those without. `group` may be null; else it outlives every
/// trainer.
std::vector<ModelKind> all_models(learners::Group* group);

/// A group as the run sees it; null: one process.
class GroupRanks final : public Ranks {
 public:
  explicit GroupRanks(learners::Group* group) : group_(group) {}
  [[nodiscard]] int rank() const override { return group_ == nullptr ? 0 : group_->rank(); }
  [[nodiscard]] int size() const override { return group_ == nullptr ? 1 : group_->size(); }
  Result<double> sum(double mine, std::string_view what) override;

 private:
  learners::Group* group_;
};

}  // namespace proteus::app::train

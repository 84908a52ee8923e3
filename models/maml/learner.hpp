// Meta-learning of a network from which one task is a few gradient steps away: the outer loop
// around inner_loop.hpp. A batch of tasks goes through the inner loop, and the mean gradient of
// their query losses moves the base by Adam (Kingma, Ba 2015), its norm clipped.
//
// What is not finite never reaches the base: a loss or gradient with a NaN or an infinity is named,
// the update is skipped and counted, and three in a row are an error.
//
// Implementation details that matter: the multi-step loss weighs the query losses after every step
// alike (Antoniou, Edwards, Storkey 2019, "How to train your MAML", section 4, without annealing);
// learned rates start at `inner_rate` and are learned by the same Adam at the outer rate.
//
// Thread: one owner. Same seed, settings and tasks: the same bits.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/core/settings.hpp"
#include "models/maml/adam.hpp"
#include "models/maml/inner_loop.hpp"

namespace proteus::maml {

enum class Method : std::uint8_t { SecondOrder, FirstOrder, Reptile };

struct LearnerSettings {
  Method method = Method::SecondOrder;
  std::int64_t inner_steps = 5;
  double inner_rate = 0.01;
  bool learned_rates = false;
  bool multi_step = false;
  bool head_only = false;
  double outer_rate = 0.001;
  std::int64_t anneal_steps = 0;
  double gradient_norm_max = 10.0;

  static constexpr auto settings() {
    using L = LearnerSettings;
    return std::tuple{
        setting("method", &L::method,
                "gradient of the base: second_order (MAML), first_order (FOMAML) or reptile"),
        setting("inner_steps", &L::inner_steps, "gradient steps on a task's support", 1, 100),
        setting("inner_rate", &L::inner_rate, "rate of an inner step", 1e-6, 10.0),
        setting("learned_rates", &L::learned_rates,
                "true: a rate of its own for each parameter, learned with the base (Meta-SGD)"),
        setting("multi_step", &L::multi_step,
                "true: the query loss after every inner step counts, not the last one's alone"),
        setting("head_only", &L::head_only,
                "true: inner steps move the last layer alone (ANIL): cheap to adapt online"),
        setting("outer_rate", &L::outer_rate, "Adam's rate", 1e-7, 1.0),
        setting("anneal_steps", &L::anneal_steps,
                "outer steps over which Adam's rate falls to 0 along a straight line; 0: it stays",
                0, 1'000'000'000),
        setting("gradient_norm_max", &L::gradient_norm_max,
                "a meta-gradient of a greater norm is scaled down to it", 1e-6, 1e9)};
  }
};

/// Tasks of one size. Support is what a task adapts on, query what it is judged by. Row-major:
/// x [tasks, rows, inputs], y [tasks, rows, outputs].
template <class T>
struct TaskBatch {
  std::size_t tasks = 0;
  std::size_t support_rows = 0;
  std::size_t query_rows = 0;
  std::vector<T> support_x;
  std::vector<T> support_y;
  std::vector<T> query_x;
  std::vector<T> query_y;
};

struct StepReport {
  double support_loss = 0.0;   ///< before the first inner step; means over the tasks
  double query_loss = 0.0;     ///< after the last; of Reptile the support's before the last step
  double gradient_norm = 0.0;  ///< before clipping
  bool skipped = false;
  std::string reason;  ///< of a skipped update: what was not finite
};

/// The meta-gradient of one batch, [parameters], and that of the rates, [parameters].
template <class T>
struct MetaGradient {
  std::vector<T> base;
  std::vector<T> rates;
  double support_loss = 0.0;
  double query_loss = 0.0;
};

template <class T>
class Learner {
 public:
  /// Errors: OutOfRange (settings beyond their limits; Reptile with learned rates or the multi-step
  /// loss, which it has no query for).
  static Result<Learner> create(const LearnerSettings& settings, Mlp net, std::uint64_t seed);

  [[nodiscard]] const Mlp& net() const { return inner_.net(); }
  [[nodiscard]] const LearnerSettings& settings() const { return settings_; }
  [[nodiscard]] std::span<const T> base() const { return {meta_.data(), net().parameters()}; }
  /// [parameters]: fixed at inner_rate, learned, or 0 below the head.
  [[nodiscard]] std::span<const T> rates() const { return rates_; }
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

  /// One outer step. Errors: Refused, where this is the third update in a row that is not finite;
  /// the base is then still that of the last good one.
  Result<StepReport> step(const TaskBatch<T>& batch);
  /// Mean over the batch's tasks, by the method; changes nothing that is learned.
  void meta_gradient(const TaskBatch<T>& batch, MetaGradient<T>& out);

  /// Parameters after `steps` on a support set; valid until the next call. The base stays as it is.
  std::span<const T> adapt(std::span<const T> support_x, std::span<const T> support_y,
                           std::size_t steps);
  /// `out`: [rows, outputs], by any parameters, such as adapted ones.
  void predict(std::span<const T> parameters, std::span<const T> x, std::span<T> out);

  /// All that outlives a step, for checkpoints: base (with learned rates after it) and Adam.
  [[nodiscard]] std::span<const T> learned() const { return meta_; }
  [[nodiscard]] const Adam<T>& optimiser() const { return adam_; }
  /// Errors: OutOfRange for other sizes than this learner has.
  Result<void> restore(std::span<const T> learned, AdamState<T> optimiser);
  /// All that decides the next steps. Reading fails for another network or settings that learn
  /// other numbers.
  void archive(Archive& a);
  /// Adam's rate of the next step.
  [[nodiscard]] double outer_rate() const;

 private:
  Learner(const LearnerSettings& settings, Mlp net, std::uint64_t seed);
  void add_task(const TaskBatch<T>& batch, std::size_t task, MetaGradient<T>& out);
  void fill_rates();
  [[nodiscard]] std::size_t first_adapted() const;

  LearnerSettings settings_;
  InnerLoop<T> inner_;
  std::vector<T> meta_;   // base, then learned rates
  std::vector<T> rates_;  // as the inner loop uses them
  Adam<T> adam_;
  MetaGradient<T> gradient_;
  std::vector<T> flat_;  // gradient of all that is learned
  std::vector<T> cotangent_;
  std::vector<T> query_gradient_;
  Tape<T> query_tape_;
  std::uint64_t skipped_ = 0;
  std::uint64_t skipped_in_a_row_ = 0;
};

}  // namespace proteus::maml

template <>
struct proteus::EnumNames<proteus::maml::Method> {
  static constexpr std::array<std::string_view, 3> names{"second_order", "first_order", "reptile"};
};

// The parts of bench_policy. Each adds its rows; none decides about time.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "models/inference/packed_policy.hpp"
#include "tests/bench/daemon/table.hpp"

namespace proteus::bench {

struct PolicyPlan {
  int rounds = 9;      ///< repetitions that medians are taken over
  int calls = 20'000;  ///< of an action in a round
  inference::KernelChoice kernel = inference::KernelChoice::Auto;
  bool tiny = false;
  std::string only;  ///< one part: action, adaptation, whole; empty: all
};

/// The time from features to a weight, one instrument and a hundred.
void measure_action(const PolicyPlan& plan, Table& table);
/// Five gradient steps over 200 bars, of the head and of all weights.
void measure_adaptation(const PolicyPlan& plan, Table& table);
/// Bars a second of the whole engine from kline files.
void measure_whole(const PolicyPlan& plan, Table& table);

/// Reads all of it once, and nothing else: what no kernel can be faster than, while the weights do
/// not fit into the first cache. Returns a number of it, so that the reading is not left out.
double stream(std::span<const float> weights);

// LibTorch's own operations beside ours; -1 where it is not built.

/// Nanoseconds of `calls` single steps of the default agent, each by itself.
std::vector<double> torch_steps(std::span<const float> weights, int calls);
/// Nanoseconds of processor time of five times forwards and backwards over `bars` bars, at::gru and
/// autograd.
double torch_gradients(std::span<const float> weights, std::size_t bars);
/// Of one step of `rows` instruments.
double torch_batch(std::span<const float> weights, std::size_t rows, int calls);

}  // namespace proteus::bench

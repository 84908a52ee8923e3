// What the tests of this room share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/inference/checkpoint.hpp"
#include "tests/support/folder.hpp"

namespace proteus::inference {

/// Small, with every kind of entry and a name that JSON has to escape.
inline Checkpoint a_checkpoint() {
  Checkpoint c;
  c.kind = "maml_predictor";
  c.schema = "set chapter 1\nreturn_1 = close / close[1] - 1\nrsi = a \"quoted\" thing";
  c.action_map = "forecast of the return";
  c.normaliser = {{0.25, -1.0}, {2.0, 1.0 / 3.0}, 10.0};
  c.config = "[maml]\ninner_steps = 5\n";
  c.seeds = {1, 18'446'744'073'709'551'615ULL};
  c.data = {{"linear:BTCUSDT 1h", 0x0123456789abcdefULL}, {"a name with spaces", 7}};
  c.code_version = "0.1.0";
  const std::vector<float> weights{1.5F, -0.1F, 3e-30F, 0.0F, 7.0F, -2.0F};
  const std::vector<double> rates{0.01};
  const std::vector<std::int64_t> steps{-3};
  c.tensors = {Tensor::of("layer.0.weight \"w\"", {2, 3}, std::span(weights)),
               Tensor::of("rates", {1}, std::span(rates)),
               Tensor::of("steps", {}, std::span(steps))};
  return c;
}

}  // namespace proteus::inference

// Controls on what the strategy says: 27.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

constexpr std::int64_t kFewLots = 10;

/// The word on the strategy's output in the last decision; Control::None if there was none.
ControlResult word_on_output(const Stage& stage) {
  for (const ControlResult& word : stage.decision(kPerpetual).controls)
    if (word.control == Control::ModelOutput) return word;
  return {};
}

}  // namespace

void model_output(Trial& trial, const Bench& bench) {
  trial.did("target weight of 1.000000001, then one that is no number");
  const Measure one = ratio(kFixedScale);
  Stage stage = bench.stage();
  (void)stage.target(kPerpetual, {1.000000001, 1.0});
  trial.refused(word_on_output(stage), one, ratio(kFixedScale + 1), "a weight above 1");
  (void)stage.target(kPerpetual, {std::numeric_limits<double>::quiet_NaN(), 1.0});
  trial.refused(word_on_output(stage), one, ratio(INT64_MAX), "a weight that is no number");
  (void)stage.target(kPerpetual, {1.0, -0.000000001});
  trial.refused(word_on_output(stage), one, ratio(-1), "a confidence below 0");
  trial.must(stage.status().model_outputs_refused == 3, "the refused outputs were not counted");

  (void)stage.target(kPerpetual, {1.0, 1.0});
  trial.inside(
      word_on_output(stage).control == Control::None && !stage.decision(kPerpetual).sizing.empty(),
      "a weight of 1");

  Stage held = bench.stage();
  held.hold(kPerpetual, lots(kFewLots));
  const Said flat = held.target(kPerpetual, {std::numeric_limits<double>::infinity(), 1.0});
  if (bench.config.sizing.bad_output == risk::BadOutput::Flat)
    trial.passes(flat, "what is held is closed, and that");
  else
    trial.must(!flat.asked && held.position(kPerpetual) == lots(kFewLots),
               "what is held should be kept");
}

}  // namespace proteus::app::selftest

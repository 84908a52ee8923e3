// Controls on what the strategy says and is worth: 27, 29.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

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

void expected_edge(Trial& trial, const Bench& bench) {
  // Spot, which pays no funding: both ways in fee and half spread.
  const matching::VenueSettings& venue = bench.config.paper;
  const double cost = 2.0 * (venue.spot_taker_fee_bps / 1e4 + venue.half_spread_bps / 1e4);
  const std::int64_t cost_e9 = to_fixed_raw(cost);
  const auto edge = [](std::int64_t e9) {
    return static_cast<double>(e9) / static_cast<double>(kFixedScale);
  };
  trial.did(fmt::format("order whose strategy expects {} where it costs {}",
                        format_fixed(cost_e9 - 1), format_fixed(cost_e9)));
  // What sizing lets a paper run hold in order to learn is exempt: more than that is held already.
  const risk::SizingSettings& sizing = bench.config.sizing;
  const double share = std::min(1.0 / static_cast<double>(kInstruments), sizing.share_max);
  const double floor = sizing.kelly_floor * share * sizing.gross_max;
  const std::int64_t held = lots_in(part_of(kCapital, floor)) + kFewLots;
  Stage stage = bench.stage();
  lift_exposure(stage);
  stage.fill(kSpot, lots(held), kPrice);
  stage.expect_edge(kSpot, edge(cost_e9 - 1));
  trial.refused(stage.trade(kSpot, lots(kFewLots)), ratio(cost_e9), ratio(cost_e9 - 1),
                "an order that is not worth its cost");
  trial.passes(stage.ask(kSpot, lots(-kFewLots), Purpose::Close), "a reduction");
  stage.expect_edge(kSpot, edge(cost_e9));
  trial.inside(stage.trade(kSpot, lots(kFewLots)), "one that brings just its cost");
}

}  // namespace proteus::app::selftest

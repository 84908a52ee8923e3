#include <cmath>

#include "tests/simulation/live_world.hpp"

namespace proteus::simulation {

sim::SimFaults draw_account_faults(std::uint64_t seed) {
  sim::Draws draws(sim::mix(seed, "account faults"));
  const auto chance = [&](double low, double high) {
    return low * std::pow(high / low, draws.unit());
  };
  sim::SimFaults f;
  f.drop_per_minute = chance(0.01, 0.1);
  f.drop_at_close = chance(0.005, 0.05);
  f.mute_per_minute = chance(0.003, 0.02);
  f.delay_per_frame = chance(0.001, 0.02);
  f.duplicate_per_frame = chance(0.005, 0.05);
  f.reorder_per_frame = chance(0.005, 0.05);
  f.omit_confirm = chance(0.01, 0.1);
  f.repeat_confirm = chance(0.01, 0.1);
  f.truncate_per_frame = chance(0.0005, 0.004);
  f.binary_per_frame = chance(0.0003, 0.002);
  f.flip_per_frame = chance(0.0003, 0.002);
  f.unknown_key_per_frame = chance(0.001, 0.05);
  f.unknown_topic_per_frame = chance(0.001, 0.02);
  f.http_5xx_per_request = chance(0.01, 0.05);
  f.http_10006_per_request = chance(0.01, 0.05);
  f.http_403_per_request = chance(0.0002, 0.001);
  f.http_delay_per_request = chance(0.01, 0.1);
  f.http_delay = std::chrono::milliseconds{static_cast<int>(chance(100, 8'000))};
  f.last_page_cursor_per_request = chance(0.1, 0.5);
  f.order_10016_per_request = chance(0.01, 0.06);
  f.order_lost_per_request = chance(0.01, 0.06);
  f.order_never_per_request = chance(0.01, 0.06);
  f.private_early_per_request = chance(0.05, 0.4);
  f.private_shuffle_per_change = chance(0.05, 0.4);
  f.cancel_race_per_request = chance(0.02, 0.2);
  f.trade_delay_per_request = chance(0.01, 0.1);
  f.omit_execution_per_frame = chance(0.01, 0.08);
  f.silent_per_minute = chance(0.001, 0.01);
  f.signed_10002_per_request = chance(0.002, 0.02);
  f.signed_10006_per_request = chance(0.002, 0.02);
  f.signed_10016_per_request = chance(0.002, 0.02);
  f.signed_403_per_request = chance(0.0001, 0.0005);
  f.create_110072_per_request = chance(0.002, 0.02);
  f.rest_lag_per_order = chance(0.01, 0.2);
  f.maintenance_per_minute = chance(0.0005, 0.002);
  return f;
}

}  // namespace proteus::simulation

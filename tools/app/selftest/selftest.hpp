// `proteus risk selftest`: fires each of the controls 1-31 with the limits of one configuration and
// tells what it did, a line each. Deterministic, but for the milliseconds it took; in virtual time,
// without sockets and without files.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/result.hpp"
#include "tools/app/selftest/gate_maker.hpp"
#include "tools/app/selftest/line.hpp"
#include "tools/app/selftest/wire_tap.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app::selftest {

/// Of all that is drawn around an account: latencies, the exchange's paths and books, back-off.
inline constexpr std::uint64_t kLiveSeed = 2025;

struct Counts {
  int passed = 0;
  int failed = 0;
  int not_built = 0;
};

/// All 31 lines, in order.
std::vector<Line> run(const Settings& config, const GateMaker& make = real_gate,
                      const WireTap& tap = {});
/// The line of one control, 1 to 31.
Line run_one(Control control, const Settings& config, const GateMaker& make = real_gate,
             const WireTap& tap = {});
Counts count_of(const std::vector<Line>& lines);
/// "14 passed, 0 failed, 17 not built".
std::string text_of(const Counts& counts);

}  // namespace proteus::app::selftest

// A stretch of a made-up market for the tests of this room.
#pragma once

#include "models/online/adapt.hpp"
#include "tests/support/policies.hpp"

namespace proteus::online::testing {

/// Returns of about one unit, funding assumed on every fifth bar, a scale that moves, decisions on
/// two of three bars, and something held before the first.
inline ReturnRows rows_of(std::size_t bars, std::uint64_t seed) {
  market::Random random{seed, "returns"};
  ReturnRows out;
  out.exposure = 0.3;
  out.cost = 0.0007;
  out.unit = 0.01;
  for (std::size_t t = 0; t < bars; ++t)
    out.rows.push_back({.next_return = 0.01 * random.normal(),
                        .next_assumed = t % 5 == 0 ? 0.0001 : 0.0,
                        .scale = 0.5 + random.uniform(),
                        .decides = t % 3 != 1});
  return out;
}

inline Stretch stretch_of(const Policy::Shape& shape, std::size_t bars, std::uint64_t seed) {
  Stretch out;
  out.inputs = proteus::test::normals(bars * shape.inputs, seed, "inputs");
  out.state = proteus::test::normals(shape.state, seed, "state", 0.3);
  out.returns = rows_of(bars, seed);
  return out;
}

}  // namespace proteus::online::testing

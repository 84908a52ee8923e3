// Settings of the policy strategy: which checkpoints trade, how they adapt, and what happens where
// they fail.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/core/settings.hpp"

namespace proteus::strategies {

/// Off: nothing is remembered from bar to bar and the weights stay. Recurrent: the hidden state
/// lives through a trial. Gradient: nothing is remembered, the learner's weights are used. Both.
enum class Adapt : std::uint8_t { Off, Recurrent, Gradient, Both };

/// What computes: the best that the processor has, or one by name.
enum class KernelChoice : std::uint8_t { Auto, Plain, Avx2, Avx512 };

/// What is held where an input or an output of the policy is no number.
enum class BadPolicyOutput : std::uint8_t { Flat, Hold };

/// What is done where a feature lies beyond what training saw.
enum class OutsideRange : std::uint8_t { Act, Flat };

struct PolicySettings {
  std::vector<std::string> checkpoints{};
  std::vector<std::string> content{};
  Adapt adapt = Adapt::Recurrent;
  KernelChoice kernel = KernelChoice::Auto;
  BadPolicyOutput bad_output = BadPolicyOutput::Flat;
  OutsideRange outside = OutsideRange::Act;

  static constexpr auto settings() {
    using P = PolicySettings;
    return std::tuple{
        setting("checkpoints", &P::checkpoints,
                "files of the policies that trade; several: the mean of their weights is held"),
        setting("content", &P::content,
                "content hashes that these files must have, in order; empty: as they are found"),
        setting("adapt", &P::adapt,
                "off: the same reading at every bar; recurrent: the hidden state lives through a "
                "trial; gradient: weights adapt by gradient steps and nothing is remembered; both"),
        setting("kernel", &P::kernel,
                "what computes the policy: auto takes the widest that the processor has"),
        setting("bad_output", &P::bad_output,
                "what is held where an input or an output is no number: flat, or hold what is "
                "held"),
        setting("outside", &P::outside,
                "where a feature lies beyond what training saw: act all the same, or flat")};
  }
};

[[nodiscard]] inline bool remembers(Adapt adapt) {
  return adapt == Adapt::Recurrent || adapt == Adapt::Both;
}
[[nodiscard]] inline bool learns(Adapt adapt) {
  return adapt == Adapt::Gradient || adapt == Adapt::Both;
}

}  // namespace proteus::strategies

template <>
struct proteus::EnumNames<proteus::strategies::Adapt> {
  static constexpr std::array<std::string_view, 4> names = {"off", "recurrent", "gradient", "both"};
};
template <>
struct proteus::EnumNames<proteus::strategies::KernelChoice> {
  static constexpr std::array<std::string_view, 4> names = {"auto", "plain", "avx2", "avx512"};
};
template <>
struct proteus::EnumNames<proteus::strategies::BadPolicyOutput> {
  static constexpr std::array<std::string_view, 2> names = {"flat", "hold"};
};
template <>
struct proteus::EnumNames<proteus::strategies::OutsideRange> {
  static constexpr std::array<std::string_view, 2> names = {"act", "flat"};
};

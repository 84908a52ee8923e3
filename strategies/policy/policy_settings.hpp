// Settings of the policy strategy: which checkpoints trade, how they adapt, and what happens where
// they fail.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/core/settings.hpp"
#include "engine/ports/policy.hpp"

namespace proteus::strategies {

/// Off: the hidden state is emptied at every bar and the weights stay; what the inputs carry over
/// (features' windows, position, profit, last chances and reward) is seen all the same. Recurrent:
/// the hidden state lives through a trial. Gradient: emptied as with off, and the learner's weights
/// are used. Both.
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
  AdaptedPart adapt_weights = AdaptedPart::Head;
  std::int64_t adapt_every = 168;
  double adapt_change = 8.0;
  std::int64_t adapt_bars = 250;
  double adapt_held_share = 0.2;
  std::optional<std::int64_t> adapt_steps{};
  std::optional<double> adapt_rate{};
  double adapt_norm_max = 1.0;
  double adapt_kl_max = 0.1;
  double adapt_margin = 0.0;
  std::int64_t adapt_patience = 24;
  double adapt_rollback = 5.0;

  static constexpr auto settings() {
    using P = PolicySettings;
    return std::tuple{
        setting("checkpoints", &P::checkpoints,
                "files of the policies that trade; several: the mean of their weights is held"),
        setting("content", &P::content,
                "content hashes that these files must have, in order; empty: as they are found"),
        setting("adapt", &P::adapt,
                "off: the hidden state is emptied at every bar; recurrent: the hidden state lives "
                "through a trial; gradient: weights adapt by gradient steps, and the hidden state "
                "is emptied at every bar; both"),
        setting("kernel", &P::kernel,
                "what computes the policy: auto takes the widest that the processor has"),
        setting("bad_output", &P::bad_output,
                "what is held where an input or an output is no number: flat, or hold what is "
                "held"),
        setting("outside", &P::outside,
                "where a feature lies beyond what training saw: act all the same, or flat"),
        setting("adapt_weights", &P::adapt_weights,
                "what gradient steps change: the head, or all weights"),
        setting("adapt_every", &P::adapt_every, "bars between two stretches that go to the learner",
                1, 1'000'000),
        setting("adapt_change", &P::adapt_change,
                "a stretch goes to the learner before its time when the policy's reward has fallen "
                "short by so many deviations (CUSUM); 0: never",
                0.0, 1e6),
        setting("adapt_bars", &P::adapt_bars,
                "bars of a stretch; a trial's length less its rebuilding at most", 10, 100'000),
        setting("adapt_held_share", &P::adapt_held_share,
                "share of a stretch, the last bars, that is not learned from: it judges", 0.05,
                0.9),
        setting("adapt_steps", &P::adapt_steps,
                "gradient steps; off: as many as the policy was trained with", 1, 1000),
        setting("adapt_rate", &P::adapt_rate, "of a step; off: that of the training", 1e-6, 1000.0),
        setting("adapt_norm_max", &P::adapt_norm_max,
                "longest change of the weights, Euclidean; control 28", 1e-6, 1e6),
        setting("adapt_kl_max", &P::adapt_kl_max,
                "largest mean divergence from the base's choices, in nats; control 28", 1e-9,
                100.0),
        setting(
            "adapt_margin", &P::adapt_margin,
            "net return a bar, in units of the volatility target, by which adapted weights must "
            "beat the base on the bars that were held back",
            0.0, 10.0),
        setting("adapt_patience", &P::adapt_patience,
                "bars after which a stretch without an answer is given up", 1, 100'000),
        setting("adapt_rollback", &P::adapt_rollback,
                "adapted weights go when they have earned so much less than the base in shadow, in "
                "units of the volatility target of a bar",
                0.001, 1e6)};
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
struct proteus::EnumNames<proteus::AdaptedPart> {
  static constexpr std::array<std::string_view, 2> names = {"head", "all"};
};
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

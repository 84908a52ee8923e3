// What turns a sequence of inputs into a sequence of features: the part of a policy that may have a
// memory. All kinds stand behind one interface, and what is remembered is one row of numbers an
// environment, zero at the start of a trial.
#pragma once

#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/core/settings.hpp"
#include "engine/market/random.hpp"

namespace proteus::policy {

class Core : public torch::nn::Module {
 public:
  [[nodiscard]] virtual std::int64_t outputs() const = 0;
  /// Numbers that an environment's memory takes; 0 without one.
  [[nodiscard]] virtual std::int64_t state_size() const = 0;

  /// One step without gradients. x: [environments, inputs] float32; state: [environments,
  /// state_size], replaced by the one after the step. Returns [environments, outputs].
  virtual torch::Tensor step(const torch::Tensor& x, torch::Tensor& state) const = 0;

  /// Whole sequences with gradients of the parameters and of x. x: [steps, environments, inputs];
  /// state: [environments, state_size], before the first step; resets: [steps, environments] bytes,
  /// 1 where a trial begins with that step, so that nothing before it counts; undefined: nowhere.
  /// Returns [steps, environments, outputs]; equal to as many calls of step.
  virtual torch::Tensor sequence(const torch::Tensor& x, const torch::Tensor& state,
                                 const torch::Tensor& resets) const = 0;

  /// The weights may have been written to through bare memory: what was derived from them for
  /// step() is to be made anew.
  virtual void weights_changed() {}
};

enum class CoreKind : std::uint8_t { Gru, Memoryless, S5 };

struct CoreSettings {
  CoreKind kind = CoreKind::Gru;
  std::int64_t hidden = 128;
  std::int64_t layers = 1;

  static constexpr auto settings() {
    using C = CoreSettings;
    return std::tuple{
        setting("core", &C::kind,
                "memory of the policy: gru, s5 (state space), or memoryless (a plain network)"),
        setting("hidden", &C::hidden, "units of a layer", 1, 4096),
        setting("layers", &C::layers, "layers of the core", 1, 8)};
  }
};

/// Orthogonal weights (for each gate of a GRU apart), biases zero.
std::shared_ptr<Core> make_core(const CoreSettings& settings, std::int64_t inputs,
                                market::Random& random);

}  // namespace proteus::policy

template <>
struct proteus::EnumNames<proteus::policy::CoreKind> {
  static constexpr std::array<std::string_view, 3> names{"gru", "memoryless", "s5"};
};

// The shape of a network, as settings.
#pragma once

#include "models/maml/mlp.hpp"

namespace proteus::maml {

struct NetworkSettings {
  std::int64_t width = 64;
  std::int64_t depth = 2;
  Activation activation = Activation::Relu;

  static constexpr auto settings() {
    using N = NetworkSettings;
    return std::tuple{
        setting("width", &N::width, "units of a hidden layer", 1, 4096),
        setting("depth", &N::depth, "hidden layers; 0: a linear model", 0, 7),
        setting("activation", &N::activation, "what follows a hidden layer: relu or tanh")};
  }

  /// Errors: those of Mlp::create.
  [[nodiscard]] Result<Mlp> network(std::size_t inputs, std::size_t outputs,
                                    std::size_t free = 0) const {
    if (width < 1 || depth < 0)
      return error(ErrorCode::OutOfRange, "a network of no width or of less than no depth");
    return Mlp::create(
        inputs,
        std::vector<std::size_t>(static_cast<std::size_t>(depth), static_cast<std::size_t>(width)),
        outputs, activation, free);
  }
};

}  // namespace proteus::maml

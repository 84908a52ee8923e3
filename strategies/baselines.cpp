#include "strategies/baselines.hpp"

namespace proteus::strategies {
ConstantWeight::ConstantWeight(std::string_view name, std::string_view reason, double weight,
                               std::unique_ptr<features::FeatureSet> features)
    : name_(name),
      reason_(reason),
      weight_(weight),
      observation_(kOwnNames.size(), std::move(features)) {}

std::unique_ptr<ConstantWeight> ConstantWeight::flat(
    std::unique_ptr<features::FeatureSet> features) {
  return std::unique_ptr<ConstantWeight>{
      new ConstantWeight("flat", "flat holds nothing", 0.0, std::move(features))};
}

std::unique_ptr<ConstantWeight> ConstantWeight::buy_and_hold(
    std::unique_ptr<features::FeatureSet> features) {
  return std::unique_ptr<ConstantWeight>{
      new ConstantWeight("buy_and_hold", "buy and hold is always long", 1.0, std::move(features))};
}

Opinion ConstantWeight::on_bar(const Bar& bar, const PositionView&, Money) {
  const std::array<double, 1> own = {bar.close.to_double()};
  return {.target = Target{.weight = weight_},
          .reason = reason_,
          .observation = observation_.record(bar, own)};
}

}  // namespace proteus::strategies

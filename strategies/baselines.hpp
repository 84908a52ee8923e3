// The two rules everything else has to beat: hold nothing, and hold everything.
#pragma once

#include <array>

#include "engine/ports/strategy.hpp"
#include "strategies/observation.hpp"

namespace proteus::strategies {

/// The same weight at every bar from the first. Its own observation is the close (quote currency).
class ConstantWeight final : public Strategy {
 public:
  static constexpr std::array<std::string_view, 1> kOwnNames = {"close"};

  /// Weight 0, "flat".
  static std::unique_ptr<ConstantWeight> flat(std::unique_ptr<features::FeatureSet> features);
  /// Weight 1, "buy_and_hold".
  static std::unique_ptr<ConstantWeight> buy_and_hold(
      std::unique_ptr<features::FeatureSet> features);

  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::size_t warm_up_bars() const override { return 1; }
  Opinion on_bar(const Bar& bar, const PositionView& position, Money equity) override;
  void on_ticker(const TickerUpdated& ticker) override { observation_.on_ticker(ticker); }
  void reset() override { observation_.reset(); }
  void archive(Archive& a) override { a(observation_); }

 private:
  ConstantWeight(std::string_view name, std::string_view reason, double weight,
                 std::unique_ptr<features::FeatureSet> features);

  std::string_view name_;
  std::string_view reason_;
  double weight_;
  Observation observation_;
};

}  // namespace proteus::strategies

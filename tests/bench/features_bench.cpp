// What a bar costs in features and in a strategy, beside a plain pass over the same bars (reading
// close and volume of each).
#include <span>

#include "strategies/features/feature_set.hpp"
#include "strategies/make_strategy.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/world.hpp"

namespace proteus::bench {
namespace {

constexpr double kFeaturesGoal = 80.0;
constexpr int kBarsMax = 16'384;  // a mebibyte and a half: what is measured is work, not memory

/// A function of its own, so that the sum stays in a register.
[[gnu::noinline]] double read_all(std::span<const Bar> bars) {
  double sum = 0.0;
  for (const Bar& bar : bars) sum += bar.close.to_double() + bar.volume;
  return sum;
}

}  // namespace

void measure_features(const Size& size, Report& report) {
  const Market market = make_market(1, std::min(size.bars, kBarsMax));
  const std::vector<Bar>& bars = market.bars;
  const Instrument& instrument = market.instruments.front();
  const auto per_bar = [&](Took took) { return took / static_cast<double>(bars.size()); };
  const auto mix_row = [&](std::span<const double> row) {
    for (const double x : row) report.mix(x);
  };

  const auto pass = [&] {
    double sum = 0.0;
    const Took took = time_of([&] { sum = read_all(bars); });
    report.mix(sum);
    return per_bar(took);
  };
  const auto stream = [&](features::FeatureSet& set) {
    set.reset();
    const Took took = time_of([&] {
      for (const Bar& bar : bars) set.update(bar, {.known = true, .rate_e9 = 100'000});
    });
    mix_row(set.values());
    return per_bar(took);
  };
  const auto trade = [&](Strategy& strategy) {
    strategy.reset();
    Opinion opinion;
    const Took took = time_of([&] {
      for (const Bar& bar : bars) opinion = strategy.on_bar(bar, {}, {});
    });
    mix_row(opinion.observation);
    return per_bar(took);
  };

  const auto make = [&](features::Kind kind) {
    return std::move(features::make_feature_set(kind, instrument, Interval::M1)).value();
  };
  const auto chapter = make(features::Kind::Chapter);
  const auto practitioner = make(features::Kind::Practitioner);
  const auto cross = std::move(strategies::make_strategy({.features = features::Kind::None},
                                                         instrument, Interval::M1))
                         .value();
  const int rounds = size.tiny ? size.rounds : 8 * size.rounds;
  const auto [plain, eleven, more, rule] = take_turns(
      rounds, pass, [&] { return stream(*chapter); }, [&] { return stream(*practitioner); },
      [&] { return trade(*cross); });
  const std::string reference = "a plain pass over the same bars";
  report.figures.push_back({"all eleven features", eleven, reference, plain, kFeaturesGoal});
  report.figures.push_back({"the practitioner's features", more, reference, plain, {}});
  report.figures.push_back({"sma_cross without features", rule, reference, plain, {}});
}

}  // namespace proteus::bench

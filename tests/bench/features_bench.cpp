// What a bar costs in features and in a strategy, beside a plain pass over the same bars (reading
// close and volume of each). Items are bars; the label is a hash of the last row, so that a faster
// wrong answer shows. `--benchmark_min_time=0.01` for a quick look.
#include <benchmark/benchmark.h>

#include <span>
#include <string_view>
#include <vector>

#include "strategies/features/feature_set.hpp"
#include "strategies/make_strategy.hpp"

namespace proteus {
namespace {

constexpr std::int64_t kBars = 16'384;

Instrument bench_instrument() {
  Instrument instrument;
  instrument.symbol = "BTCUSDT";
  instrument.funding_interval = std::chrono::hours{8};
  return instrument;
}

std::vector<Bar> make_bars() {
  std::vector<Bar> bars;
  std::uint64_t state = 1;
  const auto draw = [&](std::int64_t n) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::int64_t>(state >> 33) % n;
  };
  std::int64_t close = 100'000'000'000'000;
  for (std::int64_t i = 0; i < kBars; ++i) {
    Bar bar;
    bar.open_time = from_unix_ms(1'748'538'300'000 + i * 60'000);
    bar.close_time = bar.open_time + std::chrono::minutes{1};
    bar.open = Price::from_raw(close);
    close += (draw(2001) - 1000) * 100'000'000;
    bar.close = Price::from_raw(close);
    bar.high = std::max(bar.open, bar.close) + Price::from_raw(draw(100) * 100'000'000);
    bar.low = std::min(bar.open, bar.close) - Price::from_raw(draw(100) * 100'000'000);
    bar.volume = static_cast<double>(draw(5'000'000)) / 1000.0;
    bars.push_back(bar);
  }
  return bars;
}

void report(benchmark::State& state, std::span<const double> row) {
  const std::string_view bytes(reinterpret_cast<const char*>(row.data()), row.size_bytes());
  state.SetLabel("last row " + std::to_string(features::fnv1a(bytes)));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * kBars);
  state.counters["per_bar"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(kBars),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void plain_pass(benchmark::State& state) {
  const std::vector<Bar> bars = make_bars();
  double sum = 0.0;
  for (auto _ : state)
    for (const Bar& bar : bars) {
      benchmark::DoNotOptimize(sum += static_cast<double>(bar.close.raw()) + bar.volume);
    }
  report(state, {});
}

void feature_set(benchmark::State& state, features::Kind kind) {
  const std::vector<Bar> bars = make_bars();
  const auto set =
      std::move(features::make_feature_set(kind, bench_instrument(), Interval::M1)).value();
  for (auto _ : state) {
    set->reset();
    for (const Bar& bar : bars) set->update(bar, {.known = true, .rate_e9 = 100'000});
    benchmark::DoNotOptimize(set->values().data());
  }
  report(state, set->values());
}

void sma_cross(benchmark::State& state, features::Kind kind) {
  const std::vector<Bar> bars = make_bars();
  const auto strategy =
      std::move(strategies::make_strategy({.features = kind}, bench_instrument(), Interval::M1))
          .value();
  Opinion opinion;
  for (auto _ : state) {
    strategy->reset();
    for (const Bar& bar : bars) benchmark::DoNotOptimize(opinion = strategy->on_bar(bar, {}, {}));
  }
  report(state, opinion.observation);
}

BENCHMARK(plain_pass);
BENCHMARK_CAPTURE(feature_set, chapter, features::Kind::Chapter);
BENCHMARK_CAPTURE(feature_set, practitioner, features::Kind::Practitioner);
BENCHMARK_CAPTURE(sma_cross, without_features, features::Kind::None);
BENCHMARK_CAPTURE(sma_cross, chapter, features::Kind::Chapter);

}  // namespace
}  // namespace proteus

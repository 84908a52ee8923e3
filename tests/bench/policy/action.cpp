// From the features of a closed bar to the weight that is held.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "strategies/policy/policy_trial.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/policy/parts.hpp"
#include "tests/support/policies.hpp"

namespace proteus::bench {
namespace {

constexpr std::uint64_t kSeed = 20'250'529;
constexpr std::size_t kFeatures = 19 - strategies::kOwnInputs;

/// Percentiles of each round; medians of them over the rounds.
struct Percentiles {
  std::vector<double> middle, late;
  void add(const std::vector<double>& took) {
    middle.push_back(median(took));
    late.push_back(percentile(took, 0.99));
  }
  [[nodiscard]] double p50() const { return median(middle) / 1e3; }
  [[nodiscard]] double p99() const { return median(late) / 1e3; }
};

/// One instrument on its way through trials.
class TradedMarket {
 public:
  explicit TradedMarket(const inference::PackedPolicy& policy)
      : policy_(policy),
        market_(test::normals(kBars * kFeatures, kSeed, "market")),
        moves_(test::normals(kBars, kSeed, "moves", 0.01)),
        trial_({}, Interval::H1, policy.shape().state),
        x_(policy.shape().inputs),
        features_(policy.shape().features),
        out_(policy.shape().outputs()),
        scratch_(policy.scratch(1)) {}
  void decide() {
    const std::size_t t = bar_++ % kBars;
    if (trial_.over()) trial_.begin();
    const strategies::MarketMove move{moves_[t], 0.0, 1.0};
    trial_.observe(std::span(market_).subspan(t * kFeatures, kFeatures), move, x_);
    policy_.trunk(1, x_.data(), trial_.state().data(), features_.data(), scratch_);
    policy_.head(1, features_.data(), out_.data());
    weights_ += trial_.answer(out_, move, true).weight;
  }
  [[nodiscard]] double weights() const { return weights_; }
  [[nodiscard]] bool finite() const { return trial_.last().finite; }

 private:
  static constexpr std::size_t kBars = 1'000;
  const inference::PackedPolicy& policy_;
  std::vector<float> market_;
  std::vector<float> moves_;
  strategies::PolicyTrial trial_;
  std::vector<float> x_, features_, out_, scratch_;
  std::size_t bar_ = 0;
  double weights_ = 0.0;
};

void one(const PolicyPlan& plan, const inference::PackedPolicy& policy, Table& table) {
  const auto weights = policy.weights(AdaptedPart::All);
  TradedMarket instrument(policy);
  Percentiles ours, floor, torch;
  double streamed = 0.0;
  for (int round = -1; round < plan.rounds; ++round) {
    std::vector<double> took, bare;
    for (int call = 0; call < plan.calls; ++call)
      took.push_back(wall_of([&] { instrument.decide(); }));
    for (int call = 0; call < plan.calls; ++call)
      bare.push_back(wall_of([&] { streamed += stream(weights); }));
    const auto other = torch_steps(weights, plan.calls / 10);
    if (round < 0) continue;  // warms caches
    ours.add(took);
    floor.add(bare);
    if (!other.empty()) torch.add(other);
  }
  const std::string beside =
      fmt::format("weights read once {:.2f} us{}", floor.p50(),
                  torch.middle.empty() ? "" : fmt::format(", LibTorch {:.1f}", torch.p50()));
  table.rows.push_back({"action from features to weight, p50", fmt::format("{:.2f} us", ours.p50()),
                        "<= 4 us", ours.p50() <= 4.0, beside});
  table.rows.push_back(
      {"action from features to weight, p99", fmt::format("{:.2f} us", ours.p99()), "<= 6 us",
       ours.p99() <= 6.0,
       fmt::format("weights read once {:.2f} us{}", floor.p99(),
                   torch.middle.empty() ? "" : fmt::format(", LibTorch {:.1f}", torch.p99()))});
  table.require(instrument.finite() && streamed == streamed, "an action was no number");
  table.facts.push_back(fmt::format("sum of all weights decided {:.6f}", instrument.weights()));
}

void hundred(const PolicyPlan& plan, const inference::PackedPolicy& policy, Table& table) {
  constexpr std::size_t kRows = 100;
  const auto& shape = policy.shape();
  const auto inputs = test::normals(kRows * shape.inputs, kSeed, "rows");
  std::vector<float> states(kRows * shape.state), features(kRows * shape.features);
  std::vector<float> out(kRows * shape.outputs()), scratch(policy.scratch(kRows));
  const auto batch = [&] {
    policy.trunk(kRows, inputs.data(), states.data(), features.data(), scratch);
    policy.head(kRows, features.data(), out.data());
  };
  const int calls = std::max(2, plan.calls / 100);
  Percentiles ours;
  std::vector<double> torch;
  for (int round = -1; round < plan.rounds; ++round) {
    std::ranges::fill(states, 0.0F);
    std::vector<double> took;
    for (int call = 0; call < calls; ++call) took.push_back(wall_of(batch));
    const double other = torch_batch(policy.weights(AdaptedPart::All), kRows, calls / 2);
    if (round < 0) continue;
    ours.add(took);
    if (other >= 0.0) torch.push_back(other / 1e3);
  }
  // The last row alone gives the same bits.
  std::vector<float> state(shape.state), feature(shape.features), alone(shape.outputs());
  for (int call = 0; call < calls; ++call)
    policy.trunk(1, inputs.data() + (kRows - 1) * shape.inputs, state.data(), feature.data(),
                 scratch);
  policy.head(1, feature.data(), alone.data());
  table.require(std::memcmp(alone.data(), out.data() + (kRows - 1) * shape.outputs(),
                            alone.size() * sizeof(float)) == 0,
                "a row of the batch differs from the row alone");
  table.rows.push_back(
      {"100 instruments in one batch, p50", fmt::format("{:.1f} us", ours.p50()), "<= 180 us",
       ours.p50() <= 180.0,
       fmt::format("{:.0f} GFLOP/s with zeros counted{}",
                   2.0 * kRows * 101'248.0 / (ours.p50() * 1e3),
                   torch.empty() ? "" : fmt::format(", LibTorch {:.0f} us", median(torch)))});
}

}  // namespace

void measure_action(const PolicyPlan& plan, Table& table) {
  const auto policy = test::random_policy(test::default_architecture(), kSeed, plan.kernel);
  table.facts.push_back(fmt::format("{} parameters, kernel {}", policy->architecture().parameters(),
                                    policy->kernel()));
  one(plan, *policy, table);
  hundred(plan, *policy, table);
}

}  // namespace proteus::bench

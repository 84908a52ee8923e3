// The control on what is learned while trading: 28. No order comes into it: it stands between the
// learner and the weights that trade.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "strategies/policy/policy_adaptation.hpp"
#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

constexpr std::size_t kColumns = 1;

/// As much of a policy as governance looks at: weights, which may be replaced.
class BareWeights final : public Policy {
 public:
  explicit BareWeights(std::vector<float> weights) : weights_(std::move(weights)) {}
  [[nodiscard]] const Shape& shape() const override { return shape_; }
  [[nodiscard]] std::size_t scratch(std::size_t) const override { return 0; }
  void trunk(std::size_t, const float*, float*, float*, std::span<float>) const override {}
  void head(std::size_t, const float*, float*) const override {}
  [[nodiscard]] const void* trunk_id() const override { return this; }
  [[nodiscard]] std::span<const float> weights(AdaptedPart) const override { return weights_; }
  [[nodiscard]] Result<std::shared_ptr<const Policy>> with(
      AdaptedPart, std::span<const float> weights) const override {
    return std::make_shared<const BareWeights>(std::vector<float>(weights.begin(), weights.end()));
  }
  [[nodiscard]] std::string_view kernel() const override { return "none"; }

 private:
  Shape shape_{.inputs = kColumns, .features = 1, .actions = 1};
  std::vector<float> weights_;
};

/// Answers are made by the scenario.
struct AskedOnly final : Learner {
  void learn(LearnTask task) override { asked = task.ordinal; }
  std::uint32_t asked = 0;
};

/// Governance with the settings that are tested, over the base {0, 0} of one network. Short trials
/// make no difference to any bound.
class Governed {
 public:
  explicit Governed(const strategies::PolicySettings& settings)
      : settings_(settings), adaptation_(settings, models(), kPerpetual, &learner_) {}

  /// Bars pass until a stretch has gone to the learner. False: none ever does.
  bool until_asked() {
    const std::uint32_t before = learner_.asked;
    for (std::int64_t i = 0;
         i < settings_.adapt_every + settings_.adapt_patience + 64 && learner_.asked == before; ++i)
      bar(0.0);
    return learner_.asked != before;
  }
  void bar(double reward) {
    rows_.push(std::array{0.0}, {.open = stage_start(Interval::H1)});
    adaptation_.on_bar(reward, 0.0, rows_, status_);
    hear();
  }
  /// An answer that nothing speaks against: as long as may be, a little better on held-back bars.
  [[nodiscard]] AdaptationProposed answer() const {
    AdaptationProposed answer;
    answer.instrument = kPerpetual;
    answer.ordinal = learner_.asked;
    answer.held_adapted = settings_.adapt_margin + 1.0;
    answer.kl = settings_.adapt_kl_max;
    answer.weights = {static_cast<float>(settings_.adapt_norm_max), 0.0F};
    return answer;
  }
  /// The verdict on it.
  AdaptationVerdict say(const AdaptationProposed& answer) {
    adaptation_.on_proposed(answer, status_);
    hear();
    return verdict_;
  }
  [[nodiscard]] AdaptationVerdict verdict() const { return verdict_; }
  [[nodiscard]] bool base_trades() const { return adaptation_.in_use() == adaptation_.base(); }

 private:
  static std::vector<strategies::PolicyModel> models() {
    strategies::PolicySpec spec;
    spec.market.trial_bars = 16;
    spec.market.rebuild_bars = 8;
    spec.offset = spec.factor = spec.seen_min = spec.seen_max = {0.0};
    return {{std::move(spec), std::make_shared<const BareWeights>(std::vector{0.0F, 0.0F})}};
  }
  void hear() {
    for (EventBody body; adaptation_.take_news(body);)
      if (const auto* judged = std::get_if<AdaptationJudged>(&body)) verdict_ = judged->verdict;
  }

  strategies::PolicySettings settings_;
  AskedOnly learner_;
  strategies::PolicyAdaptation adaptation_;
  strategies::PolicyRows rows_{64, kColumns};
  PolicyStatus status_;
  AdaptationVerdict verdict_ = AdaptationVerdict::Lost;
};

}  // namespace

void adaptation_bounds(Trial& trial, const Bench& bench) {
  strategies::PolicySettings p = bench.config.policy;
  // Where nothing learns now the bounds are armed all the same.
  if (!strategies::learns(p.adapt)) p.adapt = strategies::Adapt::Gradient;
  trial.did(
      fmt::format("learned weights {:.6g} away from the base where {:.6g} is allowed, choices that "
                  "diverge by {:.6g} nats where {:.6g} are, no gain on held-back bars, measures "
                  "that are no numbers: all refused, the base goes on",
                  p.adapt_norm_max * std::hypot(1.0, 0.2), p.adapt_norm_max, p.adapt_kl_max * 1.01,
                  p.adapt_kl_max));
  Governed governed(p);
  const auto refuses = [&](std::string_view what, auto&& spoil) {
    if (!trial.must(governed.until_asked(), "no stretch of bars ever goes to the learner")) return;
    AdaptationProposed answer = governed.answer();
    spoil(answer);
    trial.fires(governed.say(answer) == AdaptationVerdict::Refused && governed.base_trades(), what);
  };
  // What the learner says of the length is not believed.
  refuses("a change that is too long", [&](AdaptationProposed& a) {
    a.step_norm = 0.0;
    a.weights[1] = static_cast<float>(p.adapt_norm_max * 0.2);
  });
  refuses("choices that diverge too far",
          [&](AdaptationProposed& a) { a.kl = p.adapt_kl_max * 1.01; });
  refuses("weights that are no better on held-back bars",
          [&](AdaptationProposed& a) { a.held_adapted = p.adapt_margin; });
  refuses("a measure that is no number",
          [](AdaptationProposed& a) { a.kl = std::numeric_limits<double>::quiet_NaN(); });
  refuses("an answer that is no longer waited for", [](AdaptationProposed& a) { a.ordinal += 7; });

  if (!trial.must(governed.until_asked(), "no stretch of bars ever goes to the learner")) return;
  trial.inside(
      governed.say(governed.answer()) == AdaptationVerdict::Adopted && !governed.base_trades(),
      "a change within both bounds that earns more on held-back bars");
  governed.bar(-p.adapt_rollback * 0.99);
  trial.must(!governed.base_trades(), "it went although it was not so far behind");
  governed.bar(-p.adapt_rollback * 0.02);
  trial.fires(governed.verdict() == AdaptationVerdict::RolledBack && governed.base_trades(),
              "weights that fall too far behind the base in shadow");
}

}  // namespace proteus::app::selftest

#include "strategies/policy/policy_adaptation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strategies/features/schema.hpp"
#include "strategies/policy/policy_trial.hpp"

namespace proteus::strategies {
namespace {

constexpr double kSlack = 0.5;  // deviations of a fall that are no news

std::size_t stretch_of(const PolicySettings& settings, const MarketSettings& market,
                       const Learner* learner) {
  if (!learns(settings.adapt) || learner == nullptr) return 0;
  return static_cast<std::size_t>(
      std::min(settings.adapt_bars, market.trial_bars - market.rebuild_bars));
}

}  // namespace

std::uint64_t weights_hash(std::span<const float> weights) {
  return features::fnv1a({reinterpret_cast<const char*>(weights.data()), weights.size_bytes()});
}

bool FallDetector::add(double reward) {
  const double deviation = seen_ > 1 ? std::sqrt(squares_ / static_cast<double>(seen_ - 1)) : 0.0;
  const double z = deviation > 0.0 ? (reward - mean_) / deviation : 0.0;
  ++seen_;
  const double away = reward - mean_;  // Welford 1962
  mean_ += away / static_cast<double>(seen_);
  squares_ += away * (reward - mean_);
  if (seen_ <= kSettle || threshold_ <= 0.0) return false;
  sum_ = std::max(0.0, sum_ - z - kSlack);
  if (sum_ <= threshold_) return false;
  seen_ = 0;
  mean_ = squares_ = sum_ = 0.0;
  return true;
}

PolicyAdaptation::PolicyAdaptation(const PolicySettings& settings,
                                   std::span<const PolicyModel> models, InstrumentId instrument,
                                   Learner* learner)
    : settings_(settings),
      instrument_(instrument),
      learner_(learner),
      rebuild_(static_cast<std::size_t>(models.front().spec.market.rebuild_bars)),
      stretch_(stretch_of(settings, models.front().spec.market, learner)),
      detector_(settings.adapt_change) {
  for (const PolicyModel& model : models) {
    specs_.push_back(model.spec);
    base_.push_back(model.policy);
  }
}

bool PolicyAdaptation::take_news(EventBody& out) {
  if (news_.empty()) return false;
  out = std::move(news_.front());
  news_.pop_front();
  return true;
}

void PolicyAdaptation::judge(AdaptationVerdict verdict, std::uint32_t ordinal, std::uint32_t before,
                             std::uint32_t after, std::uint64_t hash, std::string_view reason) {
  AdaptationJudged judged;
  judged.instrument = instrument_;
  judged.ordinal = ordinal;
  judged.verdict = verdict;
  judged.version_before = before;
  judged.version_after = after;
  judged.weights_hash = hash;
  judged.shadow_gain = gain_;
  judged.reason = reason;
  news_.emplace_back(judged);
}

bool PolicyAdaptation::on_bar(double reward, double base_reward, const PolicyRows& rows,
                              PolicyStatus& status) {
  if (stretch_ == 0) return false;
  bool changed = false;
  if (adapted()) {
    gain_ += reward - base_reward;
    status.shadow_gain = gain_;
    if (!(gain_ > -settings_.adapt_rollback)) {
      judge(AdaptationVerdict::RolledBack, version_ordinal_, version_, 0, weights_hash_,
            fmt::format("{:.3f} units behind the base in shadow, and {:.3f} are allowed", -gain_,
                        settings_.adapt_rollback));
      ++status.rolled_back;
      close_version(status);
      changed = true;
    }
  }
  ++since_cut_;
  const bool fell = detector_.add(reward);
  if (awaited_ != 0) {
    if (++waited_ > static_cast<std::uint64_t>(settings_.adapt_patience))
      give_up(fmt::format("no answer within {} bars", settings_.adapt_patience), status);
    return changed;
  }
  if (rows.size() < rows_needed()) return changed;
  if (fell)
    cut(AdaptationCause::Change, rows, status);
  else if (since_cut_ >= static_cast<std::uint64_t>(settings_.adapt_every))
    cut(AdaptationCause::Periodic, rows, status);
  return changed;
}

void PolicyAdaptation::cut(AdaptationCause cause, const PolicyRows& rows, PolicyStatus& status) {
  AdaptationCut told;
  told.instrument = instrument_;
  told.ordinal = awaited_ = ++ordinal_;
  told.cause = cause;
  told.bars = static_cast<std::uint32_t>(stretch_);
  const auto close = [&](std::size_t age) {
    return next_open(rows.facts(age).open, specs_.front().interval);
  };
  told.from = rows.facts(stretch_ - 1).open;
  told.until = close(0);
  news_.emplace_back(told);
  since_cut_ = waited_ = 0;
  ++status.cuts;
  status.awaited = awaited_;
  learner_->learn(task(rows));
}

LearnTask PolicyAdaptation::task(const PolicyRows& rows) const {
  LearnTask task;
  task.instrument = instrument_;
  task.ordinal = ordinal_;
  task.part = settings_.adapt_weights;
  task.remembers = remembers(settings_.adapt);
  task.rebuild = rebuild_;
  task.held_share = settings_.adapt_held_share;
  const PolicySpec& first = specs_.front();
  task.steps = static_cast<std::size_t>(
      settings_.adapt_steps.value_or(first.inner_steps > 0 ? first.inner_steps : 5));
  task.rate = settings_.adapt_rate.value_or(first.inner_rate);
  task.norm_max = settings_.adapt_norm_max;
  const std::size_t bars = rows_needed();
  for (std::size_t age = bars; age-- > 0;) {
    const RowFacts& f = rows.facts(age);
    task.bars.push_back({f.move.bar_return, f.move.assumed, f.move.scale, f.good, f.decides});
  }
  for (std::size_t i = 0; i < base_.size(); ++i) {
    const std::size_t columns = specs_[i].offset.size();
    LearnSubject subject{base_[i], std::vector<float>(bars * columns)};
    for (std::size_t age = bars; age-- > 0;)
      scale_features(specs_[i], rows.features(age),
                     std::span(subject.features).subspan((bars - 1 - age) * columns, columns));
    task.subjects.push_back(std::move(subject));
  }
  return task;
}

double PolicyAdaptation::distance(std::span<const float> weights) const {
  double longest = 0.0;
  for (const auto& base : base_) {
    const std::span<const float> from = base->weights(settings_.adapt_weights);
    double square = 0.0;
    for (std::size_t i = 0; i < from.size(); ++i) {
      const double moved = static_cast<double>(weights[i]) - static_cast<double>(from[i]);
      square += moved * moved;
    }
    longest = std::max(longest, std::sqrt(square));
    weights = weights.subspan(from.size());
  }
  return longest;
}

Result<PolicyAdaptation::Policies> PolicyAdaptation::with(std::span<const float> weights) const {
  std::size_t wanted = 0;
  for (const auto& base : base_) wanted += base->weights(settings_.adapt_weights).size();
  if (weights.size() != wanted)
    return error(ErrorCode::Refused,
                 fmt::format("{} weights came, and {} are adapted", weights.size(), wanted));
  Policies made;
  for (const auto& base : base_) {
    const std::size_t size = base->weights(settings_.adapt_weights).size();
    BOOST_OUTCOME_TRY(auto policy, base->with(settings_.adapt_weights, weights.first(size)));
    made.push_back(std::move(policy));
    weights = weights.subspan(size);
  }
  return made;
}

std::string PolicyAdaptation::objection(const AdaptationProposed& p, Policies& made) const {
  for (const double x : {p.step_norm, p.kl, p.held_base, p.held_adapted})
    if (!std::isfinite(x)) return "what the learner measured is no number";
  auto policies = with(p.weights);
  if (policies.has_error()) return policies.error().context;
  made = std::move(policies).value();
  // Rounding to float may lengthen it by a little.
  const double length = std::max(p.step_norm, distance(p.weights));
  if (length > settings_.adapt_norm_max * (1.0 + 1e-5))
    return fmt::format("the change is {:.6g} long, and {:.6g} is allowed", length,
                       settings_.adapt_norm_max);
  if (p.kl > settings_.adapt_kl_max)
    return fmt::format("its choices diverge by {:.6g} nats, and {:.6g} are allowed", p.kl,
                       settings_.adapt_kl_max);
  if (!(p.held_adapted - p.held_base > settings_.adapt_margin))
    return fmt::format(
        "on held back bars it earns {:.6g} and the base {:.6g}, a margin of {:.6g} "
        "is needed",
        p.held_adapted, p.held_base, settings_.adapt_margin);
  return {};
}

bool PolicyAdaptation::on_proposed(const AdaptationProposed& proposed, PolicyStatus& status) {
  ++status.proposed;
  const std::uint64_t hash = weights_hash(proposed.weights);
  const std::uint32_t before = version_;
  if (awaited_ == 0 || proposed.ordinal != awaited_) {
    ++status.refused;
    judge(AdaptationVerdict::Refused, proposed.ordinal, before, before, hash,
          "nobody waits for it any more");
    return false;
  }
  awaited_ = status.awaited = 0;
  Policies made;
  if (const std::string why = objection(proposed, made); !why.empty()) {
    ++status.refused;
    judge(AdaptationVerdict::Refused, proposed.ordinal, before, before, hash, why);
    return false;
  }
  ++status.adopted;
  judge(AdaptationVerdict::Adopted, proposed.ordinal, before, versions_ + 1, hash,
        fmt::format("on held back bars it earns {:.6g} and the base {:.6g}", proposed.held_adapted,
                    proposed.held_base));
  close_version(status);
  adapted_ = std::move(made);
  weights_ = proposed.weights;
  weights_hash_ = hash;
  version_ordinal_ = proposed.ordinal;
  version_ = status.version = ++versions_;
  return true;
}

/// Back to the base; what the version earned stays counted.
void PolicyAdaptation::close_version(PolicyStatus& status) {
  status.gain_total += gain_;
  gain_ = status.shadow_gain = 0.0;
  version_ = status.version = 0;
  weights_hash_ = 0;
  weights_.clear();
  adapted_.clear();
}

void PolicyAdaptation::give_up(std::string_view why, PolicyStatus& status) {
  ++status.failed;
  judge(AdaptationVerdict::Lost, awaited_, version_, version_, 0, why);
  awaited_ = status.awaited = 0;
}

void PolicyAdaptation::on_failed(const AdaptationFailed& failed, PolicyStatus& status) {
  if (awaited_ == 0 || failed.ordinal != awaited_) return;
  give_up(failed.cause.view(), status);
  if (failed.cause.view() == kStretchLost)
    since_cut_ = static_cast<std::uint64_t>(settings_.adapt_every);
}

void PolicyAdaptation::on_reset(PolicyStatus& status) {
  if (awaited_ != 0) give_up("its bars were followed by a hole", status);
}

void PolicyAdaptation::archive(Archive& a, PolicyStatus& status) {
  a.part("policy adaptation");
  a(detector_, weights_, weights_hash_, version_, versions_, version_ordinal_, ordinal_, awaited_,
    waited_, since_cut_, gain_);
  if (!a.reading() || !a.ok() || version_ == 0) return;
  auto made = with(weights_);
  const bool whole = weights_hash(weights_) == weights_hash_;
  if (whole && made) {
    adapted_ = std::move(made).value();
    return;
  }
  judge(AdaptationVerdict::Lost, version_ordinal_, version_, 0, weights_hash_,
        whole ? made.error().context : "the adapted weights are not those that were saved");
  ++status.lost;
  close_version(status);
}

}  // namespace proteus::strategies

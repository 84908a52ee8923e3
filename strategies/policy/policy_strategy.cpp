#include "strategies/policy/policy_strategy.hpp"

#include <algorithm>
#include <cmath>

namespace proteus::strategies {
namespace {

constexpr std::array<std::string_view, kOwnInputs> kPolicyNames = {
    "own_position", "own_profit", "own_time", "said_short", "said_flat", "said_long", "own_reward"};

std::size_t first_row(const PolicySpec& spec, const features::FeatureSet& features) {
  return std::max<std::size_t>(features.schema().warm_up_bars,
                               static_cast<std::size_t>(spec.market.volatility_span) + 1);
}

double confidence_of(double a, double b, double c) {
  double entropy = 0.0;
  for (const double p : {a, b, c})
    if (p > 0.0) entropy -= p * std::log(p);
  return std::clamp(1.0 - entropy / std::log(3.0), 0.0, 1.0);
}

}  // namespace

std::vector<std::string> policy_observation_names(const features::Schema& features) {
  std::vector<std::string> names;
  for (const features::FeatureSpec& feature : features.features) names.push_back(feature.name);
  names.insert(names.end(), kPolicyNames.begin(), kPolicyNames.end());
  return names;
}

Result<std::size_t> policy_warm_up(const PolicySpec& spec) {
  BOOST_OUTCOME_TRY(const auto features,
                    features::make_feature_set(spec.features, Instrument{}, spec.interval));
  return first_row(spec, *features) + static_cast<std::size_t>(spec.market.rebuild_bars);
}

Result<std::unique_ptr<PolicyStrategy>> PolicyStrategy::create(const PolicyParts& parts,
                                                               const Instrument& instrument,
                                                               Interval interval) {
  BOOST_OUTCOME_TRY(check_ensemble(parts.models));
  BOOST_OUTCOME_TRY(auto features, features::make_feature_set(parts.models.front().spec.features,
                                                              instrument, interval, parts.board));
  for (const PolicyModel& model : parts.models) {
    BOOST_OUTCOME_TRY(check_model(model, features->schema().features.size(), interval));
  }
  return std::unique_ptr<PolicyStrategy>(
      new PolicyStrategy(parts, instrument, interval, std::move(features)));
}

PolicyStrategy::PolicyStrategy(const PolicyParts& parts, const Instrument& instrument,
                               Interval interval, std::unique_ptr<features::FeatureSet> features)
    : settings_(parts.settings),
      category_(instrument.category),
      interval_(interval),
      decide_every_(parts.models.front().spec.market.decide_every),
      first_row_(first_row(parts.models.front().spec, *features)),
      rebuild_bars_(static_cast<std::size_t>(parts.models.front().spec.market.rebuild_bars)),
      features_(std::move(features)),
      funding_(instrument.funding_interval),
      moves_(parts.models.front().spec.market, interval, instrument.funding_interval),
      rows_(std::max(rebuild_bars_,
                     PolicyAdaptation(parts.settings, parts.models, instrument.id, parts.learner)
                         .rows_needed()),
            features_->values().size()),
      adaptation_(parts.settings, parts.models, instrument.id, parts.learner),
      desk_(parts.desk),
      observation_(features_->values().size() + kOwnInputs) {
  for (const PolicyModel& model : parts.models) {
    readers_.emplace_back(model, remembers(settings_.adapt));
    shadows_.emplace_back(model, remembers(settings_.adapt));
  }
  said_.resize(readers_.size());
}

void PolicyStrategy::gather(const Bar& bar) {
  gathered_ = true;
  features_->update(bar, funding_.view(bar.close_time));
  const MarketMove move = moves_.add(bar, funding_.settle(bar));
  seen_ = std::min(seen_ + 1, first_row_);
  ready_ = false;
  if (seen_ < first_row_) return;
  const std::span<const double> values = features_->values();
  const bool good = std::ranges::all_of(values, [](double x) { return std::isfinite(x); });
  const RowFacts facts{bar.open_time, move, good,
                       decides_at(bar.open_time, interval_, decide_every_)};
  ready_ = rows_.size() >= rebuild_bars_;
  if (ready_)
    for (PolicyReader& reader : readers_)
      if (reader.prepare(rows_) && &reader == &readers_.front()) ++status_.trials;
  if (ready_ && adaptation_.adapted())
    for (PolicyReader& shadow : shadows_) shadow.prepare(rows_);
  rows_.push(values, facts);
  if (!ready_) return;
  for (PolicyReader& reader : readers_) reader.ask(rows_, *desk_);
  if (adaptation_.adapted())
    for (PolicyReader& shadow : shadows_) shadow.ask(rows_, *desk_);
  count_outside();
}

/// Features beyond what training saw, of the policy that saw least.
void PolicyStrategy::count_outside() {
  outside_ = 0;
  const std::span<const double> values = features_->values();
  for (const PolicyReader& reader : readers_) {
    const PolicySpec& spec = reader.spec();
    std::uint8_t count = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool below = values[i] < spec.seen_min[i];
      const bool above = values[i] > spec.seen_max[i];
      count = static_cast<std::uint8_t>(count + (below | above));
    }
    outside_ = std::max(outside_, count);
  }
}

void PolicyStrategy::observe() {
  auto out = std::ranges::copy(features_->values(), observation_.begin()).out;
  std::ranges::fill(out, observation_.end(), 0.0);
  if (ready_) std::ranges::copy(readers_.front().inputs().last(kOwnInputs), out);
}

/// Who has answered before waits again only after a hole in the bars, and for the whole warm-up.
std::string_view PolicyStrategy::waiting_for() const {
  const bool again = status_.answers > 0;
  if (seen_ < first_row_)
    return again ? "bars were missing: the features' windows fill anew"
                 : "the features' windows are still filling";
  return again ? "bars were missing: the policy's memory fills anew"
               : "the policy's memory is still filling";
}

Opinion PolicyStrategy::on_bar(const Bar& bar, const PositionView&, Money) {
  if (!gathered_) gather(bar);
  gathered_ = false;
  observe();
  if (!ready_) {
    Opinion waiting;
    waiting.reason = waiting_for();
    waiting.observation = observation_;
    waiting.warming_up = true;
    return waiting;
  }
  desk_->answer();
  for (std::size_t i = 0; i < readers_.size(); ++i)
    said_[i] = readers_[i].hear(rows_.facts(0), *desk_);
  const Opinion opinion = speak(said_);
  adapt();
  return opinion;
}

/// After the bar has been answered: what its reward says of the weights.
void PolicyStrategy::adapt() {
  const double share = 1.0 / static_cast<double>(readers_.size());
  double base = words_.reward;
  if (adaptation_.adapted()) {
    base = 0.0;
    for (PolicyReader& shadow : shadows_) {
      shadow.hear(rows_.facts(0), *desk_);
      base += share * shadow.trial().reward();
    }
  }
  if (adaptation_.on_bar(words_.reward, base, rows_, status_)) change_weights();
}

/// Between two bars: the memory is rebuilt with the next one, that of the shadow too.
void PolicyStrategy::change_weights() {
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    readers_[i].use(adaptation_.in_use()[i]);
    shadows_[i].forget();
  }
}

void PolicyStrategy::on_adaptation(const AdaptationProposed& proposed) {
  if (adaptation_.on_proposed(proposed, status_)) change_weights();
}

/// Into the words: means over the policies; the hidden states as one.
void PolicyStrategy::describe(const std::vector<PolicyAnswer>& said, bool finite) {
  words_ = {};
  const double share = 1.0 / static_cast<double>(said.size());
  double state = 0.0;
  double drift = 0.0;
  double least = 1.0;
  double most = -1.0;
  for (std::size_t i = 0; i < said.size(); ++i) {
    words_.chance_short += share * said[i].chances[0];
    words_.chance_flat += share * said[i].chances[1];
    words_.chance_long += share * said[i].chances[2];
    words_.value += share * said[i].value;
    words_.reward += share * readers_[i].trial().reward();
    least = std::min(least, said[i].weight);
    most = std::max(most, said[i].weight);
    state += readers_[i].state_square();
    drift += readers_[i].drift_square();
  }
  words_.confidence = confidence_of(words_.chance_short, words_.chance_flat, words_.chance_long);
  words_.spread = most - least;
  words_.state_norm = std::sqrt(state);
  words_.state_drift = std::sqrt(drift);
  const PolicyReader& first = readers_.front();
  words_.trial_bar = static_cast<std::uint32_t>(first.trial().steps());
  words_.trial_bars = static_cast<std::uint32_t>(first.spec().market.trial_bars);
  words_.version = status_.version;
  words_.policies = static_cast<std::uint8_t>(std::min<std::size_t>(said.size(), 255));
  words_.outside = outside_;
  words_.finite = finite;
  words_.kernel = first.policy()->kernel();
}

Opinion PolicyStrategy::speak(const std::vector<PolicyAnswer>& said) {
  const bool finite = std::ranges::all_of(said, [](const PolicyAnswer& a) { return a.finite; });
  describe(said, finite);
  ++status_.answers;
  if (!finite) ++status_.bad;
  if (outside_ > 0) ++status_.outside;
  Opinion opinion;
  opinion.observation = observation_;
  opinion.policy = &words_;
  if (!finite && settings_.bad_output == BadPolicyOutput::Flat) {
    opinion.target = Target{};
    opinion.reason = "the policy met what is no number: flat";
  } else if (!finite) {
    opinion.reason = "the policy met what is no number: keep what is held";
  } else if (outside_ > 0 && settings_.outside == OutsideRange::Flat) {
    opinion.target = Target{};
    opinion.reason = "a feature is beyond what training saw: flat";
  } else {
    // Between two decisions the last one stands, and is said again: what a hold or a refusal kept
    // from it is made up for, and Kelly's record sees what is held.
    double weight = 0.0;
    for (const PolicyAnswer& a : said) weight += a.weight;
    weight = std::clamp(weight / static_cast<double>(said.size()), -1.0, 1.0);
    const bool cut = category_ == Category::Spot && weight < 0.0;
    opinion.target = Target{.weight = cut ? 0.0 : weight};
    opinion.reason = !rows_.facts(0).decides ? "the last decision stands"
                     : cut                   ? "the policy is short: flat, spot has no short"
                     : weight > 0.0          ? "the policy is long"
                     : weight < 0.0          ? "the policy is short"
                                             : "the policy is flat";
  }
  return opinion;
}

void PolicyStrategy::reset() {
  features_->reset();
  funding_.reset();
  moves_.reset();
  rows_.clear();
  for (PolicyReader& reader : readers_) reader.forget();
  for (PolicyReader& shadow : shadows_) shadow.forget();
  adaptation_.on_reset(status_);
  seen_ = 0;
  gathered_ = ready_ = false;
}

void PolicyStrategy::archive(Archive& a) {
  a.part("policy strategy");
  a(features_, funding_, moves_, rows_, readers_, shadows_, seen_, gathered_, ready_, outside_,
    observation_, status_);
  const std::uint64_t before = status_.lost;
  adaptation_.archive(a, status_);
  if (!a.reading() || !a.ok()) return;
  for (std::size_t i = 0; i < readers_.size(); ++i)
    readers_[i].go_on(adaptation_.in_use()[i], status_.lost != before);
}

}  // namespace proteus::strategies

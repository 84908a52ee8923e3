#include "strategies/forecast/forecast_strategy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strategies/policy/policy_trial.hpp"

namespace proteus::strategies {
namespace {

constexpr std::array<std::string_view, 9> kForecastNames = {
    "forecast",   "forecast_base", "usual_return", "expected_return", "loss_before",
    "loss_after", "spread",        "steps",        "from_entry"};

std::size_t first_row(const features::Schema& schema) {
  return std::max(schema.warm_up_bars, UsualReturn::kMemoryBars);
}

std::size_t window_of(const ForecastSettings& settings, const ForecastSpec& spec) {
  return static_cast<std::size_t>(settings.window.value_or(spec.support_rows));
}

}  // namespace

std::vector<std::string> forecast_observation_names(const features::Schema& features) {
  std::vector<std::string> names;
  for (const features::FeatureSpec& feature : features.features) names.push_back(feature.name);
  names.insert(names.end(), kForecastNames.begin(), kForecastNames.end());
  return names;
}

Result<std::size_t> forecast_warm_up(const ForecastSettings& settings, const ForecastSpec& spec) {
  BOOST_OUTCOME_TRY(const auto features,
                    features::make_feature_set(spec.features, Instrument{}, spec.interval));
  return first_row(features->schema()) + window_of(settings, spec) +
         static_cast<std::size_t>(spec.horizon) - 1;
}

Result<std::unique_ptr<ForecastStrategy>> ForecastStrategy::create(const ForecastParts& parts,
                                                                   const Instrument& instrument,
                                                                   Interval interval) {
  BOOST_OUTCOME_TRY(check_forecasters(parts.models, interval));
  BOOST_OUTCOME_TRY(auto features, features::make_feature_set(parts.models.front().spec.features,
                                                              instrument, interval, parts.board));
  const std::size_t columns = features->schema().features.size();
  for (const ForecastModel& model : parts.models)
    if (model.forecaster->inputs() != columns ||
        (!model.spec.scaling.empty() && model.spec.scaling.factor.size() != columns))
      return error(ErrorCode::Refused,
                   fmt::format("checkpoint {}: its network reads {} numbers and scales {}, the "
                               "features are {}",
                               model.spec.name, model.forecaster->inputs(),
                               model.spec.scaling.factor.size(), columns));
  return std::unique_ptr<ForecastStrategy>(
      new ForecastStrategy(parts, instrument, interval, std::move(features)));
}

ForecastStrategy::ForecastStrategy(const ForecastParts& parts, const Instrument& instrument,
                                   Interval interval,
                                   std::unique_ptr<features::FeatureSet> features)
    : settings_(parts.settings),
      models_(parts.models),
      category_(instrument.category),
      interval_(interval),
      horizon_(static_cast<std::size_t>(models_.front().spec.horizon)),
      window_bars_(window_of(settings_, models_.front().spec)),
      steps_(static_cast<std::size_t>(
          settings_.adaptation_steps.value_or(models_.front().spec.inner_steps))),
      first_row_(first_row(features->schema())),
      features_(std::move(features)),
      funding_(instrument.funding_interval),
      window_(window_bars_, horizon_, features_->values().size()),
      observation_(features_->values().size() + kForecastNames.size()) {}

Opinion ForecastStrategy::on_bar(const Bar& bar, const PositionView& position, Money) {
  features_->update(bar, funding_.view(bar.close_time));
  funding_.settle(bar);
  const double close = bar.close.to_double();
  const double sigma = usual_.add(close);
  seen_ = std::min(seen_ + 1, first_row_);
  if (seen_ == first_row_) window_.push(features_->values(), close, sigma);
  const bool ready = window_.full();
  guard(position, close);
  const bool decides = ready && decides_at(bar.open_time, interval_, settings_.decide_every);
  if (decides) {
    forecast();
    decide();
  }
  observe();
  return speak(ready, decides);
}

/// Leaves what is held where this close is the stop's or the target's. It needs no forecast: what
/// is held behind a hole in the bars, before anything was decided anew, is guarded too. Otherwise
/// only the side that was decided on is: what is left of one that was given up (an order on its
/// way, dust below a lot) is not its business.
void ForecastStrategy::guard(const PositionView& position, double close) {
  const double quantity = position.quantity.to_double();
  const double cost = position.cost.to_double();
  const int side = quantity > 0.0 ? 1 : quantity < 0.0 ? -1 : 0;
  from_entry_ = side == 0 || cost == 0.0 ? 0.0 : side * (close * quantity / cost - 1.0);
  const bool stopped = settings_.stop && from_entry_ <= -*settings_.stop;
  const bool taken = settings_.target && from_entry_ >= *settings_.target;
  if (!(stopped || taken) || (decided_ && side_ != side)) return;
  left_ = {side, taken};
  side_ = 0;
  weight_ = 0.0;
}

void ForecastStrategy::forecast() {
  const double share = 1.0 / static_cast<double>(models_.size());
  said_ = {.unit = window_.unit(), .finite = window_.finite()};
  if (!said_.finite) return;
  window_.labels(y_);
  double least = 0.0;
  double most = 0.0;
  for (const ForecastModel& model : models_) {
    window_.support(model.spec.scaling, x_, row_);
    const Forecaster::Answer answer = model.forecaster->forecast(x_, y_, steps_, row_);
    const bool first = &model == &models_.front();
    least = first ? answer.forecast : std::min(least, answer.forecast);
    most = first ? answer.forecast : std::max(most, answer.forecast);
    said_.forecast += share * answer.forecast;
    said_.base += share * answer.base;
    said_.loss_before += share * answer.loss_before;
    said_.loss_after += share * answer.loss_after;
  }
  said_.spread = most - least;
  said_.finite = std::isfinite(said_.forecast);
}

void ForecastStrategy::decide() {
  ++status_.answers;
  decided_ = true;
  if (!said_.finite) {
    ++status_.bad;
    if (settings_.bad_output == BadForecast::Flat) {
      side_ = 0;
      weight_ = 0.0;
    }
    return;
  }
  const double f = said_.forecast;
  if (left_.side * f < 0.0) left_ = {};
  const double exit = settings_.exit.value_or(settings_.threshold);
  if (f > settings_.threshold)
    side_ = 1;
  else if (f < -settings_.threshold)
    side_ = -1;
  else if (!(side_ * f > exit))
    side_ = 0;
  if (category_ == Category::Spot) side_ = std::max(side_, 0);
  if (side_ == left_.side) side_ = 0;
  weight_ = side_ * (settings_.full ? std::clamp(side_ * f / *settings_.full, 0.0, 1.0) : 1.0);
}

void ForecastStrategy::observe() {
  auto out = std::ranges::copy(features_->values(), observation_.begin()).out;
  for (const double x :
       {said_.forecast, said_.base, said_.unit, said_.forecast * said_.unit, said_.loss_before,
        said_.loss_after, said_.spread, decided_ ? static_cast<double>(steps_) : 0.0, from_entry_})
    *out++ = x;
}

Opinion ForecastStrategy::speak(bool ready, bool decides) const {
  Opinion opinion;
  opinion.observation = observation_;
  if (left_.side != 0 && side_ == 0) {
    opinion.target = Target{.weight = 0.0};
    opinion.reason = left_.at_target ? "target: flat until the forecast changes its sign"
                                     : "stop: flat until the forecast changes its sign";
  } else if (!ready) {
    opinion.warming_up = true;
    opinion.reason = seen_ < first_row_ ? "the features' windows are still filling"
                                        : "the bars to adapt on are still filling up";
  } else if (!decided_) {
    opinion.reason = "no bar has decided yet";
  } else if (!said_.finite && settings_.bad_output == BadForecast::Hold) {
    opinion.reason = "the forecaster met what is no number: keep what is held";
  } else {
    // Between two decisions the last one stands, and is said again.
    opinion.target = Target{.weight = weight_};
    opinion.reason = !said_.finite ? "the forecaster met what is no number: flat"
                     : decides     ? signal()
                                   : "the last decision stands";
  }
  return opinion;
}

std::string_view ForecastStrategy::signal() const {
  const double f = said_.forecast;
  const double t = settings_.threshold;
  if (f > 2.0 * t) return "strong buy: the forecast is above twice the threshold";
  if (f > t) return "buy: the forecast is above the threshold";
  if (f < -t && category_ == Category::Spot) return "sell: flat, spot has no short";
  if (f < -2.0 * t) return "strong sell: the forecast is below minus twice the threshold";
  if (f < -t) return "sell: the forecast is below minus the threshold";
  return side_ == 0 ? "neutral: the forecast is within the threshold"
                    : "neutral: what is held stays until the exit";
}

void ForecastStrategy::reset() {
  features_->reset();
  funding_.reset();
  usual_ = {};
  window_.clear();
  seen_ = 0;
  side_ = 0;
  weight_ = 0.0;
  decided_ = false;
  left_ = {};
  from_entry_ = 0.0;
  said_ = {};
}

void ForecastStrategy::archive(Archive& a) {
  a.part("forecast strategy");
  a(features_, funding_, usual_, window_, seen_, side_, weight_, decided_, left_, from_entry_,
    said_, status_, observation_);
  const std::size_t columns = features_->values().size() + kForecastNames.size();
  if (a.reading() && observation_.size() != columns) {
    a.fail();
    observation_.resize(columns);
  }
}

}  // namespace proteus::strategies

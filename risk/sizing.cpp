#include "risk/sizing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "risk/limits/controls.hpp"

namespace proteus::risk {
namespace {

constexpr double kShareSumMax = 1.0 + 1e-12;  // Tenths do not add up to one in binary.

struct NamedShare {
  InstrumentId instrument;
  double share = 0.0;
  NamedShare(InstrumentId id, double value) : instrument(id), share(value) {}
};

Result<NamedShare> parse_share(std::string_view text, const InstrumentTable& instruments) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos)
    return error(ErrorCode::Malformed,
                 fmt::format("shares: \"{}\" is no share (write linear:BTCUSDT=0.5)", text));
  BOOST_OUTCOME_TRY(const InstrumentName name, parse_instrument_name(text.substr(0, equals)));
  const auto id = instruments.find(name.category, name.symbol);
  if (!id)
    return error(ErrorCode::NotFound,
                 fmt::format("shares: \"{}\" names an instrument this run does not trade", text));
  const std::string_view number = text.substr(equals + 1);
  double value = 0.0;
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (failed != std::errc{} || end != number.data() + number.size() || !(value > 0.0) ||
      value > 1.0)
    return error(ErrorCode::OutOfRange,
                 fmt::format("shares: \"{}\" must give a number above 0 and at most 1", text));
  return NamedShare{*id, value};
}

int sign(double x) { return x > 0.0 ? 1 : x < 0.0 ? -1 : 0; }

/// span s: decay 1 - 2/(s+1), the convention of exponential moving averages.
double decay_of_span(std::int64_t span) { return 1.0 - 2.0 / (static_cast<double>(span) + 1.0); }
/// |x| at most `limit`, on its side.
double capped_at(double limit, double x) { return std::copysign(std::min(std::abs(x), limit), x); }

constexpr SizingStepId kFormSteps[] = {SizingStepId::KellyContinuous, SizingStepId::KellyDiscrete,
                                       SizingStepId::KellyDrawdown};  // by KellyForm

}  // namespace

std::optional<Quantity> to_quantity(double weight, Money equity, Price close, Quantity lot_step) {
  if (close <= Price{} || lot_step <= Quantity{}) return std::nullopt;
  const double units = std::trunc(weight * equity.to_double() / close.to_double() *
                                  static_cast<double>(kFixedScale));
  if (!(std::abs(units) < 9.2e18)) return std::nullopt;
  return round_to_step(Quantity::from_raw(static_cast<std::int64_t>(units)), lot_step);
}

Result<std::vector<double>> capital_shares(const SizingSettings& settings,
                                           const InstrumentTable& instruments) {
  if (settings.shares.empty()) {
    const double equal = 1.0 / static_cast<double>(std::max<std::size_t>(instruments.size(), 1));
    return std::vector<double>(instruments.size(), std::min(equal, settings.share_max));
  }
  std::vector<double> shares(instruments.size(), 0.0);
  double sum = 0.0;
  for (const std::string& text : settings.shares) {
    BOOST_OUTCOME_TRY(const NamedShare named, parse_share(text, instruments));
    double& share = shares[named.instrument.index];
    if (share > 0.0)
      return error(ErrorCode::Malformed,
                   fmt::format("shares: \"{}\" gives an instrument its second share", text));
    share = named.share;
    sum += share;
  }
  for (const Instrument& instrument : instruments)
    if (!(shares[instrument.id.index] > 0.0))
      return error(
          ErrorCode::NotFound,
          fmt::format("shares: {} has none (name every instrument, or no one)", instrument.name()));
  if (sum > kShareSumMax)
    return error(ErrorCode::OutOfRange, fmt::format("shares: they add up to {}, more than 1", sum));
  return shares;
}

Sizer::Sizer(const SizingSettings& settings, const InstrumentTable& instruments,
             const std::vector<double>& shares, Interval interval, const Costs& costs)
    : settings_(settings), root_bars_per_year_(std::sqrt(bars_per_year(interval))) {
  const KellyRule rule = KellyRule::of(settings);
  const DecayedMoments returns{decay_of_span(settings.volatility_span)};
  books_.reserve(shares.size());
  for (const Instrument& instrument : instruments)
    books_.push_back({ShadowLedger{costs.of(instrument.category), rule}, returns,
                      shares[instrument.id.index] * settings.gross_max, 0.0, Timestamp{}});
}

void Sizer::learn(Book& book, const Bar& bar) {
  const double close = bar.close.to_double();
  if (book.close > 0.0) book.log_returns.add(std::log(close / book.close));
  book.shadow.on_close(close);
  book.close = close;
  book.close_time = bar.close_time;
}

/// 0 while the market is not known well enough to hold anything.
double Sizer::volatility_factor(const Book& book) const {
  if (book.log_returns.count() < settings_.volatility_returns_min) return 0.0;
  const double sigma = std::sqrt(book.log_returns.variance()) * root_bars_per_year_;
  if (!(sigma > 0.0)) return settings_.volatility_scale_max;
  return std::min(settings_.volatility_target / sigma, settings_.volatility_scale_max);
}

/// `x` under what the record allows, haircut by haircut.
double Sizer::kelly_cap(const ShadowLedger& shadow, double x, SizingSteps& steps) const {
  const KellyEstimate told = shadow.estimate();
  const double fraction = told.fraction();
  const double used = settings_.kelly_fraction * fraction;
  const double raw_weight = capped_at(std::max(told.raw, 0.0), x);
  steps.push_back({kFormSteps[static_cast<std::size_t>(settings_.kelly)], raw_weight, told.raw});
  steps.push_back({SizingStepId::KellySamples, raw_weight, told.samples});
  steps.push_back({SizingStepId::KellyShrinkage, capped_at(fraction, x), told.shrinkage});
  steps.push_back({SizingStepId::KellyFraction, capped_at(used, x), settings_.kelly_fraction});
  const double floor = settings_.kelly_floor;
  const double cap = shadow.seasoned() ? std::max(used, floor) : floor;
  x = capped_at(cap, x);
  steps.push_back({SizingStepId::KellyCap, x, cap});
  return x;
}

/// Control 27 said no: flat or as it is, by setting.
Sized Sizer::set_aside(const ControlResult& control, const SizingInput& input, SizingSteps& steps) {
  ++outputs_refused_;
  steps.push_back({SizingStepId::Target, 0.0, 0.0});
  Sized sized;
  sized.control = control;
  sized.unchanged = settings_.bad_output == BadOutput::Hold || !input.may_trade;
  sized.wanted = sized.unchanged ? input.ledger[input.instrument.id].quantity : Quantity{};
  sized.reason = settings_.bad_output == BadOutput::Hold
                     ? "the target is not finite or out of range: held as it is"
                     : "the target is not finite or out of range: flat";
  return sized;
}

Sized Sizer::size(const SizingInput& input, SizingSteps& steps) {
  const Bar& bar = input.bar;
  const Instrument& instrument = input.instrument;
  const PositionView& position = input.ledger[instrument.id];
  Book& book = books_[instrument.id.index];
  if (bar.close_time > book.close_time) learn(book, bar);

  Sized sized;
  sized.wanted = position.quantity;
  sized.unchanged = true;
  if (!input.target) {
    book.shadow.hold(0);
    return sized;
  }
  if (const ControlResult control = model_output(*input.target); !control.passed) {
    book.shadow.hold(0);
    return set_aside(control, input, steps);
  }

  double x = input.target->weight;
  if (instrument.category == Category::Spot && x < 0.0) x = 0.0;
  book.shadow.hold(sign(x));
  steps.push_back({SizingStepId::Target, x, input.target->weight});

  x = x * input.target->confidence;
  steps.push_back({SizingStepId::Confidence, x, input.target->confidence});

  const double factor = volatility_factor(book);
  if (factor <= 0.0) sized.reason = "volatility is not known yet: no position";
  x = std::clamp(x * factor, -1.0, 1.0);
  steps.push_back({SizingStepId::VolatilityTarget, x, factor});

  x = kelly_cap(book.shadow, x, steps);

  const bool solvent = input.ledger.equity > Money{};
  if (!solvent) sized.reason = "there is no equity left: no position";
  double weight = solvent ? x * book.allotment : 0.0;
  steps.push_back({SizingStepId::Allocation, weight, book.allotment});

  const double current =
      solvent ? position.value.to_double() / input.ledger.equity.to_double() : 0.0;
  const double band = settings_.no_trade_band * book.allotment;
  const bool keep = weight != 0.0 && std::abs(weight - current) < band;
  if (keep) weight = current;
  steps.push_back({SizingStepId::NoTradeBand, weight, band});
  sized.weight = weight;
  if (keep || !input.may_trade) return sized;

  const auto wanted = to_quantity(weight, input.ledger.equity, bar.close, instrument.lot_step);
  if (!wanted) {
    sized.reason = "the wanted quantity does not fit units of 1e-9: held as it is";
    return sized;
  }
  sized.unchanged = false;
  sized.wanted = *wanted;
  settle_dust(instrument, bar.close, position.quantity, sized);
  return sized;
}

}  // namespace proteus::risk

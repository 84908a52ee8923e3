#include "tools/evaluate/findings.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "models/evaluation/sharpe_draws.hpp"
#include "models/training/task_sampler.hpp"

namespace proteus::app::evaluate {
namespace {

using evaluation::BootstrapResult;
using evaluation::Track;

evaluation::BootstrapSettings bootstrap_of(const EvaluateSettings& settings) {
  return {.draws = settings.draws, .seed = static_cast<std::uint64_t>(settings.seed)};
}

BootstrapResult scaled(BootstrapResult r, double factor) {
  for (double* x : {&r.estimate, &r.standard_error, &r.low, &r.high}) *x *= factor;
  return r;
}

double by_sqrt(const Track& track) { return std::sqrt(track.bars_a_year); }

Part part_of(std::string name, const std::vector<double>& brought, double year) {
  Part part{.name = std::move(name), .bars = brought.size()};
  part.brought = std::accumulate(brought.begin(), brought.end(), 0.0);
  const double ratio = evaluation::sharpe_ratio(brought);
  if (std::isfinite(ratio)) part.sharpe = ratio * year;
  return part;
}

strategies::Adapt without_steps(strategies::Adapt adapt) {
  return strategies::remembers(adapt) ? strategies::Adapt::Recurrent : strategies::Adapt::Off;
}

/// What one regime is made of.
struct Gathered {
  std::vector<double> brought;
  double log_return = 0.0;
};

}  // namespace

void add_new_bars(Validated& so_far, const Track& validation) {
  so_far.bars_a_year = validation.bars_a_year;
  for (std::size_t i = 0; i < validation.bars(); ++i) {
    if (!so_far.closes.empty() && validation.closes[i] <= so_far.closes.back()) continue;
    so_far.closes.push_back(validation.closes[i]);
    so_far.net.push_back(validation.net[i]);
  }
}

Result<void> weigh_accounts(std::vector<Account>& accounts, const EvaluateSettings& settings) {
  std::vector<std::vector<double>> columns;
  for (Account& account : accounts) {
    account.figures = evaluation::figures_of(account.track);
    columns.push_back(account.track.net);
  }
  BOOST_OUTCOME_TRY(const auto draws,
                    evaluation::SharpeDraws::create(columns, bootstrap_of(settings)));
  const double plain = by_sqrt(accounts.front().track);
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const double factor = accounts[i].figures.annual_factor.value_or(plain);
    accounts[i].sharpe = scaled(draws.of(i), factor);
    // One factor for both sides: the difference is then that of the draws, not of the factors.
    if (i > 0) accounts[i].difference = scaled(draws.difference(0, i), plain);
  }
  return success();
}

evaluation::Figures block_figures(const Track& track, std::size_t block) {
  const auto [from, to] = std::pair{track.blocks[block].from, track.blocks[block].to};
  const auto cut = [&](const auto& list) {
    return std::remove_cvref_t<decltype(list)>(list.begin() + static_cast<std::ptrdiff_t>(from),
                                               list.begin() + static_cast<std::ptrdiff_t>(to));
  };
  Track part;
  part.bars_a_year = track.bars_a_year;
  part.closes = cut(track.closes);
  part.net = cut(track.net);
  part.fees = cut(track.fees);
  part.slippage = cut(track.slippage);
  part.funding = cut(track.funding);
  part.traded = cut(track.traded);
  part.exposure = cut(track.exposure);
  part.fills = cut(track.fills);
  // An account begins anew with each block: what was opened in it was closed or cut in it.
  const Timestamp begin = from == 0 ? Timestamp::min() : track.closes[from - 1];
  for (const auto& trip : track.trips)
    if (trip.opened >= begin && trip.closed > begin && trip.closed <= part.closes.back())
      part.trips.push_back(trip);
  return evaluation::figures_of(part);
}

std::vector<Part> parts_by_instrument(const Track& track) {
  std::vector<Part> parts;
  for (std::size_t k = 0; k < track.names.size(); ++k) {
    std::vector<double> brought;
    for (const auto& row : track.contributions) brought.push_back(row[k]);
    parts.push_back(part_of(track.names[k], brought, by_sqrt(track)));
  }
  return parts;
}

std::vector<Part> parts_by_regime(const Track& track, const std::vector<MemoryMarket>& markets,
                                  std::size_t regime_bars) {
  std::map<std::string, Gathered> regimes;
  for (std::size_t b = 0; b < track.blocks.size(); ++b) {
    const Timestamp from = track.closes[track.blocks[b].from];
    for (const Instrument& instrument : markets[b].instruments()) {
      const auto name = std::ranges::find(track.names, instrument.name());
      const auto column = static_cast<std::size_t>(name - track.names.begin());
      const auto all = markets[b].bars(instrument.id);
      const auto bars = all.subspan(static_cast<std::size_t>(
          std::ranges::lower_bound(all, from, {}, &Bar::close_time) - all.begin()));
      const double usual = training::log_deviation(bars);
      std::size_t row = track.blocks[b].from;
      for (std::size_t at = 0; at < bars.size(); at += regime_bars) {
        const auto window = bars.subspan(at, std::min(regime_bars, bars.size() - at));
        if (window.size() < 2) break;
        auto& regime = regimes[std::string(training::regime_of(window, usual).view())];
        regime.log_return +=
            std::log(window.back().close.to_double() / window.front().open.to_double());
        for (; row < track.blocks[b].to && track.closes[row] <= window.back().close_time; ++row)
          regime.brought.push_back(track.contributions[row][column]);
      }
    }
  }
  std::vector<Part> parts;
  for (const auto& [name, gathered] : regimes) {
    if (gathered.brought.empty()) continue;
    parts.push_back(part_of(name, gathered.brought, by_sqrt(track)));
    parts.back().market =
        gathered.log_return / static_cast<double>(gathered.brought.size()) * track.bars_a_year;
  }
  return parts;
}

Result<std::vector<AdaptationPoint>> adaptation_curve(const std::vector<AdaptationRun>& runs,
                                                      const EvaluateSettings& settings) {
  std::vector<std::vector<double>> columns;
  for (const AdaptationRun& run : runs) columns.push_back(run.track.net);
  BOOST_OUTCOME_TRY(const auto draws,
                    evaluation::SharpeDraws::create(columns, bootstrap_of(settings)));
  const double year = by_sqrt(runs.front().track);
  std::vector<AdaptationPoint> curve;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    AdaptationPoint point{.name = runs[i].name,
                          .figures = evaluation::figures_of(runs[i].track),
                          .gain = scaled(draws.difference(i, 0), year)};
    const auto same =
        strategies::learns(runs[i].adapt)
            ? std::ranges::find(runs, without_steps(runs[i].adapt), &AdaptationRun::adapt)
            : runs.end();
    if (same != runs.end()) {
      point.without_steps = same->name;
      const auto at = static_cast<std::size_t>(same - runs.begin());
      point.gain_of_steps = scaled(draws.difference(i, at), year);
    }
    curve.push_back(std::move(point));
  }
  return curve;
}

Result<NoiseResult> noise_of(const std::vector<Track>& tracks) {
  NoiseResult noise{.markets = tracks.size()};
  std::vector<double> gross;
  double net = 0.0;
  double cost = 0.0;
  for (const Track& track : tracks) {
    const auto before = track.gross();
    gross.insert(gross.end(), before.begin(), before.end());
    net = std::accumulate(track.net.begin(), track.net.end(), net);
  }
  noise.bars = gross.size();
  cost = std::accumulate(gross.begin(), gross.end(), 0.0) - net;
  BOOST_OUTCOME_TRY(const auto moments, evaluation::moments_of(gross));
  BOOST_OUTCOME_TRY(const double deviation, evaluation::sharpe_standard_error(gross));
  const double year = by_sqrt(tracks[0]);
  noise.gross_sharpe = moments.mean / moments.deviation * year;
  noise.standard_error = deviation * year;
  const double years = static_cast<double>(noise.bars) / tracks[0].bars_a_year;
  noise.net_return = net / years;
  noise.cost = cost / years;
  return noise;
}

}  // namespace proteus::app::evaluate

#include "tools/evaluate/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/runs/files.hpp"
#include "tools/app/kline_inputs.hpp"
#include "tools/app/version.hpp"
#include "tools/evaluate/engine_run.hpp"
#include "tools/evaluate/tried_runs.hpp"

namespace proteus::app::evaluate {
namespace {

namespace fs = std::filesystem;
using evaluation::Track;

std::string point_text(const std::vector<std::string>& point) {
  return fmt::format("{}", fmt::join(point, ", "));
}

std::optional<double> yearly_by_sqrt(const std::vector<double>& net, double bars_a_year) {
  const double ratio = evaluation::sharpe_ratio(net);
  return std::isfinite(ratio) ? std::optional(ratio * std::sqrt(bars_a_year)) : std::nullopt;
}

/// As the report's tables have it.
std::string ratio_text(const evaluation::Figures& figures) {
  return figures.net_sharpe ? fmt::format("Sharpe ratio {:.2f}", *figures.net_sharpe)
                            : std::string("Sharpe ratio none");
}

}  // namespace

std::string text_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

std::string day_text(Timestamp t) { return format_time(t).substr(0, 10); }

std::string folder_of(const Plan& plan) {
  return (fs::path(plan.evaluate.folder) /
          fmt::format("evaluate-{}-{}", plan.evaluate.name, plan.hash.substr(0, 8)))
      .string();
}

Result<Report> Judge::run() {
  report_.plan = plan_;
  report_.folder = folder_of(plan_);
  report_.version = kVersion;
  report_.made = world_.now();
  BOOST_OUTCOME_TRY(const bool registered, runs::is_there(plan_.evaluate.registry));
  if (registered) {
    // Before hours of work.
    BOOST_OUTCOME_TRY(const Tried before, read_registry(plan_.evaluate.registry));
    if (before.lines > 0 && !before.headed)
      report_.notes.push_back(
          fmt::format("no {}.head stood beside the registry: lines taken from its end before this "
                      "evaluation would not have been seen",
                      plan_.evaluate.registry));
  } else {
    world_.say(fmt::format("begins a new registry of what was tried: {}", plan_.evaluate.registry));
  }
  BOOST_OUTCOME_TRY(enter_runs());
  BOOST_OUTCOME_TRY(load_markets());
  BOOST_OUTCOME_TRY(find_weights());
  BOOST_OUTCOME_TRY(check_weights());
  BOOST_OUTCOME_TRY(cut_tests());
  BOOST_OUTCOME_TRY(choose_on_validation());
  BOOST_OUTCOME_TRY(run_tests());
  BOOST_OUTCOME_TRY(run_seeds());
  BOOST_OUTCOME_TRY(run_adaptation());
  BOOST_OUTCOME_TRY(run_noise());
  BOOST_OUTCOME_TRY(count_trials());
  find_overfitting();
  fill_folds();
  return std::move(report_);
}

Result<MemoryMarket> Judge::market_of(Timestamp from, Timestamp to) {
  const Duration length = bar_length(from, interval_);
  return MemoryMarket::cut(*source_, from - plan_.evaluate.warm_up_bars * length, from, to);
}

Result<void> Judge::load_markets() {
  BOOST_OUTCOME_TRY(const auto inputs, kline_inputs(plan_.data.files, plan_.data.funding_folder));
  BOOST_OUTCOME_TRY(auto source, sim::FileSource::open(inputs));
  for (const std::string& note : source.notes()) report_.notes.push_back(note);
  source_.emplace(std::move(source));
  BOOST_OUTCOME_TRY(const auto loaded, trading_settings(plan_, plan_.candidates.front()));
  interval_ = loaded.settings.engine.interval;
  report_.bars_a_year = bars_per_year(interval_);
  const auto& paper = loaded.settings.paper;
  report_.costs = fmt::format(
      "taker fee {:g} bp (perpetuals) and {:g} bp (spot) of what is traded, half a spread of {:g} "
      "bp and an impact of {:g} bp times the square root of the share of a bar's volume; funding "
      "at its recorded rate, and {:g} bp per 8 h against the holder where none is known",
      paper.linear_taker_fee_bps, paper.spot_taker_fee_bps, paper.half_spread_bps, paper.impact_bps,
      paper.assumed_funding_bps);
  for (const std::string& warning : cost_warnings(paper)) report_.notes.push_back(warning);
  return success();
}

/// The blocks that are judged, with as many bars before them as the policies want to see.
Result<void> Judge::cut_tests() {
  for (const FoldTimes& fold : plan_.folds) {
    BOOST_OUTCOME_TRY(auto market, market_of(fold.test_from, fold.test_to));
    if (*market.end() < fold.test_to)
      report_.notes.push_back(fmt::format("the block {} to {} ends with the files, on {}",
                                          day_text(fold.test_from), day_text(fold.test_to),
                                          day_text(*market.end())));
    for (const Instrument& instrument : market.instruments())
      if (std::ranges::find(report_.instruments, instrument.name()) == report_.instruments.end())
        report_.instruments.push_back(instrument.name());
    tests_.push_back(std::move(market));
  }
  return success();
}

Result<Track> Judge::run_one(std::size_t i, std::size_t fold, std::optional<std::size_t> seed,
                             MemoryMarket& market, Timestamp from,
                             const std::vector<std::string>& more) {
  if (world_.stop())
    return error(ErrorCode::Stopped,
                 "interrupted; what was trained is kept, and the same command goes on");
  std::vector<std::string> overrides = more;
  if (!weights_[i].empty()) {
    const auto& files = weights_[i][fold];
    const std::string_view key = plan_.candidates[i].weights_key();
    overrides.push_back(seed ? fmt::format("{}={}", key, files[*seed])
                             : fmt::format("{}={}", key, fmt::join(files, ",")));
  }
  BOOST_OUTCOME_TRY(const auto loaded, trading_settings(plan_, plan_.candidates[i], overrides));
  return run_engine(loaded, market, from);
}

/// What was chosen on fold f's validation, as far as it concerns this candidate: how it is sized
/// and limited concerns all but buy and hold, which would not be that any more.
std::vector<std::string> Judge::choice_for(std::size_t i, std::size_t f) const {
  const Candidate& candidate = plan_.candidates[i];
  if (chosen_.empty() || candidate.name == "buy_and_hold") return {};
  std::vector<std::string> choice = chosen_[f];
  if (i > 0 && !candidate.follows_judged)
    std::erase_if(choice, [](const std::string& one) { return !one.starts_with("risk."); });
  return choice;
}

Result<Track> Judge::run_blocks(std::size_t i, std::optional<std::size_t> seed,
                                const std::vector<std::string>& more) {
  Track whole;
  for (std::size_t f = 0; f < plan_.folds.size(); ++f) {
    std::vector<std::string> overrides = choice_for(i, f);
    overrides.insert(overrides.end(), more.begin(), more.end());
    BOOST_OUTCOME_TRY(const Track block,
                      run_one(i, f, seed, tests_[f], plan_.folds[f].test_from, overrides));
    evaluation::append(whole, block);
  }
  return whole;
}

Result<void> Judge::enter(const std::string& name, const std::string& config,
                          const std::string& scored_on, const Track& track) {
  Trial trial{name, config, scored_on, static_cast<std::int64_t>(track.bars()), track.bars_a_year,
              {}};
  const double ratio = evaluation::sharpe_ratio(track.net);
  if (std::isfinite(ratio)) trial.sharpe = ratio;
  return register_trials(plan_.evaluate.registry, {trial}, world_.now());
}

std::string Judge::tests_text() const {
  std::vector<std::string> blocks;
  for (const FoldTimes& fold : plan_.folds)
    blocks.push_back(fmt::format("{}/{}", day_text(fold.test_from), day_text(fold.test_to)));
  return fmt::format("test {}", fmt::join(blocks, " "));
}

/// In each fold, by the validation periods of this fold and those before it: all lie before the
/// block that judges.
Result<void> Judge::choose_on_validation() {
  if (plan_.grid.empty()) return success();
  const auto points = grid_points(plan_.grid);
  validated_.resize(points.size());
  for (std::size_t f = 0; f < plan_.folds.size(); ++f) {
    BOOST_OUTCOME_TRY(choose_in_fold(f));
  }
  return success();
}

Result<void> Judge::choose_in_fold(std::size_t f) {
  const FoldTimes& fold = plan_.folds[f];
  const auto points = grid_points(plan_.grid);
  BOOST_OUTCOME_TRY(auto market, market_of(fold.validation_from, fold.validation_to));
  std::size_t best = 0;
  std::optional<double> greatest;
  for (std::size_t p = 0; p < points.size(); ++p) {
    BOOST_OUTCOME_TRY(const Track track,
                      run_one(0, f, std::nullopt, market, fold.validation_from, points[p]));
    BOOST_OUTCOME_TRY(const auto loaded,
                      trading_settings(plan_, plan_.candidates.front(), points[p]));
    BOOST_OUTCOME_TRY(const std::string hash, config_hash(plan_.candidates.front(), loaded));
    BOOST_OUTCOME_TRY(
        enter(fmt::format("{} ({})", plan_.candidates.front().name, point_text(points[p])), hash,
              fmt::format("validation {}/{}", day_text(fold.validation_from),
                          day_text(fold.validation_to)),
              track));
    add_new_bars(validated_[p], track);
    const auto sharpe = yearly_by_sqrt(validated_[p].net, validated_[p].bars_a_year);
    report_.validation.push_back({f + 1, point_text(points[p]), sharpe, false});
    if (sharpe && (!greatest || *sharpe > *greatest)) {
      greatest = sharpe;
      best = p;
    }
  }
  report_.validation[report_.validation.size() - points.size() + best].chosen = true;
  chosen_.push_back(points[best]);
  world_.say(fmt::format("fold {}: {} of {} points of the grid was best on validation: {}", f + 1,
                         best + 1, points.size(), point_text(points[best])));
  return success();
}

Result<void> Judge::run_tests() {
  for (std::size_t i = 0; i < plan_.candidates.size(); ++i) {
    const Candidate& candidate = plan_.candidates[i];
    BOOST_OUTCOME_TRY(Track track, run_blocks(i, std::nullopt));
    BOOST_OUTCOME_TRY(const auto loaded,
                      trading_settings(plan_, candidate, choice_for(i, plan_.folds.size() - 1)));
    BOOST_OUTCOME_TRY(const std::string hash, config_hash(candidate, loaded));
    Account account{candidate.name, candidate.role, hash, std::move(track), {}, {}, {}};
    BOOST_OUTCOME_TRY(enter(account.name, account.config, tests_text(), account.track));
    world_.say(fmt::format("ran {} over {} bars in {} blocks: {}", candidate.name,
                           account.track.bars(), plan_.folds.size(),
                           ratio_text(evaluation::figures_of(account.track))));
    report_.accounts.push_back(std::move(account));
  }
  BOOST_OUTCOME_TRY(weigh_accounts(report_.accounts, plan_.evaluate));
  const Track& judged = report_.accounts.front().track;
  report_.by_instrument = parts_by_instrument(judged);
  report_.by_regime =
      parts_by_regime(judged, tests_, static_cast<std::size_t>(plan_.evaluate.regime_bars));
  if (judged.ruined) report_.notes.push_back("the account of what is judged came to nothing");
  if (judged.funding_assumed > 0)
    report_.notes.push_back(
        fmt::format("of {} funding settlements {} were at an assumed rate, since none is recorded",
                    judged.settlements, judged.funding_assumed));
  return success();
}

Result<void> Judge::run_seeds() {
  if (weights_.front().empty() || weights_.front().front().size() < 2) return success();
  for (std::size_t seed = 0; seed < weights_.front().front().size(); ++seed) {
    BOOST_OUTCOME_TRY(const Track track, run_blocks(0, seed));
    report_.seeds.push_back({static_cast<std::int64_t>(seed + 1), evaluation::figures_of(track)});
    world_.say(
        fmt::format("ran seed {} alone: {}", seed + 1, ratio_text(report_.seeds.back().figures)));
  }
  return success();
}

/// The judged policy with each way to adapt; all else stays as it is.
Result<void> Judge::run_adaptation() {
  if (weights_.front().empty() || plan_.adaptations.size() < 2) return success();
  std::vector<AdaptationRun> runs;
  for (const Adaptation& way : plan_.adaptations) {
    BOOST_OUTCOME_TRY(Track track, run_blocks(0, std::nullopt, way.overrides));
    std::vector<std::string> overrides = choice_for(0, plan_.folds.size() - 1);
    overrides.insert(overrides.end(), way.overrides.begin(), way.overrides.end());
    BOOST_OUTCOME_TRY(const auto loaded,
                      trading_settings(plan_, plan_.candidates.front(), overrides));
    BOOST_OUTCOME_TRY(const std::string hash, config_hash(plan_.candidates.front(), loaded));
    BOOST_OUTCOME_TRY(enter(fmt::format("{} ({})", plan_.candidates.front().name, way.name), hash,
                            tests_text(), track));
    world_.say(fmt::format("ran {} adapting {}: {}", plan_.candidates.front().name, way.name,
                           ratio_text(evaluation::figures_of(track))));
    runs.push_back({way.name, loaded.settings.policy.adapt, std::move(track)});
  }
  BOOST_OUTCOME_TRY(report_.adaptation, adaptation_curve(runs, plan_.evaluate));
  return success();
}

Result<void> Judge::run_noise() {
  std::vector<Track> tracks;
  const std::size_t last = plan_.folds.size() - 1;
  for (std::int64_t i = 0; i < plan_.evaluate.noise_markets; ++i) {
    const auto seed = static_cast<std::uint64_t>(plan_.evaluate.seed + i);
    BOOST_OUTCOME_TRY(auto market, MemoryMarket::noise(tests_[last], seed));
    BOOST_OUTCOME_TRY(Track track,
                      run_one(0, last, std::nullopt, market, plan_.folds[last].test_from,
                              chosen_.empty() ? std::vector<std::string>{} : chosen_[last]));
    tracks.push_back(std::move(track));
  }
  if (tracks.empty()) return success();
  auto noise = noise_of(tracks);
  if (noise.has_error()) {
    report_.notes.push_back("on noise it held nothing, so nothing is known of it there: " +
                            noise.error().context);
    return success();
  }
  report_.noise = noise.value();
  world_.say(
      fmt::format("on {} driftless markets: gross Sharpe ratio {:.2f} with a standard error "
                  "of {:.2f}",
                  tracks.size(), report_.noise->gross_sharpe, report_.noise->standard_error));
  return success();
}

Result<void> Judge::enter_runs() {
  for (const std::string& folder : plan_.evaluate.count_runs) {
    BOOST_OUTCOME_TRY(auto trials, tried_runs(folder));
    const std::size_t found = trials.size();
    BOOST_OUTCOME_TRY(const std::size_t fresh,
                      register_new(plan_.evaluate.registry, std::move(trials), world_.now()));
    world_.say(
        fmt::format("counted {} configurations of trainings in {}, {} of them for the first "
                    "time",
                    found, folder, fresh));
  }
  return success();
}

Result<void> Judge::count_trials() {
  BOOST_OUTCOME_TRY(report_.tried, read_registry(plan_.evaluate.registry));
  const auto& judged = report_.accounts.front();
  if (!judged.figures.sharpe) return success();
  const auto deflated = evaluation::deflated_sharpe(
      *judged.figures.sharpe, report_.tried.variance_yearly / report_.bars_a_year,
      report_.tried.configurations);
  if (deflated.has_value()) report_.deflated = deflated.value();
  return success();
}

/// Over the grid on validation; without a grid over all that was run on the test blocks.
void Judge::find_overfitting() {
  std::vector<std::vector<double>> columns;
  for (const Validated& point : validated_) columns.push_back(point.net);
  report_.overfitting_over = fmt::format("{} points of the grid, on validation", columns.size());
  if (columns.size() < 2) {
    columns.clear();
    for (const Account& account : report_.accounts)
      if (account.figures.sharpe) columns.push_back(account.track.net);
    report_.overfitting_over =
        fmt::format("{} candidates and baselines, on the test blocks", columns.size());
  }
  const auto found = evaluation::backtest_overfitting(
      columns, static_cast<int>(plan_.evaluate.overfitting_blocks));
  if (found.has_value())
    report_.overfitting = found.value();
  else
    report_.notes.push_back("no probability of overfitting: " + found.error().context);
}

void Judge::fill_folds() {
  for (std::size_t f = 0; f < plan_.folds.size(); ++f) {
    FoldResult fold{plan_.folds[f], chosen_.empty() ? std::string() : point_text(chosen_[f]), {}};
    for (const Account& account : report_.accounts)
      fold.accounts.emplace_back(account.name, block_figures(account.track, f));
    report_.folds.push_back(std::move(fold));
  }
}

}  // namespace proteus::app::evaluate

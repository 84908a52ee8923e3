#include "models/training/task_sampler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace proteus::training {
namespace {

double log_return(const Bar& from, const Bar& to) {
  return std::log(to.close.to_double() / from.close.to_double());
}

/// The bars of the period alone: a label must not rest on what the test range was like.
std::span<const Bar> inside(std::span<const Bar> bars, const Period& period) {
  const auto first = std::ranges::partition_point(
      bars, [&](const Bar& bar) { return period.from && bar.open_time < *period.from; });
  const auto last = std::ranges::partition_point(
      bars, [&](const Bar& bar) { return !period.to || bar.close_time <= *period.to; });
  return first < last ? std::span(first, last) : std::span<const Bar>{};
}

/// The first series with their ranges, for a message.
std::string told(std::span<const std::shared_ptr<const Series>> series) {
  constexpr std::size_t kNamed = 3;
  if (series.empty()) return "no series at all";
  std::string text;
  for (std::size_t i = 0; i < std::min(kNamed, series.size()); ++i)
    text += fmt::format("{}{} ({} bars from {} to {}, ready from {})", i == 0 ? "" : ", ",
                        series[i]->name(), series[i]->size(),
                        format_time(series[i]->bars().front().open_time),
                        format_time(series[i]->bars().back().close_time), series[i]->first_ready());
  if (series.size() > kNamed) text += fmt::format(" and {} more series", series.size() - kNamed);
  return text;
}

std::size_t below(std::size_t count, market::Random& random) {
  return static_cast<std::size_t>(random.uniform() * static_cast<double>(count));
}

}  // namespace

double log_deviation(std::span<const Bar> bars) {
  if (bars.size() < 2) return 0.0;
  const auto count = static_cast<double>(bars.size() - 1);
  const double mean = log_return(bars.front(), bars.back()) / count;
  double squares = 0.0;
  for (std::size_t i = 1; i < bars.size(); ++i) {
    const double away = log_return(bars[i - 1], bars[i]) - mean;
    squares += away * away;
  }
  return std::sqrt(squares / count);
}

RegimeLabel regime_of(std::span<const Bar> bars, double usual) {
  constexpr double kHigh = 1.5;
  if (bars.size() < 2) return "sideways";
  const double drift = log_return(bars.front(), bars.back());
  const double deviation = log_deviation(bars);
  const double error = deviation * std::sqrt(static_cast<double>(bars.size() - 1));
  if (drift > error) return "bull";
  if (drift < -error) return "bear";
  return deviation > kHigh * usual ? "high_volatility" : "sideways";
}

Result<TaskSampler> TaskSampler::create(std::vector<std::shared_ptr<const Series>> series,
                                        const SamplerSettings& settings, const Period& period,
                                        std::string_view only, std::uint64_t seed) {
  TaskSampler sampler{std::move(series), settings, seed};
  for (std::size_t i = 0; i < sampler.series_.size(); ++i) sampler.add_candidates(i, period, only);
  if (sampler.candidates_.empty())
    return error(
        ErrorCode::NotFound,
        fmt::format(
            "no trial of {} episodes of {} bars{}{} fits into the period{}{} of {}: shorten "
            "it or bring more bars",
            settings.episodes, settings.episode_bars, only.empty() ? "" : " of regime ", only,
            period.from ? " from " + format_time(*period.from) : std::string(),
            period.to ? " to " + format_time(*period.to) : std::string(), told(sampler.series_)));
  sampler.group();
  return sampler;
}

void TaskSampler::add_candidates(std::size_t index, const Period& period, std::string_view only) {
  const Series& series = *series_[index];
  const std::span<const Bar> bars = series.bars();
  const double usual = log_deviation(inside(bars, period));
  const auto episode = static_cast<std::size_t>(settings_.episode_bars);
  const std::size_t span =
      settings_.repeat_bars ? episode : episode * static_cast<std::size_t>(settings_.episodes);
  const auto spacing = static_cast<std::size_t>(settings_.spacing);
  for (std::size_t start = series.first_ready(); start + span < bars.size(); start += spacing) {
    if (period.from && bars[start].open_time < *period.from) continue;
    if (period.to && bars[start + span].close_time > *period.to) break;
    const RegimeLabel regime = regime_of(bars.subspan(start, span + 1), usual);
    if (only.empty() || regime.view() == only) candidates_.push_back({index, start, regime});
  }
}

void TaskSampler::group() {
  std::map<std::string, std::vector<std::size_t>> by_name;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const Candidate& candidate = candidates_[i];
    std::string name;
    if (settings_.balance == Balance::Series) name = fmt::format("{:08}", candidate.series);
    if (settings_.balance == Balance::Interval)
      name = to_string(series_[candidate.series]->interval());
    if (settings_.balance == Balance::Regime) name = candidate.regime.view();
    by_name[name].push_back(i);
  }
  for (auto& [name, members] : by_name) groups_.push_back(std::move(members));
}

Task TaskSampler::candidate(std::size_t i) const {
  const Candidate& candidate = candidates_[i];
  const auto episode = static_cast<std::size_t>(settings_.episode_bars);
  return {.series = series_[candidate.series],
          .start = candidate.start,
          .episode_bars = episode,
          .episodes = static_cast<std::size_t>(settings_.episodes),
          .stride = settings_.repeat_bars ? 0 : episode,
          .regime = candidate.regime};
}

Task TaskSampler::draw(market::Random& random) const {
  const std::vector<std::size_t>& members = groups_[below(groups_.size(), random)];
  return candidate(members[below(members.size(), random)]);
}

}  // namespace proteus::training

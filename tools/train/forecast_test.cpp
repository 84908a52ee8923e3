#include "tools/train/forecast_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "models/evaluation/bootstrap.hpp"
#include "models/evaluation/performance.hpp"
#include "models/evaluation/track.hpp"
#include "models/maml/model_file.hpp"

namespace proteus::app::train {
namespace {

using maml::ForecastBar;

/// Mean squared errors on the queries, after 0, 1, ... inner steps.
struct Errors {
  std::size_t tasks = 0;
  std::vector<double> by_steps;
  double of_zero = 0.0;  ///< of the forecast that nothing moves
};

double squared_error(std::span<const float> forecast, std::span<const float> label) {
  double sum = 0.0;
  for (std::size_t i = 0; i < label.size(); ++i) {
    const double away = forecast.empty() ? -static_cast<double>(label[i])
                                         : static_cast<double>(forecast[i] - label[i]);
    sum += away * away / static_cast<double>(label.size());
  }
  return sum;
}

Result<Errors> errors_of(maml::LoadedForecaster& model, maml::ForecastSettings tasks,
                         const ForecastTest& settings, std::int64_t steps, const TestData& data) {
  tasks.spacing = tasks.support_rows + tasks.query_rows + 2 * tasks.horizon;
  BOOST_OUTCOME_TRY(
      const auto held_out,
      maml::ForecastTasks::create(data.series, tasks, model.scaling, data.period, "", 0));
  Errors errors;
  errors.tasks = std::min(held_out.candidates(), static_cast<std::size_t>(settings.tasks));
  errors.by_steps.resize(static_cast<std::size_t>(steps) + 1);
  const auto count = static_cast<double>(errors.tasks);
  maml::TaskBatch<float> batch;
  std::vector<float> forecast(static_cast<std::size_t>(tasks.query_rows));
  for (std::size_t i = 0; i < errors.tasks; ++i) {
    held_out.candidate(i * held_out.candidates() / errors.tasks, batch);
    for (std::size_t k = 0; k < errors.by_steps.size(); ++k) {
      const auto adapted = model.learner.adapt(batch.support_x, batch.support_y, k);
      model.learner.predict(adapted, batch.query_x, forecast);
      errors.by_steps[k] += squared_error(forecast, batch.query_y) / count;
    }
    errors.of_zero += squared_error({}, batch.query_y) / count;
  }
  return errors;
}

/// An account that trades every series alike.
struct Traded {
  std::vector<std::vector<ForecastBar>> series;
  std::vector<double> mean;  ///< net return at each close
  std::int64_t changes = 0;  ///< of the side that is held: long, short, nothing
};

int side(double position) { return (position > 0.0 ? 1 : 0) - (position < 0.0 ? 1 : 0); }

Result<Traded> trade(maml::LoadedForecaster& model, std::int64_t horizon, maml::ForecastRule rule,
                     std::int64_t steps, const TestData& data) {
  rule.adaptation_steps = steps;
  Traded traded;
  std::map<Timestamp, std::pair<double, double>> sums;
  for (const auto& series : data.series) {
    const maml::ForecastRows rows(series, model.scaling, static_cast<std::size_t>(horizon));
    const auto bars = series->bars();
    const auto first = std::ranges::find_if(bars, [&](const Bar& bar) {
      return !data.period.from || bar.open_time >= *data.period.from;
    });
    const auto from = static_cast<std::size_t>(first - bars.begin());
    BOOST_OUTCOME_TRY(auto one,
                      maml::trade_forecasts(model.learner, rows, from, series->size(), rule, {}));
    int held = 0;
    for (const ForecastBar& bar : one) {
      auto& [sum, count] = sums[bar.date];
      sum += bar.position_return;
      count += 1.0;
      traded.changes += side(bar.position) != held ? 1 : 0;
      held = side(bar.position);
    }
    traded.series.push_back(std::move(one));
  }
  for (const auto& [date, sum] : sums) traded.mean.push_back(sum.first / sum.second);
  return traded;
}

struct Metric {
  std::string_view name;
  double value;  ///< NaN: it has none
};

/// Of the account, net. Names are those that back-tests give them.
std::vector<Metric> metrics_of(const Traded& traded, double bars_a_year) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const auto or_none = [&](const Result<double>& value) {
    return value.has_value() ? value.value() : kNone;
  };
  const auto& r = traded.mean;
  const double year = std::sqrt(bars_a_year);
  const auto n = static_cast<double>(r.size());
  const std::vector<double> equity = evaluation::equity_of(r);
  double mean = 0.0;
  double squares = 0.0;
  for (const double x : r) mean += x / n;
  for (const double x : r) squares += (x - mean) * (x - mean) / std::max(1.0, n - 1.0);
  std::vector<double> moved;
  std::ranges::copy_if(r, std::back_inserter(moved), [](double x) { return x != 0.0; });
  return {{"total_return", equity.back() - 1.0},
          {"annual_return", std::pow(equity.back(), bars_a_year / n) - 1.0},
          {"annual_volatility", year * std::sqrt(squares)},
          {"sharpe_ratio", year * evaluation::sharpe_ratio(r)},
          {"sortino_ratio", year * or_none(evaluation::sortino_ratio(r))},
          {"max_drawdown", or_none(evaluation::max_drawdown(equity))},
          {"win_rate", or_none(evaluation::win_rate(moved))},
          {"profit_factor", or_none(evaluation::profit_factor(r))},
          {"num_trades", static_cast<double>(traded.changes)}};
}

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.4f}", value) : std::string("none");
}

std::string error_table(const Errors& errors, const maml::ForecastSettings& tasks) {
  std::string text = fmt::format(
      "error on {} tasks of bars that training has not seen: {} support points, {} query points, "
      "{} bars\nahead; mean square, in usual returns\n\n{:>12}",
      errors.tasks, tasks.support_rows, tasks.query_rows, tasks.horizon, "inner steps");
  for (std::size_t k = 0; k < errors.by_steps.size(); ++k) text += fmt::format(" {:>8}", k);
  text += fmt::format(" {:>11}\n{:>12}", "forecast 0", "error");
  for (const double e : errors.by_steps)
    text += std::isfinite(e) ? fmt::format(" {:>8.4f}", e) : fmt::format(" {:>8}", "diverges");
  return text + fmt::format(" {:>11.4f}\n", errors.of_zero);
}

std::string trading_table(const TestData& data, const std::array<Traded, 2>& traded,
                          std::int64_t steps, double bars_a_year) {
  const auto before = metrics_of(traded[0], bars_a_year);
  const auto after = metrics_of(traded[1], bars_a_year);
  std::string text = fmt::format(
      "\ntrading the forecasts on {} series at equal weight, {} bars, net of fees, slippage and "
      "funding\n\n{:<20} {:>14} {:>14}\n",
      data.series.size(), traded[1].mean.size(), "", "not adapting",
      fmt::format("{} inner steps", steps));
  for (std::size_t i = 0; i < before.size(); ++i)
    text += fmt::format("{:<20} {:>14} {:>14}\n", before[i].name, number(before[i].value),
                        number(after[i].value));
  text += fmt::format("\n{:<44} {:>14} {:>14}\n", "final capital of 10 000", "not adapting",
                      fmt::format("{} inner steps", steps));
  for (std::size_t s = 0; s < data.series.size(); ++s)
    text += fmt::format("{:<44} {:>14.2f} {:>14.2f}\n", data.series[s]->name(),
                        traded[0].series[s].back().capital, traded[1].series[s].back().capital);
  return text;
}

std::string difference(const std::array<Traded, 2>& traded, const ForecastTest& settings,
                       double bars_a_year) {
  const auto gain = evaluation::bootstrap_difference(
      traded[1].mean, traded[0].mean, evaluation::sharpe_ratio, {.draws = settings.draws});
  if (gain.has_error()) return "\nno Sharpe ratio to compare: one of them held nothing\n";
  const double year = std::sqrt(bars_a_year);
  const auto& g = gain.value();
  return fmt::format(
      "\nSharpe ratio a year, adapting less not adapting: {:+.2f}, 95 % interval "
      "{:+.2f} to {:+.2f}{}\n",
      year * g.estimate, year * g.low, year * g.high,
      g.low <= 0.0 && g.high >= 0.0 ? ": not shown to be other than 0" : "");
}

std::vector<TestReport::File> files_of(const TestData& data, const std::array<Traded, 2>& traded,
                                       double bars_a_year) {
  TestReport::File metrics{"test.csv", "adapting"};
  for (const Metric& m : metrics_of(traded[0], bars_a_year))
    metrics.content += fmt::format(",{}", m.name);
  for (const std::size_t adapting : {0U, 1U}) {
    metrics.content += fmt::format("\n{}", adapting);
    for (const Metric& m : metrics_of(traded[adapting], bars_a_year))
      metrics.content += std::isfinite(m.value) ? fmt::format(",{}", m.value) : std::string(",");
  }
  metrics.content += "\n";
  TestReport::File bars{
      "test_bars.csv",
      "series,date,price,prediction,actual_return,position,position_return,capital\n"};
  for (std::size_t s = 0; s < data.series.size(); ++s)
    for (const ForecastBar& b : traded[1].series[s])
      bars.content +=
          fmt::format("{},{},{},{:.8f},{:.8f},{:.6f},{:.8f},{:.4f}\n", data.series[s]->name(),
                      format_time(b.date), b.price, b.prediction, b.actual_return, b.position,
                      b.position_return, b.capital);
  return {std::move(metrics), std::move(bars)};
}

}  // namespace

Result<TestReport> test_forecaster(const inference::Checkpoint& checkpoint,
                                   const maml::ForecastSettings& tasks,
                                   const ForecastTest& settings, const maml::ForecastRule& rule,
                                   const TestData& data) {
  BOOST_OUTCOME_TRY(auto model, maml::load_forecaster(checkpoint, data.series.front()->schema()));
  const std::int64_t steps = rule.adaptation_steps;
  BOOST_OUTCOME_TRY(const Errors errors, errors_of(model, tasks, settings, steps, data));
  std::array<Traded, 2> traded;
  BOOST_OUTCOME_TRY(traded[0], trade(model, tasks.horizon, rule, 0, data));
  BOOST_OUTCOME_TRY(traded[1], trade(model, tasks.horizon, rule, steps, data));
  // The account has a close wherever one of them has.
  double bars_a_year = 0.0;
  for (const auto& series : data.series) bars_a_year = std::max(bars_a_year, series->bars_a_year());
  return TestReport{error_table(errors, tasks) + trading_table(data, traded, steps, bars_a_year) +
                        difference(traded, settings, bars_a_year),
                    files_of(data, traded, bars_a_year)};
}

}  // namespace proteus::app::train

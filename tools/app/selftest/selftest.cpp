#include "tools/app/selftest/selftest.hpp"

#include <fmt/format.h>

#include <chrono>

#include "risk/gate.hpp"
#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

struct Row {
  Control control;
  void (*scenario)(Trial&, const Bench&);  ///< null: not built
  const char* why_not;                     ///< where it is not built, or does not apply
};

constexpr Row kRows[] = {
    {Control::CapitalThreshold, capital_threshold, ""},
    {Control::PriceCollar, price_collar, ""},
    {Control::PriceDrift, price_drift, ""},
    {Control::OrderValue, order_value, ""},
    {Control::OrderQuantity, order_quantity, ""},
    {Control::MessageRate, message_rate, ""},
    {Control::RepeatedExecution, repeated_execution, ""},
    {Control::DuplicateOrder, duplicate_order, ""},
    {Control::PositionLimit, position_limit, ""},
    {Control::OpenOrderValue, open_order_value, ""},
    {Control::DailyLoss, daily_loss, ""},
    {Control::Drawdown, drawdown, ""},
    {Control::LossStreak, loss_streak, ""},
    {Control::Leverage, leverage, ""},
    {Control::Kill, kill, ""},
    {Control::CancelOnDisconnect, nullptr, "live only: paper orders end with the daemon"},
    {Control::ProtectiveStop, nullptr, "live only: a stop that rests at the venue"},
    {Control::StaleData, stale_data, ""},
    {Control::AbsurdData, absurd_data, ""},
    {Control::ClockSkew, clock_skew, ""},
    {Control::SelfTrade, nullptr, "live only: set by the venue's smpType"},
    {Control::UnknownOutcome, nullptr, "live only: the paper venue always answers"},
    {Control::Reconciliation, nullptr, "live only: the paper venue's books are our own"},
    {Control::StartReconciliation, nullptr, "live only: there is no account to adopt"},
    {Control::Override, override_of, ""},
    {Control::Stage, stage_caps, ""},
    {Control::ModelOutput, model_output, ""},
    {Control::AdaptationBounds, adaptation_bounds, "these settings adapt no weights"},
    {Control::ExpectedEdge, expected_edge, ""},
    {Control::DustAndMinimum, dust_and_minimum, ""},
    {Control::KeyPermissions, nullptr, "live only: paper has no keys"},
};
static_assert(std::size(kRows) == 31);

/// Control 28 stands between a learner and the weights; without one there is nothing to bound.
bool applies(const Row& row, const Settings& config) {
  return row.control != Control::AdaptationBounds ||
         (config.strategy.name == strategies::StrategyKind::Policy &&
          strategies::learns(config.policy.adapt));
}

Line run_row(const Row& row, const Bench& bench) {
  if (row.scenario == nullptr || !applies(row, bench.config)) {
    Line line;
    line.control = row.control;
    line.done = row.why_not;
    return line;
  }
  const auto begin = std::chrono::steady_clock::now();
  Trial trial(row.control);
  row.scenario(trial, bench);
  Line line = trial.verdict();
  line.took_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  return line;
}

}  // namespace

std::unique_ptr<RiskGate> real_gate(const GateParts& p) {
  return std::make_unique<risk::Gate>(p.sizing, p.limits, p.instruments, p.interval, p.costs,
                                      p.capital);
}

std::vector<Line> run(const Settings& config, const GateMaker& make) {
  const Bench bench{config, make};
  std::vector<Line> lines;
  for (const Row& row : kRows) lines.push_back(run_row(row, bench));
  return lines;
}

Counts count_of(const std::vector<Line>& lines) {
  Counts counts;
  for (const Line& line : lines) {
    if (line.grade == Grade::Pass) ++counts.passed;
    if (line.grade == Grade::Fail) ++counts.failed;
    if (line.grade == Grade::NotBuilt) ++counts.not_built;
  }
  return counts;
}

std::string text_of(const Counts& counts) {
  return fmt::format("{} passed, {} failed, {} not built", counts.passed, counts.failed,
                     counts.not_built);
}

}  // namespace proteus::app::selftest

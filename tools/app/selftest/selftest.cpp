#include "tools/app/selftest/selftest.hpp"

#include <fmt/format.h>

#include <chrono>

#include "risk/gate.hpp"
#include "tools/app/selftest/scenarios.hpp"

namespace proteus::app::selftest {
namespace {

struct Row {
  Control control;
  void (*scenario)(Trial&, const Bench&);
};

constexpr Row kRows[] = {
    {Control::CapitalThreshold, capital_threshold},
    {Control::PriceCollar, price_collar},
    {Control::PriceDrift, price_drift},
    {Control::OrderValue, order_value},
    {Control::OrderQuantity, order_quantity},
    {Control::MessageRate, message_rate},
    {Control::RepeatedExecution, repeated_execution},
    {Control::DuplicateOrder, duplicate_order},
    {Control::PositionLimit, position_limit},
    {Control::OpenOrderValue, open_order_value},
    {Control::DailyLoss, daily_loss},
    {Control::Drawdown, drawdown},
    {Control::LossStreak, loss_streak},
    {Control::Leverage, leverage},
    {Control::Kill, kill},
    {Control::CancelOnDisconnect, cancel_on_disconnect},
    {Control::ProtectiveStop, protective_stop},
    {Control::StaleData, stale_data},
    {Control::AbsurdData, absurd_data},
    {Control::ClockSkew, clock_skew},
    {Control::SelfTrade, self_trade},
    {Control::UnknownOutcome, unknown_outcome},
    {Control::Reconciliation, reconciliation},
    {Control::StartReconciliation, start_reconciliation},
    {Control::Override, override_of},
    {Control::Stage, stage_caps},
    {Control::ModelOutput, model_output},
    {Control::AdaptationBounds, adaptation_bounds},
    {Control::ExpectedEdge, expected_edge},
    {Control::DustAndMinimum, dust_and_minimum},
    {Control::KeyPermissions, key_permissions},
};
static_assert(std::size(kRows) == 31);

Line run_row(const Row& row, const Bench& bench) {
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

std::vector<Line> run(const Settings& config, const GateMaker& make, const WireTap& tap) {
  const Bench bench{config, make, tap};
  std::vector<Line> lines;
  for (const Row& row : kRows) lines.push_back(run_row(row, bench));
  return lines;
}

Line run_one(Control control, const Settings& config, const GateMaker& make, const WireTap& tap) {
  return run_row(kRows[static_cast<std::size_t>(control) - 1], {config, make, tap});
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

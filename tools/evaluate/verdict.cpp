// The sentences that a person reads first. None of them is kinder than the figures.
#include <fmt/format.h>

#include "tools/app/text.hpp"
#include "tools/evaluate/report.hpp"

namespace proteus::app::evaluate {
namespace {

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return out;
}

std::string ratio_sentence(const Report& report) {
  const Account& judged = report.judged();
  const auto& f = judged.figures;
  if (!f.net_sharpe)
    return fmt::format("{} held nothing that varied: there is no result to judge.", judged.name);
  const bool told = judged.sharpe.low > 0.0 || judged.sharpe.high < 0.0;
  return fmt::format(
      "After fees, slippage and funding {} earned {} a year with a Sharpe ratio of {:.2f} (95 % "
      "interval {:.2f} to {:.2f}) and a greatest drawdown of {}: {}.",
      judged.name, percent(f.yearly_return, 1), *f.net_sharpe, judged.sharpe.low,
      judged.sharpe.high, percent(f.drawdown, 1),
      !told                   ? "it cannot be told apart from nothing"
      : judged.sharpe.low > 0 ? "more than nothing"
                              : "a loss");
}

std::string deflated_sentence(const Report& report) {
  return fmt::format(
      "{} configurations have been tried so far; the chance that the true ratio exceeds what the "
      "best of so many worthless ones would show is {} (deflated Sharpe ratio){}.",
      report.tried.configurations, percent(report.deflated->probability, 1),
      report.deflated->probability >= 0.95 ? "" : ", which is below the usual 95 %");
}

}  // namespace

Standing standing_of(const Report& report) {
  Standing standing;
  for (const Account& account : report.accounts) {
    if (!account.difference) continue;
    if (account.difference->estimate < 0.0) standing.loses_to.push_back(account.name);
    if (account.difference->low > 0.0)
      standing.beats.push_back(account.name);
    else if (account.difference->high >= 0.0)
      standing.not_told_apart.push_back(account.name);
  }
  return standing;
}

std::vector<std::string> verdict_of(const Report& report) {
  const Standing standing = standing_of(report);
  const std::string& name = report.judged().name;
  std::vector<std::string> out{ratio_sentence(report)};
  out.push_back(standing.loses_to.empty()
                    ? fmt::format("{} has a higher ratio than every other account here.", name)
                    : fmt::format("{} loses to {}.", name, list_of(standing.loses_to)));
  if (!standing.not_told_apart.empty())
    out.push_back(fmt::format("By these bars it cannot be told apart from {}.",
                              list_of(standing.not_told_apart)));
  if (report.deflated) out.push_back(deflated_sentence(report));
  if (report.noise && !report.noise->passed())
    out.push_back(
        "On driftless markets it earns before costs what nobody can: something looks ahead, and no "
        "figure here counts until that is found.");
  return out;
}

}  // namespace proteus::app::evaluate
